//! What the clients of an object ask.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::models::{Action, Datum, ModelKind, RegisterStep, Verb};
use sim_core::{ConfigError, SimRng, Workload, kind_of};

use super::{ObjectOp, first_balances};
use crate::bounds::{check_keys, check_weights};
use crate::kv::{WriteId, recent};
use crate::weights;

/// Which objects clients ask, and for what. What they write names the writer, so that no two writes are alike and
/// every mistake shows.
///
/// ```
/// use parts::objects::{ModelKind, ObjectWorkload};
/// # use sim_core::Workload;
///
/// let workload: ObjectWorkload = serde_json::from_str(r#"{ "object": "queue", "mix": { "dequeue": 1 } }"#).unwrap();
/// assert_eq!(workload.object, ModelKind::Queue);
/// assert!(workload.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ObjectWorkload {
    /// The kind of the objects.
    pub object: ModelKind,
    /// How many of them there are. The fewer, the more operations meet on one.
    pub keys: u32,
    /// How unevenly they are asked: the exponent of Zipf's law, from 0 (all alike) to 10. Locks are acquired one after
    /// the other, whatever it says, and it must be 0.
    pub skew: f64,
    /// How often each kind of operation is asked for, relative to the others. One that is left out is not asked for.
    /// If all are, there is some of each. A lock has no mix: each client acquires and releases in turn.
    pub mix: BTreeMap<Verb, u32>,
}

impl Default for ObjectWorkload {
    fn default() -> Self {
        Self { object: ModelKind::Kv, keys: 3, skew: 0.0, mix: BTreeMap::new() }
    }
}

impl Workload for ObjectWorkload {
    type Op = ObjectOp;

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, message: String| Err(ConfigError::new(key, message));
        let Self { object, keys, skew, mix } = self;
        check_keys(*keys, *skew)?;
        if *object == ModelKind::Lock && *skew != 0.0 {
            return wrong("skew", "locks are acquired one after the other".to_owned());
        }
        let usual = usual(*object);
        match mix.keys().find(|verb| !usual.iter().any(|(known, _)| known == *verb)) {
            Some(_) if usual.is_empty() => wrong("mix", format!("a {object} is acquired and released in turn")),
            Some(verb) => {
                let known: Vec<&str> = usual.iter().map(|(verb, _)| kind_of(verb)).collect();
                wrong("mix", format!("a {object} has no {}; it has {}", kind_of(verb), known.join(", ")))
            }
            None if mix.is_empty() => Ok(()),
            None => check_weights("mix", &mix.values().copied().collect::<Vec<_>>()),
        }
    }

    fn operation(&self, client: u32, index: u32, rng: &mut SimRng) -> ObjectOp {
        let (key, action) = match self.object {
            ModelKind::Lock => (index / 2 % self.keys, in_turn(client, index)),
            _ => (rng.zipf(u64::from(self.keys), self.skew) as u32, self.action(WriteId { client, index }, rng)),
        };
        ObjectOp { object: self.object, key: i64::from(key).into(), action }
    }
}

/// The operations of an object that can be asked for at will, and how often each is if nobody says otherwise.
/// There are none of a lock: its clients acquire and release it in turn.
const fn usual(object: ModelKind) -> &'static [(Verb, u32)] {
    match object {
        ModelKind::Register => &[(Verb::Read, 1), (Verb::Write, 1)],
        ModelKind::CasRegister => &[(Verb::Read, 4), (Verb::Write, 2), (Verb::Cas, 3)],
        ModelKind::Kv => &[(Verb::Read, 4), (Verb::Write, 1), (Verb::Append, 3), (Verb::Cas, 1)],
        ModelKind::Counter => &[(Verb::Read, 1), (Verb::Add, 2)],
        ModelKind::Set => &[(Verb::Read, 1), (Verb::Insert, 3), (Verb::Remove, 2), (Verb::Contains, 2)],
        ModelKind::Queue => &[(Verb::Enqueue, 4), (Verb::Dequeue, 3)],
        ModelKind::Stack => &[(Verb::Push, 4), (Verb::Pop, 3)],
        ModelKind::Log => &[(Verb::Append, 3), (Verb::Read, 1), (Verb::ReadAt, 2)],
        ModelKind::Bank => &[(Verb::Read, 1), (Verb::Transfer, 3)],
        ModelKind::MultiRegister => &[(Verb::Transact, 1)],
        ModelKind::Lock => &[],
    }
}

/// What a client of a lock does: it acquires, and releases the same lock with its next operation.
fn in_turn(client: u32, index: u32) -> Action {
    let holder = Datum::from(format!("c{client}").as_str());
    if index.is_multiple_of(2) { Action::Acquire(holder) } else { Action::Release(holder) }
}

impl ObjectWorkload {
    fn action(&self, write: WriteId, rng: &mut SimRng) -> Action {
        let mix: Vec<(Verb, u32)> = self.mix.iter().map(|(verb, weight)| (*verb, *weight)).collect();
        let verb = weights::draw(if mix.is_empty() { usual(self.object) } else { &mix }, rng);
        match verb {
            Verb::Read => Action::Read,
            Verb::Write => Action::Write(value(write)),
            Verb::Cas => {
                // Half of them expect what is there at the start, half a recent value of the same client.
                let expected = recent(write, rng).map_or_else(|| self.object.default_initial(), value);
                Action::cas(expected, value(write))
            }
            Verb::Append => Action::Append(value(write)),
            Verb::ReadAt => Action::ReadAt(rng.below(2 * u64::from(write.index) + 1) as i64),
            Verb::Add => Action::Add(rng.between(1, 1000) as i64),
            Verb::Insert => Action::Insert(element(write.index, rng)),
            Verb::Remove => Action::Remove(element(write.index, rng)),
            Verb::Contains => Action::Contains(element(write.index, rng)),
            Verb::Enqueue => Action::Enqueue(value(write)),
            Verb::Dequeue => Action::Dequeue,
            Verb::Push => Action::Push(value(write)),
            Verb::Pop => Action::Pop,
            Verb::Acquire | Verb::Release => in_turn(write.client, write.index),
            Verb::Transfer => transfer(rng),
            Verb::Transact => transaction(write, rng),
        }
    }
}

/// A text that says who wrote it: `c1#5`.
fn value(write: WriteId) -> Datum {
    Datum::from(format!("{write:?}").as_str())
}

/// An element of a set. Clients that are about as far meet on the same ones, and leave them behind as they go on.
fn element(index: u32, rng: &mut SimRng) -> Datum {
    (i64::from(index / 4) - rng.below(2) as i64).into()
}

/// Between two different accounts, of at most half of what each begins with: some are refused.
fn transfer(rng: &mut SimRng) -> Action {
    let balances = first_balances();
    let from = rng.below(balances.len() as u64);
    let to = (from + rng.between(1, balances.len() as u64 - 1)) % balances.len() as u64;
    let amount = rng.between(1, balances[0] as u64 / 2) as u32;
    Action::Transfer { from: from as u32, to: to as u32, amount }
}

/// Up to four steps, each of which reads or writes one of three registers.
fn transaction(write: WriteId, rng: &mut SimRng) -> Action {
    let steps = 0..rng.between(1, 4);
    let step = |place| {
        let register = Datum::from(rng.below(3) as i64);
        let text = || Datum::from(format!("{write:?}.{place}").as_str());
        RegisterStep { register, write: (rng.below(2) == 0).then(text) }
    };
    Action::Transact(steps.map(step).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(json: &str) -> ObjectWorkload {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let check =
            |json, expected| assert_eq!(workload(json).validate().map_err(|error| error.key), expected, "{json}");
        check("{}", Ok(()));
        check(r#"{ "object": "lock" }"#, Ok(()));
        check(r#"{ "keys": 0 }"#, Err("keys"));
        check(r#"{ "skew": 11 }"#, Err("skew"));
        check(r#"{ "object": "lock", "skew": 1 }"#, Err("skew"));
        check(r#"{ "mix": { "read": 0 } }"#, Err("mix"));
        check(r#"{ "mix": { "read": 1000001 } }"#, Err("mix"));
        check(r#"{ "object": "lock", "mix": { "read": 1 } }"#, Err("mix"));
        assert!(serde_json::from_str::<ObjectWorkload>(r#"{ "object": "heap" }"#).is_err());
        let message = workload(r#"{ "object": "log", "mix": { "pop": 1 } }"#).validate().unwrap_err().message;
        assert_eq!(message, "a log has no pop; it has append, read, read-at");
    }

    #[test]
    fn every_object_is_asked_for_all_that_it_has_and_nothing_else() {
        for &object in ModelKind::ALL {
            let workload = ObjectWorkload { object, ..ObjectWorkload::default() };
            let mut rng = SimRng::new(1, 1);
            let ops: Vec<ObjectOp> = (0..200).map(|index| workload.operation(0, index, &mut rng)).collect();
            assert!(ops.iter().all(|op| object.has(&op.action)), "{ops:?}");
            for (verb, _) in usual(object) {
                let is_asked = |op: &ObjectOp| kind_of(&op.action).to_lowercase() == kind_of(verb).replace('-', "");
                assert!(ops.iter().any(is_asked), "{object} {verb:?}");
            }
        }
    }

    #[test]
    fn a_mix_leaves_out_the_rest() {
        let workload = workload(r#"{ "object": "queue", "mix": { "dequeue": 1 } }"#);
        let mut rng = SimRng::new(1, 1);
        assert!((0..50).all(|index| workload.operation(0, index, &mut rng).action == Action::Dequeue));
    }

    #[test]
    fn a_client_releases_what_it_acquired() {
        let workload = workload(r#"{ "object": "lock", "keys": 2 }"#);
        let mut rng = SimRng::new(1, 1);
        let shown: Vec<String> = (0..4).map(|index| format!("{:?}", workload.operation(3, index, &mut rng))).collect();
        let expected =
            ["acquire 0", "release 0", "acquire 1", "release 1"].map(|asked| format!(r#"lock: {asked} "c3""#));
        assert_eq!(shown, expected);
    }
}
