//! Rare cases: at each place in the step loop, one test finds that there are none.
//!
//! Faults, recordings and link descriptions can ask for many things, but most of the time most runs
//! ask for none. So the hot path only tests whether there is anything at all to look for. The
//! individual cases are tested out of line.

use crate::protocol::{Protocol, has_recovering_states};

use super::Engine;

/// Where in the step loop there may be a rare case. All cases are tested again out of line: a place
/// marked for nothing costs time but does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unusual {
    /// When a message is sent.
    pub(super) sending: bool,
    /// When a message is due.
    pub(super) arriving: bool,
    /// When a timer is armed.
    pub(super) arming: bool,
    /// When a step has been taken.
    pub(super) stepping: bool,
}

impl Unusual {
    /// There may be rare cases everywhere.
    pub(super) const EVERYWHERE: Self = Self { sending: true, arriving: true, arming: true, stepping: true };

    /// Whether it includes all of these places.
    const fn covers(self, of: Self) -> bool {
        (self.sending | !of.sending)
            & (self.arriving | !of.arriving)
            & (self.arming | !of.arming)
            & (self.stepping | !of.stepping)
    }
}

impl<P: Protocol> Engine<'_, P> {
    /// Whether there are rare cases to look for now, by place. The reasons exist from the
    /// beginning, or come up in an errand.
    fn what_is_unusual(&self) -> Unusual {
        let (links, faults, are_named) = (&self.links, &self.faults, self.draws.choices.uses_names());
        Unusual {
            sending: are_named
                || faults.watches_messages
                || !faults.scripts.is_empty()
                || !faults.lies.is_empty()
                || !self.site.twins.is_empty()
                || !links.only_delay_and_lose(),
            arriving: links.profile().connections || !links.are_clear(),
            arming: are_named || faults.late_timers > 0 || !faults.scripts.is_empty(),
            stepping: faults.armed_crashes > 0
                || self.minds_boundaries()
                || faults.watches_states
                || faults.slow > 0
                || !self.byzantine.is_empty()
                || has_recovering_states::<P>()
                || self.steps_are_watched(),
        }
    }

    /// Looks for every case while something is done that may bring up reasons.
    pub(super) fn look_everywhere(&mut self) {
        debug_assert!(self.unusual.covers(self.what_is_unusual()), "a reason has come up unnoticed");
        self.unusual = Unusual::EVERYWHERE;
    }

    /// From now on, looks only for cases that are active.
    pub(super) fn look_where_needed(&mut self) {
        self.unusual = self.what_is_unusual();
    }
}
