//! The guard of a lock: it knows how long its holder has it, renews it by itself, and tells when that fails.

use std::collections::BTreeSet;

use sim_core::{NodeId, Time};

use super::config::LockConfig;
use super::flaws::LockFlaw;
use super::node::Ctx;

/// The guard of a lock that is held.
#[derive(Debug)]
pub(super) struct Guard {
    /// When the lease ends, by the holder's monotonic clock.
    pub(super) until: Time,
    /// When it ends by the holder's wall clock, which may jump.
    wall_until: Time,
    /// The renewal that is under way, or the last one.
    pub(super) round: u64,
    /// When that began.
    round_began: Time,
    /// Which instances have extended the key in it, and which have not.
    extended: BTreeSet<NodeId>,
    pub(super) refused: BTreeSet<NodeId>,
    /// Whether it has told that a renewal failed, to a holder that does not care.
    pub(super) is_ignored: bool,
}

impl Guard {
    /// Of a lock that was asked for at `asked`, by the monotonic clock.
    pub(super) fn new(asked: Time, config: &LockConfig, ctx: &Ctx<'_>) -> Self {
        let mut guard = Self::until(asked, ctx);
        guard.last_from(asked, config, ctx);
        guard
    }

    /// Of a lock that is held for as long as a session is alive.
    pub(super) fn until(until: Time, ctx: &Ctx<'_>) -> Self {
        let mut guard = Self {
            until,
            wall_until: Time::ZERO,
            round: 0,
            round_began: Time::ZERO,
            extended: BTreeSet::new(),
            refused: BTreeSet::new(),
            is_ignored: false,
        };
        guard.last_until(until, ctx);
        guard
    }

    /// The lease lasts until then.
    pub(super) fn last_until(&mut self, until: Time, ctx: &Ctx<'_>) {
        self.until = until;
        self.wall_until = ctx.wall_clock() + until.since(ctx.now());
    }

    /// The lease lasts from here on. It is counted from when the lock was asked for, and not from when it was granted:
    /// when the key's time began nobody but the instance knows.
    fn last_from(&mut self, asked: Time, config: &LockConfig, ctx: &Ctx<'_>) {
        let from = if config.flaws.has(LockFlaw::CountsFromTheAnswer) { ctx.now() } else { asked };
        self.last_until(from + config.lease(), ctx);
    }

    /// Whether the holder may go on: the lease does not end for a while.
    pub(super) fn is_valid(&self, config: &LockConfig, ctx: &Ctx<'_>) -> bool {
        if config.flaws.has(LockFlaw::ExpiresByWallClock) {
            return ctx.wall_clock() + config.margin < self.wall_until;
        }
        ctx.now() + config.margin < self.until
    }

    /// When the renewal began that is under way.
    pub(super) const fn began(&self) -> Time {
        self.round_began
    }

    /// Begins to renew.
    pub(super) fn begin_round(&mut self, ctx: &Ctx<'_>) {
        self.round += 1;
        self.round_began = ctx.now();
        self.extended.clear();
        self.refused.clear();
    }

    /// An instance has answered to a renewal.
    pub(super) fn answered(
        &mut self,
        from: NodeId,
        (round, is_extended): (u64, bool),
        instances: usize,
        config: &LockConfig,
        ctx: &Ctx<'_>,
    ) -> Renewal {
        if round != self.round {
            return Renewal::Open;
        }
        let majority = instances / 2 + 1;
        if is_extended {
            self.extended.insert(from);
            if self.extended.len() == majority && self.refused.len() <= instances - majority {
                self.last_from(self.round_began, config, ctx);
                return Renewal::Done;
            }
        } else {
            self.refused.insert(from);
            if self.refused.len() > instances - majority {
                return Renewal::Failed;
            }
        }
        Renewal::Open
    }
}

/// What has become of a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renewal {
    /// Too few have answered so far.
    Open,
    /// A majority has extended the key.
    Done,
    /// No majority will.
    Failed,
}
