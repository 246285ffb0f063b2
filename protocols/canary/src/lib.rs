//! A canary: nodes that beat, write, and announce whatever they notice of the world going wrong.
//!
//! It solves no problem. It is there to show faults: for each kind there is something that a canary
//! announces when the fault is there and never announces without it.

mod mockingbird;
mod senses;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{
    AdversaryRow, Context, DiskEvent, Duration, Kinds, Mutations, NodeId, OperatorAction, Protocol, ProtocolConfig,
    RequestId, SimRng, State, Stored, SyncToken, SystemUnderTest, Time, Workload,
};

use mockingbird::MOCKINGBIRD;
use senses::Senses;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Canary>();

/// How often a canary beats.
const INTERVAL: Duration = Duration::from_millis(20);
/// A beat, a sync or a message that comes so much later than it should is late.
const LATE: Duration = Duration::from_millis(15);

/// One canary.
#[derive(Debug)]
pub struct Canary {
    config: CanaryConfig,
    sequence: u64,
    /// When the next beat is due, on its own clock.
    beat_due: Time,
    /// How far the wall clock was ahead of the monotonic one when it last looked.
    wall_ahead: u64,
    /// When the sync in the background began.
    sync_began: Time,
    senses: Senses,
}

/// The configuration of a canary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CanaryConfig {
    /// What it says it is; others notice when that changes.
    pub version: u32,
}

impl ProtocolConfig for CanaryConfig {}

/// All that clients ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pings {}

impl Workload for Pings {
    type Op = Op;

    fn operation(&self, _: u32, _: u32, _: &mut SimRng) -> Op {
        Op::Ping
    }
}

/// "I am here": all that canaries tell each other.
#[derive(Clone, Debug, Serialize, Kinds)]
pub struct Beat {
    /// Which of the sender's.
    pub sequence: u64,
    /// When it was sent, by the sender's wall clock.
    pub sent: Time,
    /// What the sender's configuration says.
    pub version: u32,
    /// Whom the sender has heard of late.
    pub hears: BTreeSet<NodeId>,
}

/// The timer of the next beat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// It is time to beat.
    Beat,
}

/// What a canary writes with each beat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// Synced before the beat is sent.
    Beat(u64),
    /// Written after it, and not synced before the next.
    Scratch(u64),
    /// Written after that.
    Scrap(u64),
}

/// What a client asks: whether anybody is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Kinds)]
pub enum Op {
    /// Somebody is.
    Ping,
}

/// What a canary has noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It has booted again, and found all that it wrote.
    Rebooted,
    /// It has booted again, and what was not synced is gone.
    TailLost,
    /// It has booted again, and of what was not synced the older is gone and the newer is there.
    WritesReordered,
    /// The last record on its disk is torn.
    RecordTorn,
    /// A record on its disk is not readable, and it is not the last.
    RecordCorrupt,
    /// A sync failed.
    SyncFailed,
    /// It cannot read a record of its disk, and stops.
    ReadFailed,
    /// Its disk is full.
    DiskFull,
    /// A sync took long.
    DiskSlow,
    /// A beat came late.
    BeatLate,
    /// It has missed several beats of its own.
    Overslept,
    /// Its wall clock was set forward.
    ClockForward,
    /// Its wall clock was set back.
    ClockBackward,
    /// Another beats faster than its own clock would have it.
    PeerFast,
    /// Another beats more slowly.
    PeerSlow,
    /// A beat of another is missing.
    MessageMissing,
    /// The same beat came twice.
    MessageDoubled,
    /// Two different beats of another bear the same number.
    PeerContradicts,
    /// An old beat came again.
    MessageOld,
    /// A beat took long.
    MessageLate,
    /// Another has fallen silent.
    PeerSilent,
    /// One that was silent is back.
    PeerBack,
    /// One has come that was never heard before, long after the beginning.
    PeerJoined,
    /// One that is back counts from the beginning again: it has forgotten what was durable.
    PeerForgot,
    /// One has fallen silent and come back several times.
    PeerFlaps,
    /// One that it hears does not hear it.
    OneWay,
    /// Two that it hears do not hear each other.
    Between,
    /// It hears fewer than a majority, itself included.
    LostMajority,
    /// It hears nobody.
    Alone,
    /// Another says that it is something else than before.
    PeerUpgraded,
    /// An operator asked it to sing.
    Sang,
}

type Ctx<'a> = Context<'a, Canary>;

impl Canary {
    fn new(config: &CanaryConfig) -> Self {
        Self {
            config: config.clone(),
            sequence: 0,
            beat_due: Time::ZERO,
            wall_ahead: 0,
            sync_began: Time::ZERO,
            senses: Senses::default(),
        }
    }

    /// Reads what a crash has left, and says what is wrong with it.
    fn inspect(&mut self, records: &[Stored<Record>], ctx: &mut Ctx<'_>) {
        let readable: Vec<&Record> = records.iter().filter_map(Stored::readable).collect();
        let last = |number: fn(&Record) -> Option<u64>| readable.iter().rev().find_map(|record| number(record));
        let beat = last(|record| if let Record::Beat(n) = record { Some(*n) } else { None });
        let scratch = last(|record| if let Record::Scratch(n) = record { Some(*n) } else { None });
        let scrap = last(|record| if let Record::Scrap(n) = record { Some(*n) } else { None });
        let corrupt = records.iter().position(|record| record.readable().is_none());
        match corrupt {
            Some(place) if place + 1 == records.len() => ctx.emit(Event::RecordTorn),
            Some(_) => ctx.emit(Event::RecordCorrupt),
            None => {}
        }
        self.sequence = beat.unwrap_or_default();
        if records.is_empty() {
            return;
        }
        match (scratch == beat, scrap == beat) {
            (true, true) => ctx.emit(Event::Rebooted),
            (false, true) => ctx.emit(Event::WritesReordered),
            _ => ctx.emit(Event::TailLost),
        }
    }

    /// The next beat is durable before it is sent.
    fn begin_beat(&mut self, ctx: &mut Ctx<'_>) {
        self.sequence += 1;
        self.sync_began = ctx.now();
        ctx.disk().append(Record::Beat(self.sequence));
        ctx.disk().sync_then(SyncToken(self.sequence));
    }

    fn send_beat(&mut self, ctx: &mut Ctx<'_>) {
        let beat = Beat {
            sequence: self.sequence,
            sent: ctx.wall_clock(),
            version: self.config.version,
            hears: self.senses.heard_of_late(ctx.now()),
        };
        ctx.broadcast(beat);
        ctx.disk().append(Record::Scratch(self.sequence));
        ctx.disk().append(Record::Scrap(self.sequence));
        self.wait_for_next(ctx);
    }

    fn wait_for_next(&mut self, ctx: &mut Ctx<'_>) {
        self.beat_due = ctx.now() + INTERVAL;
        ctx.set_timer(Timer::Beat, INTERVAL);
    }

    fn look_at_clocks(&mut self, ctx: &mut Ctx<'_>) {
        let ahead = ctx.wall_clock().as_nanos() - ctx.now().as_nanos();
        let (before, tolerance) = (self.wall_ahead, LATE.as_nanos());
        if before > 0 && ahead > before + tolerance {
            ctx.emit(Event::ClockForward);
        } else if before > ahead + tolerance {
            ctx.emit(Event::ClockBackward);
        }
        self.wall_ahead = ahead;
        let late = ctx.now().since(self.beat_due);
        if late > INTERVAL * 5 {
            ctx.emit(Event::Overslept);
        } else if late > LATE {
            ctx.emit(Event::BeatLate);
        }
    }
}

impl Protocol for Canary {
    type Message = Beat;
    type Timer = Timer;
    type Record = Record;
    type Op = Op;
    type Reply = Op;
    type Event = Event;

    const ACTIONS: &'static [&'static str] = &["sing"];
    const STATES: &'static [State<Self>] = &[State::new("alone", |node| node.senses.is_alone())];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        let records = ctx.disk().records();
        self.inspect(records, ctx);
        self.begin_beat(ctx);
    }

    fn on_message(&mut self, from: NodeId, beat: Beat, ctx: &mut Ctx<'_>) {
        if ctx.wall_clock().since(beat.sent) > INTERVAL + LATE {
            ctx.emit(Event::MessageLate);
        }
        let noticed = self.senses.hear(from, &beat, ctx.me(), ctx.now());
        noticed.into_iter().for_each(|event| ctx.emit(event));
    }

    fn on_timer(&mut self, _: Timer, ctx: &mut Ctx<'_>) {
        self.look_at_clocks(ctx);
        let noticed = self.senses.listen(ctx.nodes(), ctx.now());
        noticed.into_iter().for_each(|event| ctx.emit(event));
        self.begin_beat(ctx);
    }

    fn on_request(&mut self, request: RequestId, op: Op, ctx: &mut Ctx<'_>) {
        ctx.reply(request, op);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        match event {
            DiskEvent::Failed(_) => {
                ctx.emit(Event::SyncFailed);
                self.wait_for_next(ctx);
            }
            DiskEvent::ReadFailed { .. } => {
                ctx.emit(Event::ReadFailed);
                ctx.halt("a record could not be read");
            }
            DiskEvent::Full => {
                ctx.emit(Event::DiskFull);
                self.wait_for_next(ctx);
            }
            _ => {
                if ctx.now().since(self.sync_began) > LATE {
                    ctx.emit(Event::DiskSlow);
                }
                self.send_beat(ctx);
            }
        }
    }

    fn on_operator(&mut self, _: &OperatorAction, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Sang);
    }

    fn round(beat: &Beat) -> Option<u64> {
        Some(beat.sequence)
    }
}

impl SystemUnderTest for Canary {
    const NAME: &'static str = "canary";
    const SUMMARY: &'static str = "Nodes that solve no problem and announce every fault that they notice";
    const MESSAGES: &'static [&'static [&'static str]] = &[Beat::KINDS, Op::KINDS];
    const ADVERSARIES: &'static [AdversaryRow<Self>] = &[MOCKINGBIRD];
    const MUTATIONS: Mutations<Self> = Mutations::of(|beat: &Beat, _| {
        vec![
            Beat { version: beat.version.saturating_add(1), ..beat.clone() },
            Beat { sequence: beat.sequence.saturating_add(1), ..beat.clone() },
            Beat { hears: BTreeSet::new(), ..beat.clone() },
        ]
    });

    type Config = CanaryConfig;
    type Workload = Pings;

    fn node(config: &CanaryConfig, _: NodeId, _: &[NodeId]) -> Self {
        Self::new(config)
    }
}
