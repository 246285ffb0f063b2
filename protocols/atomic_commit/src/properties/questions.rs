//! What is asked, and what is answered.

use std::collections::BTreeSet;

use sim_core::{Breach, NodeId, Property, Received, Step, StepKind, World, kind_of};

use crate::config::{CommitConfig, CommitProtocol};
use crate::message::{Ballot, Event, Message, Txn};
use crate::node::AtomicCommit;

/// Whoever knows the answer to a question gives it: a participant that is asked to lock accounts, an acceptor, and who is asked
/// what was decided. Whoever has forgotten a transaction says so, and nobody waits for it until its time is up.
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
        let (of, owed) = match message {
            Message::Read { txn, .. } => (txn, answer_to_locks(node, *txn, node.boots)),
            Message::Write { txn, boot, .. } => (txn, answer_to_locks(node, *txn, *boot)),
            Message::Inquire { txn } => (txn, answer_to_inquiry(node, *txn)),
            Message::Collect { txn, ballot } => (txn, answer_to_leader(node, *txn, *ballot, &["Promise"])),
            Message::Accept { txn, ballot, .. } if ballot.leader == *from => {
                (txn, answer_to_leader(node, *txn, *ballot, &["Accepted"]))
            }
            _ => return Ok(()),
        };
        let answers = |(to, sent): &&(NodeId, Message)| to == from && answered(sent) == Some(*of);
        let given = || step.sent.iter().filter(answers).map(|(_, sent)| kind_of(sent));
        if step.kind != StepKind::Message || owed.is_empty() || given().any(|kind| owed.contains(&kind)) {
            return Ok(());
        }
        let owed = owed.join(" or ");
        let what = format!("{} does not answer what {from} has asked it about {of:?}: {owed}", node.me);
        Err(Breach::new([node.me, *from], what))
    }
}

/// About which transaction an answer is.
const fn answered(message: &Message) -> Option<Txn> {
    match message {
        Message::Die { txn, .. }
        | Message::ReadOk { txn, .. }
        | Message::WriteOk { txn }
        | Message::Decide { txn, .. }
        | Message::InDoubt { txn, .. }
        | Message::Promise { txn, .. }
        | Message::Accepted { txn, .. }
        | Message::Outbid { txn, .. } => Some(*txn),
        _ => None,
    }
}

/// A participant that was asked for locks says that it has them, or that it never will, or waits for them.
fn answer_to_locks(node: &AtomicCommit, txn: Txn, boot: u64) -> &'static [&'static str] {
    match node.works.get(&txn).filter(|_| boot == node.boots) {
        None => &["Die"],
        Some(work) if work.waits.is_some() => &[],
        Some(_) => &["ReadOk", "WriteOk"],
    }
}

/// Whoever knows what was decided says so. Its coordinator knows that unless the transaction is open, or it has restarted and
/// others may decide; a participant, unless it is in doubt, or has only read.
fn answer_to_inquiry(node: &AtomicCommit, txn: Txn) -> &'static [&'static str] {
    let is_three_phase = node.config.is_three_phase();
    let is_in_doubt = || node.works.get(&txn).is_some_and(|work| work.in_doubt.is_some());
    match txn.coordinator == node.me {
        true if node.is_open(txn) => &[],
        true if !is_three_phase => &["Decide"],
        false if !is_three_phase && (is_in_doubt() || node.ended.get(&txn) == Some(&None)) => &[],
        false if !is_three_phase => &["Decide"],
        true | false => &["Decide", "InDoubt"],
    }
}

/// An acceptor tells what was decided if it knows, else that it has promised a later ballot, else what it was asked for.
fn answer_to_leader(
    node: &AtomicCommit,
    txn: Txn,
    ballot: Ballot,
    asked: &'static [&'static str],
) -> &'static [&'static str] {
    let coordinates = txn.coordinator == node.me && !node.is_open(txn) && !node.undecided.contains_key(&txn);
    let knows = coordinates || node.ended.get(&txn).is_some_and(Option::is_some);
    let promised = node.acceptors.get(&txn).and_then(|acceptor| acceptor.promised);
    match promised.filter(|promised| *promised > ballot) {
        _ if knows && asked == ["Promise"] => &["Decide"],
        Some(_) => &["Outbid"],
        None => asked,
    }
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
