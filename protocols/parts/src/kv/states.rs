//! The states that a log of operations leads to, compared with those of replicas.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, ProcessId, Protocol, RequestId, World};

use super::{KvOp, Machine};
use crate::per_process::PerProcess;

/// What a property needs to check that replicas which have applied all of their log up to an index are in the same
/// state, sessions included, whether they came to it by entries or by a state that they were sent.
#[derive(Debug)]
pub struct SameStates {
    states: LoggedStates,
    seen: PerProcess<Seen>,
}

/// What a replica has applied.
#[derive(Clone, Copy, Debug)]
pub struct Applied<'n> {
    /// All up to here.
    pub index: u64,
    /// It has applied the entries behind this index one by one, and still has them.
    pub base: u64,
    /// The state that results.
    pub machine: &'n Machine,
}

/// What a process had when it was last looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    incarnation: u32,
    index: u64,
}

impl SameStates {
    /// `once`: whether an operation that is in the log twice takes effect once.
    pub fn new(once: bool) -> Self {
        Self { states: LoggedStates::new(once), seen: PerProcess::default() }
    }

    /// Looks at a replica after its step. `operation` is asked for the entry at an index: nothing if the replica has it
    /// no more, and nothing in that if the entry is no operation of a client. `entry` is what the protocol calls an
    /// entry.
    ///
    /// # Errors
    /// It has another state than the first replica that had applied as much.
    pub fn after_step<P: Protocol>(
        &mut self,
        world: &World<'_, P>,
        process: ProcessId,
        applied: Applied<'_>,
        operation: impl Fn(u64) -> Option<Option<(RequestId, KvOp)>>,
        entry: &str,
    ) -> Result<(), Breach> {
        let Applied { index, base, machine } = applied;
        let now = Seen { incarnation: world.incarnation(process), index };
        let before = std::mem::replace(self.seen.of(process), now);
        if before == now {
            return Ok(());
        }
        let me = world.identity(process);
        self.states.follow(applied, operation, me);
        let took_over = before.incarnation != now.incarnation || index < before.index || base > before.index;
        if !(took_over || LoggedStates::is_due(before.index, index)) {
            return Ok(());
        }
        let Some((by, what)) = self.states.differs(index, machine) else { return Ok(()) };
        let what = format!("{me} has applied all up to {entry} {index}, as {by} has, and has another state {what}");
        Err(Breach::new([by, me], what))
    }
}

/// What was applied, and the states that result.
///
/// What replicas apply from their logs is compared elsewhere, and comes to the same everywhere. So each entry is applied
/// once here, when the first replica does, and whole states are compared only where one was taken over, from a message or
/// a disk, and now and then.
#[derive(Debug)]
struct LoggedStates {
    /// Whether operations take effect once: a known bug has it otherwise, everywhere.
    once: bool,
    /// What was applied, from index 1 on, and by whom first; nothing where an entry is no operation.
    applied: Vec<(Option<(RequestId, KvOp)>, NodeId)>,
    /// The state after all of it.
    latest: Machine,
    /// The states at some indexes, the beginning among them.
    kept: BTreeMap<u64, Machine>,
}

/// A state is kept, and states are compared, every so many entries.
const EVERY: u64 = 64;

impl LoggedStates {
    /// Nothing is applied so far. `once`: whether an operation that is in the log twice takes effect once.
    fn new(once: bool) -> Self {
        let kept = BTreeMap::from([(0, Machine::default())]);
        Self { once, applied: Vec::new(), latest: Machine::default(), kept }
    }

    /// The last index that was applied by anybody.
    const fn last_index(&self) -> u64 {
        self.applied.len() as u64
    }

    /// Applies what a replica is the first to have applied.
    fn follow(
        &mut self,
        applied: Applied<'_>,
        operation: impl Fn(u64) -> Option<Option<(RequestId, KvOp)>>,
        by: NodeId,
    ) {
        while self.last_index() < applied.index {
            match operation(self.last_index() + 1) {
                Some(operation) => self.apply(operation, by),
                None => self.take_over(applied.index, applied.machine, by),
            }
        }
    }

    /// A replica is the first to have applied the next entry.
    fn apply(&mut self, operation: Option<(RequestId, KvOp)>, by: NodeId) {
        if let Some((request, op)) = &operation {
            self.latest.apply(*request, op, self.once);
        }
        self.applied.push((operation, by));
        if self.last_index().is_multiple_of(EVERY) {
            self.kept.insert(self.last_index(), self.latest.clone());
        }
    }

    /// Nobody was seen to apply what led to the state that a replica has at this index, which lies behind the last: it
    /// is what others are compared with.
    fn take_over(&mut self, index: u64, state: &Machine, by: NodeId) {
        self.applied.resize(index as usize, (None, by));
        self.latest = state.clone();
        self.kept = BTreeMap::from([(index, self.latest.clone())]);
    }

    /// Whether a replica that has applied its log from the one index to the other is to be compared now, though it took
    /// nothing over.
    const fn is_due(from: u64, to: u64) -> bool {
        from / EVERY != to / EVERY
    }

    /// Who has another state at this index, and in what it differs; nothing if none has, or it is not known any more.
    fn differs(&self, index: u64, state: &Machine) -> Option<(NodeId, &'static str)> {
        let expected = self.state_at(index).filter(|expected| expected != state)?;
        let by = self.applied[index as usize - 1].1;
        Some((by, if expected.state == state.state { "of its clients' sessions" } else { "of the map" }))
    }

    /// The state after this entry. Not known is one that lies before a state that was taken over.
    fn state_at(&self, index: u64) -> Option<Machine> {
        let (from, state) = self.kept.range(..=index).next_back()?;
        let mut state = state.clone();
        for (operation, _) in self.applied.get(*from as usize..index as usize)? {
            if let Some((request, op)) = operation {
                state.apply(*request, op, self.once);
            }
        }
        Some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::WriteId;

    const ME: NodeId = NodeId::node(3);

    fn append(index: u32) -> (RequestId, KvOp) {
        let request = RequestId { client: NodeId::client(0), session: 0, sequence: index };
        (request, KvOp::Append { key: 0, write: WriteId { client: 0, index } })
    }

    /// The state after so many appends.
    fn state(appends: u32) -> Machine {
        let mut machine = Machine::default();
        (0..appends).map(append).for_each(|(request, op)| _ = machine.apply(request, &op, true));
        machine
    }

    #[test]
    fn states_are_found_again_at_every_index() {
        let mut states = LoggedStates::new(true);
        (0..100).for_each(|index| states.apply(Some(append(index)), ME));
        for index in [1, 63, 64, 65, 100] {
            assert_eq!(states.differs(index, &state(index as u32)), None, "{index}");
            assert_eq!(states.differs(index, &state(index as u32 - 1)), Some((ME, "of the map")), "{index}");
        }
        let without_sessions = Machine { sessions: Default::default(), ..state(7) };
        assert_eq!(states.differs(7, &without_sessions), Some((ME, "of its clients' sessions")));
    }

    #[test]
    fn what_lies_before_a_state_that_was_taken_over_is_not_known() {
        let mut states = LoggedStates::new(true);
        states.apply(Some(append(0)), ME);
        states.take_over(5, &state(5), ME);
        states.apply(None, ME);
        assert_eq!((states.last_index(), states.differs(3, &state(9))), (6, None));
        assert_eq!(states.differs(6, &state(5)), None);
        assert_eq!(states.differs(6, &state(6)), Some((ME, "of the map")));
    }
}
