//! What is out of the ordinary: at each place of the step loop one test finds that nothing is.
//!
//! Of all that faults, recordings and the descriptions of links can ask for, most runs ask for
//! nothing most of the time. So the hot path asks only whether there is anything at all to look
//! for, and what there is to look for is looked for out of line, one by one.

use crate::protocol::{Protocol, has_recovering_states};

use super::Engine;

/// Where in the step loop there may be something out of the ordinary. Out of line all of it is looked
/// for again: to say so of a place where there is nothing costs time and does no harm.
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
    /// Anything may have to be looked for.
    pub(super) const EVERYWHERE: Self = Self { sending: true, arriving: true, arming: true, stepping: true };

    /// Whether all of these places are among its own.
    const fn covers(self, of: Self) -> bool {
        (self.sending | !of.sending)
            & (self.arriving | !of.arriving)
            & (self.arming | !of.arming)
            & (self.stepping | !of.stepping)
    }
}

impl<P: Protocol> Engine<'_, P> {
    /// All the reasons for which something has to be looked for now, by place. They are there from
    /// the beginning, or come up in an errand.
    fn what_is_unusual(&self) -> Unusual {
        let (links, faults, are_named) = (&self.links, &self.faults, self.names.is_some());
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
                || faults.watches_states
                || faults.slow > 0
                || !self.byzantine.is_empty()
                || has_recovering_states::<P>()
                || self.steps_are_watched(),
        }
    }

    /// While something is done that reasons may come up in, everything is looked for.
    pub(super) fn look_everywhere(&mut self) {
        debug_assert!(self.unusual.covers(self.what_is_unusual()), "a reason has come up unnoticed");
        self.unusual = Unusual::EVERYWHERE;
    }

    /// Checks only what is active from now on.
    pub(super) fn look_where_needed(&mut self) {
        self.unusual = self.what_is_unusual();
    }
}
