//! The client's side: which node it asks, and what it has seen.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::HybridTime;
use parts::kv::WriteId;
use sim_core::{Answer, Belief, Flaws, NodeId, OperationKind, Requests, Strategy};

use super::config::{QuorumConfig, Rings, Stickiness};
use super::flaws::QuorumFlaw;
use super::node::QuorumStore;
use super::operations::{QuorumOp, QuorumReply, Seen};
use super::rings::MASTERS;
use super::version::Cell;

/// Asks one node. If that does not answer, a read goes to the next one, and a write stays: a second coordinator would
/// make a second version of it. The operation after one that was given up goes to the next node.
#[derive(Debug)]
pub(super) struct Session {
    flaws: Flaws<QuorumFlaw>,
    sessions: Stickiness,
    /// How many nodes, the first ones, are ring masters.
    masters: usize,
    /// The index of the node that it asks, modulo how many there are.
    target: usize,
    /// Whether the last node that was asked has not answered yet.
    is_unanswered: bool,
    /// The highest stamp that it has seen.
    clock: HybridTime,
    /// By key, the versions that it has seen.
    cells: BTreeMap<u32, Cell>,
}

impl Session {
    /// Client number `client` begins at the node of that number.
    pub(super) fn new(config: &QuorumConfig, client: u32) -> Self {
        Self {
            flaws: config.flaws,
            sessions: config.sessions,
            masters: if config.rings == Rings::Agreed { MASTERS } else { 0 },
            target: client as usize,
            is_unanswered: false,
            clock: HybridTime::default(),
            cells: BTreeMap::new(),
        }
    }

    fn goes_on(&mut self) {
        self.target += 1;
        self.is_unanswered = false;
    }

    fn seen(&self, key: u32) -> Seen {
        let cell = self.cells.get(&key);
        Seen {
            clock: self.clock,
            context: cell.map(Cell::context).unwrap_or_default(),
            values: cell.map(|cell| self.merged(cell)).unwrap_or_default(),
        }
    }

    fn merged(&self, cell: &Cell) -> BTreeSet<WriteId> {
        if self.flaws.has(QuorumFlaw::KeepsOneSide) {
            return cell.versions().iter().take(1).collect::<Cell>().values();
        }
        cell.values()
    }

    fn sees(&mut self, key: u32, reply: &QuorumReply) {
        let versions = match reply {
            QuorumReply::Value(versions) => versions.as_slice(),
            QuorumReply::Done(version) => std::slice::from_ref(version),
        };
        for version in versions {
            match version.stamp {
                Some(stamp) => self.clock = self.clock.max(stamp),
                None => _ = self.cells.entry(key).or_default().take(version, Flaws::default()),
            }
        }
    }
}

impl Strategy<QuorumStore> for Session {
    fn begin(&mut self, _: &QuorumOp, _: &[NodeId]) {
        if self.is_unanswered || self.sessions == Stickiness::Roaming {
            self.goes_on();
        }
    }

    fn ask(&mut self, op: &QuorumOp, attempt: u32, requests: &mut Requests<'_, '_, QuorumStore>) {
        let may_go_on = op.kind() == OperationKind::Read || self.flaws.has(QuorumFlaw::RetriesElsewhere);
        if attempt > 1 && may_go_on {
            self.goes_on();
        }
        self.is_unanswered = true;
        let op = match op.kind() {
            OperationKind::Write => QuorumOp::After { seen: self.seen(op.key()), op: Box::new(op.clone()) },
            _ => op.clone(),
        };
        let nodes = &requests.nodes()[self.masters..];
        requests.send(nodes[self.target % nodes.len()], op);
    }

    fn on_answer(
        &mut self,
        op: &QuorumOp,
        _: NodeId,
        answer: Answer<QuorumReply>,
        _: &mut Requests<'_, '_, QuorumStore>,
    ) -> Belief<QuorumReply> {
        match answer {
            Answer::Reply(reply) => {
                self.is_unanswered = false;
                self.sees(op.key(), &reply);
                Belief::Done(reply)
            }
            // Nobody redirects.
            Answer::Redirect(_) => Belief::Wait,
            Answer::Reject => Belief::Failed,
        }
    }
}
