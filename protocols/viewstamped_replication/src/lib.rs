//! Viewstamped Replication Revisited: a replicated state machine whose replicas need no disks.
//!
//! **Sources.** B. Liskov and J. Cowling, *Viewstamped Replication Revisited*, MIT-CSAIL-TR-2012-021, 2012: numbers in
//! parentheses are its sections. E. Michael, D. Ports, N. Sharma and A. Szekeres, *Recovering Shared Objects Without Stable
//! Storage*, DISC 2017, for what is wrong with its recovery, and the repair. B. Oki and B. Liskov, *Viewstamped
//! Replication: A New Primary Copy Method to Support Highly-Available Distributed Systems*, PODC 1988, for the version with
//! a disk for the view. J. Vanlightly, *VR Revisited: An Analysis with TLA+*, 2022, for state transfer.
//!
//! **The algorithm.** There are 2f + 1 replicas, of which f may be down or recovering. In each *view* one of them is the
//! *primary*, in turn.
//! - *Requests* (`normal`, 4.1). The primary gives each request an *op-number*, and sends it to the backups in a `Prepare`.
//!   A backup appends it once it has all before it, and says so in a `PrepareOk`. What f backups have is committed: the
//!   primary executes it and answers the client. The next `Prepare` tells the backups, or a `Commit` if there is none. The
//!   last reply to each client is part of the state (the client table): a request that is repeated takes effect once.
//! - *View changes* (`view_change`, 4.2). A replica that does not hear from its primary stops to take part in its view, and
//!   says so (`StartViewChange`); whoever hears that does the same. Once f + 1 have, a replica sends what it has to the
//!   primary of the view that is to start (`DoViewChange`). That takes, of f + 1 logs, the one of the latest view in which
//!   its owner's status was normal, of these the longest, and sends it to all (`StartView`). What was committed is in at
//!   least one of the logs, and in all that are of a later view.
//! - *State transfer* (`transfer`, 5.2). A replica that finds out that it lacks something asks for it.
//! - *Checkpoints* (5.1). After enough requests a replica forgets its log so far, for which its state stands.
//! - *Recovery* (`recovery`, 4.3). A replica that boots again knows nothing, and takes part in nothing. It asks all others; a
//!   replica answers if its status is normal, and the primary with its log. With f + 1 answers, the primary of the latest view
//!   in them among these, it has all that it can have acknowledged.
//!
//! **The repair.** A replica that has promised to take part in no view below v, and recovers, must not take part in one. The
//! paper's argument is that it promises so only when f + 1 replicas have stopped; one of these is among the f + 1 that answer
//! when it recovers, and answers only if it is in view v or a later one. But those may crash as well, one after the other,
//! and recover to the lower view, while what they have said is still on its way. So a quorum of answers must be
//! *crash-consistent* (Michael et al., definition 7): none of them was given before a crash of its sender that the sender of
//! another knew of. Each replica has a *crash number* for each of its lives; a *crash vector* has the latest one that is
//! known of each (`crashes`). Every message bears it, and vectors are merged by the maximum. Whatever a replica has said
//! before a crash that is known is not heard, and what it had answered does not count any more, so another answer is waited
//! for. A replica that recovers first asks f + 1 others for their vectors, and takes a number above its own in these. Then it
//! recovers as above, with answers of replicas that know its number. Any
//! quorum of answers and those that answer a recovery have a replica in common. If that has answered the recovery first, its
//! answer in the quorum shows so, and the one from before the crash is dropped; else it had answered as the quorum did, and
//! tells whoever recovers (theorems 10 and 11).
//!
//! With `"stable": "view"` a replica keeps the view on its disk, before anybody hears of it, and recovers to no lower one. Then
//! recovery needs no crash vectors, and disks must keep what they have made durable.
//!
//! **Departures.**
//! - A replica is told at its boot whether it has run before (Michael et al. assume that too, in section 3). So a group
//!   begins in view 0 without recovering, and nothing need be on a disk.
//! - Crash numbers are counted, where Michael et al. take clocks that never go back. Two recoveries that are cut short can
//!   leave a number behind that is higher than the next one; a replica that hears of that recovers anew.
//! - An acknowledgement does not count after a crash of its sender either, though that alone would do no harm: the primary
//!   had the request before, and it is the primary from which the sender recovers.
//! - A replica that has heard of a later view keeps what it has until it is sent what comes instead. As published (5.2) it
//!   removes what it does not know to be committed first; if a view change begins then, what was committed can be lost.
//! - A replica that is in a view change, and hears from the primary that the view has started, asks for the state.
//! - With the view on disk, `Recovery` bears it: replicas that are in a lower view begin the change to that one.
//! - With an even number of replicas, or more than 2f + 1, it takes more than half of them where the paper says f + 1.
//! - Whole logs are sent in view changes and recoveries, with the state at their beginning, though a suffix would do.
//! - The primary executes reads like all requests, and has no leases (6.3). There are no witnesses (6.1), batches (6.2) or
//!   changes of the group (7).

mod config;
mod crashes;
mod flaws;
mod liveness;
mod log;
mod message;
mod names;
mod node;
mod normal;
pub mod properties;
mod recovery;
mod system;
mod transfer;
mod view_change;

pub use config::{Stable, VrConfig};
pub use crashes::CrashVector;
pub use flaws::VrFlaw;
pub use log::{Checkpoint, Entry, Log, Part};
pub use message::{Body, Event, Message, Report, State, Timer};
pub use node::{Record, Status, Vr};

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Vr>();
