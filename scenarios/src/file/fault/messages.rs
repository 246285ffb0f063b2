//! Faults that lose, double, delay and replay messages.

use sim_core::{Ends, FaultFacts, FaultKind, LinkTrouble, MessageFilter, Probability, Replays, Selector};

use super::FaultEntry;
use super::entry::Sides;
use super::reader::Reader;
use super::row::FaultRow;
use crate::file::bandwidth::BandwidthEntry;
use crate::file::latency::Latency;

/// The kinds of this family.
pub(super) const ROWS: &[FaultRow] = &[
    FaultRow::new(FaultFacts::SEND_OMISSION, FaultEntry::read_send_omission, &[FILTER]),
    FaultRow::new(FaultFacts::RECEIVE_OMISSION, FaultEntry::read_receive_omission, &[FILTER]),
    FaultRow::new(FaultFacts::LINK_OMISSION, FaultEntry::read_link_omission, &[FILTER]),
    FaultRow::new(FaultFacts::LINKS, FaultEntry::read_links, &[TROUBLE, FILTER]),
    FaultRow::new(FaultFacts::LINK, FaultEntry::read_link, &[TROUBLE, FILTER]),
];

/// Which messages suffer.
pub(super) const FILTER: &[&str] = &["rate", "nth", "kind", "rounds"];

/// What can be wrong with links.
const TROUBLE: &[&str] =
    &["loss", "duplicate", "delay", "replay", "replay_after", "hold", "bandwidth", "corrupt", "checksum"];

impl FaultEntry {
    fn read_send_omission(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let from = Some(reader.target("send_omission", &self.send_omission)?);
        Some(FaultKind::Omission { from, to: None, messages: self.read_filter(reader) })
    }

    fn read_receive_omission(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let to = Some(reader.target("receive_omission", &self.receive_omission)?);
        Some(FaultKind::Omission { from: None, to, messages: self.read_filter(reader) })
    }

    fn read_link_omission(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let (from, to) = self.link_omission.as_ref()?.read("link_omission", reader);
        Some(FaultKind::Omission { from: Some(from), to: Some(to), messages: self.read_filter(reader) })
    }

    pub(super) fn write_omission(&mut self, from: Option<&Selector>, to: Option<&Selector>, messages: &MessageFilter) {
        match (from, to) {
            (Some(from), None) => self.send_omission = Some(from.into()),
            (None, Some(to)) => self.receive_omission = Some(to.into()),
            (Some(from), Some(to)) => self.link_omission = Some(Sides::new(from, to)),
            (None, None) => unreachable!("an omission of a scenario or a nemesis has a side"),
        }
        self.write_filter(messages);
    }

    /// Which messages suffer. Whether the protocol has messages of this kind nobody knows before
    /// the run.
    pub(super) fn read_filter(&self, reader: &mut Reader<'_, '_>) -> MessageFilter {
        let nth = self.nth.clone().unwrap_or_default();
        if self.nth.is_some() && self.rate.is_some() {
            let message = "`rate` has no effect: `nth` tells which messages suffer";
            reader.refuse_key("rate", message, "leave one of them out");
        }
        if self.nth.is_some() && nth.is_empty() {
            reader.refuse("nth", "no message is lost");
        }
        if let Some(place) = nth.iter().position(|number| *number == 0) {
            reader.refuse(&format!("nth.{place}"), "messages are counted from 1");
        }
        if let Some(place) = nth.windows(2).position(|pair| pair[0] >= pair[1]) {
            let message = format!("{} does not come after {}", nth[place + 1], nth[place]);
            let mistake = reader.place.path(&format!("nth.{}", place + 1)).mistake(message);
            reader.mistakes.push(mistake.with_help("write the numbers in ascending order, each once"));
        }
        self.kind.iter().for_each(|kind| reader.check_message_kind("kind", kind));
        let (kind, rate) = (self.kind.clone(), self.rate.unwrap_or(Probability::ALWAYS));
        MessageFilter { kind, rate, nth, rounds: self.read_rounds(reader) }
    }

    pub(super) fn write_filter(&mut self, messages: &MessageFilter) {
        self.kind.clone_from(&messages.kind);
        self.rounds = messages.rounds;
        if messages.nth.is_empty() {
            self.rate = (!messages.rate.is_always()).then_some(messages.rate);
        } else {
            self.nth = Some(messages.nth.clone());
        }
    }

    /// Which rounds of the protocol suffer.
    pub(super) fn read_rounds(&self, reader: &mut Reader<'_, '_>) -> Option<(u64, u64)> {
        if let Some((first, last)) = self.rounds
            && first > last
        {
            reader.refuse("rounds", format!("no round is from {first} to {last}: the first comes first"));
        }
        self.rounds
    }

    fn read_links(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let ends = Ends::Of(reader.target("links", &self.links)?);
        Some(self.read_trouble("links", ends, reader))
    }

    fn read_link(&self, reader: &mut Reader<'_, '_>) -> Option<FaultKind> {
        let (from, to) = self.link.as_ref()?.read("link", reader);
        Some(self.read_trouble("link", Ends::Between { from, to }, reader))
    }

    pub(super) fn write_links(&mut self, ends: &Ends, trouble: &LinkTrouble, messages: &MessageFilter) {
        match ends {
            Ends::Of(targets) => self.links = Some(targets.into()),
            Ends::Between { from, to } => self.link = Some(Sides::new(from, to)),
        }
        self.write_trouble(trouble);
        self.write_filter(messages);
    }

    fn read_trouble(&self, key: &str, ends: Ends, reader: &mut Reader<'_, '_>) -> FaultKind {
        let replays = self.read_replays(reader);
        let trouble = LinkTrouble {
            loss: self.loss.unwrap_or_default(),
            duplicate: self.duplicate.unwrap_or_default(),
            delay: self.delay.map(|delay| delay.read(&reader.place.key("delay"), reader.mistakes)),
            replays,
            hold: self.hold == Some(true),
            bandwidth: self.bandwidth.map(|it| it.read(&reader.place.key("bandwidth"), reader.mistakes)),
            corruption: self.corrupt.unwrap_or_default(),
            checksum: self.checksum == Some(true),
        };
        let is_said =
            self.loss.is_some() || self.duplicate.is_some() || self.corrupt.is_some() || self.replay.is_some();
        if !is_said && trouble == LinkTrouble::default() {
            let help = "add `loss`, `duplicate`, `delay`, `replay`, `hold`, `bandwidth` or `corrupt`";
            reader.refuse_key(key, "nothing is wrong with these links", help);
        }
        if self.checksum.is_some() && self.corrupt.is_none() {
            let help = "add `corrupt`, as in `\"corrupt\": 0.1`";
            reader.refuse_key("checksum", "no message is corrupted", help);
        }
        FaultKind::Links { ends, trouble, messages: self.read_filter(reader) }
    }

    fn read_replays(&self, reader: &mut Reader<'_, '_>) -> Option<Replays> {
        let Some(rate) = self.replay else {
            if self.replay_after.is_some() {
                let help = "add `replay`, as in `\"replay\": 0.1`";
                reader.refuse_key("replay_after", "no message is replayed", help);
            }
            return None;
        };
        if reader.terms.fifo {
            let help = "leave `fifo` or `replay` out";
            reader.refuse_key("replay", "links that keep the order of messages (`fifo`) replay nothing", help);
        }
        let after = reader.required("replay", "replay_after", self.replay_after, "\"1s\"")?;
        Some(Replays { rate, after: after.read(&reader.place.key("replay_after"), reader.mistakes) })
    }

    fn write_trouble(&mut self, trouble: &LinkTrouble) {
        // That nothing is wrong has to be said.
        let is_nothing = *trouble == LinkTrouble::default();
        self.loss = (!trouble.loss.is_never() || is_nothing).then_some(trouble.loss);
        self.duplicate = (!trouble.duplicate.is_never()).then_some(trouble.duplicate);
        self.hold = trouble.hold.then_some(true);
        self.bandwidth = trouble.bandwidth.map(BandwidthEntry::from);
        self.corrupt = (!trouble.corruption.is_never()).then_some(trouble.corruption);
        self.checksum = trouble.checksum.then_some(true);
        self.delay = trouble.delay.map(Latency::from);
        self.replay = trouble.replays.map(|replays| replays.rate);
        self.replay_after = trouble.replays.map(|replays| Latency::from(replays.after));
    }
}
