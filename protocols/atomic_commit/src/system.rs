//! The bank as a system that scenarios can name.

use parts::one_coordinator::OneCoordinator;
use sim_core::{
    CheckIsolation, Client, ClientProfile, ClosedLoop, Flaw, FlawInfo, Kinds, LivenessClaims, NodeId, OwedTo,
    PropertyRow, SystemUnderTest,
};

use super::bank::{BankOp, BankWorkload};
use super::config::CommitConfig;
use super::flaws::CommitFlaw;
use super::message::Message;
use super::node::AtomicCommit;
use super::{liveness, properties};

impl SystemUnderTest for AtomicCommit {
    const NAME: &'static str = "atomic-commit";
    const SUMMARY: &'static str = "Two-phase commit with presumed abort (Gray 1978; Mohan, Lindsay and Obermarck 1986), three-phase and Paxos Commit over the accounts of a bank";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = CommitFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, BankOp::KINDS];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: BankOp::kind,
        can_progress: liveness::can_progress,
        ..LivenessClaims::NONE
    };
    const CHECK_ISOLATION: CheckIsolation<Self> =
        |level, history, budget| Some(properties::check_isolation(level, history, budget));

    type Config = CommitConfig;
    type Workload = BankWorkload;

    fn node(config: &CommitConfig, me: NodeId, _: &[NodeId]) -> Self {
        Self::new(config, me)
    }

    fn client(config: &CommitConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        // A second coordinator would carry a transfer out a second time.
        let stays = !config.flaws.has(CommitFlaw::AsksAnotherCoordinator);
        let may_go_on = if stays { |op: &BankOp| matches!(op, BankOp::Audit { .. }) } else { |_: &BankOp| true };
        Box::new(ClosedLoop::with(OneCoordinator::new(index, may_go_on), profile))
    }
}
