//! Links between processes: what is cut and disturbed, and what arrives when.

mod disturbance;
mod latency;
mod profile;
mod reach;
mod zones;

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::Bandwidth;
use crate::random::Probability;
use crate::time::{Duration, Time};

pub(crate) use disturbance::Disturbance;
pub use latency::Latency;
pub use profile::LinkProfile;
pub(crate) use reach::{LinkSet, Reach};
pub use zones::Zone;
pub(crate) use zones::ZoneLatencies;

/// Whether a cut link loses what is sent over it, or keeps it until the cut ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CutMode {
    /// What is sent, and what is due while the link is cut, is lost.
    #[default]
    Drop,
    /// It is held back and goes on its way when the last cut of the link ends.
    Hold,
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

    /// Whether it has repaired the link from one process to another.
    #[inline]
    fn links(&self, from: u32, to: u32) -> bool {
        self.has(from) && self.has(to)
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
    pub(crate) fn latency(&self, from: u32, to: u32) -> &Latency {
        if self.are_alike { &self.profile.latency } else { self.special_latency(from, to) }
    }

    #[cold]
    fn special_latency(&self, from: u32, to: u32) -> &Latency {
        if self.rushing.contains(&from) || self.rushing.contains(&to) {
            return &Latency::Constant(Duration::ZERO);
        }
        let zones = self.zones.as_ref().and_then(|zones| zones.latency(from, to));
        zones.unwrap_or(&self.profile.latency)
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
        self.healed.as_ref().is_some_and(|healed| healed.links(from, to))
    }

    /// How likely a link loses and doubles messages when no fault touches it.
    #[inline]
    pub(crate) fn losses(&self, from: u32, to: u32) -> (Probability, Probability) {
        let is_lossless = self.healed.as_ref().is_some_and(|healed| !healed.lossy && healed.links(from, to));
        if is_lossless { (Probability::NEVER, Probability::NEVER) } else { (self.profile.loss, self.profile.duplicate) }
    }

    /// How long a message takes at most, if its link has been repaired.
    #[inline]
    pub(crate) fn bound(&self, from: u32, to: u32) -> Option<Duration> {
        self.healed.as_ref().filter(|healed| healed.links(from, to)).map(|healed| healed.delta)
    }

    /// The order of messages on repaired FIFO links begins anew: all that was under way is sent again.
    pub(crate) fn restart_order(&mut self) {
        let Some(healed) = &self.healed else { return };
        let stays = |link: &(u32, u32)| !healed.links(link.0, link.1);
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

    /// What keeps a message from `from` to `to` from going through now. A link that one cut drops and
    /// another holds drops.
    #[inline(always)]
    pub(crate) fn cut(&self, from: u32, to: u32) -> Option<CutMode> {
        if let Some(healed) = &self.healed {
            match (healed.has(from), healed.has(to)) {
                (true, true) => return None,
                (true, false) | (false, true) if healed.sealed => return Some(CutMode::Drop),
                _ => {}
            }
        }
        let mut strongest = None;
        for (_, _, mode) in self.cuts.iter().filter(|(_, links, _)| links.contains(from, to)) {
            match mode {
                CutMode::Drop => return Some(CutMode::Drop),
                CutMode::Hold => strongest = Some(CutMode::Hold),
            }
        }
        strongest
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

    /// How many messages the disturbance of this number has seen.
    pub(crate) fn seen_by(&self, fault: u32) -> u64 {
        self.disturbances.iter().find(|(of, _)| *of == fault).map_or(0, |(_, disturbance)| disturbance.seen)
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
    use crate::process::ProcessId;

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
}
