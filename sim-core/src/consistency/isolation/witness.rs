//! Why a history breaks a level, as fields and told to people.

use std::fmt::{self, Write as _};

use super::super::lines::clip;
use super::anomaly::{Anomaly, With};
use super::history::{Key, TransactionHistory, TransactionId};
use super::level::IsolationLevel;

/// Shows that a history breaks an isolation level.
///
/// Shown by `Display`: what each transaction did to the next, then the transactions themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsolationWitness {
    /// The level that it breaks; `None` if it was found while looking for anomalies of all kinds.
    pub level: Option<IsolationLevel>,
    /// What it is.
    pub anomaly: Anomaly,
    /// What shows it.
    pub evidence: Evidence,
    /// The transactions that it is about, each with what it did in one line.
    pub transactions: Vec<(TransactionId, String)>,
    /// What the evidence says, one sentence a line.
    pub sentences: Vec<String>,
}

/// What shows that something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Each transaction comes before the next, and the last before the first.
    Cycle(Vec<Link>),
    /// One read that should not be, or one write on top of what should not be.
    Read {
        /// What is wrong with it.
        anomaly: Anomaly,
        /// The transaction that read, or wrote on top.
        reader: TransactionId,
        /// What it read.
        key: Key,
        /// The value that shows it; `None` if nothing was written.
        value: Option<i64>,
        /// Whose value it is, if anyone's.
        writer: Option<TransactionId>,
    },
    /// Two transactions read the same version of a key and both replaced it.
    LostUpdate {
        /// The key.
        key: Key,
        /// The value both read, or the last element of the list; `None` if there was none.
        value: Option<i64>,
        /// One of them.
        one: TransactionId,
        /// The other.
        other: TransactionId,
    },
    /// Two lists that do not go together, or a list and what the other transaction appended.
    Lists {
        /// The key.
        key: Key,
        /// Who read one of them.
        one: TransactionId,
        /// Who read the other, or appended what is in it.
        other: TransactionId,
    },
    /// Each transaction comes before the next, and the last before the first, in every right order of writes.
    Forced {
        /// The orders of writes that it rests on, each after those that it rests on itself.
        orders: Vec<ForcedOrder>,
        /// The cycle.
        cycle: Vec<Link>,
    },
    /// Whatever order is assumed of writes that nobody read one after the other, there is a cycle.
    NoOrder {
        /// One of the cycles; some of its links are assumed.
        example: Vec<Link>,
        /// How many orders were tried until none was left.
        tried: u64,
    },
}

/// That one of two writes of a key comes before the other, because the other way round there is a cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForcedOrder {
    /// The key.
    pub key: Key,
    /// Whose write comes first.
    pub earlier: TransactionId,
    /// Whose write comes later.
    pub later: TransactionId,
    /// The cycle that there is the other way round.
    pub otherwise: Vec<Link>,
}

/// How it is known that one transaction comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grounds {
    /// The history shows it.
    Shown,
    /// It follows from an order of writes of this number, from 0, among those that were forced.
    Forced(usize),
    /// It holds only in the order of writes that was tried.
    Tried,
}

/// Why one transaction comes before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The one that comes first.
    pub from: TransactionId,
    /// The other.
    pub to: TransactionId,
    /// What there is between them.
    pub dependency: Dependency,
    /// How that is known.
    pub grounds: Grounds,
}

/// What there is between two transactions of which one comes before the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// ww: the other wrote a later version.
    WriteWrite {
        /// Of this key.
        key: Key,
        /// What the first wrote.
        earlier: i64,
        /// What the other wrote.
        later: i64,
    },
    /// wr: the other read what it wrote.
    WriteRead {
        /// Of this key.
        key: Key,
        /// The value.
        value: i64,
    },
    /// rw: it read a version before the one that the other wrote.
    ReadWrite {
        /// Of this key.
        key: Key,
        /// The value read, or the last element of the list; `None` if there was none.
        read: Option<i64>,
        /// What the other wrote.
        written: i64,
    },
    /// They are of one process.
    Process {
        /// The process.
        process: u32,
    },
    /// It returned before the other was called.
    RealTime {
        /// When it returned.
        returned: u64,
        /// When the other was called.
        called: u64,
    },
}

impl Dependency {
    /// Its short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WriteWrite { .. } => "ww",
            Self::WriteRead { .. } => "wr",
            Self::ReadWrite { .. } => "rw",
            Self::Process { .. } => "process",
            Self::RealTime { .. } => "realtime",
        }
    }
}

impl Evidence {
    /// The name of what it shows.
    #[must_use]
    pub fn anomaly(&self) -> Anomaly {
        match self {
            Self::Cycle(links) => name_of_cycle(links),
            // There is one of these in any case, so it is at least as bad as the last of them.
            Self::Forced { orders, cycle } => {
                let otherwise = orders.iter().map(|order| name_of_cycle(&order.otherwise));
                otherwise.fold(name_of_cycle(cycle), Ord::max)
            }
            Self::Read { anomaly, .. } => *anomaly,
            Self::LostUpdate { .. } => Anomaly::LostUpdate,
            Self::Lists { .. } => Anomaly::IncompatibleOrder,
            Self::NoOrder { .. } => Anomaly::NoOrder,
        }
    }

    /// The transactions that it is about, each once.
    #[must_use]
    pub fn transactions(&self) -> Vec<TransactionId> {
        let mut ids: Vec<TransactionId> = match self {
            Self::Cycle(links) | Self::NoOrder { example: links, .. } => links.iter().map(|link| link.from).collect(),
            Self::Forced { orders, cycle } => {
                orders.iter().flat_map(|order| &order.otherwise).chain(cycle).map(|link| link.from).collect()
            }
            Self::Read { reader, writer, .. } => writer.iter().copied().chain([*reader]).collect(),
            Self::LostUpdate { one, other, .. } | Self::Lists { one, other, .. } => vec![*one, *other],
        };
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn sentences(&self, history: &TransactionHistory, words: &Words<'_>) -> Vec<String> {
        let told = |link: &Link| link.sentence(history, words);
        let shown = |value: Option<i64>| value.map_or_else(|| "its start".to_owned(), words.value);
        match self {
            Self::Cycle(links) => links.iter().map(told).collect(),
            Self::Forced { orders, cycle } => {
                let mut sentences: Vec<String> = cycle.iter().map(told).collect();
                for (number, ForcedOrder { key, earlier, later, otherwise }) in (1..).zip(orders) {
                    let (wrote, key, anomaly) = (history.wrote(*key), history.name(*key), name_of_cycle(otherwise));
                    let order = format!("{earlier} {wrote} to {key} before {later} did");
                    sentences.push(format!("{number}: {order}, since the other way round there is {anomaly}:"));
                    sentences.extend(otherwise.iter().map(|link| format!("  {}", told(link))));
                }
                sentences
            }
            Self::NoOrder { example, tried } => {
                let head = format!("no order of the writes is free of cycles ({tried} tried), such as this one:");
                [head].into_iter().chain(example.iter().map(told)).collect()
            }
            Self::LostUpdate { key, value, one, other } => {
                let key = history.name(*key);
                let read = shown(*value);
                vec![format!("{one} and {other} both read {key} at {read}, and both wrote it")]
            }
            Self::Lists { key, one, other } => {
                let key = history.name(*key);
                vec![format!("what {one} read of {key} does not go together with what {other} did")]
            }
            Self::Read { anomaly, reader, key, value, writer } => {
                let (key, value) = (history.name(*key), shown(*value));
                let whose = writer.map_or_else(|| "nobody".to_owned(), |writer| writer.to_string());
                vec![match anomaly {
                    Anomaly::GarbageRead => format!("{reader} read {value} of {key}, which nobody wrote"),
                    Anomaly::FutureRead => format!("{reader} read {value} of {key} before it wrote it itself"),
                    Anomaly::DirtyUpdate => format!("{reader} wrote {value} to {key} on top of {whose}, which aborted"),
                    Anomaly::AbortedRead => format!("{reader} read {value} of {key} by {whose}, which aborted"),
                    Anomaly::IntermediateRead => {
                        format!("{reader} read {key} at {value} by {whose}, which then wrote {key} again")
                    }
                    Anomaly::DuplicateElements => format!("{reader} read {value} twice in {key}"),
                    _ => format!("{reader} read {key} at {value}, against what it had read or written itself"),
                }]
            }
        }
    }
}

/// What a cycle of these links is called.
fn name_of_cycle(links: &[Link]) -> Anomaly {
    let has = |wanted: &str| links.iter().any(|link| link.dependency.name() == wanted);
    let with = match (has("realtime"), has("process")) {
        (true, _) => With::RealTime,
        (false, true) => With::Process,
        (false, false) => With::Dependencies,
    };
    let is_rw = |place: usize| matches!(links[place % links.len()].dependency, Dependency::ReadWrite { .. });
    let missed = (0..links.len()).filter(|&place| is_rw(place)).count();
    let is_adjacent = (0..links.len()).any(|place| is_rw(place) && is_rw(place + 1));
    match (missed, links) {
        (0, _) if has("wr") => Anomaly::G1c(with),
        (0, _) => Anomaly::G0(with),
        (1, _) => Anomaly::GSingle(with),
        (_, [one, other]) if is_adjacent && one.dependency.key() != other.dependency.key() => Anomaly::WriteSkew,
        _ if is_adjacent => Anomaly::G2Item(with),
        _ => Anomaly::GNonadjacent(with),
    }
}

impl Dependency {
    const fn key(self) -> Option<Key> {
        match self {
            Self::WriteWrite { key, .. } | Self::WriteRead { key, .. } | Self::ReadWrite { key, .. } => Some(key),
            Self::Process { .. } | Self::RealTime { .. } => None,
        }
    }
}

impl Link {
    fn sentence(&self, history: &TransactionHistory, words: &Words<'_>) -> String {
        let Self { from, to, dependency, grounds } = self;
        let named = words.value;
        let text = match *dependency {
            Dependency::RealTime { .. } => {
                let (returned, called) = (words.when)(*from, *to);
                format!("{from} {returned}, before {to} {called}")
            }
            Dependency::WriteWrite { key, earlier, later } => {
                let (name, wrote) = (history.name(key), history.wrote(key));
                format!("{from} {wrote} {} to {name} before {to} {wrote} {}", named(earlier), named(later))
            }
            Dependency::WriteRead { key, value } => {
                let (name, wrote) = (history.name(key), history.wrote(key));
                format!("{from} {wrote} {} to {name}, which {to} read", named(value))
            }
            Dependency::ReadWrite { key, read, written } => {
                let (name, wrote, written) = (history.name(key), history.wrote(key), named(written));
                let read = read.map_or_else(|| "its start".to_owned(), named);
                format!("{from} read {name} at {read}, before {to} {wrote} {written}")
            }
            Dependency::Process { .. } => format!("{from} came before {to} in process {}", (words.process)(*from)),
        };
        let grounds = match grounds {
            Grounds::Shown => String::new(),
            Grounds::Forced(number) => format!(", by {}", number + 1),
            Grounds::Tried => ", as tried".to_owned(),
        };
        format!("{text} ({}{grounds})", dependency.name())
    }
}

/// Words for what is in a history of transactions.
pub struct Words<'a> {
    /// For two transactions, when the one returned, as in `returned at 3`, and when the other was called.
    pub when: &'a dyn Fn(TransactionId, TransactionId) -> (String, String),
    /// What the process of a transaction is called.
    pub process: &'a dyn Fn(TransactionId) -> String,
    /// What a value is called.
    pub value: &'a dyn Fn(i64) -> String,
    /// What a transaction did, in one line.
    pub line: &'a dyn Fn(TransactionId) -> String,
}

impl IsolationWitness {
    pub(super) fn new(history: &TransactionHistory, level: Option<IsolationLevel>, evidence: Evidence) -> Self {
        let when = |from: TransactionId, to: TransactionId| {
            let returned = history.get(from).returned.unwrap_or_default();
            (format!("returned at {returned}"), format!("was called at {}", history.get(to).called))
        };
        let words = Words {
            when: &when,
            process: &|id| history.get(id).process.to_string(),
            value: &|value| value.to_string(),
            line: &|id| clip(history.line(id)),
        };
        let transactions = evidence.transactions().into_iter().map(|id| (id, (words.line)(id))).collect();
        let sentences = evidence.sentences(history, &words);
        Self { level, anomaly: evidence.anomaly(), sentences, evidence, transactions }
    }

    /// The links of the cycle that it is, or of an example of one; none if it is no cycle.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        match &self.evidence {
            Evidence::Cycle(links)
            | Evidence::Forced { cycle: links, .. }
            | Evidence::NoOrder { example: links, .. } => links,
            Evidence::Read { .. } | Evidence::LostUpdate { .. } | Evidence::Lists { .. } => &[],
        }
    }

    /// The same as it is shown by `Display`, but in other words for what is in its `history`.
    #[must_use]
    pub fn told(&self, history: &TransactionHistory, words: &Words<'_>) -> String {
        let mut text = self.what_it_says(&self.evidence.sentences(history, words));
        for id in self.evidence.transactions() {
            let _ = writeln!(text, "{id:<5} {}", (words.line)(id));
        }
        text
    }

    /// What it is, and the `sentences` that show it.
    fn what_it_says(&self, sentences: &[String]) -> String {
        let level = self.level.map_or_else(String::new, |level| format!("not {level}: "));
        let mut text = format!("{level}{}, {}\n", self.anomaly, self.anomaly.meaning());
        sentences.iter().for_each(|sentence| {
            let _ = writeln!(text, "  {sentence}");
        });
        text
    }
}

impl fmt::Display for IsolationWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what_it_says(&self.sentences))?;
        self.transactions.iter().try_for_each(|(id, line)| writeln!(f, "  {id:<5} {line}"))
    }
}
