//! A run as what it is made of.

use std::fmt;
use std::ops::Range;

use serde_json::{Value, json};
use sim_core::{Answers, ChoiceName, Deviation, Elsewhere, Summary};

use crate::file::{DeviationEntry, steps_of};

/// A run as data: a scenario, and what its choices are answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// The scenario, with its faults and operations listed and nothing that answers choices.
    pub(crate) plan: Value,
    /// The answers that are given.
    pub(crate) deviations: Vec<Deviation>,
    /// What is answered elsewhere.
    pub(crate) schedule: Schedule,
}

/// What choices are answered that no deviation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// Calmly.
    Calm,
    /// As this seed draws it.
    Drawn(u64),
}

/// How large a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) nodes: usize,
    pub(crate) faults: usize,
    pub(crate) operations: usize,
    pub(crate) deviations: usize,
    pub(crate) steps: u64,
}

impl Candidate {
    /// The run that a file describes, with these answers.
    pub(crate) fn of(mut file: Value, deviations: Vec<Deviation>, schedule: Schedule) -> Self {
        if let Value::Object(top) = &mut file {
            top.shift_remove("deviations");
        }
        Self { plan: file, deviations, schedule }
    }

    /// The scenario file that describes it, if nothing in it is drawn.
    pub(crate) fn into_file(self) -> Value {
        let mut file = self.plan;
        let deviations: Vec<DeviationEntry> = self.deviations.iter().map(DeviationEntry::from).collect();
        file["deviations"] = json!(deviations);
        file
    }

    /// What its choices are answered.
    pub(super) fn answers(&self) -> Answers<'_> {
        let (elsewhere, seed) = match self.schedule {
            Schedule::Calm => (Elsewhere::Calm, 0),
            Schedule::Drawn(seed) => (Elsewhere::Drawn, seed),
        };
        Answers { deviations: &self.deviations, elsewhere, seed }
    }

    /// The entries of its plan.
    pub(crate) fn faults(&self) -> &[Value] {
        self.plan.get("faults").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// What its clients ask: for each operation its client and its place there.
    pub(crate) fn operations(&self) -> Vec<(usize, usize)> {
        let clients = self.plan.get("operations").and_then(Value::as_array);
        let of_client = |(client, asked): (usize, &Value)| {
            let count = asked.as_array().map_or(0, Vec::len);
            (0..count).map(move |place| (client, place)).collect::<Vec<_>>()
        };
        clients.into_iter().flatten().enumerate().flat_map(of_client).collect()
    }

    /// The same without some entries of its plan. The answers about the faults after them are given about
    /// the same faults, whose numbers are others now.
    pub(crate) fn without_faults(&self, entries: Range<usize>) -> Self {
        let steps = |entries: &[Value]| entries.iter().map(|entry| steps_of(entry).len()).sum::<usize>();
        let first = steps(&self.faults()[..entries.start]);
        let gone = first..first + steps(&self.faults()[entries.clone()]);
        let mut shorter = self.clone();
        shorter.deviations = self.deviations.iter().filter_map(|deviation| renumbered(deviation, &gone)).collect();
        if let Some(Value::Array(faults)) = shorter.plan.get_mut("faults") {
            faults.drain(entries);
        }
        shorter
    }

    /// The same without some of its operations, counted through all clients.
    pub(crate) fn without_operations(&self, places: Range<usize>) -> Self {
        let mut shorter = self.clone();
        for (client, place) in self.operations()[places].iter().rev() {
            if let Some(Value::Array(asked)) = shorter.plan.pointer_mut(&format!("/operations/{client}")) {
                asked.remove(*place);
            }
        }
        if let Some(Value::Array(clients)) = shorter.plan.get_mut("operations") {
            // The others keep their numbers.
            while clients.len() > 1 && clients.last().is_some_and(|asked| asked == &json!([])) {
                clients.pop();
            }
        }
        shorter
    }

    /// How large it is, if it came to this.
    pub(super) fn size(&self, summary: &Summary) -> Size {
        Size {
            nodes: self.plan["nodes"].as_u64().unwrap_or_default() as usize,
            faults: self.faults().iter().map(|entry| steps_of(entry).len()).sum(),
            operations: self.operations().len(),
            deviations: self.deviations.len(),
            steps: summary.steps,
        }
    }
}

/// The deviation, where the fault that it speaks of has its new number; nothing if that fault is gone.
fn renumbered(deviation: &Deviation, gone: &Range<usize>) -> Option<Deviation> {
    const WORD: &str = "fault ";
    let name = deviation.name.as_str();
    let Some(start) = name.find(WORD).map(|at| at + WORD.len()) else { return Some(deviation.clone()) };
    let end = name[start..].find(|c: char| !c.is_ascii_digit()).map_or(name.len(), |length| start + length);
    match name[start..end].parse::<usize>() {
        Ok(number) if gone.contains(&number) => None,
        // What no fault of the plan draws has the highest number there is.
        Ok(number) if number >= gone.end && number < u32::MAX as usize => {
            let name = format!("{}{}{}", &name[..start], number - gone.len(), &name[end..]);
            Some(Deviation { name: ChoiceName::new(name), value: deviation.value })
        }
        _ => Some(deviation.clone()),
    }
}

/// As in `3 faults, 2 operations and 17 deviations, with 5 nodes in 210 steps`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let (faults, operations) = (of(self.faults, "fault"), of(self.operations, "operation"));
        let (deviations, nodes) = (of(self.deviations, "deviation"), of(self.nodes, "node"));
        write!(f, "{faults}, {operations} and {deviations}, with {nodes} in {} steps", self.steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate() -> Candidate {
        let file = json!({
            "nodes": 3,
            "faults": [
                { "at": "1s", "crash": "n0" },
                { "sequence": [{ "at": "2s", "pause": "n1" }, { "after": "1s", "crash": "n1" }] },
                { "at": "9s", "links": "all", "loss": 0.5 },
            ],
            "operations": [["a", "b"], [], ["c"]],
        });
        let names = ["n0>n1 Ping#0 loss by fault 3", "fault 1 target#0", "fault 4294967295 target#0", "n0 boot"];
        let deviations = names.map(|name| Deviation { name: ChoiceName::new(name), value: 1 });
        Candidate::of(file, deviations.to_vec(), Schedule::Calm)
    }

    #[test]
    fn answers_about_faults_follow_them() {
        let shorter = candidate().without_faults(1..2);
        let names: Vec<&str> = shorter.deviations.iter().map(|deviation| deviation.name.as_str()).collect();
        assert_eq!(names, ["n0>n1 Ping#0 loss by fault 1", "fault 4294967295 target#0", "n0 boot"]);
        assert_eq!(shorter.faults().len(), 2);
    }

    #[test]
    fn clients_keep_their_numbers() {
        let shorter = candidate().without_operations(0..1);
        assert_eq!(shorter.plan["operations"], json!([["b"], [], ["c"]]));
        assert_eq!(candidate().without_operations(2..3).plan["operations"], json!([["a", "b"]]));
        assert_eq!(candidate().without_operations(0..3).plan["operations"], json!([[]]));
    }
}
