//! The timers that the futures of one node wait for.

use std::cell::RefCell;
use std::task::Poll;

use crate::executor::{Executor, Waiter, if_current};
use crate::timer::Timer;

/// Names an armed timer, by its place.
pub(crate) type TimerId = usize;

/// The timers of a node that are armed, or have fired without anybody having looked yet.
#[derive(Default)]
pub(crate) struct Timers {
    slots: RefCell<Vec<Option<Slot>>>,
}

struct Slot {
    timer: Timer,
    /// Absent once it has fired.
    waiter: Option<Waiter>,
}

impl Timers {
    /// A timer of this name that is not armed yet, and for which somebody waits.
    pub(crate) fn arm(&self, name: &'static str, waiter: Waiter) -> (TimerId, Timer) {
        let mut slots = self.slots.borrow_mut();
        let is_taken =
            |slots: &[Option<Slot>], number| slots.iter().flatten().any(|slot| slot.timer == Timer::new(name, number));
        let number = (0..).find(|number| !is_taken(&slots, *number)).expect("there are fewer than 2^32 timers");
        let timer = Timer::new(name, number);
        let id = slots.iter().position(Option::is_none).unwrap_or_else(|| {
            slots.push(None);
            slots.len() - 1
        });
        slots[id] = Some(Slot { timer, waiter: Some(waiter) });
        (id, timer)
    }

    /// Whether it has fired. If not, this one waits for it from now on.
    pub(crate) fn poll(&self, id: TimerId, waiter: Waiter) -> Poll<()> {
        let mut slots = self.slots.borrow_mut();
        let slot = slots[id].as_mut().expect("it is there until it is removed");
        if slot.waiter.is_none() {
            return Poll::Ready(());
        }
        slot.waiter = Some(waiter);
        Poll::Pending
    }

    /// Nobody waits for it any more. Returns its name, if it has not fired.
    pub(crate) fn remove(&self, id: TimerId) -> Option<Timer> {
        let slot = self.slots.borrow_mut()[id].take().expect("it is there until it is removed");
        slot.waiter.is_some().then_some(slot.timer)
    }

    /// It fires.
    pub(crate) fn fire(&self, timer: Timer, executor: &Executor) {
        let waiter = self
            .slots
            .borrow_mut()
            .iter_mut()
            .flatten()
            .find(|slot| slot.timer == timer)
            .and_then(|slot| slot.waiter.take());
        if let Some(waiter) = waiter {
            executor.wake(waiter);
        }
    }
}

/// Disarms a timer of the node that is running. Outside of nodes there is nothing to disarm.
pub(crate) fn disarm(id: TimerId) {
    if_current(|host| {
        if let Some(timer) = host.timers().remove(id) {
            host.cancel_timer(timer);
        }
    });
}
