//! The names of the properties of the store.

pub(super) const ONE_WRITE_A_VERSION: &str = "One Write A Version";
pub(super) const ONE_VERSION_A_WRITE: &str = "One Version A Write";
pub(super) const ASKS_ALL_REPLICAS: &str = "Asks All Replicas";
pub(super) const VERSIONS_FOLLOW_SESSIONS: &str = "Versions Follow Sessions";
pub(super) const MERGES_KEEP_ALL: &str = "Merges Keep All";
pub(super) const NEVER_GOES_BACK: &str = "Replicas Never Go Back";
pub(super) const KEEPS_THE_MAXIMAL: &str = "Replicas Keep What Is Maximal";
pub(super) const DELETED_STAYS_DELETED: &str = "Deleted Stays Deleted";
pub(super) const TREES_TELL_ALL: &str = "Trees Tell What Is Stored";
pub(super) const READS_RETURN_THE_NEWEST: &str = "Reads Return What Is Maximal";
pub(super) const ACKNOWLEDGED_WRITES_ARE_KEPT: &str = "Acknowledged Writes Are Kept";
pub(super) const ACKNOWLEDGED_WRITES_ARE_FOUND: &str = "Acknowledged Writes Are Found";
pub(super) const KEYS_MOVE_ONLY_WITH_NODES: &str = "Keys Move Only With Nodes";
pub(super) const EACH_KEY_HAS_ONE_PARTITION: &str = "Each Key Has One Partition";
pub(super) const REPLICAS_CONVERGE: &str = "Replicas Converge";
pub(super) const DECLARED_LEVEL: &str = "Declared Level";
