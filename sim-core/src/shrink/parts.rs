//! What a run is made of.

use std::fmt;
use std::ops::Range;

use crate::choices::{Answers, ChoiceName, Deviation, Elsewhere};
use crate::fault::Fault;
use crate::outcome::Summary;
use crate::time::Time;

/// What a run is made of, that can be left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Its plan.
    pub faults: Vec<Fault>,
    /// For each client, what it asks: whose list in the frame, and the place there.
    pub operations: Vec<Vec<(usize, usize)>>,
    /// The answers that are given.
    pub deviations: Vec<Deviation>,
    /// What is answered elsewhere.
    pub schedule: Schedule,
    /// When it ends.
    pub run_for: Time,
}

/// What choices are answered that no deviation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Calmly.
    Calm,
    /// As this seed draws it.
    Drawn(u64),
    /// Calmly; and what is given is given to messages that say the same as when it was recorded, whatever their
    /// ordinals are now.
    Content,
    /// Calmly, with each latency, sync and timeout a little longer or shorter, as this seed draws it.
    NearlyCalm(u64),
}

/// How large a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many nodes it has.
    pub nodes: usize,
    /// How many faults its plan has.
    pub faults: usize,
    /// How many operations clients ask for.
    pub operations: usize,
    /// How many answers are not calm.
    pub deviations: usize,
    /// How many steps it takes.
    pub steps: u64,
}

impl Parts {
    /// What its choices are answered.
    #[must_use]
    pub fn answers(&self) -> Answers<'_> {
        let (elsewhere, seed) = match self.schedule {
            Schedule::Calm | Schedule::Content => (Elsewhere::Calm, 0),
            Schedule::Drawn(seed) => (Elsewhere::Drawn, seed),
            Schedule::NearlyCalm(seed) => (Elsewhere::NearlyCalm, seed),
        };
        Answers { deviations: &self.deviations, elsewhere, seed }
    }

    /// The faults and the sequences of faults: where each begins and ends in the plan.
    #[must_use]
    pub fn entries(&self) -> Vec<Range<usize>> {
        let starts = (0..self.faults.len()).filter(|place| !self.faults[*place].follows);
        let mut bounds: Vec<usize> = starts.collect();
        bounds.push(self.faults.len());
        bounds.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }

    /// The same with other faults in the place of some. The answers about the faults after them are given
    /// about the same faults, whose numbers are others now; those about a fault that is replaced by one are
    /// given about that.
    #[must_use]
    pub fn replaced(&self, places: Range<usize>, by: &[Fault]) -> Self {
        let mut changed = self.clone();
        let after = places.start + by.len();
        if by.len() != places.len() {
            let renumbered = |of: &Deviation| renumbered(of, &places, after);
            changed.deviations = self.deviations.iter().filter_map(renumbered).collect();
        }
        changed.faults.splice(places, by.iter().cloned());
        changed
    }

    /// Where each operation stands, counted through all clients.
    #[must_use]
    pub fn asked(&self) -> Vec<(usize, usize)> {
        let of_client = |(client, asked): (usize, &Vec<_>)| (0..asked.len()).map(move |place| (client, place));
        self.operations.iter().enumerate().flat_map(of_client).collect()
    }

    /// The same without some of its operations, counted through all clients. The clients keep their numbers.
    #[must_use]
    pub fn without_operations(&self, places: Range<usize>) -> Self {
        let mut shorter = self.clone();
        for (client, place) in self.asked()[places].iter().rev() {
            shorter.operations[*client].remove(*place);
        }
        while shorter.operations.last().is_some_and(Vec::is_empty) {
            shorter.operations.pop();
        }
        shorter
    }

    /// How many faults, operations and deviations there are.
    #[must_use]
    pub fn items(&self) -> usize {
        self.faults.len() + self.operations.iter().map(Vec::len).sum::<usize>() + self.deviations.len()
    }

    /// How large it is, with so many nodes, if it came to this.
    #[must_use]
    pub fn size(&self, nodes: u32, summary: &Summary) -> Size {
        Size {
            nodes: nodes as usize,
            faults: self.faults.len(),
            operations: self.operations.iter().map(Vec::len).sum(),
            deviations: self.deviations.len(),
            steps: summary.steps,
        }
    }
}

/// The deviation, where the fault that it speaks of has its new number; nothing if that fault is gone.
fn renumbered(deviation: &Deviation, gone: &Range<usize>, after: usize) -> Option<Deviation> {
    const WORD: &str = "fault ";
    let name = deviation.name.as_str();
    let Some(start) = name.find(WORD).map(|at| at + WORD.len()) else { return Some(deviation.clone()) };
    let end = name[start..].find(|c: char| !c.is_ascii_digit()).map_or(name.len(), |length| start + length);
    match name[start..end].parse::<usize>() {
        Ok(number) if gone.contains(&number) => None,
        // What no fault of the plan draws has the highest number there is.
        Ok(number) if number >= gone.end && number < u32::MAX as usize => {
            let name = format!("{}{}{}", &name[..start], number - gone.end + after, &name[end..]);
            let name = ChoiceName::new(name).about(deviation.name.content());
            Some(Deviation { name, value: deviation.value })
        }
        _ => Some(deviation.clone()),
    }
}

impl Size {
    /// How many faults, operations and deviations there are.
    #[must_use]
    pub const fn items(&self) -> usize {
        self.faults + self.operations + self.deviations
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
    use crate::fault::FaultKind;
    use crate::time::secs;

    fn parts() -> Parts {
        let pause = || FaultKind::Pause { targets: "n1".into() };
        let at = |seconds| Fault::at(Time::ZERO + secs(seconds), pause());
        let names = ["n0>n1 Ping#0 loss by fault 3", "fault 1 target#0", "fault 4294967295 target#0", "n0 boot"];
        Parts {
            faults: vec![at(1), at(2), at(3).following(), at(9)],
            operations: vec![vec![(0, 0), (0, 1)], vec![], vec![(2, 0)]],
            deviations: names.map(|name| Deviation { name: ChoiceName::new(name), value: 1 }).to_vec(),
            schedule: Schedule::Calm,
            run_for: Time::ZERO + secs(10),
        }
    }

    #[test]
    fn answers_about_faults_follow_them() {
        assert_eq!(parts().entries(), [0..1, 1..3, 3..4]);
        let names = |parts: &Parts| parts.deviations.iter().map(|of| of.name.to_string()).collect::<Vec<_>>();
        let shorter = parts().replaced(1..3, &[]);
        assert_eq!(names(&shorter), ["n0>n1 Ping#0 loss by fault 1", "fault 4294967295 target#0", "n0 boot"]);
        assert_eq!(shorter.faults.len(), 2);
        let one = parts().faults[0].clone();
        let longer = parts().replaced(0..1, &[one.clone(), one.clone(), one.clone()]);
        assert_eq!(names(&longer)[..2], ["n0>n1 Ping#0 loss by fault 5", "fault 3 target#0"]);
        assert_eq!(names(&parts().replaced(1..2, &[one])), names(&parts()));
    }

    #[test]
    fn clients_keep_their_numbers() {
        assert_eq!(parts().without_operations(0..1).operations, [vec![(0, 1)], vec![], vec![(2, 0)]]);
        assert_eq!(parts().without_operations(2..3).operations, [vec![(0, 0), (0, 1)]]);
        assert!(parts().without_operations(0..3).operations.is_empty());
    }
}
