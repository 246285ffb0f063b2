//! Replicas become alike within a bound after the heal.

use std::collections::BTreeMap;
use std::fmt;

use super::super::{Answer, Undecided};
use crate::time::{Duration, Time};

/// Watches replicas by their digests. Times are virtual, in nanoseconds, and never go back.
#[derive(Clone, Debug)]
pub struct Convergence {
    bound_ns: u64,
    /// When the network had healed and the last update was made; `None` before the heal.
    quiet_since: Option<u64>,
    digests: BTreeMap<u64, u64>,
    /// The first moment after the bound at which replicas were found unlike.
    first: Option<Divergence>,
}

/// Replicas that are unlike although they have had the time to become alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Since when nothing had happened that would excuse it.
    pub quiet_since_ns: u64,
    /// How long they may have taken.
    pub bound_ns: u64,
    /// When they were found unlike.
    pub seen_ns: u64,
    /// The digest of each.
    pub digests: BTreeMap<u64, u64>,
}

impl Convergence {
    /// Replicas have `bound_ns` to become alike.
    #[must_use]
    pub const fn within(bound_ns: u64) -> Self {
        Self { bound_ns, quiet_since: None, digests: BTreeMap::new(), first: None }
    }

    /// From now on nothing keeps replicas apart.
    pub fn heal(&mut self, time_ns: u64) {
        self.look(time_ns);
        self.quiet_since = Some(time_ns);
    }

    /// A fault keeps replicas apart again.
    pub fn disturb(&mut self, time_ns: u64) {
        self.look(time_ns);
        self.quiet_since = None;
    }

    /// A client's update took effect somewhere: the time to become alike begins anew.
    pub fn update(&mut self, time_ns: u64) {
        self.look(time_ns);
        if self.quiet_since.is_some() {
            self.quiet_since = Some(time_ns);
        }
    }

    /// The replica has this digest from now on.
    pub fn observe(&mut self, replica: u64, digest: u64, time_ns: u64) {
        self.look(time_ns);
        self.digests.insert(replica, digest);
    }

    /// The replica does not count any more: it is down for good, or has been removed.
    pub fn forget(&mut self, replica: u64, time_ns: u64) {
        self.look(time_ns);
        self.digests.remove(&replica);
    }

    /// What is certain at this time. A run that ends before the bound, and with replicas unlike,
    /// tells nothing.
    pub fn judge(&self, time_ns: u64) -> Answer<Divergence> {
        if let Some(divergence) = self.first.clone().or_else(|| self.divergence_at(time_ns)) {
            return Answer::Violated(divergence);
        }
        let unclear = |what: &str| Answer::Unknown(Undecided::Unclear { what: what.to_owned() });
        match self.quiet_since {
            None => unclear("something kept replicas apart until the end"),
            Some(_) if self.is_alike() => Answer::Satisfied,
            Some(_) => unclear("the run ended before replicas had to be alike"),
        }
    }

    /// Keeps the first divergence, as seen just before something else happens.
    fn look(&mut self, time_ns: u64) {
        if self.first.is_none() {
            self.first = self.divergence_at(time_ns);
        }
    }

    fn divergence_at(&self, seen_ns: u64) -> Option<Divergence> {
        let quiet_since_ns = self.quiet_since?;
        let is_late = seen_ns.saturating_sub(quiet_since_ns) > self.bound_ns;
        let Self { bound_ns, .. } = *self;
        (is_late && !self.is_alike()).then(|| Divergence {
            quiet_since_ns,
            bound_ns,
            seen_ns,
            digests: self.digests.clone(),
        })
    }

    fn is_alike(&self) -> bool {
        let mut digests = self.digests.values();
        let first = digests.next();
        digests.all(|digest| Some(digest) == first)
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [quiet, seen] = [self.quiet_since_ns, self.seen_ns].map(Time::from_nanos);
        let bound = Duration::from_nanos(self.bound_ns);
        writeln!(
            f,
            "replicas are unlike at {seen}, more than {bound} after nothing kept them apart any more, at {quiet}:"
        )?;
        self.digests.iter().try_for_each(|(replica, digest)| writeln!(f, "  replica {replica}: {digest:#018x}"))
    }
}
