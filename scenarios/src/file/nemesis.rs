//! Faults drawn from the seed.

mod byzantine;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Duration, FaultFamily, Rhythm};

use super::place::{LONGEST_SPAN, Mistakes, Place};
use super::terms::Terms;
use byzantine::ByzantineEntry;

/// Which families of faults are drawn, and how often.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Nemesis {
    /// Whether each seed draws a subset of the families, and how hard each hits.
    swarm: bool,
    /// Whether each seed draws the settings of the protocol that hide bugs of one another, those that
    /// `protocol` does not name: defences that can be switched off, sizes.
    pub(crate) switches: bool,
    /// Whether it may go beyond what the protocol claims to survive.
    unrestricted: bool,
    /// All families that the protocol claims to survive, but for Byzantine nodes. Those that are named beside
    /// it have a rhythm of their own.
    all: Option<RhythmEntry>,
    /// Some nodes do not follow the protocol.
    byzantine: Option<ByzantineEntry>,
    /// Processes crash.
    crash: Option<RhythmEntry>,
    /// Processes crash and lose what they have not synced.
    power_loss: Option<RhythmEntry>,
    /// Groups of nodes do not reach each other.
    partition: Option<RhythmEntry>,
    /// Some nodes are heard and do not hear, or hear and are not heard.
    one_way: Option<RhythmEntry>,
    /// Messages are lost, doubled and delayed.
    links: Option<RhythmEntry>,
    /// Some nodes lose messages that they send or receive.
    omission: Option<RhythmEntry>,
    /// Nodes pause.
    pause: Option<RhythmEntry>,
    /// Nodes become slow.
    slow: Option<RhythmEntry>,
    /// Bridges, rings of overlapping majorities, random links, flapping links, nodes that go and
    /// come back one by one.
    partial_partition: Option<RhythmEntry>,
    /// Old messages arrive once more.
    replay: Option<RhythmEntry>,
    /// Wall clocks jump, clocks run fast or slow, timers are late.
    clock: Option<RhythmEntry>,
    /// Disks are slow or full, and syncs fail.
    disk: Option<RhythmEntry>,
    /// Power fails, and of what was not synced any part is kept.
    reordering: Option<RhythmEntry>,
    /// Disks are wiped, and records become unreadable.
    storage: Option<RhythmEntry>,
    /// Operators ask for actions of the protocol.
    operator: Option<RhythmEntry>,
    /// Messages are corrupted on their way. A checksum catches that, or, where the protocol claims to
    /// notice it itself, does not.
    corruption: Option<RhythmEntry>,
    /// Little gets through links.
    bandwidth: Option<RhythmEntry>,
    /// Nodes that boot cannot read all of their records.
    read_error: Option<RhythmEntry>,
    /// Syncs fail, and what they were to cover can be read until the power fails.
    phantom_writes: Option<RhythmEntry>,
    /// A part of the messages of one link is withheld for a while, so that they are overtaken.
    starvation: Option<RhythmEntry>,
    /// A link is starved, and when some node then comes into a state that the protocol has a name for,
    /// takes a role, or announces one of the events under `sometimes`, something fails.
    aimed: Option<RhythmEntry>,
}

/// How often faults of a family come and how long they last, on average.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RhythmEntry {
    /// Mean time from one to the next.
    every: Duration,
    /// Mean time that one lasts, or that a node is down.
    lasts: Duration,
}

/// More often would bury the run in faults.
const SHORTEST_BETWEEN: Duration = Duration::from_millis(1);

impl Default for Nemesis {
    fn default() -> Self {
        Self {
            swarm: true,
            switches: false,
            unrestricted: false,
            all: None,
            byzantine: None,
            crash: None,
            power_loss: None,
            partition: None,
            one_way: None,
            links: None,
            omission: None,
            pause: None,
            slow: None,
            partial_partition: None,
            replay: None,
            clock: None,
            disk: None,
            reordering: None,
            storage: None,
            operator: None,
            corruption: None,
            bandwidth: None,
            read_error: None,
            phantom_writes: None,
            starvation: None,
            aimed: None,
        }
    }
}

impl Nemesis {
    pub(crate) fn read(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> sim_core::Nemesis {
        let given = self.families().into_iter().filter_map(|(key, family, entry)| Some((key, family, entry?)));
        let families = given.map(|(key, family, entry)| {
            let place = place.key(key);
            if terms.nodes < 2
                && matches!(family, FaultFamily::Partition | FaultFamily::OneWay | FaultFamily::PartialPartition)
            {
                mistakes.push(place.key_mistake("a single node has no other to be cut off from"));
            }
            if family == FaultFamily::Replay && terms.fifo {
                let message = "links that keep the order of messages (`fifo`) replay nothing";
                mistakes.push(place.key_mistake(message).with_help("leave `fifo` or `replay` out"));
            }
            if family == FaultFamily::Operator && terms.actions.is_empty() {
                let message = format!("`{}` has no actions that an operator could ask for", terms.protocol);
                mistakes.push(place.key_mistake(message));
            }
            (family, entry.read(&place, mistakes))
        });
        let mut families: BTreeMap<FaultFamily, Rhythm> = families.collect();
        if let Some(all) = self.all {
            let rhythm = all.read(&place.key("all"), mistakes);
            families.extend(self.implied(terms).map(|family| (family, rhythm)));
        }
        let nemesis = sim_core::Nemesis {
            families,
            byzantine: self.byzantine.as_ref().map(|entry| entry.read(&place.key("byzantine"), terms, mistakes)),
            swarm: self.swarm,
            unrestricted: self.unrestricted,
        };
        if self.switches && terms.switches.is_empty() {
            let message = format!("`{}` has no settings to draw", terms.protocol);
            mistakes.push(place.key("switches").mistake(message));
        }
        if nemesis.families.is_empty() && nemesis.byzantine.is_none() {
            let mistake = place.key_mistake("this nemesis does nothing");
            let help =
                "name a family, such as `crash`, or `all`, as in `\"all\": { \"every\": \"3s\", \"lasts\": \"1s\" }`";
            mistakes.push(mistake.with_help(help));
        }
        nemesis
    }

    /// The families that `all` stands for, as far as they have an effect. The protocol need not claim to survive them.
    pub(crate) fn implied(&self, terms: &Terms) -> impl Iterator<Item = FaultFamily> {
        let has_effect = |family| match family {
            FaultFamily::Partition | FaultFamily::OneWay | FaultFamily::PartialPartition => terms.nodes > 1,
            FaultFamily::Replay => !terms.fifo,
            FaultFamily::Operator => !terms.actions.is_empty(),
            _ => true,
        };
        let unnamed = self.families().into_iter().filter(|(.., entry)| self.all.is_some() && entry.is_none());
        unnamed.map(|(_, family, _)| family).filter(move |family| has_effect(*family))
    }

    const fn families(&self) -> [(&'static str, FaultFamily, Option<RhythmEntry>); 21] {
        [
            ("crash", FaultFamily::Crash, self.crash),
            ("power_loss", FaultFamily::PowerLoss, self.power_loss),
            ("partition", FaultFamily::Partition, self.partition),
            ("one_way", FaultFamily::OneWay, self.one_way),
            ("links", FaultFamily::Links, self.links),
            ("omission", FaultFamily::Omission, self.omission),
            ("pause", FaultFamily::Pause, self.pause),
            ("slow", FaultFamily::Slow, self.slow),
            ("partial_partition", FaultFamily::PartialPartition, self.partial_partition),
            ("replay", FaultFamily::Replay, self.replay),
            ("clock", FaultFamily::Clock, self.clock),
            ("disk", FaultFamily::Disk, self.disk),
            ("reordering", FaultFamily::Reordering, self.reordering),
            ("storage", FaultFamily::Storage, self.storage),
            ("operator", FaultFamily::Operator, self.operator),
            ("corruption", FaultFamily::Corruption, self.corruption),
            ("bandwidth", FaultFamily::Bandwidth, self.bandwidth),
            ("read_error", FaultFamily::ReadError, self.read_error),
            ("phantom_writes", FaultFamily::PhantomWrites, self.phantom_writes),
            ("starvation", FaultFamily::Starvation, self.starvation),
            ("aimed", FaultFamily::Aimed, self.aimed),
        ]
    }
}

/// The keys of all families, and what each does.
///
/// # Panics
/// If one of them is not described.
pub(crate) fn nemesis_families() -> Vec<(&'static str, String)> {
    let schema = schemars::schema_for!(Nemesis);
    let summary = |key: &str| {
        let summary = schema.pointer(&format!("/properties/{key}/description")).and_then(serde_json::Value::as_str);
        summary.expect("every family is described").trim_end_matches('.').to_owned()
    };
    let drawn = Nemesis::default().families().map(|(key, ..)| key);
    drawn.into_iter().chain(["byzantine"]).map(|key| (key, summary(key))).collect()
}

/// The key of a family.
pub(crate) fn family_key(family: FaultFamily) -> &'static str {
    let keys = Nemesis::default().families();
    keys.into_iter().find(|(_, of, _)| *of == family).map_or("nemesis", |(key, ..)| key)
}

impl RhythmEntry {
    fn read(self, place: &Place<'_>, mistakes: &mut Mistakes) -> Rhythm {
        if self.every < SHORTEST_BETWEEN {
            let message = format!("too often: at most every {SHORTEST_BETWEEN}, found {}", self.every);
            mistakes.push(place.key("every").mistake(message));
        }
        mistakes.check_span(&place.key("every"), self.every, LONGEST_SPAN);
        mistakes.check_span(&place.key("lasts"), self.lasts, LONGEST_SPAN);
        Rhythm { between: self.every, lasts: self.lasts }
    }
}
