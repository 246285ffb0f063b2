//! The names of the properties of SWIM.

pub(super) const INCARNATIONS_GROW: &str = "Incarnations Grow";
pub(super) const ONLY_THE_OWNER: &str = "Only The Owner Raises Incarnations";
pub(super) const ORDER: &str = "Statements Override In Order";
pub(super) const METADATA: &str = "Metadata Is The Owner's";
pub(super) const FORGOTTEN: &str = "The Forgotten Stay Forgotten";
pub(super) const SUSPICION_FIRST: &str = "Suspicion Precedes Death";
pub(super) const SUSPICIONS_ARE_TOLD: &str = "Suspicions Are Told";
pub(super) const LEFT_IS_NOT_FAILED: &str = "Who Left Has Not Failed";
pub(super) const LEFT_STAYS_AWAY: &str = "Who Left Stays Away";
pub(super) const BOUNDED_PIGGYBACK: &str = "Bounded Piggyback";
pub(super) const NOBODY_UNTOLD: &str = "Nobody Is Known Untold";
pub(super) const FORGOTTEN_IN_TIME: &str = "The Departed Are Forgotten In Time";
pub(super) const ANSWERS_ARE_KNOWN: &str = "Answers Are What Is Known";
pub(super) const NEWS_ARE_TOLD: &str = "News Are Told";
pub(super) const LEAVING_IS_TOLD: &str = "Leaving Is Told";
pub(super) const SERVED: &str = "Requests Are Served";
pub(super) const SAID: &str = "Messages Say What Is Known";
pub(super) const LAST_AS_SHARED: &str = "Suspicions Last As Shared";
pub(super) const ANSWERS_ARE_FRESH: &str = "Answers Are Fresh";
pub(super) const OTHERS_ARE_ASKED: &str = "Others Are Asked";
pub(super) const TIME_BOUNDED: &str = "Time-Bounded Probing";
pub(super) const COMPLETENESS: &str = "Strong Completeness";
pub(super) const ACCURACY: &str = "Eventual Accuracy";
pub(super) const CONVERGENCE: &str = "Views Converge";
pub(super) const UNWELL: &str = "Who Gets No Answers Is Unwell";
pub(super) const HEALTH: &str = "Local Health Recovers";
