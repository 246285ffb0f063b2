//! How histories of clients are judged.

use std::collections::BTreeSet;

use parts::kv::WriteId;
use sim_core::consistency::{
    Access, Answer, Budget, Counterexample, Facts, Level, RegisterModel, SequentialModel, SessionGuarantee, WhiteBox,
    check_level, check_session_facts,
};
use sim_core::{History, OperationOutcome};

use super::operations::{QuorumOp, QuorumReply};
use super::version::{Cell, Version};

/// The store as one client alone would see it: a register for each key, empty at first. What a register holds is named
/// by the write or the deletion that made it; several, if a read returns several.
#[derive(Clone, Copy, Debug, Default)]
pub struct Registers;

type Written = BTreeSet<WriteId>;

fn read(versions: &[Version]) -> Written {
    versions.iter().map(|version| version.write).collect()
}

impl SequentialModel for Registers {
    type Op = QuorumOp;
    type Reply = QuorumReply;
    type State = Written;
    type Key = u32;

    fn initial(&self) -> Written {
        Written::new()
    }

    fn apply(&self, state: &Written, op: &QuorumOp, reply: Option<&QuorumReply>) -> Option<Written> {
        match (op, reply) {
            (QuorumOp::Get { .. }, None) => Some(state.clone()),
            (QuorumOp::Get { .. }, Some(QuorumReply::Value(versions))) => {
                (read(versions) == *state).then(|| state.clone())
            }
            (QuorumOp::Put { write, .. } | QuorumOp::Delete { write, .. }, None | Some(QuorumReply::Done(_))) => {
                Some([*write].into())
            }
            (QuorumOp::After { op, .. }, reply) => self.apply(state, op, reply),
            _ => None,
        }
    }

    fn key(&self, op: &QuorumOp) -> Option<u32> {
        Some(op.key())
    }

    fn is_read(&self, op: &QuorumOp, _: Option<&QuorumReply>) -> bool {
        matches!(op, QuorumOp::Get { .. })
    }
}

impl RegisterModel for Registers {
    type Value = Written;

    fn initial_value(&self, _: &u32) -> Written {
        Written::new()
    }

    fn access(&self, op: &QuorumOp, reply: Option<&QuorumReply>) -> Option<Access<u32, Written>> {
        match (op, reply) {
            (QuorumOp::Get { key }, None) => Some(Access::nothing(*key)),
            (QuorumOp::Get { key }, Some(QuorumReply::Value(versions))) => Some(Access::read(*key, read(versions))),
            (QuorumOp::Put { key, write } | QuorumOp::Delete { key, write }, None | Some(QuorumReply::Done(_))) => {
                Some(Access::write(*key, [*write].into()))
            }
            (QuorumOp::After { op, .. }, reply) => self.access(op, reply),
            _ => None,
        }
    }
}

/// Decides whether a history keeps a level. Where versions tell what they come after, two session guarantees are judged
/// by that: a read may return several versions, and has seen all that these come after.
pub(super) fn check(level: Level, history: &History<QuorumOp, QuorumReply>, budget: Budget) -> Answer<Counterexample> {
    let of_visible = [SessionGuarantee::ReadYourWrites, SessionGuarantee::MonotonicReads];
    match of_visible.into_iter().find(|guarantee| guarantee.level() == level) {
        Some(guarantee) if has_siblings(history) => {
            check_session_facts(&Registers, history, &facts(history), guarantee, budget).map(Counterexample::Session)
        }
        _ => check_level(&Registers, history, level, budget),
    }
}

/// Whether versions tell what they come after.
pub(super) fn has_siblings(history: &History<QuorumOp, QuorumReply>) -> bool {
    let mut versions = history.iter().filter_map(|(_, operation)| match operation.reply()? {
        QuorumReply::Value(versions) => versions.first(),
        QuorumReply::Done(version) => Some(version),
    });
    versions.next().is_some_and(|version| version.stamp.is_none())
}

/// What a read had seen is told of its key alone. Of the others it counts as having seen all: they say nothing of it.
fn facts(history: &History<QuorumOp, QuorumReply>) -> WhiteBox {
    let made = |key: u32, reply: &QuorumReply| match reply {
        QuorumReply::Done(version) => Some((key, version.dot())),
        QuorumReply::Value(_) => None,
    };
    let all = || history.iter().filter_map(|(_, of)| made(of.op.key(), of.reply()?));
    let told = |key: u32, reply: &QuorumReply| match reply {
        QuorumReply::Value(versions) => {
            let mut context = versions.iter().collect::<Cell>().context();
            all().filter(|(of, _)| *of != key).for_each(|(_, dot)| context.insert(dot));
            Facts { visible: Some((&context).into()), ..Facts::default() }
        }
        QuorumReply::Done(version) => Facts { version: Some(version.dot().into()), ..Facts::default() },
    };
    history.iter().filter_map(|(id, of)| Some((id, told(of.op.key(), of.reply()?)))).collect()
}

/// The same history without what was asked of these keys.
pub(super) fn without(
    history: &History<QuorumOp, QuorumReply>,
    keys: &BTreeSet<u32>,
) -> History<QuorumOp, QuorumReply> {
    let left: Vec<_> = history.iter().map(|(_, of)| of).filter(|of| !keys.contains(&of.op.key())).collect();
    let invoked = left.iter().enumerate().map(|(place, of)| (of.invoked, place, false));
    let returned = left.iter().enumerate().filter_map(|(place, of)| Some((of.returned()?, place, true)));
    let mut moments: Vec<_> = invoked.chain(returned).collect();
    moments.sort_unstable_by_key(|(moment, ..)| moment.order);
    let mut ids = vec![None; left.len()];
    let mut same = History::new();
    for (moment, place, is_return) in moments {
        let of = left[place];
        match (&of.outcome, ids[place]) {
            (OperationOutcome::Ok { reply, .. }, Some(id)) if is_return => same.ok(id, reply.clone(), moment.time_ns),
            (_, Some(id)) => same.failed(id, moment.time_ns),
            (_, None) => ids[place] = Some(same.invoke(of.client, of.session, of.op.clone(), moment.time_ns)),
        }
    }
    same
}
