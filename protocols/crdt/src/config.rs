//! What a scenario can say of the replicas and of what their clients ask.

use parts::bounds::{check_counts, check_spans};
use parts::kv::WriteId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Assumption, ConfigError, Duration, FaultModel, Flaws, ProtocolConfig, SimRng, Switch, Workload};

use super::flaws::CrdtFlaw;
use super::operations::{Change, CrdtOp};
use super::types::{FieldChange, Kind};

/// The configuration of every replica.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CrdtConfig {
    /// What replicas tell each other.
    pub replication: Replication,
    /// How often a replica tells others what it has.
    pub gossip_interval: Duration,
    /// How many others it tells each time, one after the other in turn. At least 1; more than there are is all.
    pub fanout: u32,
    /// Known bugs to switch on.
    pub flaws: Flaws<CrdtFlaw>,
}

/// What replicas tell each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Replication {
    /// All that they have, now and then.
    State,
    /// What has been added since the other acknowledged, now and then.
    Delta,
    /// Each update at once, and now and then which ones they have.
    Operation,
}

impl Default for CrdtConfig {
    fn default() -> Self {
        Self {
            replication: Replication::Delta,
            gossip_interval: Duration::from_millis(50),
            fanout: 2,
            flaws: Flaws::default(),
        }
    }
}

impl ProtocolConfig for CrdtConfig {
    const SWITCHES: &'static [Switch] = &[
        Switch { key: "replication", values: &[r#""state""#, r#""delta""#, r#""operation""#] },
        Switch { key: "fanout", values: &["1", "2"] },
    ];

    fn validate(&self, _: u32) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        match self {
            Self { gossip_interval, .. } if gossip_interval.is_zero() => {
                wrong("gossip_interval", "replicas that do nothing but tell what they have get nothing done")
            }
            Self { fanout: 0, .. } => wrong("fanout", "a replica must tell at least one other"),
            Self { gossip_interval, fanout, .. } => {
                check_spans(&[("gossip_interval", *gossip_interval)])?;
                check_counts(&[("fanout", u64::from(*fanout))])
            }
        }
    }

    fn model(&self) -> FaultModel {
        let assumptions = vec![Assumption::DurableDisks, Assumption::IntactMessages];
        FaultModel::of(assumptions.clone()).live(assumptions)
    }
}

/// What clients ask: of objects of these types in turn by chance, some reads and some updates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CrdtWorkload {
    /// The types that are asked. There is one object of each.
    pub objects: Vec<Kind>,
    /// How many elements sets have to add and to remove, and half as many keys maps. The fewer, the more updates
    /// meet on one.
    pub elements: u32,
    /// How many operations in a hundred are reads.
    pub reads_percent: u32,
    /// How many updates in a hundred take something away, where the type can do that.
    pub removes_percent: u32,
}

impl Default for CrdtWorkload {
    fn default() -> Self {
        Self { objects: Kind::ALL.to_vec(), elements: 4, reads_percent: 30, removes_percent: 35 }
    }
}

impl Workload for CrdtWorkload {
    type Op = CrdtOp;

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, message: &str| Err(ConfigError::new(key, message));
        match self {
            Self { objects, .. } if objects.is_empty() => wrong("objects", "at least one type must be asked"),
            Self { elements: 0, .. } => wrong("elements", "there must be at least one element"),
            Self { reads_percent: 101.., .. } => wrong("reads_percent", "must be from 0 to 100"),
            Self { removes_percent: 101.., .. } => wrong("removes_percent", "must be from 0 to 100"),
            Self { elements, .. } => check_counts(&[("elements", u64::from(*elements))]),
        }
    }

    fn operation(&self, client: u32, index: u32, rng: &mut SimRng) -> CrdtOp {
        let object = self.objects[rng.below(self.objects.len() as u64) as usize];
        if rng.below(100) < u64::from(self.reads_percent) {
            return CrdtOp::Read { object };
        }
        let removes = rng.below(100) < u64::from(self.removes_percent);
        CrdtOp::Update { object, change: self.change(object, removes, WriteId { client, index }, rng) }
    }
}

impl CrdtWorkload {
    fn change(&self, object: Kind, removes: bool, write: WriteId, rng: &mut SimRng) -> Change {
        let element = rng.below(u64::from(self.elements)) as u32;
        let by = 1 + rng.below(5) as i32;
        match object {
            Kind::GCounter => Change::Count(by),
            Kind::PnCounter => Change::Count(if removes { -by } else { by }),
            // All of them differ, so that the set keeps growing.
            Kind::GSet => Change::Add((write.client << 20) ^ write.index),
            // What was removed is gone for good: there must be more to add.
            Kind::TwoPhaseSet => {
                let element = element + self.elements * rng.below(4) as u32;
                if removes { Change::Remove(element) } else { Change::Add(element) }
            }
            Kind::OrSet => {
                if removes {
                    Change::Remove(element)
                } else {
                    Change::Add(element)
                }
            }
            Kind::LwwRegister | Kind::MvRegister => Change::Write(write),
            Kind::OrMap => self.field_change(removes, by, write, rng),
            Kind::Rga => {
                let place = rng.below(1 << 16) as u32;
                if removes { Change::DeleteAt(place) } else { Change::InsertAt(place) }
            }
        }
    }

    fn field_change(&self, removes: bool, by: i32, write: WriteId, rng: &mut SimRng) -> Change {
        let key = rng.below(u64::from(self.elements.div_ceil(2))) as u32;
        let element = rng.below(2) as u32;
        let change = match (rng.below(4), removes) {
            (0 | 1, true) => return Change::RemoveKey(key),
            (_, true) => FieldChange::Remove(element),
            (0 | 1, false) => FieldChange::Count(by),
            (2, false) => FieldChange::Add(element),
            (_, false) => FieldChange::Write(write),
        };
        Change::Field { key, change }
    }
}

#[cfg(test)]
mod tests {
    use parts::bounds::refused_key;

    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(refused_key::<CrdtConfig>(3, |_| {}), None);
        assert_eq!(refused_key::<CrdtConfig>(3, |config| config.fanout = 0), Some("fanout"));
        assert_eq!(
            refused_key::<CrdtConfig>(3, |config| config.gossip_interval = Duration::ZERO),
            Some("gossip_interval")
        );
        let refused = |change: fn(&mut CrdtWorkload)| {
            let mut workload = CrdtWorkload::default();
            change(&mut workload);
            workload.validate().err().map(|error| error.key)
        };
        assert_eq!(refused(|_| {}), None);
        assert_eq!(refused(|workload| workload.objects.clear()), Some("objects"));
        assert_eq!(refused(|workload| workload.elements = 0), Some("elements"));
        assert_eq!(refused(|workload| workload.reads_percent = 101), Some("reads_percent"));
        assert_eq!(refused(|workload| workload.removes_percent = 101), Some("removes_percent"));
    }
}
