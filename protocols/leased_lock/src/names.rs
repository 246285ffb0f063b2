//! The names of the properties of leased locks.

pub(super) const MUTUAL_EXCLUSION: &str = "Lock Mutual Exclusion";
pub(super) const TOKENS_GROW: &str = "Tokens Are Unique And Grow";
pub(super) const WITHIN_THE_LEASE: &str = "Nothing Outside The Lease";
pub(super) const NOTHING_AFTER_FAILED_RENEWAL: &str = "Nothing After A Failed Renewal";
pub(super) const RENEWED_BY_ITS_HOLDER: &str = "Renewed By Its Holder Alone";
pub(super) const RELEASED_BY_ITS_HOLDER: &str = "Released By Its Holder Alone";
pub(super) const NO_LOWER_TOKEN: &str = "No Lower Token Is Served";
pub(super) const SERIALIZABLE: &str = "Critical Sections Are Serializable";
pub(super) const NO_LOST_UPDATE: &str = "No Lost Update";
pub(super) const ONCE: &str = "Requests Take Effect Once";
pub(super) const STORAGE_REMEMBERS: &str = "The Storage Forgets Nothing";
pub(super) const EPHEMERAL: &str = "Ephemeral Nodes End With Their Sessions";
pub(super) const ONE_NODE: &str = "One Node A Section";
pub(super) const IN_LINE: &str = "First Come First Served";
pub(super) const WOKEN: &str = "Waiters Are Woken";
pub(super) const WATCHING: &str = "Waiters Watch";
