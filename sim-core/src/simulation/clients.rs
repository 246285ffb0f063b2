//! The clients of a simulation: how many, what they ask, and how.

use std::sync::Arc;

use crate::client::{Client, ClientProfile, DrawOperation, Operations, RetryingClient};
use crate::engine::Source;
use crate::protocol::Protocol;
use crate::time::Duration;

/// The clients of a simulation.
pub(crate) struct ClientSetup<P: Protocol> {
    pub(crate) profile: ClientProfile,
    pub(super) draw: Option<DrawOperation<P>>,
    pub(crate) listed: Option<Arc<Vec<Vec<P::Op>>>>,
    pub(super) make: MakeClient<P>,
}

type MakeClient<P> = Arc<dyn Fn(u32, ClientProfile) -> Box<dyn Client<P>> + Send + Sync>;

impl<P: Protocol> ClientSetup<P> {
    pub(super) fn nobody() -> Self {
        Self {
            profile: ClientProfile { count: 0, ..ClientProfile::default() },
            draw: None,
            listed: None,
            make: Arc::new(|index, profile| Box::new(RetryingClient::new(index, profile))),
        }
    }

    pub(crate) const fn count(&self) -> u32 {
        self.profile.count
    }

    /// How long a client waits for an answer.
    pub(crate) const fn patience(&self) -> Duration {
        self.profile.timeout
    }

    pub(crate) fn make(&self) -> Vec<Box<dyn Client<P>>> {
        (0..self.profile.count).map(|index| (self.make)(index, self.profile)).collect()
    }

    pub(crate) fn operations(&self, source: Source<'_>, keep: bool) -> Operations<P> {
        let count = self.profile.count;
        match (&self.listed, &self.draw, source) {
            (Some(lists), _, _) => Operations::listed(Arc::clone(lists), count),
            (None, Some(draw), Source::Seed(seed)) => {
                Operations::drawn(seed, Arc::clone(draw), count, self.profile.operations, keep)
            }
            _ => Operations::listed(Arc::default(), count),
        }
    }
}

impl<P: Protocol> Clone for ClientSetup<P> {
    fn clone(&self) -> Self {
        Self {
            profile: self.profile,
            draw: self.draw.clone(),
            listed: self.listed.clone(),
            make: Arc::clone(&self.make),
        }
    }
}
