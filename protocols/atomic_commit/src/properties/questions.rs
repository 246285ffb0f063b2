//! What is asked, and what is answered.

use std::collections::BTreeSet;

use sim_core::{Breach, NodeId, Property, Received, Step, StepKind, World};

use crate::config::{CommitConfig, CommitProtocol};
use crate::message::{Decision, Event, Message, Txn};
use crate::node::AtomicCommit;

/// Whoever knows the answer to a question gives it: a participant that is asked to lock accounts, and who is asked in two-phase
/// commit what was decided. Whoever has forgotten a transaction says so, and nobody waits for it until its time is up.
#[derive(Debug)]
pub struct QuestionsAreAnswered;

impl Property<AtomicCommit> for QuestionsAreAnswered {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        let (Some(node), Some(Received { from, message, .. })) = (world.node(step.process), step.received) else {
            return Ok(());
        };
        let has_sent = |is: &dyn Fn(&Message) -> bool| step.sent.iter().any(|(to, sent)| to == from && is(sent));
        let (asked, is_answered) = match message {
            Message::Read { txn, .. } => (txn, locks_are_answered(node, *txn, node.boots, &has_sent)),
            Message::Write { txn, boot, .. } => (txn, locks_are_answered(node, *txn, *boot, &has_sent)),
            Message::Inquire { txn } if node.config.commit == CommitProtocol::TwoPhase => {
                let decided = |sent: &Message| matches!(sent, Message::Decide { txn: of, .. } if of == txn);
                (txn, !knows_how_it_ended(node, *txn) || has_sent(&decided))
            }
            _ => return Ok(()),
        };
        if step.kind != StepKind::Message || is_answered {
            return Ok(());
        }
        let what = format!("{} does not answer what {from} has asked it about {asked:?}", node.me);
        Err(Breach::new([node.me, *from], what))
    }
}

/// Whether a participant that was asked for locks has said that it has them, or that it never will, or waits for them.
fn locks_are_answered(
    node: &AtomicCommit,
    txn: Txn,
    boot: u64,
    has_sent: &dyn Fn(&dyn Fn(&Message) -> bool) -> bool,
) -> bool {
    match node.works.get(&txn).filter(|_| boot == node.boots) {
        None => has_sent(&|sent| matches!(sent, Message::Die { txn: of, .. } if *of == txn)),
        Some(work) if work.waits.is_some() => true,
        Some(_) => has_sent(&|sent| match sent {
            Message::ReadOk { txn: of, .. } | Message::WriteOk { txn: of } => *of == txn,
            _ => false,
        }),
    }
}

/// Its coordinator knows that unless it is open; a participant, unless it is in doubt, or has only read.
fn knows_how_it_ended(node: &AtomicCommit, txn: Txn) -> bool {
    if txn.coordinator == node.me {
        return !node.is_open(txn);
    }
    let is_in_doubt = node.works.get(&txn).is_some_and(|work| work.in_doubt.is_some());
    let ended: Option<&Option<Decision>> = node.ended.get(&txn);
    !is_in_doubt && ended != Some(&None)
}

/// A participant of two-phase commit that is in doubt and hears nothing asks the coordinator what was decided, and with
/// cooperative termination all other participants as well.
#[derive(Debug)]
pub struct WhoeverIsInDoubtAsks {
    is_owed: bool,
    asks_others: bool,
}

impl WhoeverIsInDoubtAsks {
    pub(super) fn new(config: &CommitConfig) -> Self {
        Self { is_owed: config.commit == CommitProtocol::TwoPhase, asks_others: config.cooperative_termination }
    }
}

impl Property<AtomicCommit> for WhoeverIsInDoubtAsks {
    fn looks_at_messages(&self) -> bool {
        self.is_owed
    }

    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process).filter(|_| self.is_owed) else { return Ok(()) };
        for event in step.events {
            let Event::Inquired { txn } = event else { continue };
            let Some(doubt) = node.works.get(txn).and_then(|work| work.in_doubt.as_ref()) else { continue };
            let others = doubt.participants.iter().filter(|_| self.asks_others).copied();
            let owed: BTreeSet<NodeId> = others.chain([txn.coordinator]).filter(|other| *other != node.me).collect();
            let asks = |sent: &Message| matches!(sent, Message::Inquire { txn: of } if of == txn);
            let asked: BTreeSet<NodeId> = step.sent.iter().filter(|(_, sent)| asks(sent)).map(|(to, _)| *to).collect();
            if let Some(other) = owed.difference(&asked).next() {
                let what = format!("{} is in doubt about {txn:?}, and does not ask {other}", node.me);
                return Err(Breach::new([node.me], what));
            }
        }
        Ok(())
    }
}
