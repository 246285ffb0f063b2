//! What is in accounts.

use std::collections::BTreeSet;

use sim_core::{Breach, Property, RequestId, Step, World};

use super::ledger::{Announced, Ledger, name};
use crate::config::SagaConfig;
use crate::message::{Entry, Event, Phase, Status};
use crate::node::SagaNode;

/// An account has what it began with and what the steps have brought that are in effect.
#[derive(Debug)]
pub struct BalancesAreExplained {
    ledger: Ledger,
    opening: i64,
}

impl BalancesAreExplained {
    pub(super) fn new(config: &SagaConfig) -> Self {
        Self { ledger: Ledger::default(), opening: i64::from(config.opening) }
    }
}

impl Property<SagaNode> for BalancesAreExplained {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        let opening = self.opening;
        self.ledger.after_step(step, |ledger, announced| {
            let wrote;
            let balances = match announced {
                Announced::Wrote { entry, balance, .. } => {
                    wrote = [(entry.step.account, balance)];
                    &wrote[..]
                }
                Announced::CannotUndo(_) => return Ok(()),
                Announced::Recovered { balances, .. } => balances,
            };
            for (account, balance) in balances {
                let explained = opening + ledger.change_of(*account);
                if *balance != explained {
                    let me = world.identity(step.process);
                    let what = format!("account {account} on {me} has {balance}, and by its steps {explained}");
                    return Err(Breach::new([me], what));
                }
            }
            Ok(())
        })
    }
}

/// A step is refused where it would overdraw the account or bring it beyond its limit, and only there. A compensation is
/// refused only where it would overdraw the account.
#[derive(Debug)]
pub struct AnsweredByTheBalance {
    ledger: Ledger,
    opening: i64,
    limit: i64,
}

impl AnsweredByTheBalance {
    pub(super) fn new(config: &SagaConfig) -> Self {
        Self { ledger: Ledger::default(), opening: i64::from(config.opening), limit: i64::from(config.limit) }
    }
}

impl Property<SagaNode> for AnsweredByTheBalance {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        let (opening, limit) = (self.opening, self.limit);
        self.ledger.after_step(step, |ledger, announced| {
            let has = |account| opening + ledger.change_of(account);
            let (key, what) = match announced {
                Announced::Wrote { entry: Entry { key, step, status: Status::Done }, .. }
                    if step.change > 0 && has(step.account) > limit =>
                {
                    (key, "is taken, and brings the account beyond its limit")
                }
                Announced::Wrote { entry: Entry { key, step, status: Status::Refused }, .. } => {
                    let balance = has(step.account) + step.change;
                    let is_right = if step.change < 0 { balance < 0 } else { balance > limit };
                    if is_right {
                        return Ok(());
                    }
                    (key, "is refused, and the account allows it")
                }
                Announced::CannotUndo(key) => {
                    let is_right = |entry: &Entry| 0 < entry.step.change && has(entry.step.account) < entry.step.change;
                    if ledger.entry(key).is_some_and(is_right) {
                        return Ok(());
                    }
                    (key, "is not compensated, and the account allows it")
                }
                Announced::Wrote { .. } | Announced::Recovered { .. } => return Ok(()),
            };
            let me = world.identity(step.process);
            Err(Breach::new([me], format!("on {me} {} {what}", name(key))))
        })
    }
}

/// No step and no compensation overdraws an account, but one that an operator has resolved.
#[derive(Debug, Default)]
pub struct OverdrawnByOperatorsAlone {
    resolved: BTreeSet<RequestId>,
}

impl Property<SagaNode> for OverdrawnByOperatorsAlone {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Resolved(saga) => _ = self.resolved.insert(*saga),
                // A crash may have cut off that it was announced.
                Event::Booted(sagas) => {
                    let is_resolved = |phase: &Phase| matches!(phase, Phase::Backward { is_forced: true, .. });
                    let resolved = sagas.iter().filter(|(.., phase)| is_resolved(phase));
                    self.resolved.extend(resolved.map(|(saga, ..)| *saga));
                }
                Event::Wrote { entry, balance } if *balance < 0 => {
                    let takes = match entry.status {
                        Status::Done => entry.step.change < 0,
                        Status::Undone => entry.step.change > 0,
                        Status::Refused | Status::Tombstone => false,
                    };
                    if takes && !self.resolved.contains(&entry.key.saga) {
                        let me = world.identity(step.process);
                        let (step, account) = (name(entry.key), entry.step.account);
                        let what = format!("on {me} {step} has left {balance} in account {account}");
                        return Err(Breach::new([me], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
