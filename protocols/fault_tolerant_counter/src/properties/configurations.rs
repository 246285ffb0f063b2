//! Who the replicas are.

use std::collections::BTreeMap;

use sim_core::{Breach, Property, Step, World};

use crate::config::CounterConfig;
use crate::message::Event;
use crate::node::FaultTolerantCounter;
use crate::state::Entry;

/// Two configurations with the same number have the same replicas, at all nodes, and each that is opened has a higher
/// number than the one before.
#[derive(Debug, Default)]
pub struct ConfigurationsAgree {
    /// The replicas of each configuration, by its number.
    members: BTreeMap<u64, Vec<Entry>>,
    opened: u64,
}

impl Property<FaultTolerantCounter> for ConfigurationsAgree {
    fn after_step(
        &mut self,
        world: &World<'_, FaultTolerantCounter>,
        step: &Step<'_, FaultTolerantCounter>,
    ) -> Result<(), Breach> {
        for event in step.events {
            let configuration = match event {
                Event::Opened { configuration } => {
                    let before = std::mem::replace(&mut self.opened, configuration.number);
                    if before >= configuration.number {
                        let what = format!("{configuration:?} is opened after that with number {before}");
                        return Err(Breach::new([world.identity(step.process)], what));
                    }
                    configuration
                }
                Event::Installed { .. } => {
                    let Some(record) = world.node(step.process).and_then(|node| node.installed.as_ref()) else {
                        continue;
                    };
                    &record.configuration
                }
                _ => continue,
            };
            let members = self.members.entry(configuration.number).or_insert_with(|| configuration.members.clone());
            if *members != configuration.members {
                let what = format!("the replicas of a configuration are {members:?} and those of {configuration:?}");
                return Err(Breach::new([world.identity(step.process)], what));
            }
        }
        Ok(())
    }
}

/// No open configuration has more replicas than the threshold, nor one twice.
#[derive(Debug)]
pub struct AtMostThresholdReplicas {
    threshold: usize,
}

impl AtMostThresholdReplicas {
    pub(super) const fn new(config: &CounterConfig) -> Self {
        Self { threshold: config.threshold as usize }
    }
}

impl Property<FaultTolerantCounter> for AtMostThresholdReplicas {
    fn after_step(
        &mut self,
        _: &World<'_, FaultTolerantCounter>,
        step: &Step<'_, FaultTolerantCounter>,
    ) -> Result<(), Breach> {
        for event in step.events {
            let Event::Opened { configuration } = event else { continue };
            let members = &configuration.members;
            if members.len() > self.threshold {
                let what = format!("{configuration:?} has {} replicas, of at most {}", members.len(), self.threshold);
                return Err(Breach::new(members.iter().map(|entry| entry.node), what));
            }
        }
        Ok(())
    }
}

/// Nothing is counted, acknowledged or read under a configuration that has not been opened.
#[derive(Debug, Default)]
pub struct OnlyOpenConfigurationsServe {
    opened: u64,
}

impl Property<FaultTolerantCounter> for OnlyOpenConfigurationsServe {
    fn after_step(
        &mut self,
        world: &World<'_, FaultTolerantCounter>,
        step: &Step<'_, FaultTolerantCounter>,
    ) -> Result<(), Breach> {
        for event in step.events {
            let number = match event {
                Event::Opened { configuration } => {
                    self.opened = configuration.number;
                    continue;
                }
                Event::Counted { number, .. } | Event::Acknowledged { number, .. } | Event::Read { number, .. } => {
                    *number
                }
                _ => continue,
            };
            if number > self.opened {
                let me = world.identity(step.process);
                let what =
                    format!("{me} serves under number {number}, and the last that was opened is {}", self.opened);
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}
