//! What protocols have in common.
//!
//! | module | what it is |
//! |---|---|
//! | [`journal`] | what a node remembers on its disk, and how it finds itself again after a crash |
//! | [`quorums`] | how many must agree |
//! | [`machine`] | replicated state machines, in which an operation that a client repeats takes effect once |
//! | [`objects`] | any of the usual objects to replicate (register, queue, lock, bank, ...), by its name |
//! | [`kv`] | a key-value map to replicate |
//! | [`epoch_log`] | a log of which an epoch and an offset name each entry, and all those before it |
//! | [`clocks`] | vector clocks, dotted version vectors and sets of events: what can have influenced what |
//! | [`placement`] | which nodes keep which keys: a ring that nodes join and leave, zones, ranges that move |
//! | [`merkle`] | Merkle trees: replicas find the keys in which they differ |
//! | [`detectors`] | failure detectors: heartbeats, pings, gossip, φ-accrual, Chen's, metrics, votes |
//! | [`matching_client`] | a client that waits for matching replies, where replicas may lie |
//! | [`one_coordinator`] | a client that leaves what it asks for to one coordinator |
//! | [`registers`] | what clients ask of registers, which are read and written and no more, and what they must be told |
//! | [`stickiness`] | whether a client stays with one replica |
//! | [`timeouts`] | how long nodes wait for one another |
//! | [`per_process`] | a table with a row for each process |
//! | [`bounds`] | how much a configuration may ask for |

pub mod bounds;
pub mod clocks;
pub mod detectors;
pub mod epoch_log;
pub mod journal;
pub mod kv;
pub mod machine;
pub mod matching_client;
pub mod merkle;
pub mod objects;
pub mod one_coordinator;
pub mod per_process;
pub mod placement;
pub mod quorums;
pub mod registers;
pub mod stickiness;
pub mod timeouts;
mod weights;
