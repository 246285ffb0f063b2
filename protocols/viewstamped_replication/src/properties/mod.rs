//! What Viewstamped Replication Revisited claims, and what its repair for replicas without disks rests on.
//!
//! Each property costs what a step changed. They look at the replica that the step touched, and at what it has announced:
//! that they see even if it has crashed in the middle of the step.

mod committed;
mod lives;
mod logs;
mod quorums;
mod recovery;
mod same_state;
mod views;

use sim_core::PropertyRow;

use super::flaws::VrFlaw;
use super::names::{
    A_VIEW_STARTS_ONCE, AGREEMENT, COMMITTED_BY_QUORUM, COMMITTED_IN_LATER_VIEWS, CRASH_NUMBERS_GROW,
    HEARD_PRIMARY_STAYS, LOG_IS_BOUNDED, LOGS_GROW, NEVER_BACK, ONE_OP_NUMBER, QUORUMS_ARE_CRASH_CONSISTENT,
    QUORUMS_ARE_MAJORITIES, RECOVERING_TAKES_NO_PART, SAME_STATE, VIEW_SURVIVES,
};
use super::node::Vr;

pub use committed::{Agreement, CommittedByQuorum, CommittedInLaterViews};
pub use logs::{CheckpointsBoundTheLog, LogsGrow, OneOpNumber};
pub use quorums::{QuorumsAreCrashConsistent, QuorumsAreMajorities};
pub use recovery::{CrashNumbersGrow, RecoveringTakesNoPart};
pub use same_state::SameState;
pub use views::{AHeardPrimaryStays, AViewStartsOnce, NeverBack, TheViewSurvives};

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<Vr>] = &[
    PropertyRow {
        name: RECOVERING_TAKES_NO_PART,
        summary: "A replica that recovers takes part in no view and no view change until it has recovered.",
        source: "Liskov and Cowling 2012, 4.3",
        make: |_| Box::<RecoveringTakesNoPart>::default(),
    },
    PropertyRow {
        name: CRASH_NUMBERS_GROW,
        summary: "A replica that has recovered has a higher crash number than it had before, and knows no lower one of others.",
        source: "Michael et al. 2017, 3, 4.3",
        make: |config| Box::new(CrashNumbersGrow::new(config)),
    },
    PropertyRow {
        name: QUORUMS_ARE_MAJORITIES,
        summary: "Whoever goes on with a view change or a recovery has heard from a majority of different replicas.",
        source: "Liskov and Cowling 2012, 4",
        make: |_| Box::<QuorumsAreMajorities>::default(),
    },
    PropertyRow {
        name: QUORUMS_ARE_CRASH_CONSISTENT,
        summary: "None of these has answered before a crash of which another knows.",
        source: "Michael et al. 2017, definition 7",
        make: |config| Box::new(QuorumsAreCrashConsistent::new(config)),
    },
    PropertyRow {
        name: NEVER_BACK,
        summary: "Once a replica has committed to take part in a view, it takes part in no lower one, crash or not.",
        source: "Michael et al. 2017, 6",
        make: |_| Box::<NeverBack>::default(),
    },
    PropertyRow {
        name: VIEW_SURVIVES,
        summary: "A replica that has the view on its disk knows of no lower one after a crash.",
        source: "Oki and Liskov 1988",
        make: |config| Box::new(TheViewSurvives::new(config)),
    },
    PropertyRow {
        name: A_VIEW_STARTS_ONCE,
        summary: "A view has one primary, which starts it once.",
        source: "Liskov and Cowling 2012, 4.2",
        make: |_| Box::<AViewStartsOnce>::default(),
    },
    PropertyRow {
        name: LOGS_GROW,
        summary: "As long as a replica takes part in a view, its log gets no shorter, crash or not.",
        source: "Liskov and Cowling 2012, 4.1, 4.3",
        make: |_| Box::<LogsGrow>::default(),
    },
    PropertyRow {
        name: ONE_OP_NUMBER,
        summary: "A request that is repeated is not in a log twice.",
        source: "Liskov and Cowling 2012, 4.1",
        make: |_| Box::<OneOpNumber>::default(),
    },
    PropertyRow {
        name: LOG_IS_BOUNDED,
        summary: "Once it has executed so many requests as are asked for, a replica has a checkpoint, and forgets the log before.",
        source: "Liskov and Cowling 2012, 5.1",
        make: |_| Box::<CheckpointsBoundTheLog>::default(),
    },
    PropertyRow {
        name: COMMITTED_BY_QUORUM,
        summary: "What the primary commits, a majority has had in its logs in this view.",
        source: "Liskov and Cowling 2012, 4.1",
        make: |_| Box::<CommittedByQuorum>::default(),
    },
    PropertyRow {
        name: COMMITTED_IN_LATER_VIEWS,
        summary: "What was committed in a view is in the log with which any later view starts, under the same op-number.",
        source: "Liskov and Cowling 2012, 4.2, 8.1",
        make: |_| Box::<CommittedInLaterViews>::default(),
    },
    PropertyRow {
        name: AGREEMENT,
        summary: "No two replicas execute different requests under one op-number.",
        source: "Liskov and Cowling 2012, 3",
        make: |_| Box::<Agreement>::default(),
    },
    PropertyRow {
        name: HEARD_PRIMARY_STAYS,
        summary: "Once all replicas are repaired and hear each other, view changes come to an end.",
        source: "Liskov and Cowling 2012, 4.1, 4.2",
        make: |config| Box::new(AHeardPrimaryStays::new(config)),
    },
    PropertyRow {
        name: SAME_STATE,
        summary: "Replicas that have executed all up to the same op-number are in the same state, client table included.",
        source: "Liskov and Cowling 2012, 3, 5.1",
        make: |config| Box::new(SameState::new(!config.flaws.has(VrFlaw::ExecutesTwice))),
    },
];
