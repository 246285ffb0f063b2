//! Scripted attackers that act for nodes.
use std::fmt;

use crate::context::Draws;
use crate::process::{NodeId, ProcessId, RequestId};
use crate::protocol::Protocol;
use crate::signature::Signed;
use crate::time::{Duration, Time};

/// A script that acts for several nodes at once, its puppets, instead of their code.
///
/// It sees all that its puppets receive, so that they collude, and can sign only for them. If it
/// rushes, messages to and from its puppets take no time: it acts in the same round, after it has
/// seen what the others say in it.
pub trait Adversary<P: Protocol>: fmt::Debug {
    /// Whether it sees messages at once, and its own arrive at once.
    fn rushes(&self) -> bool {
        true
    }

    /// It takes over.
    fn on_start(&mut self, ctx: &mut AdversaryContext<'_, P>) {
        let _ = ctx;
    }

    /// One of its puppets received a message.
    fn on_message(&mut self, puppet: NodeId, from: NodeId, message: &P::Message, ctx: &mut AdversaryContext<'_, P>);

    /// A client asks one of its puppets.
    fn on_request(&mut self, puppet: NodeId, request: RequestId, op: &P::Op, ctx: &mut AdversaryContext<'_, P>) {
        let _ = (puppet, request, op, ctx);
    }

    /// A timer that it armed fired.
    fn on_timer(&mut self, timer: u64, ctx: &mut AdversaryContext<'_, P>) {
        let _ = (timer, ctx);
    }
}

/// What an adversary sees of the world and how it acts on it.
pub struct AdversaryContext<'a, P: Protocol> {
    pub(crate) process: ProcessId,
    pub(crate) puppets: &'a [NodeId],
    pub(crate) nodes: &'a [NodeId],
    pub(crate) now: Time,
    pub(crate) draws: &'a mut Draws,
    pub(crate) effects: &'a mut Vec<AdversaryEffect<P>>,
    /// The request that a puppet is asked.
    pub(crate) asked: Option<RequestId>,
}

/// What an adversary asked the engine for.
#[derive(Debug)]
pub(crate) enum AdversaryEffect<P: Protocol> {
    Send { from: NodeId, to: NodeId, message: P::Message },
    Reply { from: NodeId, request: RequestId, reply: P::Reply },
    SetTimer { timer: u64, after: Duration },
}

impl<'a, P: Protocol> AdversaryContext<'a, P> {
    /// The nodes that it acts for, in ascending order.
    pub const fn puppets(&self) -> &'a [NodeId] {
        self.puppets
    }

    /// All nodes, in ascending order.
    pub const fn nodes(&self) -> &'a [NodeId] {
        self.nodes
    }

    /// True virtual time.
    pub const fn now(&self) -> Time {
        self.now
    }

    /// Sends a message under the name of a puppet.
    ///
    /// # Panics
    /// If `from` is not one of its puppets: nobody can send under another's name.
    pub fn send(&mut self, from: NodeId, to: NodeId, message: P::Message) {
        self.must_be_mine(from);
        self.effects.push(AdversaryEffect::Send { from, to, message });
    }

    /// Sends a message under the name of a puppet to all nodes but itself.
    ///
    /// # Panics
    /// If `from` is not one of its puppets.
    pub fn broadcast(&mut self, from: NodeId, message: &P::Message) {
        for to in self.nodes.iter().filter(|to| **to != from) {
            self.send(from, *to, message.clone());
        }
    }

    /// Answers a client under the name of a puppet.
    ///
    /// # Panics
    /// If `from` is not one of its puppets.
    pub fn reply(&mut self, from: NodeId, request: RequestId, reply: P::Reply) {
        self.must_be_mine(from);
        self.effects.push(AdversaryEffect::Reply { from, request, reply });
    }

    /// Has [`on_timer`](Adversary::on_timer) called with `timer`, this much later.
    pub fn set_timer(&mut self, timer: u64, after: Duration) {
        self.effects.push(AdversaryEffect::SetTimer { timer, after });
    }

    /// A statement with the signature of `signer`: one that verifies if that is a puppet, and a
    /// forged one otherwise.
    pub fn sign<T>(&self, signer: NodeId, content: T) -> Signed<T> {
        if self.puppets.contains(&signer) { Signed::genuine(signer, content) } else { Signed::forged(signer, content) }
    }

    /// What a client asks in the request that came to a puppet, with the signature that it came with.
    ///
    /// # Panics
    /// If this is not the request that the script was called with: no other signature of the
    /// client's is at hand.
    pub fn signed_request(&self, request: RequestId, op: P::Op) -> Signed<(RequestId, P::Op)> {
        assert_eq!(self.asked, Some(request), "a client's signature is at hand while its request is handled");
        Signed::genuine(request.client, (request, op))
    }

    /// Draws a whole number from `range` for the purpose named `name`. The calm answer is the
    /// range's start.
    ///
    /// # Panics
    /// If the range is empty.
    pub fn choose(&mut self, name: &'static str, range: std::ops::Range<u64>) -> u64 {
        assert!(!range.is_empty(), "{name}: nothing to choose from in {range:?}");
        range.start + self.draws.own_choice(self.process, self.puppets[0], name, range.end - range.start)
    }

    fn must_be_mine(&self, from: NodeId) {
        assert!(
            self.puppets.contains(&from),
            "{from} is not one of the adversary's nodes: it cannot send under its name"
        );
    }
}

impl<P: Protocol> fmt::Debug for AdversaryContext<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdversaryContext")
            .field("puppets", &self.puppets)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
