//! Faults that cut links: who does not reach whom.

use sim_core::{CutMode, FaultFacts, FaultKind, Probability, Selector};

use super::FaultEntry;
use super::entry::Sides;
use super::reader::Reader;
use super::row::FaultRow;
use crate::file::selector::SelectorText;

/// Groups of a partition at most.
const MOST_GROUPS: usize = 64;

/// The kinds of this family.
pub(super) const ROWS: &[FaultRow] = &[
    FaultRow::new(FaultFacts::PARTITION, FaultEntry::read_partition, &[&["hold", "rounds"]]),
    FaultRow::new(FaultFacts::PARTITION, FaultEntry::read_isolate, &[&["hold", "rounds"]]).called("isolate"),
    FaultRow::new(FaultFacts::BRIDGE, FaultEntry::read_bridge, &[&["hold"]]),
    FaultRow::new(FaultFacts::MAJORITY_RING, FaultEntry::read_majority_ring, &[&["hold"]]),
    FaultRow::new(FaultFacts::RANDOM_LINKS, FaultEntry::read_random_links, &[&["hold"]]),
    FaultRow::new(FaultFacts::SWIZZLE, FaultEntry::read_swizzle, &[&["hold"]]),
    FaultRow::new(FaultFacts::ONE_WAY, FaultEntry::read_one_way, &[&["hold"]]),
];

/// In a ring of fewer nodes each reaches all others: it cuts nothing.
const SMALLEST_RING: u32 = 4;

impl FaultEntry {
    /// Whether it, or one of its steps, is a ring of so few nodes that it cuts nothing. A nemesis may draw
    /// one, so a file may have one.
    pub(crate) fn cuts_nothing(&self, nodes: u32) -> bool {
        let steps = self.sequence.iter().flatten();
        nodes < SMALLEST_RING && steps.chain([self]).any(|fault| fault.majority_ring.is_some())
    }

    const fn mode(&self) -> CutMode {
        match self.hold {
            Some(true) => CutMode::Hold,
            _ => CutMode::Drop,
        }
    }

    fn write_mode(&mut self, mode: CutMode) {
        self.hold = (mode == CutMode::Hold).then_some(true);
    }

    fn read_partition(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let groups = read_groups(self.partition.as_ref()?, reader);
        Some(self.partition_of(groups, reader))
    }

    fn read_isolate(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let targets = reader.target("isolate", &self.isolate)?;
        Some(self.partition_of(vec![vec![targets], vec![Selector::Others]], reader))
    }

    fn partition_of(&self, groups: Vec<Vec<Selector>>, reader: &mut Reader<'_, '_>) -> FaultKind {
        let rounds = self.read_rounds(reader);
        if rounds.is_some() && self.hold == Some(true) {
            let message =
                "a partition of some rounds drops their messages: there is no end until which they could wait";
            reader.refuse_key("hold", message, "leave `hold` or `rounds` out");
        }
        FaultKind::Partition { groups, mode: self.mode(), rounds }
    }

    pub(super) fn write_partition(&mut self, groups: &[Vec<Selector>], mode: CutMode, rounds: Option<(u64, u64)>) {
        let write = |group: &Vec<Selector>| group.iter().map(SelectorText::from).collect();
        self.partition = Some(groups.iter().map(write).collect());
        self.rounds = rounds;
        self.write_mode(mode);
    }

    fn read_bridge(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        Some(FaultKind::Bridge { targets: reader.node_target("bridge", &self.bridge)?, mode: self.mode() })
    }

    pub(super) fn write_bridge(&mut self, targets: &Selector, mode: CutMode) {
        self.bridge = Some(targets.into());
        self.write_mode(mode);
    }

    fn read_majority_ring(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        if self.majority_ring == Some(false) {
            reader.refuse("majority_ring", "false has no effect: write true, or leave the fault out");
        }
        Some(FaultKind::MajorityRing { mode: self.mode() })
    }

    pub(super) fn write_majority_ring(&mut self, mode: CutMode) {
        self.majority_ring = Some(true);
        self.write_mode(mode);
    }

    fn read_random_links(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let rate = self.random_links?;
        if rate.is_never() {
            reader.refuse("random_links", "no link is ever cut with this probability");
        }
        Some(FaultKind::RandomLinks { rate, mode: self.mode() })
    }

    pub(super) fn write_random_links(&mut self, rate: Probability, mode: CutMode) {
        self.random_links = Some(rate);
        self.write_mode(mode);
    }

    fn read_swizzle(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        Some(FaultKind::Swizzle { targets: reader.node_target("swizzle", &self.swizzle)?, mode: self.mode() })
    }

    pub(super) fn write_swizzle(&mut self, targets: &Selector, mode: CutMode) {
        self.swizzle = Some(targets.into());
        self.write_mode(mode);
    }

    fn read_one_way(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let (from, to) = self.one_way.as_ref()?.read("one_way", reader);
        Some(FaultKind::OneWay { from, to, mode: self.mode() })
    }

    pub(super) fn write_one_way(&mut self, from: &Selector, to: &Selector, mode: CutMode) {
        self.one_way = Some(Sides::new(from, to));
        self.write_mode(mode);
    }
}

impl Sides {
    pub(super) fn new(from: &Selector, to: &Selector) -> Self {
        Self { from: from.into(), to: to.into() }
    }

    pub(super) fn read(&self, key: &str, reader: &mut Reader<'_, '_>) -> (Selector, Selector) {
        let (from_key, to_key) = (format!("{key}.from"), format!("{key}.to"));
        let (from, to) = (reader.selector(&from_key, &self.from), reader.selector(&to_key, &self.to));
        if from == Selector::Others && to == Selector::Others {
            reader.refuse(&to_key, "both sides cannot be `others`");
        }
        (from, to)
    }
}

fn read_groups(groups: &[Vec<SelectorText>], reader: &mut Reader<'_, '_>) -> Vec<Vec<Selector>> {
    if !(2..=MOST_GROUPS).contains(&groups.len()) {
        let message = format!("a partition has from 2 to {MOST_GROUPS} groups, this one has {}", groups.len());
        reader.refuse("partition", message);
    }
    let mut others = 0;
    let mut read_group = |number: usize, group: &Vec<SelectorText>| {
        if group.is_empty() {
            reader.refuse(&format!("partition.{number}"), "nobody is in this group");
        }
        let read = |(place, text): (usize, &SelectorText)| {
            let key = format!("partition.{number}.{place}");
            let selector = reader.selector(&key, text);
            others += usize::from(selector == Selector::Others);
            if selector == Selector::Others && others > 1 {
                reader.refuse(&key, "`others` can be in one group only");
            }
            selector
        };
        group.iter().enumerate().map(read).collect()
    };
    groups.iter().enumerate().map(|(number, group)| read_group(number, group)).collect()
}
