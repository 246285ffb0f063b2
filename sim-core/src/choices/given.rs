//! Answers that are given, found by the names of the questions.

use super::{Answer, ChoiceName, Deviation};

/// The given answers. A run asks thousands of questions, so they are found by a hash of the name, with no
/// question's name kept.
#[derive(Debug)]
pub(super) struct GivenAnswers {
    answers: Vec<(ChoiceName, Answer)>,
    /// Places among the answers, one after the last; 0 is none. A name is at the place that its hash says, or
    /// at the first free one after it.
    slots: Vec<u32>,
}

impl GivenAnswers {
    /// Of several answers to one question the last one counts.
    pub(super) fn of(deviations: &[Deviation]) -> Self {
        let slots = vec![0; (2 * deviations.len()).next_power_of_two().max(2)];
        let mut table = Self { answers: Vec::with_capacity(deviations.len()), slots };
        for Deviation { name, value } in deviations {
            let answer = Answer { value: *value, asked: false };
            let slot = table.slot(name.as_str());
            match table.slots[slot] {
                0 => {
                    table.answers.push((name.clone(), answer));
                    table.slots[slot] = table.answers.len() as u32;
                }
                place => table.answers[place as usize - 1].1 = answer,
            }
        }
        table
    }

    /// The answer to a question, and the name under which it is given.
    pub(super) fn get(&mut self, name: &str) -> Option<(&ChoiceName, &mut Answer)> {
        let place = self.slots[self.slot(name)];
        let (name, answer) = self.answers.get_mut((place as usize).checked_sub(1)?)?;
        Some((name, answer))
    }

    /// Where the name is or would be.
    fn slot(&self, name: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(name) as usize & mask;
        while let Some((other, _)) = (self.slots[slot] as usize).checked_sub(1).map(|place| &self.answers[place])
            && other.as_str() != name
        {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// The names of those that no question has asked for, in alphabetical order.
    pub(super) fn unused(&self) -> Vec<ChoiceName> {
        let unused = self.answers.iter().filter(|(_, answer)| !answer.asked);
        let mut unused: Vec<ChoiceName> = unused.map(|(name, _)| name.clone()).collect();
        unused.sort_unstable();
        unused
    }
}

/// Multiplies words of eight bytes into each other, and folds the high bits into the low ones.
fn hash(name: &str) -> u64 {
    let mix = |hash: u64, word: u64| (hash.rotate_left(29) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (words, rest) = name.as_bytes().as_chunks();
    let hash = words.iter().fold(rest.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = mix(hash, rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    hash ^ hash >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_found_and_no_other() {
        let name = |number: u64| format!("n{}>n{} Ping#{number} delay", number % 5, number % 3);
        let deviation = |number: u64| Deviation { name: ChoiceName::new(name(number)), value: number };
        let deviations: Vec<Deviation> =
            (0..1000).map(deviation).chain([Deviation { value: 7, ..deviation(3) }]).collect();
        let mut table = GivenAnswers::of(&deviations);
        for number in 0..2000 {
            let found = table.get(&name(number)).map(|(_, answer)| {
                answer.asked = true;
                answer.value
            });
            assert_eq!(found, (number < 1000).then_some(if number == 3 { 7 } else { number }));
        }
        assert!(table.unused().is_empty());
        assert_eq!(GivenAnswers::of(&deviations[..12]).unused().len(), 12);
        assert!(GivenAnswers::of(&[]).get("n0 boot").is_none());
    }
}
