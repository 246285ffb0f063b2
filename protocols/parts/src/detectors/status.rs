//! What is known of a peer: its status, and the suspicion against it.

use std::collections::VecDeque;

use serde::Serialize;
use sim_core::{Duration, Time};

/// What a peer is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Status {
    /// It was never heard from, and has still time.
    Unknown,
    /// It was heard from, and nothing speaks against it.
    Alive,
    /// It may have crashed.
    Suspected,
    /// It was suspected until the suspicion's deadline: it is taken for crashed.
    Failed,
}

impl Status {
    /// Whether it is on the list of suspects, as Chandra and Toueg (1996) mean it: suspected or failed.
    pub const fn is_suspect(self) -> bool {
        matches!(self, Self::Suspected | Self::Failed)
    }
}

/// What whoever embeds a detector is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Notification {
    /// The peer is suspected from now on.
    Suspected,
    /// The suspicion has reached its deadline.
    Failed,
    /// The peer runs again, and has booted since it was suspected.
    Recovered,
    /// The peer has not booted since: the suspicion was a mistake.
    FalsePositive,
}

/// What a detector makes of a peer at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Opinion {
    /// How suspect it is: 0 where nothing speaks against it, and 1 from the detector's threshold on.
    pub level: f64,
    /// How much the level rests on, from 0 to 1: the part of a window that is filled, or of the votes that agree.
    pub confidence: f64,
}

impl Opinion {
    /// An opinion with this level, cut off where it is beyond 0 and 1.
    pub fn new(level: f64, confidence: f64) -> Self {
        Self { level: level.clamp(0.0, 1.0), confidence }
    }

    /// Whether the threshold is reached.
    pub fn is_suspicion(self) -> bool {
        self.level >= 1.0
    }
}

/// How many levels a suspicion remembers.
const REMEMBERED: usize = 16;

/// A suspicion, from when the threshold is reached until the peer is trusted again.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspicion {
    /// When it began.
    pub first: Time,
    /// When the opinion was last looked at.
    pub updated: Time,
    /// From when on the peer is taken for crashed.
    pub deadline: Time,
    /// The latest opinion.
    pub opinion: Opinion,
    /// The boot of the peer that is suspected, if it was ever heard from.
    pub boot: Option<u64>,
    /// The levels of late, and when they were seen, oldest first.
    pub history: VecDeque<(Time, f64)>,
}

/// What is known of one peer. It turns opinions into a status and notifications.
#[derive(Clone, Debug, Default)]
pub struct Record {
    boot: Option<u64>,
    suspicion: Option<Suspicion>,
    has_failed: bool,
}

impl Record {
    /// What the peer is taken for.
    pub const fn status(&self) -> Status {
        match (&self.suspicion, self.has_failed, self.boot) {
            (Some(_), true, _) => Status::Failed,
            (Some(_), false, _) => Status::Suspected,
            (None, _, Some(_)) => Status::Alive,
            (None, _, None) => Status::Unknown,
        }
    }

    /// The suspicion against it, if there is one.
    pub const fn suspicion(&self) -> Option<&Suspicion> {
        self.suspicion.as_ref()
    }

    /// The boot that was last heard of.
    pub const fn boot(&self) -> Option<u64> {
        self.boot
    }

    /// The peer was heard from, in this boot. Boots are counted up.
    pub fn heard(&mut self, boot: u64) {
        self.boot = self.boot.max(Some(boot));
    }

    /// Takes what the detector makes of the peer now. A suspicion that is not withdrawn for as long as `confirm` is
    /// taken for a failure.
    pub fn judge(&mut self, now: Time, opinion: Opinion, confirm: Duration) -> Option<Notification> {
        let Some(suspicion) = &mut self.suspicion else {
            return opinion.is_suspicion().then(|| {
                let history = VecDeque::from([(now, opinion.level)]);
                let (first, deadline, boot) = (now, now + confirm, self.boot);
                self.suspicion = Some(Suspicion { first, updated: now, deadline, opinion, boot, history });
                Notification::Suspected
            });
        };
        if !opinion.is_suspicion() {
            let has_booted = self.boot > suspicion.boot && suspicion.boot.is_some();
            (self.suspicion, self.has_failed) = (None, false);
            return Some(if has_booted { Notification::Recovered } else { Notification::FalsePositive });
        }
        if suspicion.history.len() == REMEMBERED {
            suspicion.history.pop_front();
        }
        suspicion.history.push_back((now, opinion.level));
        (suspicion.updated, suspicion.opinion) = (now, opinion);
        let fails = now >= suspicion.deadline && !self.has_failed;
        self.has_failed |= fails;
        fails.then_some(Notification::Failed)
    }
}

#[cfg(test)]
mod tests {
    use sim_core::ms;

    use super::*;

    const CONFIRM: Duration = ms(50);

    fn at(millis: u64) -> Time {
        Time::ZERO + ms(millis)
    }

    fn judge(record: &mut Record, millis: u64, level: f64) -> Option<Notification> {
        record.judge(at(millis), Opinion::new(level, 1.0), CONFIRM)
    }

    #[test]
    fn a_suspicion_has_a_first_time_a_last_one_and_a_deadline() {
        let mut record = Record::default();
        assert_eq!((judge(&mut record, 5, 0.5), record.status()), (None, Status::Unknown));
        record.heard(3);
        assert_eq!((judge(&mut record, 10, 0.99), record.status()), (None, Status::Alive));
        assert_eq!(judge(&mut record, 20, 7.0), Some(Notification::Suspected));
        assert_eq!((judge(&mut record, 40, 1.0), record.status()), (None, Status::Suspected));
        let suspicion = record.suspicion().unwrap();
        assert_eq!((suspicion.first, suspicion.updated, suspicion.deadline), (at(20), at(40), at(70)));
        assert_eq!(suspicion.history, [(at(20), 1.0), (at(40), 1.0)]);
        assert_eq!((judge(&mut record, 70, 1.0), record.status()), (Some(Notification::Failed), Status::Failed));
        assert_eq!(judge(&mut record, 80, 1.0), None, "it fails once");
    }

    #[test]
    fn whoever_has_booted_has_recovered_and_all_others_were_suspected_by_mistake() {
        let mut record = Record::default();
        judge(&mut record, 10, 1.0);
        record.heard(2);
        assert_eq!(judge(&mut record, 11, 0.0), Some(Notification::FalsePositive), "it was never heard from");
        judge(&mut record, 20, 1.0);
        record.heard(1);
        assert_eq!(judge(&mut record, 21, 0.0), Some(Notification::FalsePositive));
        judge(&mut record, 30, 1.0);
        judge(&mut record, 90, 1.0);
        record.heard(3);
        assert_eq!((judge(&mut record, 91, 0.0), record.status()), (Some(Notification::Recovered), Status::Alive));
    }

    #[test]
    fn a_suspicion_remembers_so_many_levels() {
        let mut record = Record::default();
        (0..40).for_each(|millis| _ = judge(&mut record, millis, 1.0));
        let history = &record.suspicion().unwrap().history;
        assert_eq!((history.len(), history[0].0), (REMEMBERED, at(24)));
    }
}
