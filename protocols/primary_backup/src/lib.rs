//! Primary–backup replication: one replica decides, the others follow, and one of them takes over when it fails.
//!
//! **Sources.** P. Alsberg and J. Day, *A Principle for Resilient Sharing of Distributed Resources*, ICSE 1976: a primary,
//! backups, and n-host resiliency, which is an acknowledgement after n hosts have the update. N. Budhiraja, K. Marzullo,
//! F. Schneider and S. Toueg, *The Primary-Backup Approach*, in *Distributed Systems*, 2nd edition, 1993: what such a
//! service promises (Pb1 to Pb4). B. Oki and B. Liskov, *Viewstamped Replication*, PODC 1988: views are numbered.
//! L. Lamport, D. Malkhi and L. Zhou, *Vertical Paxos and Primary-Backup Replication*, PODC 2009, and W. Lin et al.,
//! *PacificA*, MSR-TR-2008-25: a master says who the replicas are, and the new primary brings the others to its state
//! before it serves. C. Gray and D. Cheriton, *Leases*, SOSP 1989. Kafka's KIP-101, KIP-279 and KIP-497: where a log and
//! that of the leader part, and whom a leader counts.
//!
//! D. Ongaro and J. Ousterhout, *In Search of an Understandable Consensus Algorithm*, 2014. T. Chandra and S. Toueg,
//! *Unreliable Failure Detectors for Reliable Distributed Systems*, JACM 1996: perfect detectors, and others.
//!
//! **The algorithm.** Node 0 is the *view service* (`view_service`). It says who the replicas are: a *view* has a number,
//! a primary, secondaries that are *passive*, which means in sync, and secondaries that are *recovering*. It writes each
//! view down before it tells anybody, so it may crash and come back. It announces what each node is: active (the
//! primary), passive, recovering, failed or spare. Clients ask the primary, which other nodes know.
//! - *Shipping.* The primary adds a write to its log under the number of its view, its *epoch*, makes that durable, and
//!   ships it (`primary`). With `"shipping": "synchronous"` it acknowledges when all secondaries that count have the entry
//!   on their disks, and applies it only then. With `"asynchronous"` it ships now and then, and acknowledges as far as no
//!   secondary that counts lags by more than `max_lag` entries. The passive secondaries count, and those that it has
//!   reported as caught up.
//! - *Fencing.* A replica that is in a view, or sealed for one, takes part in no earlier one, and writes that down. So a
//!   deposed primary hears no more from those that count, and acknowledges nothing with synchronous shipping. What it does
//!   by itself it does while it has a *lease* from the view service: acknowledging with asynchronous shipping, and reading
//!   with `"reads": "leased"`. With `"confirmed"` all secondaries that count confirm each read.
//! - *Failover.* The view service suspects a primary of which it hears nothing; with `"failover": "operator"` it waits until
//!   an operator asks it to `fail_over`, which may also be done while the primary is well. It seals the primary and the
//!   passive secondaries. When those that are not suspected have said how far they are, or have had long enough, and the
//!   lease has run out or been given up, the most up to date of them is the primary of the next view: that with the last
//!   epoch, then the longest log, then the lowest latency. Those that are sealed are its passive secondaries. It serves
//!   when they have its log.
//! - *Resynchronisation.* A secondary that hears of a view asks the primary where the last epoch in its log ends, and
//!   removes what the primary does not have (`secondary`). So is a deposed primary rewound.
//! - *Replacement.* A secondary that fails, or that the primary cannot reach, is removed from the view. Another node is
//!   taken in until there are `replicas` again: in the zone with the fewest replicas, and there the nearest. When it has
//!   all that may be acknowledged, the primary counts it, says so, and goes on saying so until it is passive.
//! - *A primary that has booted* has forgotten whom it counts, and goes on in another view, under another number.
//!
//! **Three view services.** With `"view_service": "single"` it is one node that crashes and comes back, and suspects
//! whoever it does not hear of for long enough.
//! - *On Raft* (`"raft"`, `decisions`) it is nodes 0, 1 and 2. Whoever leads them acts for all, as the single one does.
//!   It puts each number and each view in the log, and does nothing about it before it finds it there. A node that
//!   comes to lead says so in the log: when it finds that, it knows all that was decided before. Then it waits as long
//!   for leases as the single one does after a crash. For each lease it asks a majority whether it still leads: whoever
//!   leads next was not elected yet when that was asked for, and so waits until it is over. Replicas tell all three
//!   what they have to say.
//! - *Infallible* (`"infallible"`) is the textbook's: one node that never fails, and a failure detector that makes no
//!   mistakes. Nobody who has stopped comes back. Whoever is only slow or cut off stays a replica.
//!
//! **What it takes for granted.** Durable disks, and messages that arrive as they were sent, if they do; where there are
//! leases, clocks that keep to their bound. No write that was acknowledged is lost with synchronous shipping, however many
//! nodes are down. With asynchronous shipping a failover may lose as many as `max_lag`, and what clients saw of them:
//! the map is linearizable up to there, and after that as if those had never been asked for.
//!
//! **Availability.** The theorem says that with f replicas the service is available while at most f - 1 have failed.
//! That is so with the infallible view service: there *Available With f - 1 Failed* is a property, with
//! `available_within` for the time. It asks for crashes that are told from silence. Cut one replica off, and a primary
//! that must not do without it waits. With the other two view services, which suspect by silence, the service goes on,
//! and they are what must not fail: the single node at all, or two of three.
//! `cargo run --release -p faultbed-protocols --example availability` measures this, beside other ways to replicate.
//!
//! A write completes while the view service, the primary and all passive secondaries are up and connected, or the view
//! service has had the time to remove those that are not. Another node can become the primary only if it was in sync when
//! the last one failed: with f replicas up to f - 1 may fail one after the other, or all at once but one.
//!
//! **Departures.** No paper has this as a whole.
//! - Budhiraja et al. have no view service: their backups agree by time-outs, over links that lose nothing.
//! - In no paper does a view service on Raft confirm each lease. A leader's own lease (Ongaro 2014, section 6.4.1)
//!   would do for many at once.
//! - PacificA's primary gets its lease from the secondaries, and removes them itself. Here both are for the view service.
//! - The log is never compacted, and a node that comes back keeps what it has of it.
//! - A primary that clients do not reach, and the view service does, is not replaced but by an operator.

mod config;
mod decisions;
mod failover;
mod flaws;
mod liveness;
mod message;
mod names;
mod node;
mod primary;
pub mod properties;
mod secondary;
mod system;
mod view;
mod view_service;

pub use config::{BackupConfig, Failover, Reads, Shipping, ViewServiceKind};
pub use flaws::BackupFlaw;

pub use message::{Event, Message, Record, Timer};
pub use node::PrimaryBackup;
pub use view::{Status, View};
pub use view_service::ViewService;

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<PrimaryBackup>();
