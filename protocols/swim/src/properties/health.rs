//! How well members take themselves for (Lifeguard).

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, StepKind, World};

use crate::config::SwimConfig;
use crate::detector::CurrentProbe;
use crate::message::Event;
use crate::node::Swim;

/// With Lifeguard, who gets no answers, or must refute something, takes itself for unwell.
#[derive(Debug)]
pub struct NoAnswersAreUnwell {
    /// How unwell a member can take itself for; 0 without Lifeguard.
    most: u32,
    before: PerProcess<Before>,
}

/// What a member knew after its last step.
#[derive(Clone, Debug, Default)]
struct Before {
    periods: u64,
    unwell: u32,
    probe: Option<CurrentProbe>,
}

impl NoAnswersAreUnwell {
    pub(super) fn new(config: &SwimConfig) -> Self {
        let most = if config.lifeguard { config.most_unwell } else { 0 };
        Self { most, before: PerProcess::default() }
    }
}

impl Property<Swim> for NoAnswersAreUnwell {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        if self.most == 0 || step.kind == StepKind::Client {
            return Ok(());
        }
        let before = self.before.of(step.process);
        let Some(node) = world.node(step.process) else {
            *before = Before::default();
            return Ok(());
        };
        let refutes = |event: &Event| matches!(event, Event::Published { is_fresh: false, .. });
        // Where a client asks for it, it is no refutation.
        let mut least = u32::from(step.kind == StepKind::Message && step.events.iter().any(refutes));
        if let Some(CurrentProbe { is_answered: false, asked, nacks, .. }) = before.probe
            && node.periods() > before.periods
        {
            // Each of those that were asked is there, if it says that it got no answer either.
            let worse = if asked == 0 { 1 } else { asked.saturating_sub(nacks) };
            least = before.unwell + worse;
        }
        *before = Before { periods: node.periods(), unwell: node.unwell(), probe: node.probe };
        if node.unwell() < least.min(self.most) {
            let me = world.identity(step.process);
            let what = format!("{me} takes itself for unwell by {}, and not by {least}", node.unwell());
            return Err(Breach::new([me], what));
        }
        Ok(())
    }
}
