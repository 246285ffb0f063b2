//! What replicas tell each other, and how they notice that it was corrupted on its way.

use serde::Serialize;
use sim_core::{Kinds, TraceHasher};

use super::updates::Update;
use parts::clocks::{Dot, VectorClock};

/// A message: what it says, and a checksum of that. What checksums of lower layers miss only the ends
/// can notice (Saltzer, Reed and Clark, *End-to-End Arguments in System Design*, 1984).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// What it says.
    pub body: Body,
    /// The checksum that its sender has made of it.
    pub checksum: u64,
}

/// What replicas tell each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Body {
    /// A write has been made.
    Update(Update),
    /// All these updates I have, of each origin up to that number.
    Have(VectorClock),
    /// What you lack.
    Lacking(Vec<Update>),
}

impl Message {
    pub(super) fn new(body: Body) -> Self {
        let checksum = checksum(&body);
        Self { body, checksum }
    }

    /// Whether it says what its sender has said.
    pub(super) fn is_intact(&self) -> bool {
        self.checksum == checksum(&self.body)
    }

    /// What it can read like after it was corrupted on its way: another value, another key, another
    /// stamp, more than the sender has, another checksum.
    pub(super) fn corrupted(&self) -> Vec<Self> {
        let bodies = match &self.body {
            Body::Update(update) => corrupted(update).map(Body::Update).to_vec(),
            Body::Have(has) => {
                let more = has.iter().map(|dot| Dot { number: dot.number.saturating_add(1), ..dot });
                vec![Body::Have(more.collect())]
            }
            Body::Lacking(updates) => {
                let of_first = updates.first().map(corrupted).into_iter().flatten();
                of_first.map(|first| Body::Lacking(updates.iter().skip(1).cloned().chain([first]).collect())).collect()
            }
        };
        let checksum = self.checksum;
        let bodies = bodies.into_iter().map(|body| Self { body, checksum });
        bodies.chain([Self { checksum: !checksum, ..self.clone() }]).collect()
    }
}

fn corrupted(update: &Update) -> [Update; 3] {
    let (mut value, mut key, mut stamp) = (update.clone(), update.clone(), update.clone());
    value.write.index ^= 1 << 20;
    key.key ^= 1;
    stamp.stamp.time ^= 1 << 30;
    [value, key, stamp]
}

fn checksum(body: &Body) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(body);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_corrupted_is_noticed() {
        let has = Message::new(Body::Have([Dot { origin: 1, number: 2 }].into_iter().collect()));
        assert!(has.is_intact());
        assert!(has.corrupted().iter().all(|message| !message.is_intact()));
        assert_eq!(has.corrupted().len(), 2);
    }
}
