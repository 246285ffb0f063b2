//! What is in the accounts.

use std::collections::{BTreeMap, BTreeSet};

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, StepKind, World};

use crate::bank::{Ledger, OPENING};
use crate::config::CommitConfig;
use crate::message::{Decision, Event, Txn};
use crate::node::AtomicCommit;

/// The node that a step touched, if there may be something in its accounts that was not there before: it has
/// committed, or has booted.
fn changed<'a>(world: &World<'a, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Option<&'a AtomicCommit> {
    let commits = || step.events.iter().any(|event| matches!(event, Event::Committed { .. }));
    world.node(step.process).filter(|_| step.kind == StepKind::Boot || commits())
}

/// Where no commit is under way, all accounts together have what they began with.
#[derive(Debug, Default)]
pub struct MoneyIsConserved {
    /// Who has posted its part of which transaction.
    posted: BTreeSet<(Txn, NodeId)>,
    /// Who still has to post its part of which transaction.
    under_way: BTreeMap<Txn, BTreeSet<NodeId>>,
    /// By how much the accounts of each node differ from what they began with.
    moved: PerProcess<i64>,
}

impl Property<AtomicCommit> for MoneyIsConserved {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Decided { txn, decision: Decision::Commit, participants, .. }
            | Event::Led { txn, decision: Decision::Commit, participants } = event
            {
                let missing = participants.iter().filter(|node| !self.posted.contains(&(*txn, **node)));
                self.under_way.insert(*txn, missing.copied().collect());
            }
        }
        let Some(node) = changed(world, step) else { return Ok(()) };
        let is_commit = |(_, end): &(&Txn, &Option<Decision>)| **end == Some(Decision::Commit);
        self.posted.extend(node.ended.iter().filter(is_commit).map(|(txn, _)| (*txn, node.me)));
        self.under_way.retain(|txn, missing| {
            missing.retain(|of| !self.posted.contains(&(*txn, *of)));
            !missing.is_empty()
        });
        *self.moved.of(step.process) = node.ledgers.values().map(|ledger| ledger.balance() - OPENING).sum();
        let moved: i64 = world.processes().map(|process| *self.moved.of(process)).sum();
        if self.under_way.is_empty() && moved != 0 {
            let what =
                format!("no commit is under way, and all accounts together have {moved:+} to what they began with");
            return Err(Breach::new([node.me], what));
        }
        Ok(())
    }
}

/// No account is ever below zero.
#[derive(Debug)]
pub struct AccountsStayCovered;

impl Property<AtomicCommit> for AccountsStayCovered {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        let Some(node) = changed(world, step) else { return Ok(()) };
        let is_short = |(_, ledger): &(&u32, &Ledger)| ledger.balance() < 0;
        match node.ledgers.iter().find(is_short) {
            Some((account, ledger)) => {
                Err(Breach::new([node.me], format!("{} is in account {account}", ledger.balance())))
            }
            None => Ok(()),
        }
    }
}

/// A node reads and writes the accounts of its own shard, and no others: each is in one place.
#[derive(Debug)]
pub struct AccountsAreInTheirShards {
    /// How many nodes keep accounts, if not all do.
    shards: Option<u32>,
}

impl AccountsAreInTheirShards {
    pub(super) fn new(config: &CommitConfig) -> Self {
        Self { shards: config.shards }
    }
}

impl Property<AtomicCommit> for AccountsAreInTheirShards {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let nodes = world.node_ids();
        let shards = self.shards.map_or(nodes.len(), |shards| shards as usize);
        let belongs = |account: &u32| nodes[*account as usize % shards] == node.me;
        for (txn, work) in &node.works {
            let waits = work.waits.iter().flat_map(|wait| &wait.accounts);
            let written = work.postings.iter().map(|(account, _)| account);
            if let Some(account) = work.reads.iter().chain(waits).chain(written).find(|account| !belongs(account)) {
                let what = format!("{txn:?} uses account {account} on {}, and it is on another node", node.me);
                return Err(Breach::new([node.me], what));
            }
        }
        Ok(())
    }
}
