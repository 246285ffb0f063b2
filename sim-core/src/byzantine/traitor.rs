//! What a Byzantine node has at hand when it makes up a message.

use std::collections::BTreeSet;

use crate::process::NodeId;
use crate::signature::Signed;

/// A node that lies, for the protocol to say what it could send.
#[derive(Debug)]
pub struct Traitor<'a, M> {
    pub(crate) me: NodeId,
    pub(crate) to: NodeId,
    pub(crate) nodes: &'a [NodeId],
    pub(crate) traitors: &'a BTreeSet<NodeId>,
    pub(crate) past: &'a [M],
}

impl<M> Traitor<'_, M> {
    /// The node that lies.
    pub const fn me(&self) -> NodeId {
        self.me
    }

    /// To whom the message goes.
    pub const fn receiver(&self) -> NodeId {
        self.to
    }

    /// All nodes of the run.
    pub const fn nodes(&self) -> &[NodeId] {
        self.nodes
    }

    /// What the node has sent before, the latest last, as it was meant to be: stale votes and
    /// certificates. Only so much of it as fits a small memory.
    pub const fn past(&self) -> &[M] {
        self.past
    }

    /// A statement with the signature of `signer`: one that verifies if that is a Byzantine node,
    /// for these share their keys, and a forged one otherwise.
    pub fn sign<T>(&self, signer: NodeId, content: T) -> Signed<T> {
        if self.traitors.contains(&signer) { Signed::genuine(signer, content) } else { Signed::forged(signer, content) }
    }

    /// The statement without its signature.
    pub fn unsigned<T: Clone>(&self, statement: &Signed<T>) -> Signed<T> {
        Signed::forged(statement.signer(), statement.content().clone())
    }
}
