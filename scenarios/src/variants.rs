//! A scenario of which each seed draws the settings of the protocol.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sim_core::{AnySimulation, Switch, settings_rng};

use crate::file::Place;
use crate::prepared::{Prepared, Recorded};
use crate::source::{Document, Override};

/// Makes the scenario that a file says; nothing where something in it makes no sense.
type Prepare = Box<dyn Fn(&Document) -> Option<Box<dyn Prepared>> + Send + Sync>;

/// The scenarios that a file stands for: one for each combination of settings that seeds draw.
pub(crate) struct Variants {
    document: Document,
    /// The settings that the file leaves open.
    open: Vec<Switch>,
    prepare: Prepare,
    /// Those that have been drawn, by the number of each setting's value. Some make no sense together,
    /// or not with the rest of the file.
    drawn: Mutex<BTreeMap<Vec<usize>, Option<Arc<Variant>>>>,
    /// With all settings as the file has them.
    declared: Arc<Variant>,
}

struct Variant {
    /// What was drawn, as in `pre_vote=false`.
    settings: Vec<String>,
    prepared: Box<dyn Prepared>,
}

/// So often a seed draws anew before it takes the settings as they are.
const TRIES: usize = 100;

impl Variants {
    /// Those of a file, which is `declared` as it stands.
    pub(crate) fn of(document: &Document, switches: &[Switch], declared: Box<dyn Prepared>, prepare: Prepare) -> Self {
        let protocol = Place::root(document).key("protocol");
        Self {
            document: document.clone(),
            open: switches.iter().filter(|switch| !protocol.key(switch.key).exists()).copied().collect(),
            prepare,
            drawn: Mutex::default(),
            declared: Arc::new(Variant { settings: Vec::new(), prepared: declared }),
        }
    }

    /// The one that a seed draws: any of those that make sense, each as likely as the other.
    fn of_seed(&self, seed: u64) -> Arc<Variant> {
        let mut rng = settings_rng(seed);
        let mut draw = || self.open.iter().map(|switch| rng.below(switch.values.len() as u64) as usize).collect();
        let drawn = (0..TRIES).find_map(|_| self.with(draw()));
        drawn.unwrap_or_else(|| Arc::clone(&self.declared))
    }

    fn with(&self, values: Vec<usize>) -> Option<Arc<Variant>> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.entry(values).or_insert_with_key(|values| self.make(values).map(Arc::new)).clone()
    }

    fn make(&self, values: &[usize]) -> Option<Variant> {
        let setting = |(switch, value): (&Switch, &usize)| format!("{}={}", switch.key, switch.values[*value]);
        let settings: Vec<String> = self.open.iter().zip(values).map(setting).collect();
        let overrides = settings.iter().map(|setting| Override::parse(&format!("protocol.{setting}")));
        let overrides = overrides.collect::<Result<Vec<_>, _>>().ok()?;
        let document = self.document.clone().with_overrides(&overrides).ok()?;
        Some(Variant { settings, prepared: (self.prepare)(&document)? })
    }
}

impl Prepared for Variants {
    fn settings(&self, seed: u64) -> Vec<String> {
        self.of_seed(seed).settings.clone()
    }

    fn simulation(&self, seed: u64) -> Arc<dyn AnySimulation> {
        self.of_seed(seed).prepared.simulation(seed)
    }

    fn plan(&self, seed: u64) -> serde_json::Value {
        self.of_seed(seed).prepared.plan(seed)
    }

    fn record(&self, seed: u64) -> Recorded {
        self.of_seed(seed).prepared.record(seed)
    }
}
