//! All that a fault can say, key by key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Duration, FaultKind, FaultSeverity, Probability};

use super::course::RepeatEntry;
use super::trigger::{After, BoundaryEntry};
use crate::file::bandwidth::BandwidthEntry;
use crate::file::latency::Latency;
use crate::file::range::TimeRange;
use crate::file::selector::SelectorText;

/// Something that goes wrong: when, what, to whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = super::schema::one_trigger_one_kind)]
pub(crate) struct FaultEntry {
    /// Begins at this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Duration>,
    /// Begins with a milestone of the run; in a sequence also this long after the step before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<After>,
    /// Falls into the middle of a step of its target: only a crash of a node by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) in_step: Option<BoundaryEntry>,
    /// Several faults, each of which waits for its trigger from when the one before it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = super::schema::steps)]
    pub(super) sequence: Option<Vec<FaultEntry>>,
    /// The targets stop and lose their memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crash: Option<SelectorText>,
    /// The targets stop and lose their memory and what they have not synced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) power_loss: Option<SelectorText>,
    /// The targets boot, those of them that are down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) restart: Option<SelectorText>,
    /// A node boots for the first time: until then it has not been there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) join: Option<SelectorText>,
    /// Nodes in different groups do not reach each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) partition: Option<Vec<Vec<SelectorText>>>,
    /// The targets and the other nodes do not reach each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) isolate: Option<SelectorText>,
    /// The other nodes fall apart into two halves, which only the targets reach both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bridge: Option<SelectorText>,
    /// Each node reaches a majority, and no two the same one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("const" = true))]
    pub(super) majority_ring: Option<bool>,
    /// Each link between two nodes is cut with this probability, each direction for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) random_links: Option<Probability>,
    /// A random subset of the targets is cut off, one by one, and joined again in random order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) swizzle: Option<SelectorText>,
    /// Messages one way do not get through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) one_way: Option<Sides>,
    /// Messages that the targets send are lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) send_omission: Option<SelectorText>,
    /// Messages that are sent to the targets are lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) receive_omission: Option<SelectorText>,
    /// Messages that the ones send to the others are lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) link_omission: Option<Sides>,
    /// The links of the targets, in both directions, lose, double, delay, replay, hold back or corrupt
    /// messages, or let only so much through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) links: Option<SelectorText>,
    /// The same of the links from the ones to the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<Sides>,
    /// A message that is under way or held back arrives now; if there is none, as soon as one is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deliver: Option<Sides>,
    /// A timer of the targets fires now; if it is not armed, as soon as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fire: Option<SelectorText>,
    /// The faults that bear this label end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<String>,
    /// The targets do nothing, and notice nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pause: Option<SelectorText>,
    /// Each step of the targets takes a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) slow: Option<SelectorText>,
    /// The wall clocks of the targets jump; when the fault ends, they jump back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) clock_jump: Option<SelectorText>,
    /// The clocks of the targets run fast or slow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) drift: Option<SelectorText>,
    /// Timers that the targets arm fire late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) late_timers: Option<SelectorText>,
    /// Syncs of the targets' disks take a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) slow_disk: Option<SelectorText>,
    /// One record on each target's disk, a random one, is not readable any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) corrupt_record: Option<SelectorText>,
    /// Syncs of the targets' disks fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failing_sync: Option<SelectorText>,
    /// The targets cannot read one of their records when they boot, and may well be able to at the next
    /// boot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) read_error: Option<SelectorText>,
    /// The targets' disks take no more records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) full_disk: Option<SelectorText>,
    /// An operator asks a node for one of the actions of the protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) operate: Option<String>,
    /// The targets stop and boot again with another configuration, which they keep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) upgrade: Option<SelectorText>,
    /// A second process runs under the identity of the target: `n0'` beside `n0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) twin: Option<SelectorText>,
    /// The targets send other messages than they should: what the protocol says a traitor could send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mutate: Option<SelectorText>,
    /// The targets do not send what they should.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) silence: Option<SelectorText>,
    /// The targets send messages late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stall: Option<SelectorText>,
    /// The targets send earlier messages of the same kind instead of those that they should.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stale: Option<SelectorText>,
    /// A script of the protocol acts for some nodes, all of them together, instead of their code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) adversary: Option<String>,
    /// How long it lasts; without, until the heal or the end. What is over at once lasts only if it is
    /// repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r#for: Option<Duration>,
    /// It comes and goes while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) repeat: Option<RepeatEntry>,
    /// Hits the targets one after the other, this long apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) one_by_one: Option<Duration>,
    /// How long after it stopped a target boots again; without, at the heal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) restart_after: Option<Duration>,
    /// Whether the crash falls between two effects of the target's next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mid_step: Option<bool>,
    /// Whether a target comes back with an empty disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wiped: Option<bool>,
    /// Whether any of what was not synced may be lost, instead of the last of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reordered: Option<bool>,
    /// How many of the writes that were not synced are lost, the last ones: all, if there are not so many, and the
    /// trace says how many those were. Without, that is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lost: Option<u64>,
    /// Which of them are lost if they may be any: their places, counted from 0, the oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lost_at: Option<Vec<u64>>,
    /// Whether the first of those that are `lost` leaves a corrupt record, if it appends one: not if none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) torn: Option<bool>,
    /// Whether messages are held back until the fault ends; those that a cut stops are lost otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hold: Option<bool>,
    /// How many messages suffer, syncs fail, or boots find a record that they cannot read; without, all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rate: Option<Probability>,
    /// Which messages suffer, counted from 1 in the order in which they are sent, instead of `rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(inner(range(min = 1)), length(min = 1))]
    pub(super) nth: Option<Vec<u64>>,
    /// Messages of which kind suffer, or are delivered; without, of any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    /// Only messages of these rounds of the protocol suffer: the first and the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rounds: Option<(u64, u64)>,
    /// To whom the targets lie; without, to everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) toward: Option<Vec<SelectorText>>,
    /// How many messages are lost on top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) loss: Option<Probability>,
    /// How many messages arrive twice on top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duplicate: Option<Probability>,
    /// How much longer messages take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delay: Option<Latency>,
    /// How many messages come once more, much later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replay: Option<Probability>,
    /// How long after they were sent they come once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replay_after: Option<Latency>,
    /// How much gets through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bandwidth: Option<BandwidthEntry>,
    /// How many messages are corrupted on their way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) corrupt: Option<Probability>,
    /// Whether a checksum catches that, so that they are lost. Otherwise they arrive as something else
    /// that the protocol can read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) checksum: Option<bool>,
    /// What becomes of what a failed sync was to cover: it stays `unsynced`, is `gone`, or is a `phantom`,
    /// which can be read until the power fails and is never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) writes: Option<WritesEntry>,
    /// Which timer, by the name of its variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timer: Option<String>,
    /// How long each step takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) step_takes: Option<Duration>,
    /// How far wall clocks jump ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) forward: Option<Duration>,
    /// How far wall clocks jump back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) backward: Option<Duration>,
    /// How much clocks gain, in parts per million; below zero they lose.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -999_999))]
    pub(super) ppm: Option<i32>,
    /// How late timers fire, or messages are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<Latency>,
    /// How long syncs take: at least and at most, or always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sync_takes: Option<TimeRange>,
    /// Which node an operator asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on: Option<SelectorText>,
    /// The nodes that an operator's action is about, or that an adversary acts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nodes: Option<Vec<SelectorText>>,
    /// Which of the `configurations` the targets boot with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    /// Whether it takes down only as many nodes as the protocol claims to do without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) within_model: Option<bool>,
    /// How likely each blow strikes each of the targets; or strikes at all, if it does not hit each for
    /// itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) probability: Option<Probability>,
    /// How much it asks of the protocol, in reports, if not what its kind does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) severity: Option<FaultSeverity>,
    /// What reports call it, and `end` knows it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) label: Option<String>,
}

impl FaultEntry {
    /// Writes down what a fault does: each kind has its part of the format, beside what reads it.
    pub(super) fn write_kind(&mut self, kind: &FaultKind) {
        match kind {
            FaultKind::Crash { targets, severity, moment, restart_after, wiped, lost } => {
                self.write_crash(targets, *severity, *moment, *restart_after, *wiped);
                self.write_lost(lost.as_ref());
            }
            FaultKind::Restart { targets } => self.write_restart(targets),
            FaultKind::Join { targets } => self.write_join(targets),
            FaultKind::Partition { groups, mode, rounds } => self.write_partition(groups, *mode, *rounds),
            FaultKind::Bridge { targets, mode } => self.write_bridge(targets, *mode),
            FaultKind::MajorityRing { mode } => self.write_majority_ring(*mode),
            FaultKind::RandomLinks { rate, mode } => self.write_random_links(*rate, *mode),
            FaultKind::Swizzle { targets, mode } => self.write_swizzle(targets, *mode),
            FaultKind::OneWay { from, to, mode } => self.write_one_way(from, to, *mode),
            FaultKind::Omission { from, to, messages } => self.write_omission(from.as_ref(), to.as_ref(), messages),
            FaultKind::Links { ends, trouble, messages } => self.write_links(ends, trouble, messages),
            FaultKind::Deliver { from, to, kind } => self.write_deliver(from, to, kind),
            FaultKind::Fire { targets, timer } => self.write_fire(targets, timer),
            FaultKind::End { label } => self.write_end(label),
            FaultKind::Pause { targets } => self.write_pause(targets),
            FaultKind::Slow { targets, step_takes } => self.write_slow(targets, *step_takes),
            FaultKind::ClockJump { targets, by, backward } => self.write_clock_jump(targets, *by, *backward),
            FaultKind::Drift { targets, ppm } => self.write_drift(targets, *ppm),
            FaultKind::LateTimers { targets, by, timer } => self.write_late_timers(targets, *by, timer),
            FaultKind::SlowDisk { targets, sync } => self.write_slow_disk(targets, *sync),
            FaultKind::CorruptRecord { targets } => self.write_corrupt_record(targets),
            FaultKind::FailingSync { targets, rate, writes, restart_after } => {
                self.write_failing_sync(targets, *rate, *writes, *restart_after);
            }
            FaultKind::ReadError { targets, rate, restart_after } => {
                self.write_read_error(targets, *rate, *restart_after);
            }
            FaultKind::FullDisk { targets, restart_after } => self.write_full_disk(targets, *restart_after),
            FaultKind::Operator { targets, action, nodes } => self.write_operate(targets, action, nodes),
            FaultKind::Upgrade { targets, configuration, restart_after } => {
                self.write_upgrade(targets, configuration, *restart_after);
            }
            FaultKind::Twin { targets } => self.write_twin(targets),
            FaultKind::Lie { targets, to, messages, misconduct } => self.write_lie(targets, to, messages, misconduct),
            FaultKind::Adversary { name, targets } => self.write_adversary(name, targets),
        }
    }
}

/// What becomes of what a failed sync was to cover.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum WritesEntry {
    /// A later sync covers it.
    Unsynced,
    /// The node reads what was there before.
    Gone,
    /// It can be read until the power fails, and no later sync covers it.
    Phantom,
}

/// Whose messages to whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Sides {
    /// Whose messages.
    pub(super) from: SelectorText,
    /// Messages to whom.
    pub(super) to: SelectorText,
}
