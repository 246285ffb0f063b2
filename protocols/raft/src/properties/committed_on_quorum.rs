//! Committed Entries On Quorum.

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, ProcessId, Property, Step, StepKind, World};

use super::ghost::CommittedLog;
use crate::configuration::Configuration;
use crate::log::Log;
use crate::node::Raft;
use crate::storage::recover;

/// What any node knows to be committed is in the logs of a quorum, from then on and for ever: what
/// makes an entry safe, and what every other safety property rests on (5.3; thesis, appendix B).
///
/// A quorum of the configuration by which it was committed: the latest in the log of the leader that
/// committed it, by which that goes before it is committed itself (thesis 4.1). What else was ever put
/// into some log is of no account. Where a leader fell before it was seen to have committed, that may be
/// any that was put into some log behind what is committed.
///
/// Of each process it remembers how far its log agrees with the committed entries. While a node is
/// up, that is its log after its last completed step, which is what it has written: in the middle
/// of a step, the log below its lowest change. When it crashes, it is what the crash left on the
/// disk, which shows if something was counted that was not durable.
#[derive(Debug, Default)]
pub struct CommittedOnQuorum {
    committed: CommittedLog,
    /// The configurations of which one was in force when the last entry was committed.
    governing: Vec<Configuration>,
    /// What was ever seen in a log behind the committed entries, with its index.
    uncommitted: Vec<(u64, Configuration)>,
    /// Up to where each log agrees with what is committed.
    agrees_to: PerProcess<u64>,
    /// What the disk holds of the log of a node that is down, or has not finished booting.
    on_disk: PerProcess<Option<Log>>,
    /// Who holds all that is committed, as it was last counted.
    holders: Vec<NodeId>,
}

impl Property<Raft> for CommittedOnQuorum {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let process = step.process;
        let intact_below = if step.kind == StepKind::Crash {
            *self.on_disk.of(process) = Some(survived(world, process));
            0
        } else if let Some(node) = world.node(process) {
            *self.on_disk.of(process) = None;
            node.log().changed_from().unwrap_or(u64::MAX)
        } else {
            return Ok(());
        };
        let agrees_to = self.agrees_to.of(process);
        let is_shorter = *agrees_to >= intact_below;
        *agrees_to = (*agrees_to).min(intact_below.saturating_sub(1));
        let is_longer = !self.committed.observe(world, step).is_empty();
        if let Some(node) = world.node(process) {
            self.observe_configurations(node, is_longer);
        }
        if is_shorter || is_longer { self.check(world) } else { Ok(()) }
    }
}

/// A leader commits before or after it puts another configuration into its log.
fn in_force_since_the_step_began(log: &Log) -> impl Iterator<Item = &Configuration> {
    let changed = log.changed_from().unwrap_or(u64::MAX);
    let put = log.configurations().iter().filter(move |(index, _)| *index >= changed && *index > log.base().index);
    let before = log.configuration_at(changed.saturating_sub(1).max(log.base().index));
    [before].into_iter().chain(put.map(|(_, configuration)| configuration))
}

/// The log that a crash left on the disk. Its configurations are of no interest.
fn survived(world: &World<'_, Raft>, process: ProcessId) -> Log {
    let nothing = Configuration::default();
    let found = recover(&nothing, world.disk(process));
    found.map_or_else(|_| Log::new(Default::default(), nothing), |found| found.log)
}

impl CommittedOnQuorum {
    /// `is_longer`: the node of this log knows more to be committed than any before.
    fn observe_configurations(&mut self, node: &Raft, is_longer: bool) {
        let (log, last_index) = (node.log(), self.committed.last_index());
        if let Some(changed) = log.changed_from() {
            for (index, configuration) in log.configurations().iter().rev().take_while(|(index, _)| *index >= changed) {
                let is_known = self.uncommitted.iter().any(|(at, known)| (at, known) == (index, configuration));
                if *index > last_index && !is_known {
                    self.uncommitted.push((*index, configuration.clone()));
                }
            }
        }
        if is_longer {
            self.uncommitted.retain(|(index, _)| *index > last_index);
            self.govern(node);
        }
    }

    /// Takes note of what was in force when this node, the first to know, learned of a commit.
    fn govern(&mut self, node: &Raft) {
        let log = node.log();
        if node.is_leader() {
            if !self.governing.iter().eq(in_force_since_the_step_began(log)) {
                self.governing = in_force_since_the_step_began(log).cloned().collect();
            }
        } else {
            let behind = self.uncommitted.iter().map(|(_, configuration)| configuration);
            let committed = log.configuration_at(self.committed.last_index());
            self.governing = [committed].into_iter().chain(behind).cloned().collect();
        }
    }

    fn check(&mut self, world: &World<'_, Raft>) -> Result<(), Breach> {
        let last_index = self.committed.last_index();
        if last_index == 0 {
            return Ok(());
        }
        self.holders.clear();
        for process in world.processes() {
            if self.agreement(world, process) == last_index {
                self.holders.push(world.identity(process));
            }
        }
        let are_quorum = |of: &Configuration| of.has_quorum(|node| self.holders.contains(&node));
        if self.governing.iter().any(are_quorum) { Ok(()) } else { Err(self.breach(world)) }
    }

    /// Up to where the log of `process` agrees with what is committed, as it is now.
    fn agreement(&mut self, world: &World<'_, Raft>, process: ProcessId) -> u64 {
        let Self { committed, agrees_to, on_disk, .. } = self;
        let agrees_to = agrees_to.of(process);
        let (log, end) = match (on_disk.of(process), world.node(process)) {
            (Some(log), _) => (&*log, u64::MAX),
            (None, Some(node)) if world.is_mid_step(process) => {
                (node.log(), node.log().changed_from().unwrap_or(u64::MAX))
            }
            (None, Some(node)) => (node.log(), u64::MAX),
            (None, None) => return *agrees_to,
        };
        let last = committed.last_index().min(end.saturating_sub(1));
        while *agrees_to < last && committed.is_in(log, *agrees_to + 1) {
            *agrees_to += 1;
        }
        *agrees_to
    }

    fn breach(&mut self, world: &World<'_, Raft>) -> Breach {
        let last_index = self.committed.last_index();
        let lacks = |process: &ProcessId| *self.agrees_to.of(*process) < last_index;
        let without: Vec<ProcessId> = world.processes().filter(lacks).collect();
        let index = without.iter().map(|process| *self.agrees_to.of(*process)).min().unwrap_or(0) + 1;
        let nodes: Vec<NodeId> = without.iter().map(|process| world.identity(*process)).collect();
        let what = format!(
            "of {last_index} committed entries some are missing on {nodes:?}, first {}",
            self.committed.describe(index)
        );
        Breach::new(nodes, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Command, Entry};

    fn of(voters: &[u32]) -> Configuration {
        Configuration::of(voters.iter().copied().map(NodeId::node))
    }

    #[test]
    fn what_was_replaced_before_the_step_is_not_in_force() {
        let (first, second, third) = (of(&[0]), of(&[0, 1]), of(&[0, 1, 2]));
        let mut log = Log::new(Default::default(), first.clone());
        let in_force = |log: &Log| in_force_since_the_step_began(log).cloned().collect::<Vec<_>>();
        let put = |log: &mut Log, configuration: &Configuration| {
            log.begin_step();
            log.append(Entry { term: 1, command: Command::Configuration(Box::new(configuration.clone())) });
        };
        put(&mut log, &second);
        assert_eq!(in_force(&log), [first, second.clone()]);
        log.begin_step();
        assert_eq!(in_force(&log), std::slice::from_ref(&second));
        put(&mut log, &third);
        assert_eq!(in_force(&log), [second, third]);
    }
}
