//! Links between processes: how long messages take, which are lost or doubled, and which links
//! are cut.

use std::collections::{BTreeMap, BTreeSet};

use crate::choices::{Choices, Point};
use crate::process::ProcessId;
use crate::random::{Probability, exponential, normal, scale};
use crate::time::{Duration, Time};

/// How long a message takes. The calm delay of each is its shortest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latency {
    /// Always the same.
    Constant(Duration),
    /// Any delay in the range, both ends included, equally likely.
    Uniform(Duration, Duration),
    /// `floor` and on top of it an exponentially distributed delay with mean `mean`.
    Exponential {
        /// The shortest delay.
        floor: Duration,
        /// The mean of what comes on top.
        mean: Duration,
    },
    /// `floor` and on top of it a log-normally distributed delay.
    LogNormal {
        /// The shortest delay.
        floor: Duration,
        /// The median of what comes on top.
        median: Duration,
        /// The standard deviation of the delay's natural logarithm, in thousandths.
        sigma_thousandths: u32,
    },
}

impl Latency {
    /// The shortest delay, which is the calm one.
    #[inline]
    pub const fn calm(self) -> Duration {
        match self {
            Self::Constant(delay) | Self::Uniform(delay, _) => delay,
            Self::Exponential { floor, .. } | Self::LogNormal { floor, .. } => floor,
        }
    }

    /// How far ahead most deliveries are, for the event queue to tune itself to.
    pub(crate) fn typical(self) -> Duration {
        match self {
            Self::Constant(delay) | Self::Uniform(_, delay) => delay,
            Self::Exponential { floor, mean } => floor + mean * 3,
            Self::LogNormal { floor, median, .. } => floor + median * 3,
        }
    }

    /// Whether the delay is always the same, so that there is nothing to draw.
    #[inline]
    const fn is_constant(self) -> bool {
        matches!(self, Self::Constant(_))
    }

    /// Draws how much longer than the calm delay a message takes.
    #[inline(always)]
    pub(crate) fn draw(self, choices: &mut Choices, point: Point, name: impl FnOnce() -> String) -> Duration {
        if self.is_constant() {
            return Duration::ZERO;
        }
        Duration::from_nanos(choices.draw(point, name, |bits| self.beyond_calm(bits)))
    }

    /// Nanoseconds beyond the calm delay that 64 random bits stand for.
    #[inline]
    fn beyond_calm(self, bits: u64) -> u64 {
        match self {
            Self::Constant(_) => 0,
            Self::Uniform(low, high) => scale(bits, high.as_nanos() - low.as_nanos() + 1),
            Self::Exponential { .. } | Self::LogNormal { .. } => self.long_tail(bits),
        }
    }

    #[cold]
    fn long_tail(self, bits: u64) -> u64 {
        match self {
            Self::Constant(_) | Self::Uniform(..) => 0,
            Self::Exponential { mean, .. } => exponential(bits, mean).as_nanos(),
            Self::LogNormal { median, sigma_thousandths, .. } => {
                let sigma = f64::from(sigma_thousandths) / 1000.0;
                let factor = libm::exp(sigma * normal(bits)).min(1000.0);
                (median.as_nanos() as f64 * factor) as u64
            }
        }
    }
}

/// The behaviour of a link when no fault touches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkProfile {
    /// How long a message takes.
    pub latency: Latency,
    /// How likely a message is lost.
    pub loss: Probability,
    /// How likely a message arrives twice.
    pub duplicate: Probability,
    /// Whether messages arrive in the order in which they were sent. The order holds between two
    /// incarnations and starts anew when either end restarts.
    pub fifo: bool,
}

/// 1 ms to 10 ms, nothing lost or doubled, any order.
impl Default for LinkProfile {
    fn default() -> Self {
        Self {
            latency: Latency::Uniform(Duration::from_millis(1), Duration::from_millis(10)),
            loss: Probability::NEVER,
            duplicate: Probability::NEVER,
            fifo: false,
        }
    }
}

/// Whether a cut link loses what is sent over it, or keeps it until the cut ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CutMode {
    /// What is sent, and what is due while the link is cut, is lost.
    #[default]
    Drop,
    /// It is held back and goes on its way when the last cut of the link ends.
    Hold,
}

/// A set of directed links between processes. Partitions, bridges, one-way cuts and overlapping
/// groups are all of this form. It is kept as what it is made of: of a thousand nodes, the links
/// are a million.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LinkSet {
    /// The links between processes that share no group. For each process its groups, in ascending
    /// order; processes in no group keep all their links.
    BetweenGroups(Vec<Vec<u32>>),
    /// The links from each of some processes to each of some.
    Directed(BTreeSet<u32>, BTreeSet<u32>),
}

impl LinkSet {
    /// The links between processes that share no group; processes in no group keep all their links.
    pub(crate) fn between_groups(groups: &[Vec<ProcessId>]) -> Self {
        let mut groups_of: Vec<Vec<u32>> = Vec::new();
        for (number, group) in (0..).zip(groups) {
            for process in group {
                groups_of.resize(groups_of.len().max(process.index() + 1), Vec::new());
                groups_of[process.index()].push(number);
            }
        }
        Self::BetweenGroups(groups_of)
    }

    /// The links from each of `from` to each of `to`.
    pub(crate) fn directed(from: &[ProcessId], to: &[ProcessId]) -> Self {
        let set = |processes: &[ProcessId]| processes.iter().map(|process| process.0).collect();
        Self::Directed(set(from), set(to))
    }

    fn contains(&self, from: u32, to: u32) -> bool {
        match self {
            Self::BetweenGroups(groups_of) => {
                let of = |process: u32| groups_of.get(process as usize).map_or(&[][..], Vec::as_slice);
                let (a, b) = (of(from), of(to));
                !a.is_empty() && !b.is_empty() && !a.iter().any(|group| b.binary_search(group).is_ok())
            }
            Self::Directed(out_of, into) => from != to && out_of.contains(&from) && into.contains(&to),
        }
    }
}

/// The state of all links: profiles, and what faults make of them.
#[derive(Debug)]
pub(crate) struct Links {
    profile: LinkProfile,
    /// Cuts in force, each with the number of the fault that made it.
    cuts: Vec<(u32, LinkSet, CutMode)>,
    /// Disturbances in force, each with the number of the fault that made it.
    disturbances: Vec<(u32, Disturbance)>,
    /// The last delivery time of FIFO links and the incarnations of both ends it holds for.
    fifo: BTreeMap<(u32, u32), (Time, (u32, u32))>,
    /// FIFO links that deliver what a cut held back although it was due: when the last of it
    /// arrives, and its rank. What was sent after it arrives after it.
    overdue: BTreeMap<(u32, u32), (Time, u64)>,
}

/// What a fault does to links while it lasts.
#[derive(Clone, Debug)]
pub(crate) struct Disturbance {
    /// Which links.
    pub(crate) links: Reach,
    /// Messages lost on top of the profile's loss.
    pub(crate) loss: Probability,
    /// Messages doubled on top of the profile's.
    pub(crate) duplicate: Probability,
    /// Delay on top of the profile's.
    pub(crate) delay: Option<Latency>,
}

/// The links that a disturbance touches: those out of some processes and those into some.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    pub(crate) out_of: BTreeSet<u32>,
    pub(crate) into: BTreeSet<u32>,
}

impl Reach {
    fn covers(&self, from: u32, to: u32) -> bool {
        self.out_of.contains(&from) || self.into.contains(&to)
    }
}

impl Links {
    pub(crate) const fn new(profile: LinkProfile) -> Self {
        Self { profile, cuts: Vec::new(), disturbances: Vec::new(), fifo: BTreeMap::new(), overdue: BTreeMap::new() }
    }

    #[inline]
    pub(crate) const fn profile(&self) -> &LinkProfile {
        &self.profile
    }

    /// Whether nothing keeps any message from arriving when it is due.
    #[inline]
    pub(crate) fn are_clear(&self) -> bool {
        self.cuts.is_empty() && self.overdue.is_empty()
    }

    /// Whether a message from `from` to `to` goes through now.
    #[inline]
    pub(crate) fn cut(&self, from: u32, to: u32) -> Option<CutMode> {
        if self.cuts.is_empty() { None } else { self.cut_now(from, to) }
    }

    /// A link that one cut drops and another holds drops.
    #[cold]
    fn cut_now(&self, from: u32, to: u32) -> Option<CutMode> {
        let in_force = self.cuts.iter().filter(|(_, links, _)| links.contains(from, to));
        in_force.map(|(_, _, mode)| *mode).min_by_key(|mode| *mode == CutMode::Hold)
    }

    pub(crate) fn begin_cut(&mut self, fault: u32, set: LinkSet, mode: CutMode) {
        self.cuts.push((fault, set, mode));
    }

    pub(crate) fn end_cut(&mut self, fault: u32) {
        self.cuts.retain(|(of, ..)| *of != fault);
    }

    pub(crate) fn begin_disturbance(&mut self, fault: u32, disturbance: Disturbance) {
        self.disturbances.push((fault, disturbance));
    }

    pub(crate) fn end_disturbance(&mut self, fault: u32) {
        self.disturbances.retain(|(of, _)| *of != fault);
    }

    #[inline]
    pub(crate) fn is_disturbed(&self) -> bool {
        !self.disturbances.is_empty()
    }

    /// The disturbances in force on a link, with their faults' numbers.
    pub(crate) fn disturbances(&self, from: u32, to: u32) -> impl Iterator<Item = &(u32, Disturbance)> {
        self.disturbances.iter().filter(move |(_, d)| d.links.covers(from, to))
    }

    /// When a message that would arrive at `at` arrives on a FIFO link: after the one before it.
    pub(crate) fn in_order(&mut self, link: (u32, u32), incarnations: (u32, u32), at: Time) -> Time {
        let (last, of) = self.fifo.entry(link).or_insert((Time::ZERO, incarnations));
        if *of != incarnations {
            (*last, *of) = (Time::ZERO, incarnations);
        }
        *last = at.max(after(*last));
        *last
    }

    /// When a message that was held back although it was due arrives on a FIFO link that is whole
    /// again at `at`. `rank` numbers the link's messages in the order in which they were sent;
    /// those held back come here in this order.
    pub(crate) fn catch_up(&mut self, link: (u32, u32), at: Time, rank: u64) -> Time {
        let at = self.overdue.get(&link).map_or(at, |(last, _)| at.max(after(*last)));
        self.overdue.insert(link, (at, rank));
        if let Some((last, _)) = self.fifo.get_mut(&link) {
            *last = at.max(*last);
        }
        at
    }

    /// When a message that is due at `at` arrives instead, if others that were sent before it on
    /// its FIFO link are overdue.
    pub(crate) fn give_way(&mut self, link: (u32, u32), at: Time, rank: u64) -> Option<Time> {
        let (last, of) = self.overdue.get_mut(&link)?;
        if rank <= *of {
            return None;
        }
        if at > *last {
            self.overdue.remove(&link);
            return None;
        }
        (*last, *of) = (after(*last), rank);
        Some(*last)
    }
}

/// The next point of time.
fn after(time: Time) -> Time {
    time.saturating_add(Duration::from_nanos(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[u32]) -> Vec<ProcessId> {
        ids.iter().map(|id| ProcessId(*id)).collect()
    }

    #[test]
    fn a_bridge_node_in_two_groups_talks_to_both() {
        let set = LinkSet::between_groups(&[ids(&[0, 1, 2]), ids(&[2, 3, 4])]);
        let mut links = Links::new(LinkProfile::default());
        links.begin_cut(0, set, CutMode::Drop);
        assert_eq!(links.cut(0, 3), Some(CutMode::Drop));
        assert_eq!(links.cut(3, 0), Some(CutMode::Drop));
        assert_eq!(links.cut(0, 2), None);
        assert_eq!(links.cut(2, 4), None);
        assert_eq!(links.cut(0, 7), None, "unnamed processes keep their links");
    }

    #[test]
    fn a_link_is_whole_again_when_its_last_cut_ends() {
        let one_way = LinkSet::directed(&ids(&[0]), &ids(&[1, 2]));
        let split = LinkSet::between_groups(&[ids(&[0]), ids(&[1])]);
        let mut links = Links::new(LinkProfile::default());
        links.begin_cut(0, one_way, CutMode::Hold);
        links.begin_cut(1, split, CutMode::Drop);
        assert_eq!(links.cut(0, 1), Some(CutMode::Drop));
        assert_eq!(links.cut(2, 0), None, "one way only");
        links.end_cut(1);
        assert_eq!((links.cut(0, 1), links.cut(1, 0)), (Some(CutMode::Hold), None));
        links.end_cut(0);
        assert_eq!(links.cut(0, 1), None);
    }

    #[test]
    fn fifo_times_strictly_increase_until_an_end_restarts() {
        let mut links = Links::new(LinkProfile::default());
        let at = Time::from_nanos(50);
        assert_eq!(links.in_order((0, 1), (1, 1), at), at);
        assert_eq!(links.in_order((0, 1), (1, 1), Time::from_nanos(7)), Time::from_nanos(51));
        assert_eq!(links.in_order((0, 1), (1, 2), Time::from_nanos(7)), Time::from_nanos(7));
    }

    #[test]
    fn what_was_held_back_arrives_before_what_was_sent_after_it() {
        let mut links = Links::new(LinkProfile::default());
        let at = Time::from_nanos;
        assert_eq!([links.catch_up((0, 1), at(50), 3), links.catch_up((0, 1), at(50), 5)], [at(50), at(51)]);
        assert_eq!(links.give_way((0, 1), at(50), 3), None, "it is the one that was held back");
        assert_eq!(links.give_way((0, 1), at(50), 6), Some(at(52)));
        assert_eq!(links.give_way((0, 1), at(52), 6), None);
        assert_eq!(links.give_way((0, 1), at(52), 7), Some(at(53)));
        assert_eq!(links.give_way((0, 1), at(90), 8), None);
        assert!(links.are_clear());
    }

    #[test]
    fn delays_keep_to_their_distribution() {
        let ms = Duration::from_millis;
        for (latency, mean_us) in [
            (Latency::Constant(ms(3)), 3_000..3_001),
            (Latency::Uniform(ms(1), ms(3)), 1_980..2_020),
            (Latency::Exponential { floor: ms(1), mean: ms(2) }, 2_950..3_050),
            (Latency::LogNormal { floor: ms(1), median: ms(2), sigma_thousandths: 500 }, 3_200..3_330),
        ] {
            let mut rng = crate::random::SimRng::new(1, 1);
            let total: u64 = (0..50_000).map(|_| latency.calm().as_nanos() + latency.beyond_calm(rng.bits())).sum();
            assert!(mean_us.contains(&(total / 50_000_000)), "{latency:?}: {}", total / 50_000_000);
        }
    }
}
