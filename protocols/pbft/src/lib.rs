//! PBFT: state machine replication in spite of Byzantine replicas.
//!
//! **Sources.** M. Castro and B. Liskov, *Practical Byzantine Fault Tolerance*, OSDI 1999; the same,
//! *Practical Byzantine Fault Tolerance and Proactive Recovery*, ACM TOCS 20(4), 2002. Numbers in
//! parentheses are sections of these.
//!
//! **The algorithm.** Of 3f + 1 replicas at most f are faulty. Replicas go through numbered *views*,
//! in each of which one is the primary. It gives batches of requests their place in the order with a
//! *pre-prepare*. A backup that accepts it sends a *prepare* to all; a quorum of 2f + 1, the primary
//! with its pre-prepare among them, is a *prepared certificate*, and no other batch can have one for
//! the same place in the same view. Whoever has it sends a *commit*; 2f + 1 of these make the batch
//! committed, for then every quorum has a correct replica with the certificate, in this view and all
//! later ones (`ordering`). Batches are executed in their order, and the clients answered
//! (`execution`). A client believes what f + 1 replicas say (`client`).
//!
//! Every K places a replica takes a *checkpoint* of its state. When 2f + 1 have the same it is
//! *stable*, and what led to it is forgotten; between that low watermark and a high one, L places
//! further, lies the log (`slots`). A replica that is left behind takes over the state (`transfer`).
//!
//! A backup that waits too long for a request asks for the next view, with its prepared certificates.
//! The primary of that view begins it with 2f + 1 such messages, and with a pre-prepare for each place
//! that they have a certificate for, or a null request where there is a gap. Everybody can check that
//! (`view`, `view_change`). What a replica has promised is on its disk before it says so (`storage`).
//!
//! **What is here of the optimisations**: batches with a bounded pipeline (TOCS 5.1.4), and reads that
//! are not ordered (OSDI 5.1.3, TOCS 5.1.3), for which clients wait for 2f + 1 matching replies to
//! everything.
//!
//! **Byzantine replicas** say what `mutations` lists instead of what they should, or act out one of
//! the scripts of `adversaries`. The properties speak of the others.
//!
//! **Departures.**
//! - Links are authenticated, so what matters to its receiver alone has no signature; what is shown to
//!   others is signed: pre-prepares, prepares, commits, checkpoints, view-changes, new-views.
//! - Commits are signed, so that a committed batch can be proven to a replica that a faulty primary has
//!   left out. It takes it in any view. Without that, reads that are not ordered are not live (Berger et
//!   al., *Making Reads in BFT State Machine Replication Fast, Linearizable, and Live*, SRDS 2021).
//! - A state travels as a whole, in one message, and not as the parts of it that differ.
//! - A new-view message holds view-change messages, and not their digests; batches that a replica lacks
//!   it asks for by digest.
//! - There is no proactive recovery: keys are never changed, and a replica trusts its own disk.
//! - All that is lost is sent again in answer to periodic status messages (TOCS 5.2).

mod adversaries;
mod certificate;
mod client;
mod committee;
mod config;
mod execution;
mod flaws;
mod liveness;
mod message;
mod model;
mod mutations;
mod names;
mod node;
mod ordering;
pub mod properties;
mod request;
mod requests;
mod slots;
mod storage;
mod system;
mod transfer;
mod view;
mod view_change;

pub use certificate::{
    Checkpoint, CheckpointCertificate, Commit, CommitCertificate, PrePrepare, Prepare, PreparedCertificate, Proposal,
};
pub use client::PbftReplies;
pub use config::PbftConfig;
pub use execution::Applied;
pub use flaws::PbftFlaw;
pub use message::{Event, Message, Status, Timer};
pub use model::PbftModel;
pub use node::{Acts, Pbft};
pub use request::{Batch, Digest, Op, Reply, Request};
pub use slots::{Slot, Slots};
pub use storage::Record;
pub use view::{Inheritance, NewView, ViewChange};

/// The system that scenarios name. The simulator is compiled for it here, and nowhere else.
// The unit tests run no simulation.
#[cfg(not(test))]
pub static SYSTEM: &dyn sim_core::AnySystem = sim_core::erased::<Pbft>();
