//! What is in accounts.

use std::collections::BTreeSet;

use sim_core::{Breach, Property, RequestId, Step, World};

use super::ledger::{Announced, Ledger, name};
use crate::config::SagaConfig;
use crate::message::{Event, Phase, Status};
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
