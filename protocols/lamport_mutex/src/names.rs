//! The names of the properties of mutual exclusion.

pub(super) const MUTUAL_EXCLUSION: &str = "Mutual Exclusion";
pub(super) const ORDER_OF_REQUESTS: &str = "Order Of Requests";
pub(super) const EVERY_REQUEST_IS_GRANTED: &str = "Every Request Is Granted";
pub(super) const CLOCK_CONDITION: &str = "Clock Condition";
