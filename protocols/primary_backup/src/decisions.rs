//! What the view service decides, and the log in which three nodes keep that, by Raft.

use std::collections::BTreeMap;

use parts::journal::write_again;
use parts::kv::{KvOp, WriteId};
use raft::{HostRequests, Raft, RaftConfig};
use sim_core::{Answer, DiskEvent, Embedded, Embeds, NodeId, RequestId, Said, Time};

use super::message::{Message, Record, Timer};
use super::node::{Ctx, PrimaryBackup};
use super::view::View;

/// What the view service decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It gives this number to no view but the one that it is about to make.
    Number(u64),
    /// It makes this view.
    View(View),
}

impl From<Decision> for Record {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Number(number) => Self::Number(number),
            Decision::View(view) => Self::View(view),
        }
    }
}

/// What is next in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Logged {
    /// Something was decided.
    Decided(Decision),
    /// This node has led since this term, and acts for the view service if it still does.
    Leads { node: NodeId, term: u64 },
}

/// A part of what is in the log: as much as one value of the map that Raft replicates can say. Whoever leads puts those
/// of one decision there one after the other, and nobody else does meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Leads(NodeId),
    Number,
    Primary(NodeId),
    Passive(NodeId),
    Recovering(NodeId),
    Made,
}

/// How many bits the number of a node has in an item.
const NODE: u32 = 24;

impl Item {
    fn encode(self, number: u64) -> WriteId {
        let (kind, node) = match self {
            Self::Leads(node) => (0, node.index()),
            Self::Number => (1, 0),
            Self::Primary(node) => (2, node.index()),
            Self::Passive(node) => (3, node.index()),
            Self::Recovering(node) => (4, node.index()),
            Self::Made => (5, 0),
        };
        WriteId { client: kind << NODE | node, index: number as u32 }
    }

    fn decode(write: &WriteId) -> (Self, u64) {
        let node = NodeId::node(write.client & ((1 << NODE) - 1));
        let item = match write.client >> NODE {
            0 => Self::Leads(node),
            1 => Self::Number,
            2 => Self::Primary(node),
            3 => Self::Passive(node),
            4 => Self::Recovering(node),
            _ => Self::Made,
        };
        (item, write.index.into())
    }
}

/// The items that say what was decided, each with the number of the view.
fn items(decision: &Decision) -> Vec<WriteId> {
    match decision {
        Decision::Number(number) => vec![Item::Number.encode(*number)],
        Decision::View(View { number, primary, passive, recovering }) => {
            let passive = passive.iter().copied().map(Item::Passive);
            let recovering = recovering.iter().copied().map(Item::Recovering);
            let all = [Item::Primary(*primary)].into_iter().chain(passive).chain(recovering).chain([Item::Made]);
            all.map(|item| item.encode(*number)).collect()
        }
    }
}

/// What was logged, from the items.
#[derive(Debug)]
struct Reader {
    /// How many items were read.
    read: usize,
    /// The view whose items are being read. A leader may fail in the middle of one, and then nothing comes of it.
    view: View,
}

impl Reader {
    const fn new() -> Self {
        Self { read: 0, view: View::none() }
    }

    fn next(&mut self, items: &[WriteId]) -> Option<Logged> {
        while let Some(write) = items.get(self.read) {
            self.read += 1;
            match Item::decode(write) {
                (Item::Leads(node), term) => return Some(Logged::Leads { node, term }),
                (Item::Number, number) => return Some(Logged::Decided(Decision::Number(number))),
                (Item::Primary(primary), number) => self.view = View { number, primary, ..View::none() },
                (Item::Passive(node), _) => self.view.passive.push(node),
                (Item::Recovering(node), _) => self.view.recovering.push(node),
                (Item::Made, _) => return Some(Logged::Decided(Decision::View(self.view.clone()))),
            }
        }
        None
    }
}

/// The key of the map that Raft replicates whose value is the list of items.
const ITEMS: u32 = 0;
/// The key that is read to find out whether a node still leads. It is empty.
const NOTHING: u32 = 1;

/// A question whether a node still leads, for a lease that a primary asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) primary: NodeId,
    pub(super) number: u64,
    pub(super) sent: Time,
}

/// The log that the nodes of the view service have in common.
#[derive(Debug)]
pub(super) struct SharedLog {
    me: NodeId,
    raft: Embedded<Raft>,
    requests: HostRequests,
    reader: Reader,
    /// The last term in which it has asked to act for the view service.
    sought: u64,
    /// The questions that Raft has not answered, by their number.
    open: BTreeMap<u32, Asked>,
    /// Those that it has, with a yes.
    confirmed: Vec<Asked>,
}

impl Embeds<Raft> for PrimaryBackup {
    fn message(message: raft::Message) -> Message {
        Message::Raft(Box::new(message))
    }

    fn timer(timer: raft::Timer) -> Timer {
        Timer::Raft(timer)
    }

    fn record(record: raft::Record) -> Record {
        Record::Raft(Box::new(record))
    }

    fn guest_record(record: Record) -> Option<raft::Record> {
        match record {
            Record::Raft(record) => Some(*record),
            _ => None,
        }
    }
}

impl SharedLog {
    pub(super) fn new(me: NodeId, servers: &[NodeId]) -> Self {
        // As much as there is goes in one message.
        let config = RaftConfig { max_entries_per_message: 0, ..RaftConfig::default() };
        Self {
            me,
            raft: Embedded::new(Raft::new(&config, me, servers), servers),
            requests: HostRequests::default(),
            reader: Reader::new(),
            sought: 0,
            open: BTreeMap::new(),
            confirmed: Vec::new(),
        }
    }

    /// The term in which it leads, if it does.
    pub(super) fn leads_in(&self) -> Option<u64> {
        let raft = self.raft.node();
        raft.is_leader().then(|| raft.term())
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        write_again(ctx);
        self.raft.on_start(ctx, |_, _| {});
    }

    pub(super) fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        let (open, confirmed) = (&mut self.open, &mut self.confirmed);
        self.raft.on_disk(event, ctx, |said, _| hear(said, open, confirmed));
    }

    pub(super) fn on_timer(&mut self, timer: raft::Timer, ctx: &mut Ctx<'_>) {
        let (open, confirmed) = (&mut self.open, &mut self.confirmed);
        self.raft.on_timer(timer, ctx, |said, _| hear(said, open, confirmed));
    }

    pub(super) fn on_message(&mut self, from: NodeId, message: raft::Message, ctx: &mut Ctx<'_>) {
        let (open, confirmed) = (&mut self.open, &mut self.confirmed);
        self.raft.on_message(from, message, ctx, |said, _| hear(said, open, confirmed));
    }

    fn ask(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        let (open, confirmed) = (&mut self.open, &mut self.confirmed);
        self.raft.on_request(request, op, ctx, |said, _| hear(said, open, confirmed));
    }

    fn append(&mut self, write: WriteId, ctx: &mut Ctx<'_>) {
        let request = self.requests.next(self.raft.node());
        self.ask(request, KvOp::Append { key: ITEMS, write }, ctx);
    }

    /// Has something put in the log.
    pub(super) fn propose(&mut self, decision: &Decision, ctx: &mut Ctx<'_>) {
        items(decision).into_iter().for_each(|write| self.append(write, ctx));
    }

    /// Where it has come to lead, it says so in the log: when it reads that there, it knows all that was decided
    /// before.
    pub(super) fn seek_office(&mut self, ctx: &mut Ctx<'_>) {
        let Some(term) = self.leads_in().filter(|term| *term > self.sought) else { return };
        self.sought = term;
        self.append(Item::Leads(self.me).encode(term), ctx);
    }

    /// Asks a majority whether it still leads.
    pub(super) fn ask_whether_it_leads(&mut self, asked: Asked, ctx: &mut Ctx<'_>) {
        let request = self.requests.next(self.raft.node());
        self.open.insert(request.sequence, asked);
        self.ask(request, KvOp::Get { key: NOTHING }, ctx);
    }

    /// What a majority has said yes to: when that was asked, nobody else had been elected.
    pub(super) fn confirmed(&mut self) -> Vec<Asked> {
        std::mem::take(&mut self.confirmed)
    }

    /// It leads no longer.
    pub(super) fn forget_questions(&mut self) {
        self.open.clear();
        self.confirmed.clear();
    }

    /// The next of what is logged for good.
    pub(super) fn next(&mut self) -> Option<Logged> {
        self.reader.next(self.raft.node().machine().state.get(ITEMS))
    }
}

/// Raft says something.
fn hear(said: Said<Raft>, open: &mut BTreeMap<u32, Asked>, confirmed: &mut Vec<Asked>) {
    if let Said::Answered(request, Answer::Reply(_)) = said {
        confirmed.extend(open.remove(&request.sequence));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: fn(u32) -> NodeId = NodeId::node;

    fn view(number: u64) -> View {
        View { number, primary: N(3), passive: vec![N(4), N(7)], recovering: vec![N(5)] }
    }

    #[test]
    fn what_is_decided_is_read_again() {
        let all = [Decision::Number(7), Decision::View(view(7)), Decision::Number(9)];
        let log: Vec<WriteId> = all.iter().flat_map(items).collect();
        let mut reader = Reader::new();
        let read: Vec<Logged> = std::iter::from_fn(|| reader.next(&log)).collect();
        assert_eq!(read, all.map(Logged::Decided));
    }

    #[test]
    fn what_a_leader_has_not_said_to_the_end_is_nothing() {
        let mut log = items(&Decision::View(view(7)));
        log.truncate(3);
        log.push(Item::Leads(N(2)).encode(4));
        let other = View { number: 7, primary: N(4), ..View::none() };
        log.extend(items(&Decision::View(other.clone())));
        let mut reader = Reader::new();
        let read: Vec<Logged> = std::iter::from_fn(|| reader.next(&log)).collect();
        assert_eq!(read, [Logged::Leads { node: N(2), term: 4 }, Logged::Decided(Decision::View(other))]);
    }
}
