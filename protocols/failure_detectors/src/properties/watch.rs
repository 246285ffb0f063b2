//! What properties know of each ordered pair of nodes, by what was announced and by what has really arrived.

use parts::detectors::Stamp;
use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Step, StepKind, Time, World};

use crate::message::{Event, Heard, Sign};
use crate::node::DetectorNode;

/// What was announced of a peer last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Belief {
    /// Nothing, or that it is there again.
    #[default]
    Trusted,
    Suspected,
    Failed,
}

/// One node that monitors, and one that is monitored. Times are by the clock of the one that monitors.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pair {
    pub(super) is_monitored: bool,
    /// Since when.
    since: Time,
    /// When there was the last sign of each kind that was news.
    beat: Time,
    ack: Time,
    newest: Option<Stamp>,
    /// The latest round of pings that was answered.
    pub(super) round: u64,
    highest_boot: u64,
    /// The boot that was last heard of since it is monitored.
    pub(super) boot: Option<u64>,
    pub(super) belief: Belief,
    /// When the latest suspicion was announced, and which boot it is about.
    pub(super) suspected_at: Time,
    pub(super) suspected_boot: Option<u64>,
    /// Whether there was news since.
    pub(super) has_news: bool,
    /// Whether the message of this step says anything about the peer, news or not.
    pub(super) is_mentioned: bool,
}

impl Pair {
    /// When there was the last sign of this kind, or monitoring began.
    pub(super) fn last(&self, sign: Sign) -> Time {
        let last = if sign == Sign::Ack { self.ack } else { self.beat };
        last.max(self.since)
    }

    fn monitor(&mut self, now: Time) {
        self.is_monitored = true;
        (self.since, self.beat, self.ack) = (now, now, now);
        (self.boot, self.belief, self.has_news) = (None, Belief::Trusted, false);
    }

    /// Takes in what the message of this step says.
    fn hear(&mut self, heard: Heard, now: Time) {
        self.is_mentioned = true;
        let Heard { sign, stamp, .. } = heard;
        if sign != Sign::Counter && !self.is_monitored {
            return;
        }
        let is_news = match sign {
            Sign::Ack => stamp.boot >= self.highest_boot && stamp.beat > self.round,
            Sign::Beat | Sign::Counter => {
                stamp.boot >= self.highest_boot && self.newest.is_none_or(|newest| stamp > newest)
            }
        };
        if !is_news {
            return;
        }
        match sign {
            Sign::Ack => self.round = stamp.beat,
            Sign::Beat | Sign::Counter => self.newest = Some(stamp),
        }
        if self.is_monitored {
            self.highest_boot = self.highest_boot.max(stamp.boot);
            self.boot = self.boot.max(Some(stamp.boot));
            self.has_news = true;
            *(if sign == Sign::Ack { &mut self.ack } else { &mut self.beat }) = now;
        }
    }
}

/// What a property looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The peer is suspected now. What the message of this step says is not taken in yet.
    Suspects,
    /// It is taken for crashed. Neither.
    Fails,
    /// It is trusted again.
    Trusts {
        /// Whether that is called a recovery.
        recovered: bool,
    },
    /// The step is over, and the node has judged its peers in it.
    After,
}

/// All pairs.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// By process, the pairs in which it monitors, by the number of the peer.
    pairs: PerProcess<Vec<Pair>>,
    /// Whether a property looks at every step, and not only at what is announced.
    looks_after: bool,
}

/// Where a property looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) me: NodeId,
    pub(super) peer: NodeId,
    /// By the clock of `me`.
    pub(super) now: Time,
}

impl Place {
    /// A breach at this place.
    pub(super) fn breach(&self, what: impl FnOnce(NodeId, NodeId) -> String) -> Breach {
        Breach::new([self.me], what(self.me, self.peer))
    }
}

impl Watch {
    /// For a property that looks at every step.
    pub(super) fn of_all_steps() -> Self {
        Self { looks_after: true, ..Self::default() }
    }

    /// Takes in a step, and shows what it brings.
    pub(super) fn after_step(
        &mut self,
        world: &World<'_, DetectorNode>,
        step: &Step<'_, DetectorNode>,
        mut look: impl FnMut(Place, &Pair, Seen) -> Result<(), Breach>,
    ) -> Result<(), Breach> {
        if step.kind == StepKind::Client {
            return Ok(());
        }
        let pairs = self.pairs.of(step.process);
        let Some(node) = world.node(step.process) else {
            pairs.clear();
            return Ok(());
        };
        let (me, now) = (world.identity(step.process), world.clock(step.process));
        if step.kind == StepKind::Boot {
            *pairs = vec![Pair::default(); world.node_ids().len()];
            let others = pairs.iter_mut().enumerate().filter(|(peer, _)| *peer != me.index() as usize);
            others.for_each(|(_, pair)| pair.monitor(Time::ZERO));
        }
        if step.events.is_empty() && step.kind != StepKind::Message && !self.looks_after {
            return Ok(());
        }
        let mut signs = if step.kind == StepKind::Message { node.heard() } else { &[] };
        for event in step.events {
            let (peer, seen) = match event {
                Event::Booted(_) => continue,
                Event::Monitors(peer) => {
                    pairs[peer.index() as usize].monitor(now);
                    continue;
                }
                Event::Unmonitored(peer) => {
                    pairs[peer.index() as usize].is_monitored = false;
                    continue;
                }
                Event::Suspected(peer) => (*peer, Seen::Suspects),
                Event::Failed(peer) => (*peer, Seen::Fails),
                Event::Recovered(peer) => (*peer, Seen::Trusts { recovered: true }),
                Event::FalsePositive(peer) => (*peer, Seen::Trusts { recovered: false }),
            };
            if matches!(seen, Seen::Trusts { .. }) {
                hear(pairs, std::mem::take(&mut signs), now);
            }
            let pair = &mut pairs[peer.index() as usize];
            look(Place { me, peer, now }, pair, seen)?;
            match seen {
                Seen::Suspects => {
                    (pair.belief, pair.suspected_at) = (Belief::Suspected, now);
                    (pair.suspected_boot, pair.has_news) = (pair.boot, false);
                }
                Seen::Fails => pair.belief = Belief::Failed,
                Seen::Trusts { .. } | Seen::After => pair.belief = Belief::Trusted,
            }
        }
        hear(pairs, signs, now);
        // A boot, and what a disk reports, let nobody judge: the next step does.
        let judges = self.looks_after && !matches!(step.kind, StepKind::Boot | StepKind::Disk);
        for (pair, peer) in pairs.iter_mut().zip(world.node_ids()).filter(|(_, peer)| **peer != me) {
            if judges {
                look(Place { me, peer: *peer, now }, pair, Seen::After)?;
            }
            pair.is_mentioned = false;
        }
        Ok(())
    }
}

fn hear(pairs: &mut [Pair], signs: &[Heard], now: Time) {
    signs.iter().for_each(|heard| pairs[heard.about.index() as usize].hear(*heard, now));
}

/// The node that acts in a step, if it runs.
pub(super) fn acting<'a>(world: &World<'a, DetectorNode>, step: &Step<'_, DetectorNode>) -> Option<&'a DetectorNode> {
    if step.kind == StepKind::Client { None } else { world.node(step.process) }
}
