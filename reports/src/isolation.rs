//! What was found about a history of transactions that was held against isolation levels.

use serde::Serialize;
use serde_json::Value;
use sim_core::OutcomeCounts;
use sim_core::consistency::isolation::{
    Dependency, Evidence, ForcedOrder, Grounds, IsolationLevel, IsolationWitness, Link, TransactionHistory,
    TransactionId, TransactionOutcome, Verdict, Words,
};

use crate::checked::{Cost, Finding};
use crate::judged::{Client, why_unknown};

/// What was found about one level.
#[derive(Clone, Debug)]
pub struct JudgedIsolation {
    /// The level.
    pub level: IsolationLevel,
    /// Whether the history keeps it.
    pub verdict: Verdict,
    /// What it took to find out.
    pub cost: Cost,
}

/// Where a file has a transaction, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionPlace {
    /// The client, if the file tells it.
    pub client: Option<Client>,
    /// The line of its invocation, if there is one.
    pub invoked_line: Option<u64>,
    /// The line in which it returned, if it did.
    pub returned_line: Option<u64>,
}

/// What shows a violation.
#[derive(Serialize)]
struct Violation<'a> {
    /// The name of what it is.
    anomaly: &'static str,
    /// If that is a cycle, what each transaction of it did to the next.
    cycle: Vec<EdgeLine<'a>>,
    /// The orders of writes that the cycle rests on, where reads do not show them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    forced: Vec<OrderLine<'a>>,
    /// The transactions that show it.
    witness: Vec<WitnessLine>,
}

/// Why one transaction comes before another.
#[derive(Serialize)]
struct EdgeLine<'a> {
    from: usize,
    to: usize,
    /// `ww`, `wr`, `rw`, `process` or `realtime`.
    dependency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    /// The version that the first one wrote or read; null if that is the one at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Option<i64>>,
    /// The version that the second one wrote instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<i64>,
    /// Whether it holds only in the order of writes that was tried.
    assumed: bool,
    /// On which of the forced orders it rests, by number from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<usize>,
}

/// That one of two writes of a key comes first, because the other way round there is a cycle too.
#[derive(Serialize)]
struct OrderLine<'a> {
    key: &'a str,
    earlier: usize,
    later: usize,
    /// That cycle.
    otherwise: Vec<EdgeLine<'a>>,
}

/// A transaction, by its number in messages, and where the file has it.
#[derive(Serialize)]
struct WitnessLine {
    transaction: usize,
    client: Option<Client>,
    invoked_line: Option<u64>,
    returned_line: Option<u64>,
    steps: String,
}

impl JudgedIsolation {
    /// One word: `satisfied`, `violated` or `unknown`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.verdict {
            Verdict::Satisfied(_) => "satisfied",
            Verdict::Violated(_) => "violated",
            Verdict::Unknown(_) => "unknown",
        }
    }

    fn witness(&self) -> Option<&IsolationWitness> {
        if let Verdict::Violated(witness) = &self.verdict { Some(witness) } else { None }
    }

    fn evidence(&self) -> Option<&Evidence> {
        self.witness().map(|witness| &witness.evidence)
    }

    /// Why, unless it is satisfied.
    fn message(&self, history: &TransactionHistory, places: &[TransactionPlace]) -> Option<String> {
        match &self.verdict {
            Verdict::Satisfied(_) => None,
            Verdict::Violated(witness) => Some(told(witness, history, places)),
            Verdict::Unknown(why) => Some(why_unknown(why)),
        }
    }
}

/// What was found about a level of a history, in which there is a place for each transaction. What shows that
/// levels `before` it are violated too is not told again.
#[must_use]
pub fn isolation_finding(
    before: &[JudgedIsolation],
    level: &JudgedIsolation,
    history: &TransactionHistory,
    places: &[TransactionPlace],
) -> Finding {
    let is_told = |before: &JudgedIsolation| level.evidence().is_some() && level.evidence() == before.evidence();
    let message = match before.iter().any(is_told) {
        true => level.witness().map(|witness| format!("not {}: {}, as above", level.level, witness.anomaly)),
        false => level.message(history, places),
    };
    let violations = level.witness().map(|witness| violation(witness, history, places)).into_iter().collect();
    Finding { level: level.level.name(), word: level.word(), message, violations, cost: level.cost }
}

fn violation(witness: &IsolationWitness, history: &TransactionHistory, places: &[TransactionPlace]) -> Value {
    let line = |id: TransactionId| {
        let TransactionPlace { client, invoked_line, returned_line } = places[id.index()].clone();
        WitnessLine { transaction: id.index(), client, invoked_line, returned_line, steps: history.steps(id) }
    };
    let violation = Violation {
        anomaly: witness.anomaly.name(),
        cycle: edges(witness.links(), history),
        forced: forced(witness).iter().map(|order| order_line(order, history)).collect(),
        witness: witness.evidence.transactions().into_iter().map(line).collect(),
    };
    serde_json::to_value(violation).unwrap_or_default()
}

fn forced(witness: &IsolationWitness) -> &[ForcedOrder] {
    match &witness.evidence {
        Evidence::Forced { orders, .. } => orders,
        _ => &[],
    }
}

fn order_line<'a>(order: &ForcedOrder, history: &'a TransactionHistory) -> OrderLine<'a> {
    let ForcedOrder { key, earlier, later, otherwise } = order;
    let otherwise = edges(otherwise, history);
    OrderLine { key: history.name(*key), earlier: earlier.index(), later: later.index(), otherwise }
}

fn edges<'a>(links: &[Link], history: &'a TransactionHistory) -> Vec<EdgeLine<'a>> {
    links.iter().map(|link| edge(link, history)).collect()
}

fn edge<'a>(link: &Link, history: &'a TransactionHistory) -> EdgeLine<'a> {
    let (key, version, replaced_by) = match link.dependency {
        Dependency::WriteWrite { key, earlier, later } => (Some(key), Some(Some(earlier)), Some(later)),
        Dependency::WriteRead { key, value } => (Some(key), Some(Some(value)), None),
        Dependency::ReadWrite { key, read, written } => (Some(key), Some(read), Some(written)),
        Dependency::Process { .. } | Dependency::RealTime { .. } => (None, None, None),
    };
    EdgeLine {
        from: link.from.index(),
        to: link.to.index(),
        dependency: link.dependency.name(),
        key: key.map(|key| history.name(key)),
        version,
        replaced_by,
        assumed: link.grounds == Grounds::Tried,
        by: if let Grounds::Forced(number) = link.grounds { Some(number + 1) } else { None },
    }
}

/// A witness with the lines of the file instead of the moments of the history.
fn told(witness: &IsolationWitness, history: &TransactionHistory, places: &[TransactionPlace]) -> String {
    let line = |line: Option<u64>| line.map_or_else(|| "?".to_owned(), |line| format!("line {line}"));
    let when = |from: TransactionId, to: TransactionId| {
        let (returned, called) = (line(places[from.index()].returned_line), line(places[to.index()].invoked_line));
        (format!("returned in {returned}"), format!("was called in {called}"))
    };
    let transaction = |id: TransactionId| {
        let TransactionPlace { client, invoked_line, returned_line } = places[id.index()].clone();
        let whose = client.map_or_else(String::new, |client| format!("client {client}: "));
        let outcome = match history.get(id).outcome {
            TransactionOutcome::Committed => "",
            TransactionOutcome::Aborted => " -> failed",
            TransactionOutcome::Unknown => " -> unknown",
        };
        let lines = match (invoked_line, returned_line) {
            (None, returned) => line(returned),
            (invoked, returned) => format!("{}, {}", line(invoked), line(returned)),
        };
        format!("{whose}{}{outcome} [{lines}]", clipped(history.steps(id)))
    };
    let process =
        |id: TransactionId| places[id.index()].client.as_ref().map_or_else(|| "?".to_owned(), Client::to_string);
    let words = Words { when: &when, process: &process, value: &|value| value.to_string(), line: &transaction };
    witness.told(history, &words).trim_end().to_owned()
}

/// How many characters are shown of what a transaction did.
const SHOWN: usize = 240;

fn clipped(steps: String) -> String {
    match steps.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &steps[..end]),
        None => steps,
    }
}

/// How many transactions ended in which way.
#[must_use]
pub fn transaction_outcomes(history: &TransactionHistory) -> OutcomeCounts {
    let mut counts = OutcomeCounts::default();
    for (_, transaction) in history.iter() {
        match transaction.outcome {
            TransactionOutcome::Committed => counts.ok += 1,
            TransactionOutcome::Aborted => counts.failed += 1,
            TransactionOutcome::Unknown => counts.unknown += 1,
        }
    }
    counts
}
