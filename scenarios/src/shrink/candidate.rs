//! A run as what it is made of.

use std::fmt;
use std::ops::Range;

use serde_json::{Map, Value, json};
use sim_core::Summary;

use crate::file::steps_of;

/// A run that may be tried: a scenario, and what its choices are answered.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The scenario, without what answers its choices.
    pub(super) plan: Value,
    /// The answers that are given.
    pub(super) deviations: Vec<Value>,
    /// What is answered elsewhere.
    pub(super) schedule: Schedule,
}

/// What choices are answered that no deviation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    /// Calmly.
    Calm,
    /// As this seed draws it.
    Drawn(u64),
}

/// How large a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) nodes: u64,
    pub(crate) faults: usize,
    pub(crate) operations: usize,
    pub(crate) deviations: usize,
    pub(crate) steps: u64,
}

impl Candidate {
    /// The run that a file describes.
    pub(super) fn of(mut file: Value, schedule: Schedule) -> Self {
        let top = file.as_object_mut().expect("a scenario is an object");
        top.shift_remove("elsewhere");
        top.shift_remove("seeds");
        let deviations = match top.shift_remove("deviations") {
            Some(Value::Array(deviations)) => deviations,
            _ => Vec::new(),
        };
        Self { plan: file, deviations, schedule }
    }

    /// The scenario file that describes it. Unless its schedule is drawn, it is one run.
    pub(super) fn into_file(self) -> Value {
        let mut file = self.plan;
        let top = file.as_object_mut().expect("a scenario is an object");
        top.insert("deviations".to_owned(), Value::Array(self.deviations));
        if let Schedule::Drawn(_) = self.schedule {
            top.insert("elsewhere".to_owned(), json!("drawn"));
        }
        file
    }

    /// The seed to run the file with.
    pub(super) const fn seed(&self) -> u64 {
        match self.schedule {
            Schedule::Calm => 0,
            Schedule::Drawn(seed) => seed,
        }
    }

    /// The entries of its plan.
    pub(super) fn faults(&self) -> &[Value] {
        self.plan.get("faults").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// What its clients ask: for each operation its client and its place there.
    pub(super) fn operations(&self) -> Vec<(usize, usize)> {
        let clients = self.plan.get("operations").and_then(Value::as_array);
        let of_client = |(client, asked): (usize, &Value)| {
            let count = asked.as_array().map_or(0, Vec::len);
            (0..count).map(move |place| (client, place)).collect::<Vec<_>>()
        };
        clients.into_iter().flatten().enumerate().flat_map(of_client).collect()
    }

    /// The same without some entries of its plan. The answers about the faults after them are given about
    /// the same faults, whose numbers are others now.
    pub(super) fn without_faults(&self, entries: Range<usize>) -> Self {
        let steps = |entries: &[Value]| entries.iter().map(|entry| steps_of(entry).len()).sum::<usize>();
        let first = steps(&self.faults()[..entries.start]);
        let gone = first..first + steps(&self.faults()[entries.clone()]);
        let mut shorter = self.clone();
        shorter.deviations.retain_mut(|deviation| match &mut deviation["choice"] {
            Value::String(name) => renumber(name, &gone),
            _ => true,
        });
        if let Some(Value::Array(faults)) = shorter.plan.get_mut("faults") {
            faults.drain(entries);
        }
        shorter
    }

    /// The same without some of its operations, counted through all clients.
    pub(super) fn without_operations(&self, places: Range<usize>) -> Self {
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

    /// The same without some of its deviations.
    pub(super) fn without_deviations(&self, places: Range<usize>) -> Self {
        let mut shorter = self.clone();
        shorter.deviations.drain(places);
        shorter
    }

    /// The top of its plan.
    pub(super) fn top(&mut self) -> &mut Map<String, Value> {
        self.plan.as_object_mut().expect("a scenario is an object")
    }

    /// How large it is, if it came to this.
    pub(super) fn size(&self, summary: &Summary) -> Size {
        Size {
            nodes: self.plan["nodes"].as_u64().unwrap_or_default(),
            faults: self.faults().iter().map(|entry| steps_of(entry).len()).sum(),
            operations: self.operations().len(),
            deviations: self.deviations.len(),
            steps: summary.steps,
        }
    }
}

/// Gives the fault that a name speaks of its new number. Says whether it is still there.
fn renumber(name: &mut String, gone: &Range<usize>) -> bool {
    const WORD: &str = "fault ";
    let Some(start) = name.find(WORD).map(|at| at + WORD.len()) else { return true };
    let end = name[start..].find(|c: char| !c.is_ascii_digit()).map_or(name.len(), |length| start + length);
    match name[start..end].parse::<usize>() {
        Ok(number) if gone.contains(&number) => false,
        // What no fault of the plan draws has the highest number there is.
        Ok(number) if number >= gone.end && number < u32::MAX as usize => {
            name.replace_range(start..end, &(number - gone.len()).to_string());
            true
        }
        _ => true,
    }
}

/// As in `3 faults, 2 operations and 17 deviations, with 5 nodes in 210 steps`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let (faults, operations) = (of(self.faults, "fault"), of(self.operations, "operation"));
        let (deviations, nodes) = (of(self.deviations, "deviation"), self.nodes);
        write!(f, "{faults}, {operations} and {deviations}, with {nodes} nodes in {} steps", self.steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate() -> Candidate {
        let file = json!({
            "nodes": 3,
            "faults": [{ "at": "1s", "crash": "n0" }, { "sequence": [{ "at": "2s", "pause": "n1" }, { "after": "1s", "crash": "n1" }] }, { "at": "9s", "links": "all", "loss": 0.5 }],
            "operations": [["a", "b"], [], ["c"]],
            "deviations": [
                { "choice": "n0>n1 Ping#0 loss by fault 3", "value": 1 },
                { "choice": "fault 1 target#0", "value": 2 },
                { "choice": "fault 4294967295 target#0", "value": 2 },
                { "choice": "n0 boot", "value": 1 },
            ],
        });
        Candidate::of(file, Schedule::Calm)
    }

    #[test]
    fn answers_about_faults_follow_them() {
        let shorter = candidate().without_faults(1..2);
        let names: Vec<&str> = shorter.deviations.iter().filter_map(|of| of["choice"].as_str()).collect();
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
