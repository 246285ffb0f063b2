//! What active and semi-active replication promise.

mod accused;
mod answers;
mod failover;
mod order;

use sim_core::{EventuallyAlike, PropertyRow};

use super::names::{ACCUSED, AGREEMENT, KEPT, MASKED, ONCE, ONE_LEADER, OUTPUTS, REPAIRED, STAMPS, STOPPED};
use super::node::ReplicatedService;
use super::system::SETTLED;

pub use accused::OnlyTheFaultyAreAccused;
pub use answers::FaultsAreMasked;
pub use failover::{AnsweredIsKept, OneLeaderAnswers, OnlyTheStoppedAreReplaced};
pub use order::Executions;
pub(super) use order::number;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<ReplicatedService>] = &[
    PropertyRow {
        name: STOPPED,
        summary: "With semi-active replication a node leads only when all before it have stopped.",
        source: "Powell (ed.), Delta-4, 1991: nodes are fail-silent; Chandra and Toueg 1996: strong accuracy",
        make: |config| Box::new(OnlyTheStoppedAreReplaced::new(config)),
    },
    PropertyRow {
        name: KEPT,
        summary: "With semi-active replication, who comes to lead has executed every command that was answered.",
        source: "Powell (ed.), Delta-4, 1991: leader and followers",
        make: |config| Box::new(AnsweredIsKept::new(config)),
    },
    PropertyRow {
        name: ONE_LEADER,
        summary: "With semi-active replication no leader answers once a later one leads.",
        source: "Powell (ed.), Delta-4, 1991: only the leader answers",
        make: |config| Box::new(OneLeaderAnswers::new(config)),
    },
    PropertyRow {
        name: AGREEMENT,
        summary: "All replicas execute the same commands in the same order with the same decisions, those of replicas that have \
                  stopped and of which nobody else knows aside.",
        source: "Schneider 1990, section 3: Agreement and Order; Barrett et al. 1990: followers do as the leader has done",
        make: |config| Box::new(Executions::agree(config)),
    },
    PropertyRow {
        name: ONCE,
        summary: "No request is executed as two commands, and none twice by a replica that has not booted meanwhile.",
        source: "Schneider 1990, section 3: a state machine processes each request once",
        make: |config| Box::new(Executions::happen_once(config)),
    },
    PropertyRow {
        name: OUTPUTS,
        summary: "What comes out of a command is the same at all replicas that compute right.",
        source: "Schneider 1990, section 1: outputs are completely determined by the sequence of requests",
        make: |config| Box::new(Executions::come_to_the_same(config)),
    },
    PropertyRow {
        name: STAMPS,
        summary: "Each update has a later stamp than the one before it.",
        source: "Ongaro's thesis 2014, section 6.3: time that commands carry",
        make: |config| Box::new(Executions::have_rising_stamps(config)),
    },
    PropertyRow {
        name: MASKED,
        summary: "What a client believes is what came out of its command at the replicas that compute right.",
        source: "Schneider 1990, section 3: the output of the ensemble is that of the majority",
        make: |config| Box::new(FaultsAreMasked::new(config)),
    },
    PropertyRow {
        name: ACCUSED,
        summary: "Only a replica that has computed something wrong is said to differ from the others.",
        source: "Schneider 1990, section 7: it is faulty components that are removed",
        make: |_| Box::<OnlyTheFaultyAreAccused>::default(),
    },
    PropertyRow {
        name: REPAIRED,
        summary: "When nothing has been asked and nobody apart for a while, all copies are the same.",
        source: "Schneider 1990, section 7: a repaired replica is reintegrated with the state of the others",
        make: |_| Box::new(EventuallyAlike::new(SETTLED)),
    },
];
