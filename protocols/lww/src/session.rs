//! The client's side: which replica it asks, and what it has seen.

use sim_core::SessionMemory;

use super::config::LwwConfig;
use super::history::{LwwOp, LwwReply};
use super::node::Lww;
use parts::clocks::CausalContext;
use parts::stickiness::Stickiness;

/// What a client remembers.
#[derive(Debug)]
pub(super) struct Session {
    /// The replica that it asks next, if it is not bound to one.
    next: usize,
    sessions: Stickiness,
    /// What it has seen or made, if it keeps a token.
    token: Option<CausalContext>,
}

impl Session {
    /// Client number `client` begins at the replica of that number.
    pub(super) fn new(config: &LwwConfig, client: u32) -> Self {
        let token = config.tokens.then(CausalContext::default);
        Self { next: client as usize, sessions: config.sessions, token }
    }
}

impl SessionMemory<Lww> for Session {
    fn begins_at(&mut self, _: &LwwOp, nodes: usize) -> Option<usize> {
        let at = self.next % nodes;
        self.next += usize::from(self.sessions == Stickiness::Roaming);
        Some(at)
    }

    fn request(&self, op: &LwwOp) -> LwwOp {
        match &self.token {
            Some(token) => LwwOp::After { token: token.clone(), op: Box::new(op.clone()) },
            None => op.clone(),
        }
    }

    fn reply(&mut self, _: &LwwOp, reply: LwwReply) -> LwwReply {
        if let Some(token) = &mut self.token {
            match &reply {
                LwwReply::Value { visible, .. } => token.merge(visible),
                LwwReply::Done { dot, .. } => token.insert(*dot),
            }
        }
        reply
    }
}
