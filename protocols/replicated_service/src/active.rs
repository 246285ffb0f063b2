//! Active replication: commands are put in order by Raft, and each replica executes all of them.

use std::collections::BTreeMap;

use parts::journal::write_again;
use parts::kv::{KvOp, WriteId};
use parts::machine::Seen;
use raft::{Raft, RaftConfig};
use sim_core::{DiskEvent, Embedded, Embeds, NodeId, RequestId, Said};

use super::config::ServiceConfig;
use super::flaws::ServiceFlaw;
use super::message::{Event, Message, Record, Timer};
use super::node::{Ctx, ReplicatedService};
use super::replica::Replica;
use super::service::{Command, Decision, Image};

/// An active replica.
#[derive(Debug)]
pub struct Active {
    pub(super) config: ServiceConfig,
    me: NodeId,
    raft: Embedded<Raft>,
    pub(super) replica: Replica,
    /// How many entries of the log it has looked at.
    looked: u64,
    /// How many entries it had when it booted: it has answered those before, or somebody asks again.
    old: u64,
    /// What the states of the replicas come to, after so many commands.
    digests: BTreeMap<u64, BTreeMap<NodeId, u64>>,
    /// What it has said of whom.
    said: BTreeMap<NodeId, u64>,
}

/// States are compared after each so many commands, and after the last.
const COMPARED: u64 = 4;

/// So many of the last of these.
const WINDOW: u64 = 64;

/// How many bits of the number of a request are left for that of the term.
const TERM: u32 = 12;

/// How many bits of the number of a client are left for itself, beside what was drawn.
const CLIENT: u32 = 16;

/// Two numbers in one. The low one has so many bits.
const fn pack(high: u32, low: u32, bits: u32) -> u32 {
    high << bits | low & last(bits)
}

/// These.
const fn unpack(packed: u32, bits: u32) -> (u32, u32) {
    (packed >> bits, packed & last(bits))
}

/// The highest number of so many bits.
const fn last(bits: u32) -> u32 {
    (1 << bits) - 1
}

impl Embeds<Raft> for ReplicatedService {
    fn message(message: raft::Message) -> Message {
        Message::Raft(Box::new(message))
    }

    fn timer(timer: raft::Timer) -> Timer {
        Timer::Raft(timer)
    }

    fn record(record: raft::Record) -> Record {
        Record(Box::new(record))
    }

    fn guest_record(record: Record) -> Option<raft::Record> {
        Some(*record.0)
    }
}

/// A command as an operation of the map that Raft replicates, under a name that it has there. Raft puts it in order;
/// what the map makes of it does not matter. It makes nothing of it: a compare-and-swap that expects what is never
/// there.
///
/// A later leader, which does not know yet what came of a command, puts it in order once more: so each term has a name
/// of its own for it.
///
/// What does not fit in is none: transactions, and a compare-and-swap that expects what its client has not written
/// lately.
fn encode(command: &Command, term: u64) -> Option<(RequestId, KvOp)> {
    let Command { request, op, decision } = command;
    let (kind, write) = match *op {
        KvOp::Get { .. } | KvOp::GetAt { .. } | KvOp::GetSince { .. } => (0, NOTHING),
        KvOp::Put { write, .. } => (1, write),
        KvOp::Append { write, .. } => (2, write),
        KvOp::Delete { .. } => (3, NOTHING),
        KvOp::Cas { expected: None, write, .. } => (SWAP, write),
        KvOp::Cas { expected: Some(expected), write, .. } => {
            let back = write.index.checked_sub(expected.index).filter(|_| write.client == expected.client)?;
            (SWAP + Some(back).filter(|back| (1..=MOST_BACK).contains(back))?, write)
        }
        KvOp::GetBoth { .. } | KvOp::Transact { .. } => return None,
    };
    let expected = WriteId { client: (decision.stamp >> 32) as u32, index: decision.stamp as u32 };
    let write = WriteId { client: pack(decision.draw, write.client, CLIENT), index: write.index };
    let name = RequestId { sequence: pack(request.sequence, (term as u32).min(last(TERM)), TERM), ..*request };
    Some((name, KvOp::Cas { key: pack(kind, op.key(), KEY), expected: Some(expected), write }))
}

/// The kind of a compare-and-swap that expects nothing. Those after it expect what the client wrote so many writes
/// before.
const SWAP: u32 = 4;

/// How many at most.
const MOST_BACK: u32 = 64;

/// No write.
const NOTHING: WriteId = WriteId { client: 0, index: 0 };

/// How many bits a key has. It is below a million.
const KEY: u32 = 20;

/// The command in an entry.
fn decode(name: RequestId, op: &KvOp) -> Option<Command> {
    let KvOp::Cas { key, expected: Some(stamp), write: WriteId { client, index } } = *op else { return None };
    let (kind, key) = unpack(key, KEY);
    let (draw, client) = unpack(client, CLIENT);
    let write = WriteId { client, index };
    let op = match kind {
        1 => KvOp::Put { key, write },
        2 => KvOp::Append { key, write },
        3 => KvOp::Delete { key },
        SWAP.. => {
            let expected = (kind > SWAP).then(|| WriteId { index: index.wrapping_sub(kind - SWAP), ..write });
            KvOp::Cas { key, expected, write }
        }
        _ => KvOp::Get { key },
    };
    let stamp = u64::from(stamp.client) << 32 | u64::from(stamp.index);
    let request = RequestId { sequence: unpack(name.sequence, TERM).0, ..name };
    Some(Command { request, op, decision: Decision { stamp, draw } })
}

impl Active {
    pub(super) fn new(config: &ServiceConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        // All of the log stays: replicas begin with it.
        let of_raft = RaftConfig { max_entries_per_message: 0, snapshot_every: 0, ..RaftConfig::default() };
        Self {
            config: config.clone(),
            me,
            raft: Embedded::new(Raft::new(&of_raft, me, nodes), nodes),
            replica: Replica::new(config, me, nodes),
            looked: 0,
            old: 0,
            digests: BTreeMap::new(),
            said: BTreeMap::new(),
        }
    }

    fn has(&self, flaw: ServiceFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// Whether it puts commands in order.
    pub(super) const fn leads(&self) -> bool {
        self.raft.node().is_leader()
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        write_again(ctx);
        self.replica.boot(ctx);
        self.raft.on_start(ctx, |_, _| {});
        self.old = self.raft.node().log().last_index();
        ctx.set_timer(Timer::Compare, self.config.compare_interval);
        self.catch_up(ctx);
    }

    pub(super) fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        self.with_raft(ctx, |raft, said, ctx| raft.on_disk(event, ctx, said));
    }

    pub(super) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Raft(timer) => self.with_raft(ctx, |raft, said, ctx| raft.on_timer(timer, ctx, said)),
            Timer::Compare => {
                self.compare(ctx);
                ctx.set_timer(Timer::Compare, self.config.compare_interval);
            }
            // That of semi-active replication.
            Timer::Resend => {}
        }
    }

    pub(super) fn raft_message(&mut self, from: NodeId, message: raft::Message, ctx: &mut Ctx<'_>) {
        self.with_raft(ctx, |raft, said, ctx| raft.on_message(from, message, ctx, said));
    }

    /// Lets Raft do something, says who leads, and executes what has come to be in order.
    fn with_raft(
        &mut self,
        ctx: &mut Ctx<'_>,
        does: impl FnOnce(&mut Embedded<Raft>, &mut dyn FnMut(Said<Raft>, &mut Ctx<'_>), &mut Ctx<'_>),
    ) {
        let executed = self.replica.image.executed;
        let mut said = |said: Said<Raft>, ctx: &mut Ctx<'_>| match said {
            Said::Event(raft::Event::BecameLeader { term }) => ctx.emit(Event::Leads { number: term, executed }),
            Said::Event(raft::Event::SteppedDown { term }) => ctx.emit(Event::StepsDown { number: term }),
            // Replicas answer, and Raft's map does not.
            Said::Event(_) | Said::Answered(..) => {}
        };
        does(&mut self.raft, &mut said, ctx);
        self.catch_up(ctx);
    }

    /// A client asks: all replicas, of which one puts it in order, with what it decides.
    pub(super) fn requested(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        match self.replica.seen(request) {
            Seen::Latest(output) => return ctx.reply(request, output.clone()),
            Seen::Stale => return,
            Seen::Never => {}
        }
        if self.leads() {
            let decision = Replica::decide(ctx);
            let Some((name, op)) = encode(&Command { request, op, decision }, self.raft.node().term()) else {
                return ctx.reject(request);
            };
            self.with_raft(ctx, |raft, said, ctx| raft.on_request(name, op, ctx, said));
        }
    }

    /// The next entry that is to be looked at. Nothing in it if it is no command.
    fn next(&self) -> Option<Option<Command>> {
        let node = self.raft.node();
        let end =
            if self.has(ServiceFlaw::ExecutesUncommitted) { node.log().last_index() } else { node.commit_index() };
        let entry = node.log().entry(self.looked + 1).filter(|_| self.looked < end)?;
        Some(match &entry.command {
            raft::Command::Client { request, op } => decode(*request, op),
            raft::Command::NoOp | raft::Command::Configuration(_) => None,
        })
    }

    /// Executes what has come to be in order, and answers.
    fn catch_up(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(command) = self.next() {
            self.looked += 1;
            let Some(command) = command else { continue };
            let output = self.replica.execute(&command, false, ctx);
            self.note_some();
            if let Some(output) = output.filter(|_| self.looked > self.old) {
                ctx.reply(command.request, output);
            }
        }
    }

    /// Notes what its state comes to, if that is to be compared.
    fn note_some(&mut self) {
        if self.replica.image.executed.is_multiple_of(COMPARED) {
            self.note();
        }
    }

    /// Notes what its state comes to now.
    fn note(&mut self) {
        let Image { executed, .. } = self.replica.image;
        self.digests.entry(executed).or_default().insert(self.me, self.replica.image.digest());
        self.digests = self.digests.split_off(&executed.saturating_sub(WINDOW));
    }

    /// Tells the others what its state came to.
    fn compare(&mut self, ctx: &mut Ctx<'_>) {
        let executed = self.replica.image.executed;
        if executed == 0 {
            return;
        }
        self.note();
        let own = self.digests.iter().filter_map(|(index, of)| Some((*index, *of.get(&self.me)?)));
        ctx.broadcast(Message::Digests { at: own.collect() });
    }

    /// Another replica tells what its state came to.
    pub(super) fn told(&mut self, from: NodeId, at: Vec<(u64, u64)>, ctx: &mut Ctx<'_>) {
        let uneven = self.has(ServiceFlaw::ComparesUneven);
        let last = at.last().map(|(_, digest)| (self.replica.image.executed, *digest));
        let at = if uneven { Vec::from_iter(last) } else { at };
        let first = self.replica.image.executed.saturating_sub(WINDOW);
        for (index, digest) in at.into_iter().filter(|(index, _)| *index >= first) {
            self.digests.entry(index).or_default().insert(from, digest);
            self.vote(index, ctx);
        }
    }

    /// Looks who is outvoted: of replicas that say the same, more than can be wrong, one is right.
    fn vote(&mut self, index: u64, ctx: &mut Ctx<'_>) {
        let Some(votes) = self.digests.get(&index) else { return };
        let count = |digest: u64| votes.values().filter(|other| **other == digest).count();
        let Some(right) = votes.values().copied().find(|digest| count(*digest) >= self.config.votes()) else { return };
        let odd: Vec<NodeId> = votes.iter().filter(|(_, digest)| **digest != right).map(|(node, _)| *node).collect();
        for odd in odd {
            if self.said.insert(odd, index) != Some(index) {
                ctx.emit(Event::Disagreement { index, odd });
            }
            if odd == self.me && !self.has(ServiceFlaw::KeepsOddState) {
                self.repair(ctx);
                return;
            }
        }
    }

    /// Executes all of the log anew.
    fn repair(&mut self, ctx: &mut Ctx<'_>) {
        self.replica.image = Image::default();
        self.digests.values_mut().for_each(|of| _ = of.remove(&self.me));
        let looked = std::mem::take(&mut self.looked);
        while self.looked < looked
            && let Some(command) = self.next()
        {
            self.looked += 1;
            if let Some(command) = command {
                self.replica.execute(&command, true, ctx);
                self.note_some();
            }
        }
        ctx.emit(Event::Repaired { executed: self.replica.image.executed });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_as_it_was_written() {
        let request = RequestId { client: NodeId::client(3), session: 9, sequence: 77 };
        let write = WriteId { client: 3, index: 12345 };
        let decision = Decision { stamp: 1_000_000_000_123_456_789, draw: 65535 };
        let key = 999_999;
        for op in [
            KvOp::Get { key },
            KvOp::Put { key, write },
            KvOp::Append { key: 0, write },
            KvOp::Delete { key },
            KvOp::Cas { key, expected: None, write },
            KvOp::Cas { key, expected: Some(WriteId { index: 12341, ..write }), write },
        ] {
            let command = Command { request, op, decision };
            let (name, encoded) = encode(&command, 5).expect("it fits in");
            assert_eq!(decode(name, &encoded), Some(command.clone()));
            assert_ne!(Some(name), encode(&command, 6).map(|(name, _)| name), "each term has its own name");
        }
        let too_far = KvOp::Cas { key, expected: Some(WriteId { client: 4, index: 1 }), write };
        assert_eq!(encode(&Command { request, op: too_far, decision }, 5), None);
        assert_eq!(decode(request, &KvOp::Get { key }), None);
    }
}
