//! What the tasks of a server share: no function here waits for anything.

use std::collections::BTreeMap;

use parts::journal::{BrokenDisk, good_records_while};
use parts::kv::Machine;
use parts::quorums::{Group, reached_by};
use sim_core::{NodeId, Stored};

use super::message::{Command, Entry, Event, Outcome, Position, Record};

/// The state of a server. Properties look at it too.
#[derive(Debug, Default)]
pub struct Replica {
    /// Whether it has read its disk.
    pub(super) has_booted: bool,
    pub(super) term: u64,
    pub(super) voted_for: Option<NodeId>,
    /// Whom it takes for the leader of its term.
    pub(super) leader: Option<NodeId>,
    /// How far the log of each server is known to match its own, if it leads.
    pub(super) leading: Option<BTreeMap<NodeId, u64>>,
    /// Whether it asks for votes.
    pub(super) is_candidate: bool,
    /// How often it has heard of a leader, or has voted for somebody: what holds back an election.
    pub(super) heard: u64,
    /// Its log, from index 1 on.
    pub(super) log: Vec<Entry>,
    pub(super) commit: u64,
    pub(super) applied: u64,
    pub(super) machine: Machine,
}

/// What a disk says.
pub(super) struct Recovered {
    pub(super) replica: Replica,
    /// How many records are good.
    pub(super) records: u64,
}

/// Reads what survived.
///
/// # Errors
/// If a record before the last is corrupt.
pub(super) fn recover(stored: &[Stored<Record>]) -> Result<Recovered, BrokenDisk> {
    let mut replica = Replica { has_booted: true, ..Replica::default() };
    let good = good_records_while(stored, |record| replica.replay(record))?;
    let records = good.len() as u64;
    Ok(Recovered { replica, records })
}

impl Replica {
    /// Takes a record into account, if it fits to those before it.
    fn replay(&mut self, record: &Record) -> bool {
        match record {
            Record::Term { term, voted_for } => (self.term, self.voted_for) = (*term, *voted_for),
            Record::Entry { previous, .. } if self.position(previous.index) != Some(*previous) => return false,
            Record::Entry { previous, entry } => {
                self.log.truncate(previous.index as usize);
                self.log.push(entry.clone());
            }
        }
        true
    }

    /// Whether it leads.
    pub const fn is_leader(&self) -> bool {
        self.leading.is_some()
    }

    /// Whether it leads in this term.
    pub(super) const fn leads(&self, term: u64) -> bool {
        self.is_leader() && self.term == term
    }

    /// Whether it asks for votes in this term.
    pub(super) const fn stands(&self, term: u64) -> bool {
        self.is_candidate && self.term == term
    }

    /// The last index of its log.
    pub(super) const fn last_index(&self) -> u64 {
        self.log.len() as u64
    }

    /// Where its log ends.
    pub(super) fn last(&self) -> Position {
        Position { term: self.log.last().map_or(0, |entry| entry.term), index: self.last_index() }
    }

    /// The place of this index in its log, which may be 0.
    pub(super) fn position(&self, index: u64) -> Option<Position> {
        match index.checked_sub(1) {
            None => Some(Position::default()),
            Some(place) => self.log.get(place as usize).map(|entry| Position { term: entry.term, index }),
        }
    }

    /// What says its term and its vote on the disk.
    pub(super) const fn term_record(&self) -> Record {
        Record::Term { term: self.term, voted_for: self.voted_for }
    }

    /// Another term begins, in which it follows whoever it will hear of. Gives the term in which it led until now.
    pub(super) fn enter(&mut self, term: u64) -> Option<Event> {
        let ends = self.leading.take().map(|_| Event::SteppedDown { term: self.term });
        (self.term, self.voted_for, self.leader, self.is_candidate) = (term, None, None, false);
        ends
    }

    /// Whether it may vote for this candidate (Raft 5.2, 5.4.1).
    pub(super) fn may_vote(&self, candidate: NodeId, term: u64, last: Position) -> bool {
        term == self.term && self.voted_for.is_none_or(|voted| voted == candidate) && last >= self.last()
    }

    /// It leads from now on. All of its own log is durable.
    pub(super) fn begin_to_lead(&mut self, me: NodeId, nodes: &[NodeId]) {
        let matches = |node: &NodeId| (*node, if *node == me { self.last_index() } else { 0 });
        self.leading = Some(nodes.iter().map(matches).collect());
        (self.leader, self.is_candidate) = (Some(me), false);
    }

    /// Adds an entry of its own term. Gives what says so on the disk.
    pub(super) fn push(&mut self, command: Command) -> Record {
        let (previous, entry) = (self.last(), Entry { term: self.term, command });
        self.log.push(entry.clone());
        Record::Entry { previous, entry }
    }

    /// The entries behind this index, so many at most, and what they go behind.
    pub(super) fn behind(&self, index: u64, most: usize) -> (Position, Vec<Entry>) {
        let previous = self.position(index).unwrap_or_else(|| self.last());
        let entries = self.log.iter().skip(previous.index as usize).take(most).cloned().collect();
        (previous, entries)
    }

    /// Takes in what the leader of its term has sent (Raft 5.3). Gives what became of it, what is to be written, and
    /// from where on entries of its own were replaced.
    pub(super) fn take_in(
        &mut self,
        previous: Position,
        entries: Vec<Entry>,
        replaces_all: bool,
    ) -> (Outcome, Vec<Record>, Option<u64>) {
        if self.position(previous.index) != Some(previous) {
            let could_match = previous.index.saturating_sub(1).min(self.last_index());
            return (Outcome::Lacks(could_match), Vec::new(), None);
        }
        let (mut before, mut records, mut replaced) = (previous, Vec::new(), None);
        for entry in entries {
            let at = Position { term: entry.term, index: before.index + 1 };
            if self.position(at.index) != Some(at) || replaces_all {
                if self.last_index() > before.index {
                    replaced.get_or_insert(at.index);
                    self.log.truncate(before.index as usize);
                }
                self.log.push(entry.clone());
                records.push(Record::Entry { previous: before, entry });
            }
            before = at;
        }
        (Outcome::Matches(before.index), records, replaced)
    }

    /// The log of a server matches its own up to this index. Commits what a majority has (Raft 5.3, 5.4.2).
    pub(super) fn matches(&mut self, node: NodeId, index: u64, any_term: bool) {
        let Some(leading) = &mut self.leading else { return };
        let known = leading.entry(node).or_default();
        *known = index.max(*known);
        let mut all: Vec<u64> = leading.values().copied().collect();
        let majority = Group::crash_tolerant(all.len()).majority();
        let reached = reached_by(majority, &mut all).and_then(|index| self.position(index));
        if let Some(reached) = reached.filter(|reached| reached.term == self.term || any_term) {
            self.commit = self.commit.max(reached.index);
        }
    }

    /// Whether more is committed than it has applied.
    pub(super) fn has_to_apply(&self) -> bool {
        // With some flaws it loses entries that it takes for committed.
        self.commit.min(self.last_index()) > self.applied
    }

    /// Applies the next entry. Gives its index.
    pub(super) fn apply_next(&mut self) -> u64 {
        let index = self.take_next();
        self.apply(index);
        index
    }

    /// The next entry is taken for applied. Gives its index.
    pub(super) const fn take_next(&mut self) -> u64 {
        self.applied += 1;
        self.applied
    }

    /// Applies an entry that is committed.
    pub(super) fn apply(&mut self, index: u64) {
        if let Command::Client { request, op } = &self.log[index as usize - 1].command {
            self.machine.apply(*request, op, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn entry(term: u64) -> Entry {
        Entry { term, command: Command::NoOp }
    }

    const fn at(term: u64, index: u64) -> Position {
        Position { term, index }
    }

    fn with_log(terms: &[u64]) -> Replica {
        Replica { log: terms.iter().map(|term| entry(*term)).collect(), ..Replica::default() }
    }

    /// The terms of the log after entries of these terms have come, and what became of them.
    fn after(log: &[u64], previous: Position, entries: &[u64]) -> (Vec<u64>, Outcome) {
        let mut replica = with_log(log);
        let (outcome, ..) = replica.take_in(previous, entries.iter().map(|term| entry(*term)).collect(), false);
        (replica.log.iter().map(|entry| entry.term).collect(), outcome)
    }

    #[test]
    fn only_what_conflicts_is_replaced() {
        assert_eq!(after(&[1, 1, 2], at(1, 1), &[1]), (vec![1, 1, 2], Outcome::Matches(2)));
        assert_eq!(after(&[1, 1, 2], at(1, 1), &[3]), (vec![1, 3], Outcome::Matches(2)));
        assert_eq!(after(&[1], at(0, 0), &[1, 2]), (vec![1, 2], Outcome::Matches(2)));
        assert_eq!(after(&[1, 1], at(2, 2), &[2]), (vec![1, 1], Outcome::Lacks(1)));
        assert_eq!(after(&[1], at(2, 5), &[2]), (vec![1], Outcome::Lacks(1)));
    }

    #[test]
    fn a_leader_commits_entries_of_its_own_term_alone() {
        let nodes = [0, 1, 2].map(NodeId::node);
        let mut replica = Replica { term: 3, ..with_log(&[1, 2]) };
        replica.begin_to_lead(nodes[0], &nodes);
        replica.matches(nodes[1], 2, false);
        assert_eq!(replica.commit, 0, "entry 2 is of an earlier term");
        replica.push(Command::NoOp);
        replica.matches(nodes[0], 3, false);
        assert_eq!(replica.commit, 0);
        replica.matches(nodes[1], 3, false);
        assert_eq!(replica.commit, 3);
    }

    #[test]
    fn a_disk_says_what_was_written() {
        let mut replica = Replica::default();
        replica.enter(2);
        let records = [replica.term_record(), replica.push(Command::NoOp), replica.push(Command::NoOp)];
        let mut stored: Vec<_> = records.iter().cloned().map(Stored::Readable).collect();
        let found = recover(&stored).map(|found| (found.replica.term, found.replica.last(), found.records));
        assert_eq!(found, Ok((2, at(2, 2), 3)));
        // A disk that reorders its writes has lost one: what follows does not fit.
        stored.remove(1);
        let found = recover(&stored).map(|found| (found.replica.last(), found.records));
        assert_eq!(found, Ok((at(0, 0), 1)));
    }
}
