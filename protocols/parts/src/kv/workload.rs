//! What the clients of the key-value map ask.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{ConfigError, SimRng, Workload};

use super::{KvLevels, KvOp, WriteId};
use crate::bounds::{check_keys, check_weights};
use crate::weights;

/// Which operations clients ask for, and on how many keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KvWorkload {
    /// How many keys there are. The fewer, the more operations meet on one.
    pub keys: u32,
    /// How unevenly they are asked for: the exponent of Zipf's law, from 0 (all alike) to 10.
    pub skew: f64,
    /// How often each kind of operation is asked for, relative to the others.
    pub mix: KvMix,
    /// At which levels the reads of a key are; without, they do not say. Raft tells levels apart where its
    /// `reads` are `chosen`.
    pub levels: Option<KvLevels>,
}

/// The weights of the kinds of operations. One that is left out is not asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KvMix {
    /// Reads of a key.
    #[serde(default)]
    pub get: u32,
    /// Writes of a whole value.
    #[serde(default)]
    pub put: u32,
    /// Additions to the end of a value.
    #[serde(default)]
    pub append: u32,
    /// Removals of a key.
    #[serde(default)]
    pub delete: u32,
    /// Compare-and-swaps: half of them expect an absent key, half a recent write of the same
    /// client, which is all that a client can know of without having read.
    #[serde(default)]
    pub cas: u32,
    /// Reads of two keys at one moment.
    #[serde(default)]
    pub get_both: u32,
    /// Transactions: each reads two keys, which may be the same, and adds to two different ones.
    #[serde(default)]
    pub transact: u32,
}

impl Default for KvWorkload {
    fn default() -> Self {
        Self {
            keys: 3,
            skew: 0.0,
            mix: KvMix { get: 4, put: 2, append: 3, delete: 1, cas: 2, ..KvMix::default() },
            levels: None,
        }
    }
}

impl Workload for KvWorkload {
    type Op = KvOp;

    fn validate(&self) -> Result<(), ConfigError> {
        check_keys(self.keys, self.skew)?;
        if self.mix.transact > 0 && self.keys < 2 {
            return Err(ConfigError::new("keys", "a transaction adds to two different keys"));
        }
        self.levels.as_ref().map_or(Ok(()), KvLevels::validate)?;
        check_weights("mix", &self.mix.weights().map(|(_, weight)| weight))
    }

    fn operation(&self, client: u32, index: u32, rng: &mut SimRng) -> KvOp {
        let key = self.key(rng);
        let write = WriteId { client, index };
        match weights::draw(&self.mix.weights(), rng) {
            Kind::Get => match &self.levels {
                Some(levels) => KvOp::GetAt { key, level: levels.draw(rng) },
                None => KvOp::Get { key },
            },
            Kind::Put => KvOp::Put { key, write },
            Kind::Append => KvOp::Append { key, write },
            Kind::Delete => KvOp::Delete { key },
            Kind::Cas => KvOp::Cas { key, expected: recent(write, rng), write },
            Kind::GetBoth => KvOp::GetBoth { keys: [key, self.key(rng)] },
            Kind::Transact => {
                let one = self.key(rng);
                let other = (u64::from(one) + rng.between(1, u64::from(self.keys) - 1)) % u64::from(self.keys);
                KvOp::Transact { reads: [key, self.key(rng)], appends: [one, other as u32], write }
            }
        }
    }
}

impl KvWorkload {
    /// The workload that isolation levels are best judged by: transactions that read lists and append to
    /// others, beside single appends and reads of one list and of two. Nothing replaces a value, so a read
    /// tells all that came before it (Alvaro and Kingsbury 2020).
    #[must_use]
    pub fn list_append(keys: u32) -> Self {
        let mix = KvMix { get: 1, append: 1, get_both: 1, transact: 2, ..KvMix::default() };
        Self { keys, mix, ..Self::default() }
    }

    fn key(&self, rng: &mut SimRng) -> u32 {
        rng.zipf(u64::from(self.keys), self.skew) as u32
    }
}

/// How far back a compare-and-swap reaches for the write that it expects.
const RECENT: u64 = 4;

/// What a compare-and-swap expects: nothing, or a recent write of the same client.
pub(crate) fn recent(write: WriteId, rng: &mut SimRng) -> Option<WriteId> {
    let back = rng.between(1, 2 * RECENT) as u32;
    let recent = (u64::from(back) <= RECENT).then(|| write.index.checked_sub(back)).flatten();
    recent.map(|index| WriteId { index, ..write })
}

#[derive(Clone, Copy)]
enum Kind {
    Get,
    Put,
    Append,
    Delete,
    Cas,
    GetBoth,
    Transact,
}

impl KvMix {
    const fn weights(&self) -> [(Kind, u32); 7] {
        [
            (Kind::Get, self.get),
            (Kind::Put, self.put),
            (Kind::Append, self.append),
            (Kind::Delete, self.delete),
            (Kind::Cas, self.cas),
            (Kind::GetBoth, self.get_both),
            (Kind::Transact, self.transact),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::ReadLevel;
    use super::*;

    #[test]
    fn a_mix_is_drawn_by_its_weights() {
        let mix = KvMix { get: 1, append: 2, cas: 1, ..KvMix::default() };
        let workload = KvWorkload { keys: 2, mix, ..KvWorkload::default() };
        let mut counts = [0_u32; 3];
        let mut rng = SimRng::new(1, 1);
        for index in 0..4000 {
            match workload.operation(0, index, &mut rng) {
                KvOp::Get { .. } => counts[0] += 1,
                KvOp::Append { .. } => counts[1] += 1,
                KvOp::Cas { .. } => counts[2] += 1,
                other => panic!("{other:?} has no weight"),
            }
        }
        for (count, share) in counts.into_iter().zip([1000, 2000, 1000]) {
            assert!(count.abs_diff(share) < 200, "{counts:?}");
        }
    }

    #[test]
    fn reads_are_at_the_levels_that_are_asked_for() {
        let mix = KvMix { get: 1, ..KvMix::default() };
        let read = |levels| {
            let workload = KvWorkload { mix, levels, ..KvWorkload::default() };
            let mut rng = SimRng::new(1, 1);
            (0..100).map(|index| workload.operation(0, index, &mut rng)).collect::<Vec<_>>()
        };
        assert!(read(None).iter().all(|op| matches!(op, KvOp::Get { .. })));
        let alike = read(Some(KvLevels::ALIKE));
        for level in ReadLevel::ALL {
            let is_at = |op: &KvOp| matches!(op, KvOp::GetAt { level: at, .. } if *at == level);
            assert!(alike.iter().any(is_at) && read(Some(KvLevels::only(level))).iter().all(is_at), "{level:?}");
        }
    }

    #[test]
    fn with_skew_the_first_key_is_asked_for_most() {
        let workload = KvWorkload { keys: 10, skew: 1.0, ..KvWorkload::default() };
        let mut rng = SimRng::new(2, 2);
        let keys = (0..2000).map(|index| workload.operation(0, index, &mut rng).key());
        let first = keys.filter(|key| *key == 0).count();
        assert!((600..760).contains(&first), "{first} of 2000: expected 34 %");
    }

    #[test]
    fn a_workload_that_asks_for_nothing_is_refused() {
        let silent = KvMix::default();
        let check = |workload: KvWorkload, key| {
            assert_eq!(workload.validate().map_err(|error| error.key), key);
        };
        check(KvWorkload::default(), Ok(()));
        check(KvWorkload { keys: 0, ..KvWorkload::default() }, Err("keys"));
        check(KvWorkload { skew: f64::NAN, ..KvWorkload::default() }, Err("skew"));
        check(KvWorkload { skew: 10.5, ..KvWorkload::default() }, Err("skew"));
        let transactions = KvMix { transact: 1, ..silent };
        check(KvWorkload { keys: 2, mix: transactions, ..KvWorkload::default() }, Ok(()));
        check(KvWorkload { keys: 1, mix: transactions, ..KvWorkload::default() }, Err("keys"));
        check(KvWorkload { mix: silent, ..KvWorkload::default() }, Err("mix"));
        check(KvWorkload { levels: Some(KvLevels::default()), ..KvWorkload::default() }, Err("levels"));
    }

    #[test]
    fn a_kind_that_a_file_leaves_out_has_no_weight() {
        let workload: KvWorkload = serde_json::from_str(r#"{ "mix": { "get": 5 } }"#).unwrap();
        assert_eq!(workload.mix, KvMix { get: 5, ..KvMix::default() });
        assert!(serde_json::from_str::<KvWorkload>(r#"{ "mixx": {} }"#).is_err());
    }
}
