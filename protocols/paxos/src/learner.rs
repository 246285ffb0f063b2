//! The learner: what it knows to be chosen, and the state that results.

use std::collections::BTreeMap;

use parts::kv::Machine;
use serde::Serialize;

use super::members::{Members, Memberships};
use super::message::Command;

/// The state after all instances up to one, which makes what was chosen and accepted up to there superfluous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The last instance that it includes.
    pub instance: u64,
    /// Who the acceptors are from then on, as far as that is decided.
    pub memberships: Memberships,
    /// The state after it.
    pub machine: Machine,
}

/// What a learner knows. Commands may be learned in any order, and are applied in that of the instances.
///
/// Like the [acceptor](super::Acceptor), it remembers of which instances it learned since the step began; it forgets
/// commands only at the beginning of a step, so that they can be looked at when the step that applied them is over.
#[derive(Clone, Debug)]
pub struct Learner {
    /// The last instance that a snapshot stands for.
    base: u64,
    /// What was chosen behind it, as far as it knows.
    chosen: BTreeMap<u64, Command>,
    pub(super) applied: u64,
    /// The state after the last instance that was applied.
    pub(crate) machine: Machine,
    pub(crate) memberships: Memberships,
    learned: Vec<u64>,
}

impl Learner {
    /// It knows of nothing but who the first acceptors are.
    pub fn new(initial: &Members) -> Self {
        Self {
            base: 0,
            chosen: BTreeMap::new(),
            applied: 0,
            machine: Machine::default(),
            memberships: Memberships::beginning_with(initial.clone()),
            learned: Vec::new(),
        }
    }

    /// The last instance that its snapshot stands for.
    #[inline]
    pub const fn base(&self) -> u64 {
        self.base
    }

    /// The last instance that it has applied.
    #[inline]
    pub const fn applied(&self) -> u64 {
        self.applied
    }

    /// The first instance of which it does not know what was chosen.
    #[inline]
    pub const fn first_unchosen(&self) -> u64 {
        self.applied + 1
    }

    /// What was chosen in an instance, if it knows, and has not forgotten it.
    #[inline]
    pub fn chosen(&self, instance: u64) -> Option<&Command> {
        self.chosen.get(&instance)
    }

    /// The first instance of which it keeps what was chosen.
    pub(crate) fn first_kept(&self) -> Option<u64> {
        self.chosen.first_key_value().map(|(first, _)| *first)
    }

    /// The last instance of which it knows what was chosen, whether it knows of those before or not.
    pub fn last_chosen(&self) -> u64 {
        self.chosen.last_key_value().map_or(self.applied, |(last, _)| self.applied.max(*last))
    }

    /// The state after the last instance that it has applied.
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Who the acceptors are, as far as it knows.
    pub const fn memberships(&self) -> &Memberships {
        &self.memberships
    }

    /// Of which instances it learned in the last step.
    pub fn learned(&self) -> &[u64] {
        &self.learned
    }

    pub(crate) fn begin_step(&mut self) {
        self.learned.clear();
    }

    /// Learns that a command was chosen, unless it knows.
    pub(crate) fn learn(&mut self, instance: u64, command: Command) {
        if instance > self.applied && !self.chosen.contains_key(&instance) {
            self.chosen.insert(instance, command);
            self.learned.push(instance);
        }
    }

    /// The next command to apply, if it is known, which from now on counts as applied.
    pub(crate) fn apply_next(&mut self) -> Option<(u64, Command)> {
        let command = self.chosen.get(&(self.applied + 1))?.clone();
        self.applied += 1;
        Some((self.applied, command))
    }

    /// At most so many commands that were chosen from an instance on, without a gap.
    pub(crate) fn chosen_from(&self, instance: u64, limit: usize) -> Vec<Command> {
        (instance..).map_while(|at| self.chosen.get(&at).cloned()).take(limit).collect()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { instance: self.applied, memberships: self.memberships.clone(), machine: self.machine.clone() }
    }

    /// Forgets all commands that it has applied.
    pub(crate) fn forget_applied(&mut self) {
        self.base = self.applied;
        self.chosen = self.chosen.split_off(&(self.base + 1));
        self.memberships.forget_before(self.base + 1);
    }

    /// Takes over a state that includes more than its own.
    pub(crate) fn install(&mut self, snapshot: Snapshot) {
        (self.machine, self.memberships) = (snapshot.machine, snapshot.memberships);
        self.applied = snapshot.instance;
        self.forget_applied();
    }
}

#[cfg(test)]
mod tests {
    use sim_core::NodeId;

    use super::*;

    fn learner() -> Learner {
        Learner::new(&Members::of([NodeId::node(0)]).expect("there is one"))
    }

    #[test]
    fn commands_are_applied_in_the_order_of_their_instances() {
        let mut learner = learner();
        learner.learn(2, Command::NoOp);
        assert_eq!((learner.apply_next(), learner.first_unchosen(), learner.last_chosen()), (None, 1, 2));
        learner.learn(1, Command::NoOp);
        learner.learn(1, Command::NoOp);
        let applied: Vec<u64> = std::iter::from_fn(|| learner.apply_next()).map(|(instance, _)| instance).collect();
        assert_eq!((applied.as_slice(), learner.learned()), ([1, 2].as_slice(), [2, 1].as_slice()));
    }

    #[test]
    fn what_is_told_of_goes_up_to_a_gap() {
        let mut learner = learner();
        [1, 2, 4].into_iter().for_each(|instance| learner.learn(instance, Command::NoOp));
        let told = |learner: &Learner, first, limit| learner.chosen_from(first, limit).len();
        assert_eq!(
            [told(&learner, 1, 9), told(&learner, 1, 1), told(&learner, 3, 9), told(&learner, 4, 9)],
            [2, 1, 0, 1]
        );
        while learner.apply_next().is_some() {}
        learner.forget_applied();
        assert_eq!((learner.base(), told(&learner, 1, 9), told(&learner, 4, 9)), (2, 0, 1));
    }
}
