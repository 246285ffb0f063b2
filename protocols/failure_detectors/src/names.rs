//! The names of the properties of failure detectors.

pub(super) const STRONG_COMPLETENESS: &str = "Strong Completeness";
pub(super) const EVENTUAL_ACCURACY: &str = "Eventual Strong Accuracy";
pub(super) const SILENCE_IS_SUSPECTED: &str = "Silence Is Suspected";
pub(super) const NO_EARLY_SUSPICION: &str = "No Early Suspicion";
pub(super) const TRUST_NEEDS_NEWS: &str = "Trust Needs News";
pub(super) const UNMONITORED_UNREPORTED: &str = "Unmonitored Is Unreported";
pub(super) const NOTIFICATIONS_ALTERNATE: &str = "Notifications Alternate";
pub(super) const RECOVERED_OR_MISTAKEN: &str = "Recovered Or Mistaken";
pub(super) const DEADLINES_ARE_KEPT: &str = "Suspicion Deadlines Are Kept";
pub(super) const LEVELS_GROW_IN_SILENCE: &str = "Levels Grow In Silence";
pub(super) const COUNTERS_GROW: &str = "Heartbeat Counters Grow";
pub(super) const GOSSIP_GOES_ROUND: &str = "Gossip Goes Round";
pub(super) const ABSENCE_IS_NO_DELAY: &str = "Absence Is No Delay";
pub(super) const SLOW_IS_SUSPECTED: &str = "Slow Peers Are Suspected";
pub(super) const MISSING_IS_SUSPECTED: &str = "Missing Answers Are Suspected";
pub(super) const SIGNS_IN_TIME: &str = "Signs Are Given In Time";
pub(super) const PINGS_ANSWERED: &str = "Pings Are Answered";
pub(super) const NEWS_JUDGED: &str = "News Are Judged At Once";
pub(super) const OTHERS_ARE_ASKED: &str = "Others Are Asked";
pub(super) const BOOTS_ARE_COUNTED: &str = "Boots Are Counted";
