//! What is wrong with single processes for a while: their pace, their clocks, their disks.

use crate::canonical::hash_of_value;
use crate::choices::{Choices, Point, Purpose, Question, Rest, named};
use crate::disk::Stored;
use crate::fault::{FailedWrites, FaultKind};
use crate::network::Latency;
use crate::process::ProcessId;
use crate::protocol::Protocol;
use crate::random::Probability;
use crate::time::{Duration, Time};
use crate::trace::TraceKind;

use super::super::Engine;
use super::super::pending::Pending;
use super::super::steps::Tag;

/// What is wrong with a process while a fault lasts.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) enum Trouble {
    /// Each step takes so long.
    Slow(Duration),
    /// Its clocks gain so many parts per million.
    Drift(i32),
    /// Its timers are late. Faults that name a kind of timer are looked up in the plan.
    LateTimers(Latency),
    /// Its syncs take so long.
    SlowDisk((Duration, Duration)),
    /// Some of its syncs fail; a node that stops because of that boots again after a while.
    FailingSync { rate: Probability, writes: FailedWrites, restart_after: Option<Duration> },
    /// Some of its boots find a record that cannot be read.
    ReadError { rate: Probability, restart_after: Option<Duration> },
    /// Its disk takes no more records.
    FullDisk { restart_after: Option<Duration> },
}

impl<P: Protocol> Engine<'_, P> {
    pub(super) fn begin_trouble(&mut self, process: ProcessId, part: u32, trouble: Trouble) {
        self.local[process.index()].troubles.push((part, trouble));
        self.count_trouble(trouble, 1);
        self.keep_clock(process, trouble);
    }

    pub(super) fn end_trouble(&mut self, process: ProcessId, part: u32) {
        let troubles = &mut self.local[process.index()].troubles;
        let Some(place) = troubles.iter().position(|(of, _)| *of == part) else { return };
        let (_, trouble) = troubles.remove(place);
        self.count_trouble(trouble, -1);
        self.keep_clock(process, trouble);
    }

    /// Counts the troubles that steps and timers ask about.
    fn count_trouble(&mut self, trouble: Trouble, change: i32) {
        match trouble {
            Trouble::Slow(_) => self.faults.slow = self.faults.slow.wrapping_add_signed(change),
            Trouble::LateTimers(_) => self.faults.late_timers = self.faults.late_timers.wrapping_add_signed(change),
            _ => {}
        }
    }

    /// After a drift has begun or ended: the clock runs at its new pace, and its timers with it.
    fn keep_clock(&mut self, process: ProcessId, changed: Trouble) {
        let Trouble::Drift(_) = changed else { return };
        let troubles = self.local[process.index()].troubles.iter().rev();
        let by_fault =
            troubles.filter_map(|(_, trouble)| if let Trouble::Drift(ppm) = trouble { Some(*ppm) } else { None });
        let ppm = by_fault.into_iter().next();
        let clock = &mut self.site.clocks[process.index()];
        let before = *clock;
        clock.drift(self.now, ppm);
        let (now, after) = (self.now, *clock);
        let moved = |due: Time| now.saturating_add(after.true_span(before.local_span(due.since(now))));
        let incarnation = self.status[process.index()].incarnation;
        let entries = match self.client_index(process) {
            Some(client) => self.client_timers[client].move_all(now, moved),
            None => self.local[process.index()].timers.move_all(now, moved),
        };
        for (due, ticket) in entries {
            self.push(due, Pending::Timer { process: process.0, incarnation, ticket });
        }
    }

    /// When a timer that is due at `due` fires, under faults that make timers late.
    pub(in crate::engine) fn late(&mut self, process: ProcessId, due: Time, kind: &str) -> Time {
        let local = &self.local[process.index()];
        let late = local.troubles.iter().rev().find_map(|(part, trouble)| match trouble {
            Trouble::LateTimers(by) if self.makes_late(*part, kind) => Some(*by),
            _ => None,
        });
        let Some(by) = late else { return due };
        let (arm, who) = (local.arms, self.identities[process.index()]);
        let point = Point::new(Purpose::Lateness, process.0, arm);
        let question = || Question::Numbered { who, what: "timer", ordinal: arm, rest: Rest::Of("lateness") };
        let by = by.draw(&mut self.draws.choices, point, question);
        let late = due.saturating_add(by);
        let until = &mut self.local[process.index()].late_until;
        *until = late.max(*until);
        late
    }

    /// Whether a blow of a fault that makes timers late is about those of a kind.
    fn makes_late(&self, part: u32, kind: &str) -> bool {
        match &self.faults.plan[self.fault_of(part) as usize].kind {
            FaultKind::LateTimers { timer, .. } => timer.as_ref().is_none_or(|timer| timer == kind),
            _ => false,
        }
    }

    /// How long a step takes under faults that make a process slow.
    pub(in crate::engine) fn step_takes(&self, process: ProcessId) -> Option<Duration> {
        let troubles = self.local[process.index()].troubles.iter();
        troubles.filter_map(|(_, trouble)| if let Trouble::Slow(takes) = trouble { Some(*takes) } else { None }).max()
    }

    /// How long syncs of a process take, at least and at most.
    pub(in crate::engine) fn sync_range(&self, process: ProcessId) -> (Duration, Duration) {
        let troubles = self.local[process.index()].troubles.iter().rev();
        let by_fault = troubles.filter_map(|(_, t)| if let Trouble::SlowDisk(range) = t { Some(*range) } else { None });
        by_fault.into_iter().next().unwrap_or(self.simulation.env.disk.sync)
    }

    /// Whether sync number `sync` of a process fails, and what then happens to the writes that it
    /// covers.
    pub(in crate::engine) fn sync_fails(&mut self, process: ProcessId, sync: u64) -> Option<FailedWrites> {
        let troubles = self.local[process.index()].troubles.iter();
        let failing = troubles.filter_map(|(part, trouble)| match trouble {
            Trouble::FailingSync { rate, writes, restart_after } => Some((*rate, *writes, *restart_after, *part)),
            _ => None,
        });
        let (rate, writes, restart_after, part) = failing.max_by_key(|(rate, ..)| *rate)?;
        let (point, who) = (Point::new(Purpose::SyncFails, process.0, sync), self.identities[process.index()]);
        let question = || Question::Numbered { who, what: "sync", ordinal: sync, rest: Rest::Of("fails") };
        let fails = self.draws.choices.chance(point, question, rate);
        let fault = self.fault_of(part);
        if !fails || self.is_withheld(fault, process) {
            return None;
        }
        self.local[process.index()].is_doomed = self.faults.keeps_to_model(fault);
        self.local[process.index()].back_after = restart_after;
        Some(writes)
    }

    /// The record that a process cannot read at this boot, if there is one.
    pub(in crate::engine) fn fails_to_read(&mut self, process: ProcessId) -> Option<u64> {
        let failing = self.local[process.index()].troubles.iter().filter_map(|(part, trouble)| match trouble {
            Trouble::ReadError { rate, restart_after } => Some((*rate, *restart_after, *part)),
            _ => None,
        });
        let (rate, restart_after, part) = failing.max_by_key(|(rate, ..)| *rate)?;
        let count = self.site.disks[process.index()].records().len() as u64;
        let (who, boot) = (self.identities[process.index()], self.status[process.index()].incarnation);
        let point = |purpose, ordinal| Point::new(purpose, process.0, u64::from(boot) << 1 | ordinal);
        let choices = &mut self.draws.choices;
        let fails = |choices: &mut Choices| {
            choices.chance(point(Purpose::ReadFails, 0), named!("{who} boot#{boot} read fails"), rate)
        };
        if count == 0 || !fails(choices) {
            return None;
        }
        // The calm answer is the last record.
        let name = named!("{who} boot#{boot} unreadable record");
        let index = count - 1 - choices.choose(point(Purpose::ReadFails, 1), name, count);
        let fault = self.fault_of(part);
        if self.is_withheld(fault, process) {
            return None;
        }
        self.local[process.index()].back_after = restart_after;
        self.local[process.index()].disk_failed = true;
        self.hash_event(Tag::ReadFailed, process.0, 0);
        self.hasher.word(index);
        self.record(Some(process), None, TraceKind::ReadFailed { index });
        Some(index)
    }

    /// Whether the disk of a process takes no more records.
    pub(in crate::engine) fn is_full(&mut self, process: ProcessId) -> bool {
        let full = self.local[process.index()].troubles.iter().rev().find_map(|(part, trouble)| match trouble {
            Trouble::FullDisk { restart_after } => Some((*restart_after, *part)),
            _ => None,
        });
        let Some((restart_after, part)) = full else { return false };
        let fault = self.fault_of(part);
        if self.is_withheld(fault, process) {
            return false;
        }
        self.local[process.index()].back_after = restart_after;
        true
    }

    /// One record of a disk cannot be read any more.
    pub(super) fn corrupt_record(&mut self, process: ProcessId, fault: u32) {
        let Some(disk) = self.site.disks.get(process.index()) else { return };
        let count = disk.records().len() as u64;
        if count == 0 {
            return;
        }
        let (who, ordinal) = (self.identities[process.index()], self.local[process.index()].corrupted);
        self.local[process.index()].corrupted += 1;
        let point = Point::new(Purpose::CorruptRecord, process.0, ordinal);
        // The calm answer is the last record.
        let from_end = self.draws.choices.choose(point, named!("{who} corrupt record#{ordinal}"), count);
        let index = count - 1 - from_end;
        let lost = self.site.disks[process.index()].corrupt(index);
        self.faults.destroyer.get_or_insert(fault);
        self.hash_event(Tag::Corrupt, process.0, 0);
        self.hasher.word(index);
        self.record(Some(process), None, TraceKind::Corrupt { index });
        self.note_lost(fault, process, lost.into_iter().collect());
    }

    /// Counts the durable records of one disk that are gone and not readable on any other.
    pub(super) fn note_lost(&mut self, fault: u32, process: ProcessId, lost: Vec<Stored<P::Record>>) {
        let lost: Vec<u64> = lost.iter().filter_map(Stored::readable).map(hash_of_value).collect();
        if lost.is_empty() {
            return;
        }
        let others = self.site.disks.iter().enumerate().filter(|(index, _)| *index != process.index());
        let elsewhere: Vec<u64> =
            others.flat_map(|(_, disk)| disk.records()).filter_map(Stored::readable).map(hash_of_value).collect();
        let gone = lost.iter().filter(|record| !elsewhere.contains(record)).count() as u64;
        self.faults.records[fault as usize].effects.records_lost += gone;
    }
}
