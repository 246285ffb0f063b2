//! From some step on, another seed answers.

use crate::protocol::Protocol;

use super::{Engine, Source};

impl<P: Protocol> Engine<'_, P> {
    /// Another seed takes over once the steps are done whose answers stand.
    pub(super) fn redraw_if_due(&mut self) {
        let Some(redraw) = self.redraw.take_if(|redraw| self.steps >= redraw.after) else { return };
        self.draws.redraw(redraw.seed);
        self.operations.redraw(redraw.seed);
        if redraw.plan {
            let declared = self.simulation.env.faults.len();
            let plan = self.simulation.plan(Source::Seed(redraw.seed));
            self.replan(declared, plan.into_iter().skip(declared));
        }
        self.look_where_needed();
    }
}
