//! Links between processes: how long messages take, which are lost or doubled, and which links
//! are cut.

use std::collections::{BTreeMap, BTreeSet};

use crate::choices::{Choices, Point};
use crate::fault::{Bandwidth, LinkTrouble, MessageFilter};
use crate::process::{NodeId, ProcessId};
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

    /// The longest delay, if there is one.
    pub(crate) const fn longest(self) -> Option<Duration> {
        match self {
            Self::Constant(delay) | Self::Uniform(_, delay) => Some(delay),
            Self::Exponential { .. } | Self::LogNormal { .. } => None,
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
    /// Whether messages travel over connections, as with TCP: a message that is due after either
    /// end has booted again since it was sent is lost. It survives a sender that is down and stays
    /// so. What a process sends itself is no exception: it dies with the incarnation.
    pub connections: bool,
    /// How much gets through each, if there is a limit. The heal lifts it between repaired processes, as it
    /// bounds how long their messages take.
    pub bandwidth: Option<Bandwidth>,
}

/// Where a distribution of latencies has no longest one, its longest is taken to be this many times the
/// mean (or median) of what comes on top of the shortest.
const LONG_TAIL: u64 = 10;

impl LinkProfile {
    /// Links as TCP makes them: messages arrive in order, over connections that end when either end boots
    /// again. Otherwise as the default.
    ///
    /// ```
    /// use sim_core::{Latency, LinkProfile, ms};
    ///
    /// let network = LinkProfile::tcp().taking(Latency::Uniform(ms(1), ms(50)));
    /// assert!(network.fifo && network.connections);
    /// ```
    #[must_use]
    pub fn tcp() -> Self {
        Self { fifo: true, connections: true, ..Self::default() }
    }

    /// The same links with this latency.
    #[must_use]
    pub const fn taking(self, latency: Latency) -> Self {
        Self { latency, ..self }
    }

    /// How long a message takes at most, over these links and those with these latencies.
    pub fn longest(&self, further: impl Iterator<Item = Latency>) -> Duration {
        let longest = |latency: Latency| match latency {
            Latency::Constant(delay) | Latency::Uniform(_, delay) => delay,
            Latency::Exponential { floor, mean: beyond } | Latency::LogNormal { floor, median: beyond, .. } => {
                floor + beyond * LONG_TAIL
            }
        };
        further.chain([self.latency]).map(longest).max().unwrap_or_default()
    }
}

/// 1 ms to 10 ms, nothing lost or doubled, any order, no connections, room for everything.
impl Default for LinkProfile {
    fn default() -> Self {
        Self {
            latency: Latency::Uniform(Duration::from_millis(1), Duration::from_millis(10)),
            loss: Probability::NEVER,
            duplicate: Probability::NEVER,
            fifo: false,
            connections: false,
            bandwidth: None,
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
    Directed(Members, Members),
    /// These links.
    Listed(BTreeSet<(u32, u32)>),
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
        Self::Directed(Members::of(from), Members::of(to))
    }

    fn contains(&self, from: u32, to: u32) -> bool {
        match self {
            Self::BetweenGroups(groups_of) => {
                let of = |process: u32| groups_of.get(process as usize).map_or(&[][..], Vec::as_slice);
                let (a, b) = (of(from), of(to));
                !a.is_empty() && !b.is_empty() && !a.iter().any(|group| b.binary_search(group).is_ok())
            }
            Self::Listed(links) => links.contains(&(from, to)),
            Self::Directed(out_of, into) => from != to && out_of.contain(from) && into.contain(to),
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
    /// Links of limited bandwidth: until when each is busy with what has been sent over it.
    busy: BTreeMap<(u32, u32), Time>,
    /// What the heal has made of them, once it has come.
    healed: Option<Box<Healed>>,
    /// Latencies between zones, and the zone of each process; nothing if all links are alike.
    zones: Option<Box<ZoneLatencies>>,
    /// Processes of adversaries to and from which messages take no time.
    rushing: BTreeSet<u32>,
    /// Whether all links take equally long: nothing in the two above.
    are_alike: bool,
}

/// What a heal makes of links.
#[derive(Clone, Debug, Default)]
pub(crate) struct Healed {
    /// For each process, whether it is of the core that is repaired.
    pub(crate) core: Vec<bool>,
    /// Whether nothing passes between the core and the rest.
    pub(crate) sealed: bool,
    /// How long messages within the core take at most.
    pub(crate) delta: Duration,
    /// Whether they are lost and doubled as before.
    pub(crate) lossy: bool,
}

impl Healed {
    fn has(&self, process: u32) -> bool {
        self.core.get(process as usize).copied().unwrap_or_default()
    }
}

/// What a fault does to links while it lasts.
#[derive(Clone, Debug)]
pub(crate) struct Disturbance {
    /// Which links.
    links: Reach,
    /// What is wrong with them.
    pub(crate) trouble: LinkTrouble,
    /// Which messages suffer.
    messages: MessageFilter,
    /// How many of them there have been.
    seen: u64,
}

impl Disturbance {
    /// Some messages on some links.
    pub(crate) fn of_some(links: Reach, trouble: LinkTrouble, messages: MessageFilter) -> Self {
        Self { links, trouble, messages, seen: 0 }
    }

    /// Whether it touches a message of this kind and round on this link.
    fn touches(&self, link: (u32, u32), kind: &'static str, round: Option<u64>) -> bool {
        self.links.covers(link.0, link.1) && self.messages.touches(kind, round)
    }

    /// Whether no message gets through on its links.
    fn loses_all(&self) -> bool {
        self.messages == MessageFilter::ALL && self.trouble.shuts()
    }

    /// Whether the last message that it has seen suffers, if that is not left to chance.
    pub(crate) fn strikes_last(&self) -> Option<bool> {
        let nth = &self.messages.nth;
        (!nth.is_empty()).then(|| nth.binary_search(&self.seen).is_ok())
    }

    /// How many messages suffer of those that it touches, where that is left to chance.
    pub(crate) const fn rate(&self) -> Probability {
        self.messages.rate
    }
}

/// The links that a disturbance touches.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// Those out of some processes, and those into them.
    Around(Members),
    /// Those out of some, or all, into some, or all.
    Between(Option<Members>, Option<Members>),
    /// Those of a set.
    Across(LinkSet),
}

impl Reach {
    /// All links of some processes.
    pub(crate) fn around(processes: &[ProcessId]) -> Self {
        Self::Around(Members::of(processes))
    }

    /// The links from some processes, or all, to some, or all.
    pub(crate) fn of(from: Option<&[ProcessId]>, to: Option<&[ProcessId]>) -> Self {
        Self::Between(from.map(Members::of), to.map(Members::of))
    }

    fn covers(&self, from: u32, to: u32) -> bool {
        match self {
            Self::Around(members) => members.contain(from) || members.contain(to),
            Self::Between(out_of, into) => {
                out_of.as_ref().is_none_or(|members| members.contain(from))
                    && into.as_ref().is_none_or(|members| members.contain(to))
            }
            Self::Across(links) => links.contains(from, to),
        }
    }
}

/// Some processes, a bit for each: it is asked for each message whether they are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Members(Vec<u64>);

impl Members {
    fn of(processes: &[ProcessId]) -> Self {
        let words = processes.iter().map(|process| process.index() / 64 + 1).max().unwrap_or(0);
        let mut bits = vec![0; words];
        processes.iter().for_each(|process| bits[process.index() / 64] |= 1 << (process.index() % 64));
        Self(bits)
    }

    fn contain(&self, process: u32) -> bool {
        self.0.get(process as usize / 64).is_some_and(|word| word >> (process % 64) & 1 == 1)
    }
}

/// Nodes that are close to one another, and how far they are from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Its nodes and clients. A client that no zone names is in that of its node.
    pub members: Vec<NodeId>,
    /// How long messages take within the zone and to others, by the other's name; where nothing is
    /// said, what the links' profile says.
    pub latencies: BTreeMap<String, Latency>,
}

/// How long messages take from zone to zone.
#[derive(Debug)]
pub(crate) struct ZoneLatencies {
    zone_of: Vec<Option<u32>>,
    between: BTreeMap<(u32, u32), Latency>,
}

impl ZoneLatencies {
    /// Nothing if all links are alike. `zone_of` names the zone of each process by its place.
    pub(crate) fn new(zones: &[Zone], zone_of: Vec<Option<u32>>) -> Option<Self> {
        let place = |name: &str| (0..).zip(zones).find(|(_, zone)| zone.name == name).map(|(place, _)| place);
        let mut between = BTreeMap::new();
        for (here, zone) in (0..).zip(zones) {
            for (name, latency) in &zone.latencies {
                if let Some(there) = place(name) {
                    between.insert((here, there), *latency);
                    between.entry((there, here)).or_insert(*latency);
                }
            }
        }
        (!between.is_empty()).then_some(Self { zone_of, between })
    }

    fn latency(&self, from: u32, to: u32) -> Option<Latency> {
        let of = |process: u32| self.zone_of.get(process as usize).copied().flatten();
        self.between.get(&(of(from)?, of(to)?)).copied()
    }
}

impl Links {
    pub(crate) fn new(profile: LinkProfile, zones: Option<ZoneLatencies>) -> Self {
        Self {
            profile,
            are_alike: zones.is_none(),
            rushing: BTreeSet::new(),
            cuts: Vec::new(),
            disturbances: Vec::new(),
            fifo: BTreeMap::new(),
            overdue: BTreeMap::new(),
            busy: BTreeMap::new(),
            healed: None,
            zones: zones.map(Box::new),
        }
    }

    /// How long messages take from one process to another.
    #[inline]
    pub(crate) fn latency(&self, from: u32, to: u32) -> Latency {
        if self.are_alike { self.profile.latency } else { self.special_latency(from, to) }
    }

    #[cold]
    fn special_latency(&self, from: u32, to: u32) -> Latency {
        if self.rushing.contains(&from) || self.rushing.contains(&to) {
            return Latency::Constant(Duration::ZERO);
        }
        let zones = self.zones.as_ref().and_then(|zones| zones.latency(from, to));
        zones.unwrap_or(self.profile.latency)
    }

    /// Messages to and from a process take no time from now on.
    pub(crate) fn rush(&mut self, process: u32) {
        self.rushing.insert(process);
        self.are_alike = false;
    }

    /// Messages to and from a process take their time again.
    pub(crate) fn rush_no_more(&mut self, process: u32) {
        self.rushing.remove(&process);
        self.are_alike = self.rushing.is_empty() && self.zones.is_none();
    }

    /// From now on links are as the heal leaves them.
    pub(crate) fn heal(&mut self, healed: Healed) {
        self.healed = Some(Box::new(healed));
    }

    /// Whether both ends have been repaired: no cut and no disturbance counts between them.
    #[inline]
    pub(crate) fn is_repaired(&self, from: u32, to: u32) -> bool {
        self.healed.as_ref().is_some_and(|healed| healed.has(from) && healed.has(to))
    }

    /// How likely a link loses and doubles messages when no fault touches it.
    pub(crate) fn losses(&self, from: u32, to: u32) -> (Probability, Probability) {
        let is_lossless = self.healed.as_ref().is_some_and(|healed| !healed.lossy) && self.is_repaired(from, to);
        if is_lossless { (Probability::NEVER, Probability::NEVER) } else { (self.profile.loss, self.profile.duplicate) }
    }

    /// How long a message takes at most, if its link has been repaired.
    pub(crate) fn bound(&self, from: u32, to: u32) -> Option<Duration> {
        let healed = self.healed.as_ref()?;
        self.is_repaired(from, to).then_some(healed.delta)
    }

    /// The order of messages on repaired FIFO links begins anew: all that was under way is sent again.
    pub(crate) fn restart_order(&mut self) {
        let Some(healed) = &self.healed else { return };
        let stays = |link: &(u32, u32)| !(healed.has(link.0) && healed.has(link.1));
        self.fifo.retain(|link, _| stays(link));
        self.overdue.retain(|link, _| stays(link));
    }

    #[inline]
    pub(crate) const fn profile(&self) -> &LinkProfile {
        &self.profile
    }

    /// Whether nothing more happens to messages now than that they take their time and are lost, all
    /// by the same profile.
    pub(crate) fn only_delay_and_lose(&self) -> bool {
        let LinkProfile { latency: _, loss: _, duplicate, fifo, connections: _, bandwidth } = self.profile;
        let is_plain = duplicate.is_never() && !fifo && bandwidth.is_none() && self.are_alike && self.healed.is_none();
        is_plain && self.cuts.is_empty() && self.disturbances.is_empty()
    }

    /// Whether nothing keeps any message from arriving when it is due.
    #[inline]
    pub(crate) fn are_clear(&self) -> bool {
        self.cuts.is_empty() && self.overdue.is_empty() && self.healed.is_none()
    }

    /// Whether a message from `from` to `to` goes through now.
    #[inline]
    pub(crate) fn cut(&self, from: u32, to: u32) -> Option<CutMode> {
        if self.cuts.is_empty() && self.healed.is_none() { None } else { self.cut_now(from, to) }
    }

    /// A link that one cut drops and another holds drops.
    #[cold]
    fn cut_now(&self, from: u32, to: u32) -> Option<CutMode> {
        if let Some(healed) = &self.healed {
            match (healed.has(from), healed.has(to)) {
                (true, true) => return None,
                (true, false) | (false, true) if healed.sealed => return Some(CutMode::Drop),
                _ => {}
            }
        }
        let in_force = self.cuts.iter().filter(|(_, links, _)| links.contains(from, to));
        in_force.map(|(_, _, mode)| *mode).min_by_key(|mode| *mode == CutMode::Hold)
    }

    /// Whether messages from one process to another get through, at least now and then.
    pub(crate) fn let_through(&self, from: u32, to: u32) -> bool {
        let is_shut = |of: &Disturbance| of.loses_all() && of.links.covers(from, to);
        let is_shut = !self.is_repaired(from, to) && self.disturbances.iter().any(|(_, of)| is_shut(of));
        self.cut(from, to).is_none() && !is_shut
    }

    /// Whether nothing keeps, loses or delays messages from one process to another.
    pub(crate) fn is_whole(&self, from: u32, to: u32) -> bool {
        let touches = |(_, of): &(u32, Disturbance)| of.links.covers(from, to);
        self.is_repaired(from, to) || self.cut(from, to).is_none() && !self.disturbances.iter().any(touches)
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

    /// Old messages arrive no more.
    pub(crate) fn end_replays(&mut self) {
        self.disturbances.iter_mut().for_each(|(_, disturbance)| disturbance.trouble.replays = None);
    }

    pub(crate) fn end_disturbance(&mut self, fault: u32) {
        self.disturbances.retain(|(of, _)| *of != fault);
    }

    /// Whether the disturbance of this number is in force.
    pub(crate) fn has_disturbance(&self, fault: u32) -> bool {
        self.disturbances.iter().any(|(of, _)| *of == fault)
    }

    /// A message of so many bytes is put on a link that lets only so much through. Says how long it takes
    /// until it is on its way; nothing if there is no room for it.
    pub(crate) fn squeeze(&mut self, link: (u32, u32), now: Time, bytes: u64, by: Bandwidth) -> Option<Duration> {
        let free = self.busy.get(&link).copied().unwrap_or_default().max(now);
        if !by.has_room(bytes, free.since(now)) {
            return None;
        }
        let done = free.saturating_add(by.time_for(bytes));
        self.busy.insert(link, done);
        Some(done.since(now))
    }

    #[inline]
    pub(crate) fn is_disturbed(&self) -> bool {
        !self.disturbances.is_empty()
    }

    /// All disturbances that touch a message of this kind and round on a link see it when it is sent,
    /// whatever becomes of it.
    pub(crate) fn see(&mut self, link: (u32, u32), kind: &'static str, round: Option<u64>) {
        self.disturbances(link, kind, round).for_each(|(_, disturbance)| disturbance.seen += 1);
    }

    /// The disturbances in force for a message of this kind and round on a link, with their numbers.
    pub(crate) fn disturbances(
        &mut self,
        link: (u32, u32),
        kind: &'static str,
        round: Option<u64>,
    ) -> impl Iterator<Item = &mut (u32, Disturbance)> {
        let is_repaired = self.is_repaired(link.0, link.1);
        self.disturbances.iter_mut().filter(move |(_, d)| !is_repaired && d.touches(link, kind, round))
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
        let mut links = Links::new(LinkProfile::default(), None);
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
        let mut links = Links::new(LinkProfile::default(), None);
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
        let mut links = Links::new(LinkProfile::default(), None);
        let at = Time::from_nanos(50);
        assert_eq!(links.in_order((0, 1), (1, 1), at), at);
        assert_eq!(links.in_order((0, 1), (1, 1), Time::from_nanos(7)), Time::from_nanos(51));
        assert_eq!(links.in_order((0, 1), (1, 2), Time::from_nanos(7)), Time::from_nanos(7));
    }

    #[test]
    fn what_was_held_back_arrives_before_what_was_sent_after_it() {
        let mut links = Links::new(LinkProfile::default(), None);
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
