//! The Synod as a system that scenarios can name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::{SequentialModel, check_level_by_order};
use sim_core::{
    CheckLevel, Flaw, FlawInfo, Kinds, LivenessClaims, NodeId, Outlook, OwedTo, PropertyRow, SimRng, SystemUnderTest,
    Workload,
};

use super::config::SynodConfig;
use super::flaws::SynodFlaw;
use super::message::{Decision, SynodMessage, SynodOp, Value};
use super::node::Synod;
use super::properties;

impl SystemUnderTest for Synod {
    const NAME: &'static str = "synod";
    const SUMMARY: &'static str = "Single-decree Paxos, the Synod (Lamport 1998, 2001)";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = SynodFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[SynodMessage::KINDS, SynodOp::KINDS];
    const LIVENESS: LivenessClaims<Self> =
        LivenessClaims { owed_to: OwedTo::EachClient, can_progress, ..LivenessClaims::NONE };
    const CHECK_LEVEL: CheckLevel<Self> =
        |level, history, budget| Some(check_level_by_order(&OneDecision, history, level, budget));

    type Config = SynodConfig;
    type Workload = SynodWorkload;

    fn node(config: &SynodConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }
}

/// A proposer and a majority of the acceptors, up and connected, and no other proposer that an acceptor hears though it
/// is not repaired: its ballots may overtake the others' for ever.
fn can_progress(outlook: &Outlook<'_, Synod>) -> Result<(), String> {
    let Some(roles) = outlook.nodes().iter().find_map(|node| outlook.node(*node)).map(|node| &node.roles) else {
        return Err("no node is up".to_owned());
    };
    let is_enough =
        |nodes: &[NodeId]| roles.has_quorum(nodes) && roles.proposers.iter().any(|node| nodes.contains(node));
    if !outlook.has_connected_quorum(outlook.nodes(), is_enough) {
        return Err("no proposer and majority of the acceptors are up and connected".to_owned());
    }
    let is_heard = |node: NodeId| roles.acceptors.iter().any(|other| *other != node && outlook.is_heard(node, *other));
    match outlook.unrepaired().find(|node| roles.proposers.contains(node) && is_heard(*node)) {
        Some(node) => Err(format!("{node} begins ballots, and cannot be relied on to end them")),
        None => Ok(()),
    }
}

/// What clients ask: every operation proposes a value of its own, above zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SynodWorkload {}

impl Workload for SynodWorkload {
    type Op = SynodOp;

    fn operation(&self, client: u32, index: u32, _: &mut SimRng) -> SynodOp {
        SynodOp::Propose { value: client.saturating_mul(1_000).saturating_add(index).saturating_add(1) }
    }
}

/// The first that is proposed is chosen, and everybody is told that.
#[derive(Clone, Copy, Debug, Default)]
struct OneDecision;

impl SequentialModel for OneDecision {
    type Op = SynodOp;
    type Reply = Decision;
    type State = Option<Value>;
    type Key = ();

    fn initial(&self) -> Option<Value> {
        None
    }

    fn apply(
        &self,
        state: &Option<Value>,
        SynodOp::Propose { value }: &SynodOp,
        reply: Option<&Decision>,
    ) -> Option<Self::State> {
        let chosen = state.unwrap_or(*value);
        reply.is_none_or(|reply| reply.value == chosen).then_some(Some(chosen))
    }

    fn key(&self, _: &SynodOp) -> Option<()> {
        Some(())
    }
}
