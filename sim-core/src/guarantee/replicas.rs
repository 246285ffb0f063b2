//! Whether replicas end up alike, are alike whenever they have the same updates, and lose nothing
//! that a client was told is done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};

use super::{Announced, Announcement, blame_nobody, is_settled, judge};
use crate::consistency::{Convergence, StrongConvergence, Version, check_durability};
use crate::history::{Moment, Operation};
use crate::model::PropertyClass;
use crate::property::{Breach, Judgement, Property, Step, StepKind};
use crate::system::SystemUnderTest;
use crate::time::{Duration, Time};
use crate::world::World;

/// When nothing has been asked for long enough, and no fault has kept replicas apart, all replicas
/// that run have the same [digest](crate::LivenessClaims::digest). Judged at the end; where clients or
/// faults went on until shortly before, replicas that differ tell nothing.
#[derive(Clone, Copy, Debug)]
pub struct EventuallyAlike {
    within: Duration,
}

impl EventuallyAlike {
    /// Replicas agree at the latest `within` after the last operation and the last fault.
    pub const fn new(within: Duration) -> Self {
        Self { within }
    }
}

impl<P: SystemUnderTest> Property<P> for EventuallyAlike {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        let last = world.history().iter().map(|(_, of)| of.returned().unwrap_or(of.invoked).time_ns).max();
        let last = last.unwrap_or_default();
        let mut replicas = Convergence::within(self.within.as_nanos());
        if let Some(calm) = world.calm_since() {
            replicas.heal(calm.as_nanos().max(last));
        }
        for process in world.correct() {
            if let Some(digest) = world.node(process).and_then(P::LIVENESS.digest) {
                replicas.observe(u64::from(world.identity(process).index()), digest, last);
            }
        }
        judge(replicas.judge(world.now().as_nanos()), blame_nobody)
    }
}

/// Replicas that have the same updates have the same [digest](crate::LivenessClaims::digest), after every
/// step.
pub struct AlwaysAlike<P: SystemUnderTest> {
    announced: Announced<P>,
    replicas: StrongConvergence<Version>,
}

impl<P: SystemUnderTest> AlwaysAlike<P> {
    /// As far as `announced` tells what a replica has.
    pub const fn new(announced: Announced<P>) -> Self {
        Self { announced, replicas: StrongConvergence::new() }
    }
}

impl<P: SystemUnderTest> Debug for AlwaysAlike<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlwaysAlike").field("replicas", &self.replicas).finish_non_exhaustive()
    }
}

impl<P: SystemUnderTest> Property<P> for AlwaysAlike<P> {
    fn after_step(&mut self, world: &World<'_, P>, step: &Step<'_, P>) -> Result<(), Breach> {
        if step.kind == StepKind::Client || !world.is_correct(step.process) {
            return Ok(());
        }
        let me = world.identity(step.process);
        let replica = u64::from(me.index());
        if step.kind == StepKind::Boot {
            self.replicas.wipe(replica);
        }
        for event in step.events {
            match (self.announced)(event) {
                Some(Announcement::Delivered(update) | Announcement::Recovered { message: update, .. }) => {
                    self.replicas.deliver(replica, update);
                }
                Some(Announcement::Left) => self.replicas.wipe(replica),
                Some(Announcement::Broadcast(_) | Announcement::Joined) | None => {}
            }
        }
        let Some(digest) = world.node(step.process).and_then(P::LIVENESS.digest) else { return Ok(()) };
        self.replicas.observe(replica, digest).map_err(|unlike| Breach::new([me], unlike.to_string()))
    }
}

/// At the end of the run, every replica that runs and has not left has each update of which a client was told early
/// enough that it is done.
pub struct Durability<P: SystemUnderTest> {
    announced: Announced<P>,
    acknowledges: fn(&P::Reply) -> Option<Version>,
    within: Duration,
    /// By replica, what it has had since it last booted.
    replicas: BTreeMap<u64, BTreeSet<Version>>,
    /// Replicas that have left the group.
    gone: BTreeSet<u64>,
}

impl<P: SystemUnderTest> Durability<P> {
    /// As far as `announced` tells what a replica has, and `acknowledges` which update a reply
    /// is the answer to. Replicas need not have what was acknowledged less than `within` before the
    /// end.
    pub const fn new(
        announced: Announced<P>,
        acknowledges: fn(&P::Reply) -> Option<Version>,
        within: Duration,
    ) -> Self {
        Self { announced, acknowledges, within, replicas: BTreeMap::new(), gone: BTreeSet::new() }
    }
}

impl<P: SystemUnderTest> Debug for Durability<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durability").field("replicas", &self.replicas).finish_non_exhaustive()
    }
}

impl<P: SystemUnderTest> Property<P> for Durability<P> {
    fn after_step(&mut self, world: &World<'_, P>, step: &Step<'_, P>) -> Result<(), Breach> {
        if step.kind == StepKind::Client || !world.is_correct(step.process) {
            return Ok(());
        }
        let replica = u64::from(world.identity(step.process).index());
        let has = self.replicas.entry(replica).or_default();
        if matches!(step.kind, StepKind::Boot | StepKind::Crash) {
            has.clear();
        }
        for event in step.events {
            match (self.announced)(event) {
                Some(Announcement::Delivered(update) | Announcement::Recovered { message: update, .. }) => {
                    has.insert(update);
                }
                Some(Announcement::Left) => {
                    has.clear();
                    self.gone.insert(replica);
                }
                Some(Announcement::Joined) => _ = self.gone.remove(&replica),
                Some(Announcement::Broadcast(_)) | None => {}
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        let is_due = |returned: Moment| world.now().since(Time::from_nanos(returned.time_ns)) >= self.within;
        let operations = world.history().iter().map(|(_, operation)| operation);
        let replies = operations.filter(|of| of.returned().is_some_and(is_due)).filter_map(Operation::reply);
        let acknowledged: BTreeSet<Version> = replies.filter_map(self.acknowledges).collect();
        for process in world.processes().filter(|process| world.node(*process).is_none()) {
            self.replicas.remove(&u64::from(world.identity(process).index()));
        }
        self.replicas.retain(|replica, _| !self.gone.contains(replica));
        let answer = check_durability(&acknowledged, &self.replicas);
        if answer.is_violated() && !is_settled(world, Time::ZERO, self.within) {
            return Judgement::Inconclusive("faults kept replicas apart until shortly before the end".to_owned());
        }
        judge(answer, blame_nobody)
    }
}
