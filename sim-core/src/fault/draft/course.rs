//! When a fault starts, how long it lasts, and how it comes and goes.

use super::{
    Adversary, CorruptRecord, Crash, Cut, Deliver, DiskTrouble, Draft, End, FailingSync, Fire, FullDisk, LateTimers,
    Lie, Links, Omission, Operate, Partition, ReadError, Restart, Swizzle, Trouble, Twin, Upgrade, WallClocks,
};
use crate::fault::{FaultSeverity, Milestone, Repeat, Trigger};
use crate::random::Probability;
use crate::time::{Duration, Time};

/// Kinds that last for a while.
pub trait Lasting {}

/// Kinds that can come and go while they last.
pub trait Flapping: Lasting {}

/// Kinds that are instantaneous, and can happen again.
pub trait Instant {}

/// Kinds that hit each target individually, so that they can hit one after the other.
pub trait HitsEach {}

/// A repeated fault: what remains to say is how long it lasts and whom it hits.
#[derive(Clone, Debug)]
pub enum Repeated {}

macro_rules! kinds {
    ($($course:ident: $($kind:ident),+;)+) => { $($(impl $course for $kind {})+)+ };
}

kinds! {
    Lasting: Adversary, Cut, DiskTrouble, FailingSync, FullDisk, LateTimers, Lie, Links, Omission, Partition, ReadError,
        Repeated, Swizzle, Trouble, Twin, WallClocks;
    Flapping: Cut, DiskTrouble, FailingSync, FullDisk, LateTimers, Lie, Links, Omission, Partition, ReadError, Trouble,
        Twin, WallClocks;
    Instant: CorruptRecord, Crash, Deliver, End, Fire, Operate, Restart, Upgrade;
    HitsEach: CorruptRecord, Crash, DiskTrouble, FailingSync, Fire, FullDisk, LateTimers, Lie, Operate, ReadError,
        Restart, Trouble, Upgrade, WallClocks;
}

impl<K> Draft<K> {
    /// Starts this long after the start of the run.
    pub fn at(mut self, after: Duration) -> Self {
        self.fault.trigger = Trigger::At(Time::ZERO + after);
        self
    }

    /// Starts when this has happened.
    pub fn after(mut self, milestone: Milestone) -> Self {
        self.fault.trigger = Trigger::After(milestone);
        self
    }

    /// Starts this long after the previous fault in the plan started, as the next step of a sequence. Its
    /// targets can be `"same"`: those of the previous fault.
    ///
    /// ```
    /// use sim_core::{Fault, Trigger, ms};
    ///
    /// let crash = Fault::from(Fault::crash("same").then_after(ms(5)));
    /// assert_eq!((crash.follows, crash.trigger), (true, Trigger::Wait(ms(5))));
    /// ```
    pub fn then_after(mut self, wait: Duration) -> Self {
        self.fault.trigger = Trigger::Wait(wait);
        self.following()
    }

    /// Is the next step of a sequence: what it waits for counts from the moment when the previous fault in
    /// the plan started.
    pub fn following(self) -> Self {
        Self::of(self.fault.following())
    }

    /// Strikes only as far as the protocol's [model](crate::Simulation::model) allows.
    pub fn within_model(self) -> Self {
        Self::of(self.fault.within_model())
    }

    /// Strikes each target only with this probability, or strikes at all if it does not hit targets
    /// individually.
    pub fn with_probability(self, probability: Probability) -> Self {
        Self::of(self.fault.with_probability(probability))
    }

    /// Sets the severity, whatever that of its kind is.
    pub fn severity(mut self, severity: FaultSeverity) -> Self {
        self.fault.severity = Some(severity);
        self
    }

    /// Sets its name, for reports and for a fault that [ends](crate::Fault::end) it.
    pub fn labelled(self, label: impl Into<String>) -> Self {
        Self::of(self.fault.labelled(label))
    }
}

impl<K: Lasting> Draft<K> {
    /// Ends this long after it started; by default, it lasts until the heal or the end of the run.
    pub fn lasting(self, lasts: Duration) -> Self {
        Self::of(self.fault.lasting(lasts))
    }
}

impl<K: Flapping> Draft<K> {
    /// Comes and goes while it lasts: it starts again after every `every`, and is active for `on` each
    /// time, which is shorter. It selects its targets anew each time.
    ///
    /// ```
    /// use sim_core::{Fault, ms, secs};
    ///
    /// let flaps = Fault::isolate("n0").at(secs(1)).lasting(secs(2)).flapping(ms(200), ms(50));
    /// # let _ = flaps;
    /// ```
    pub fn flapping(self, every: Duration, on: Duration) -> Draft<Repeated> {
        Draft::of(self.fault.repeated(every, Some(on)))
    }
}

impl<K: Instant> Draft<K> {
    /// Happens repeatedly, this far apart, while it lasts. It selects its targets anew each time.
    ///
    /// ```
    /// use sim_core::{Fault, ms, secs};
    ///
    /// let kills_each_leader = Fault::crash("leader").restart_after(ms(300)).repeated(secs(2)).lasting(secs(9));
    /// # let _ = kills_each_leader;
    /// ```
    pub fn repeated(self, every: Duration) -> Draft<Repeated> {
        Draft::of(self.fault.repeated(every, None))
    }
}

impl Draft<Repeated> {
    /// Hits its first targets again each time, whichever nodes have the role by then.
    pub fn same_targets(mut self) -> Self {
        self.fault.repeat = self.fault.repeat.map(|repeat| Repeat { same_targets: true, ..repeat });
        self
    }
}

impl<K: HitsEach> Draft<K> {
    /// Hits its targets one after the other, this far apart: a rolling restart.
    pub fn one_by_one(self, apart: Duration) -> Self {
        Self::of(self.fault.one_by_one(apart))
    }
}
