//! Session Guarantees: those of reads.

use sim_core::consistency::SessionGuarantee;
use sim_core::{Breach, Property, Step, World};

use super::sessions::Sessions;
use super::visible::Visible;
use super::words;
use crate::message::Event;
use crate::node::Causal;

/// Where a session reads, what it has written is visible (read your writes), and what it has read (monotonic reads).
#[derive(Debug)]
pub struct SessionReads {
    guarantees: Vec<SessionGuarantee>,
    visible: Visible,
    sessions: Sessions,
}

impl SessionReads {
    /// Of these guarantees, those that are about reads.
    pub fn of(guarantees: impl IntoIterator<Item = SessionGuarantee>) -> Self {
        let is_of_reads = |it: &_| matches!(it, SessionGuarantee::ReadYourWrites | SessionGuarantee::MonotonicReads);
        let guarantees = guarantees.into_iter().filter(is_of_reads).collect();
        Self { guarantees, visible: Visible::default(), sessions: Sessions::default() }
    }
}

impl Property<Causal> for SessionReads {
    fn after_step(&mut self, world: &World<'_, Causal>, step: &Step<'_, Causal>) -> Result<(), Breach> {
        let Some(data_centre) = self.visible.after_step(world, step) else { return Ok(()) };
        for event in step.events {
            let Event::Read { request, .. } = event else { continue };
            for (guarantee, version) in self.sessions.before(*request, &self.guarantees, world) {
                if self.visible.first_missing(data_centre, &[version]).is_some() {
                    let me = world.identity(step.process);
                    let (did, promise) = match guarantee {
                        SessionGuarantee::ReadYourWrites => ("written", "read your writes"),
                        _ => ("read", "monotonic reads"),
                    };
                    let what = format!(
                        "{me} answers {request} where {} is not visible, which the session has {did} before: {promise}",
                        words(version)
                    );
                    return Err(Breach::new([me], what));
                }
            }
        }
        Ok(())
    }
}
