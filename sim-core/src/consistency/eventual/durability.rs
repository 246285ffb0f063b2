//! No acknowledged update is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};

use super::super::Answer;

/// An update that was acknowledged and that a replica lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostUpdate<U> {
    /// The first such update.
    pub update: U,
    /// The replicas that lack it, of all that were asked.
    pub lacking: BTreeSet<u64>,
    /// How many replicas were asked.
    pub replicas: usize,
    /// How many acknowledged updates some replica lacks.
    pub lost: usize,
}

/// Decides whether each of these replicas has every acknowledged update, as one that was applied
/// some time, be it overwritten since. To be asked once replicas had to be alike.
pub fn check_durability<U: Clone + Ord>(
    acknowledged: &BTreeSet<U>,
    replicas: &BTreeMap<u64, BTreeSet<U>>,
) -> Answer<LostUpdate<U>> {
    let lacking = |update: &U| -> BTreeSet<u64> {
        replicas.iter().filter(|(_, has)| !has.contains(update)).map(|(&replica, _)| replica).collect()
    };
    let mut lost =
        acknowledged.iter().map(|update| (update, lacking(update))).filter(|(_, lacking)| !lacking.is_empty());
    let Some((update, lacking)) = lost.next() else {
        return Answer::Satisfied;
    };
    let (update, lost) = (update.clone(), 1 + lost.count());
    Answer::Violated(LostUpdate { update, lacking, replicas: replicas.len(), lost })
}

impl<U: Debug> fmt::Display for LostUpdate<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { update, lacking, replicas, lost } = self;
        let names: Vec<_> = lacking.iter().map(u64::to_string).collect();
        let (lacking, names) = (lacking.len(), names.join(", "));
        writeln!(f, "acknowledged update {update:?} is missing at {lacking} of {replicas} replicas: {names}")?;
        match lost - 1 {
            0 => Ok(()),
            more => writeln!(f, "  (and {more} more updates are missing somewhere)"),
        }
    }
}
