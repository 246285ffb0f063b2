//! The timers of one process.
//!
//! Protocols push timers back far more often than they let them fire. So arming a pending timer
//! again leaves its entry in the event queue where it is, and when that comes up too early it is
//! moved to where it belongs. An entry bears the sequence number of the arming that it stands
//! for, so the order of events is the same as if every arming had made its own.

use serde::Serialize;

use crate::canonical::Value;
use crate::time::Time;

/// Timers by name.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    slots: Vec<Slot<T>>,
}

#[derive(Debug)]
struct Slot<T> {
    /// Nothing once it has fired or was disarmed.
    armed: Option<Armed<T>>,
    /// The queue entry that stands for it, if there is one. Older entries are void.
    entry: Option<Entry>,
    stamps: u32,
}

#[derive(Debug)]
struct Armed<T> {
    timer: T,
    due: Due,
    arm: u64,
}

/// When a timer fires: first by time, then by when it was armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    pub(crate) time: Time,
    pub(crate) sequence: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    due: Due,
    stamp: u32,
}

/// What a queue entry carries to find its timer again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    slot: u32,
    stamp: u32,
}

/// What has become of the timer that a queue entry stood for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// It is due.
    Due,
    /// It was armed again: the entry goes back into the queue for then.
    Later(Due),
    /// It is no longer armed.
    Void,
}

impl<T: Eq> Timers<T> {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// Arms a timer, and says which entry must be put into the queue for it, if one must. `arm`
    /// numbers the armings of the process.
    #[inline]
    pub(crate) fn arm(&mut self, timer: T, due: Due, arm: u64) -> Option<Ticket> {
        let index = self.slot_of(&timer);
        let slot = &mut self.slots[index];
        slot.armed = Some(Armed { timer, due, arm });
        match slot.entry {
            Some(entry) if entry.due <= due => None,
            _ => {
                slot.stamps = slot.stamps.wrapping_add(1);
                slot.entry = Some(Entry { due, stamp: slot.stamps });
                Some(Ticket { slot: index as u32, stamp: slot.stamps })
            }
        }
    }

    /// The slot of a pending timer of this name, or a free one.
    #[inline]
    fn slot_of(&mut self, timer: &T) -> usize {
        let mut free = None;
        for (index, slot) in self.slots.iter().enumerate() {
            match &slot.armed {
                Some(armed) if armed.timer == *timer => return index,
                Some(_) => {}
                None => free = free.or(Some(index)),
            }
        }
        free.unwrap_or_else(|| {
            self.slots.push(Slot { armed: None, entry: None, stamps: 0 });
            self.slots.len() - 1
        })
    }

    /// Which arming of the process a ticket stands for; 0 if it is void.
    pub(crate) fn arm_of(&self, ticket: Ticket) -> u64 {
        let slot = self.slots.get(ticket.slot as usize);
        slot.and_then(|slot| slot.armed.as_ref()).map_or(0, |armed| armed.arm)
    }

    /// Disarms a timer.
    pub(crate) fn cancel(&mut self, timer: &T) {
        let is_it = |slot: &&mut Slot<T>| slot.armed.as_ref().is_some_and(|armed| armed.timer == *timer);
        if let Some(slot) = self.slots.iter_mut().find(is_it) {
            slot.armed = None;
        }
    }

    /// The entry with this ticket has come up, and does not fire yet.
    #[inline]
    pub(crate) fn expire(&mut self, ticket: Ticket, entry: Due) -> Expiry {
        let Some(slot) = self.slots.get_mut(ticket.slot as usize) else { return Expiry::Void };
        if slot.entry.is_none_or(|e| e.stamp != ticket.stamp) {
            return Expiry::Void;
        }
        let Some(armed) = &slot.armed else {
            slot.entry = None;
            return Expiry::Void;
        };
        if armed.due == entry {
            return Expiry::Due;
        }
        slot.entry = Some(Entry { due: armed.due, stamp: ticket.stamp });
        Expiry::Later(armed.due)
    }

    /// The entry with this ticket has come up, and its process runs: takes out the timer, if it is
    /// still armed and due by `by`. For an entry that comes out of the queue that is the entry's own
    /// due; for one that waited for its process it is now, whatever the sequence.
    #[inline]
    pub(crate) fn fire(&mut self, ticket: Ticket, by: Due) -> Fired<T> {
        let Some(slot) = self.slots.get_mut(ticket.slot as usize) else { return Fired::Void };
        if slot.entry.is_none_or(|e| e.stamp != ticket.stamp) {
            return Fired::Void;
        }
        match slot.armed.take() {
            Some(armed) if armed.due <= by => {
                slot.entry = None;
                Fired::Fires(armed.timer)
            }
            Some(armed) => {
                let due = armed.due;
                slot.entry = Some(Entry { due, stamp: ticket.stamp });
                slot.armed = Some(armed);
                Fired::Later(due)
            }
            None => {
                slot.entry = None;
                Fired::Void
            }
        }
    }

    /// The timers that are armed.
    pub(crate) fn armed(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| slot.armed.as_ref().map(|armed| &armed.timer))
    }

    /// The first armed timer for which this holds is due at `due`. Returns the entry that must be put into
    /// the queue for it, and what it is called.
    pub(crate) fn hasten(&mut self, due: Due, is_it: impl Fn(&T) -> bool) -> Option<(Ticket, Value)>
    where
        T: Serialize,
    {
        let mut slots = (0..).zip(&mut self.slots);
        let (index, slot) = slots.find(|(_, slot)| slot.armed.as_ref().is_some_and(|armed| is_it(&armed.timer)))?;
        let armed = slot.armed.as_mut()?;
        armed.due = due;
        slot.stamps = slot.stamps.wrapping_add(1);
        slot.entry = Some(Entry { due, stamp: slot.stamps });
        Some((Ticket { slot: index, stamp: slot.stamps }, Value::of(&armed.timer)))
    }

    /// Moves the deadlines that lie ahead of `now`, in either direction: their clock has changed its
    /// pace. Returns the entries that must be put into the queue for those that come sooner.
    pub(crate) fn move_all(&mut self, now: Time, moved: impl Fn(Time) -> Time) -> Vec<(Due, Ticket)> {
        let mut sooner = Vec::new();
        for (index, slot) in (0..).zip(&mut self.slots) {
            let Some(armed) = slot.armed.as_mut().filter(|armed| armed.due.time > now) else { continue };
            armed.due.time = moved(armed.due.time);
            let due = armed.due;
            if slot.entry.is_none_or(|entry| due < entry.due) {
                slot.stamps = slot.stamps.wrapping_add(1);
                slot.entry = Some(Entry { due, stamp: slot.stamps });
                sooner.push((due, Ticket { slot: index, stamp: slot.stamps }));
            }
        }
        sooner
    }

    /// Forgets all timers. Entries that are still queued must be told from later ones by their
    /// incarnation.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
    }
}

/// What [`Timers::fire`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fired<T> {
    /// This timer fires.
    Fires(T),
    /// It was armed for later meanwhile: the entry goes back into the queue.
    Later(Due),
    /// It is no longer armed.
    Void,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(time: u64, sequence: u64) -> Due {
        Due { time: Time::from_nanos(time), sequence }
    }

    fn fire(timers: &mut Timers<char>, ticket: Ticket, time: u64) -> Fired<char> {
        timers.fire(ticket, due(time, u64::MAX))
    }

    #[test]
    fn a_timer_pushed_back_keeps_its_entry_and_fires_at_its_last_deadline() {
        let mut timers = Timers::new();
        let ticket = timers.arm('e', due(10, 1), 1).expect("a first entry");
        assert_eq!(timers.arm('e', due(20, 2), 2), None);
        assert_eq!(timers.arm('e', due(30, 3), 3), None);
        assert_eq!(timers.expire(ticket, due(10, 1)), Expiry::Later(due(30, 3)));
        assert_eq!(timers.expire(ticket, due(30, 3)), Expiry::Due);
        assert_eq!(fire(&mut timers, ticket, 30), Fired::Fires('e'));
        assert_eq!(timers.expire(ticket, due(30, 3)), Expiry::Void);
    }

    #[test]
    fn a_timer_pulled_forward_gets_an_entry_of_its_own() {
        let mut timers = Timers::new();
        let late = timers.arm('e', due(30, 1), 1).expect("a first entry");
        let early = timers.arm('e', due(10, 2), 2).expect("an earlier entry");
        assert_eq!(timers.expire(early, due(10, 2)), Expiry::Due);
        assert_eq!(fire(&mut timers, early, 10), Fired::Fires('e'));
        assert_eq!(timers.expire(late, due(30, 1)), Expiry::Void);
    }

    #[test]
    fn a_disarmed_timer_does_not_fire_and_its_slot_serves_another() {
        let mut timers = Timers::new();
        let first = timers.arm('a', due(10, 1), 1).expect("an entry");
        timers.cancel(&'a');
        assert_eq!(timers.arm('b', due(20, 2), 2), None, "the entry is used for the new timer");
        assert_eq!(timers.expire(first, due(10, 1)), Expiry::Later(due(20, 2)));
        timers.cancel(&'b');
        assert_eq!(fire(&mut timers, first, 20), Fired::Void);
        assert_eq!(timers.slots.len(), 1);
    }

    #[test]
    fn a_change_of_pace_moves_deadlines_both_ways() {
        let mut timers = Timers::new();
        let at = Time::from_nanos;
        let ticket = timers.arm('a', due(30, 1), 1).expect("an entry");
        assert_eq!(timers.move_all(at(10), |due| at(due.as_nanos() + 20)), []);
        assert_eq!(timers.expire(ticket, due(30, 1)), Expiry::Later(due(50, 1)));
        let sooner = timers.move_all(at(30), |due| at(due.as_nanos() - 10));
        let [(moved, entry)] = sooner[..] else { panic!("{sooner:?}") };
        assert_eq!(moved, due(40, 1));
        assert_eq!(timers.expire(ticket, due(50, 1)), Expiry::Void);
        assert_eq!(timers.expire(entry, moved), Expiry::Due);
    }

    #[test]
    fn a_timer_that_waited_for_its_process_is_looked_at_again() {
        let mut timers = Timers::new();
        let ticket = timers.arm('a', due(10, 1), 1).expect("an entry");
        assert_eq!(timers.expire(ticket, due(10, 1)), Expiry::Due);
        timers.arm('a', due(50, 2), 2);
        assert_eq!(fire(&mut timers, ticket, 20), Fired::Later(due(50, 2)));
        assert_eq!(fire(&mut timers, ticket, 50), Fired::Fires('a'));
    }
}
