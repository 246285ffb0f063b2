//! The client: it believes what enough replicas say (OSDI 4.1, 5.1.3).

use sim_core::{Answer, Client, ClientContext, ClientProfile, ClientTimer, NodeId, OperationId, RequestId};

use super::committee::Committee;
use super::config::PbftConfig;
use super::flaws::PbftFlaw;
use super::node::Pbft;
use super::request::{Op, Reply};

/// A client that asks the primary, then all replicas, until enough of them have said the same.
///
/// One operation at a time, every attempt under the same [`RequestId`]. When all attempts are spent
/// the outcome is unknown and the client goes on under a new session.
#[derive(Debug)]
pub struct PbftClient {
    config: PbftConfig,
    profile: ClientProfile,
    session: u32,
    sequence: u32,
    /// The view that it takes the replicas to be in.
    view: u64,
    current: Option<Current>,
    done: bool,
}

#[derive(Debug)]
struct Current {
    operation: OperationId,
    op: Op,
    attempts: u32,
    /// The reply of each replica, to the attempts of the kind that is under way.
    replies: Vec<(NodeId, Reply)>,
}

const THINK: ClientTimer = ClientTimer(0);
const ATTEMPT: ClientTimer = ClientTimer(1);

impl PbftClient {
    /// A client of replicas with this configuration.
    pub fn new(config: &PbftConfig, profile: ClientProfile) -> Self {
        Self { config: config.clone(), profile, session: 0, sequence: 0, view: 0, current: None, done: false }
    }

    const fn request_id(&self, me: NodeId) -> RequestId {
        RequestId { client: me, session: self.session, sequence: self.sequence }
    }

    fn think(&mut self, ctx: &mut ClientContext<'_, Pbft>) {
        self.current = None;
        ctx.cancel_timer(ATTEMPT);
        let (low, high) = self.profile.think;
        let pause = ctx.choose_duration("think", low, high);
        ctx.set_timer(THINK, pause);
    }

    fn begin(&mut self, ctx: &mut ClientContext<'_, Pbft>) {
        let Some(op) = ctx.next_operation() else {
            self.done = true;
            return;
        };
        let operation = ctx.invoke(op, self.request_id(ctx.me()));
        let op = Op { read_only: self.config.read_only && op.op.is_read(), ..op };
        self.current = Some(Current { operation, op, attempts: 0, replies: Vec::new() });
        self.attempt(ctx);
    }

    /// The first attempt goes to the primary, unless it is a read that all can answer at once. Those
    /// that follow go to all, as operations to be ordered.
    fn attempt(&mut self, ctx: &mut ClientContext<'_, Pbft>) {
        let Some(current) = &mut self.current else { return };
        current.attempts += 1;
        if current.attempts > 1 && current.op.read_only {
            current.op.read_only = false;
            current.replies.clear();
        }
        ctx.set_timer(ATTEMPT, self.profile.timeout);
        let (op, is_first) = (current.op, current.attempts == 1);
        let id = self.request_id(ctx.me());
        let committee = Committee::new(&self.config, ctx.nodes());
        if is_first && !op.read_only {
            ctx.request(committee.primary(self.view), id, op);
        } else {
            committee.replicas().iter().for_each(|replica| ctx.request(*replica, id, op));
        }
    }

    fn give_up(&mut self, ctx: &mut ClientContext<'_, Pbft>) {
        if let Some(current) = self.current.take() {
            ctx.unknown(current.operation);
        }
        self.session += 1;
        self.sequence = 0;
    }

    /// How many replicas must say the same. A read that is not ordered sees what was done before it
    /// only if both have a quorum (TOCS 5.1.3).
    fn replies_needed(&self, committee: &Committee, op: &Op) -> usize {
        if self.config.flaws.has(PbftFlaw::TrustsOneReply) {
            1
        } else if self.config.read_only && (op.read_only || !self.config.flaws.has(PbftFlaw::FewWriteReplies)) {
            committee.quorum()
        } else {
            committee.one_correct()
        }
    }

    /// The replies that say what this one says, if they are enough.
    fn believed(&self, reply: &Reply, nodes: &[NodeId]) -> Option<Vec<u64>> {
        let current = self.current.as_ref()?;
        let committee = Committee::new(&self.config, nodes);
        let same = current.replies.iter().filter(|(_, other)| other.result == reply.result);
        let views: Vec<u64> = same.map(|(_, other)| other.view).collect();
        (views.len() >= self.replies_needed(&committee, &current.op)).then_some(views)
    }
}

impl Client<Pbft> for PbftClient {
    fn on_start(&mut self, ctx: &mut ClientContext<'_, Pbft>) {
        if self.current.is_some() {
            self.give_up(ctx);
        }
        if !self.done {
            self.think(ctx);
        }
    }

    fn on_answer(
        &mut self,
        from: NodeId,
        request: RequestId,
        answer: Answer<Reply>,
        ctx: &mut ClientContext<'_, Pbft>,
    ) {
        // No replica redirects or rejects: one alone is not believed.
        let Answer::Reply(reply) = answer else { return };
        if request != self.request_id(ctx.me()) {
            return;
        }
        let Some(current) = self.current.as_mut().filter(|current| current.op.read_only == reply.read_only) else {
            return;
        };
        // The latest reply of a replica counts: while writes go on, reads that are not ordered differ.
        current.replies.retain(|(replica, _)| *replica != from);
        current.replies.push((from, reply.clone()));
        let operation = current.operation;
        if let Some(mut views) = self.believed(&reply, ctx.nodes()) {
            // At least one correct replica is in this view or a later one.
            views.sort_unstable_by(|a, b| b.cmp(a));
            let place = (self.config.faulty as usize).min(views.len() - 1);
            self.view = views[place];
            ctx.ok(operation, reply);
            self.sequence += 1;
            self.think(ctx);
        }
    }

    fn on_timer(&mut self, timer: ClientTimer, ctx: &mut ClientContext<'_, Pbft>) {
        if timer == THINK {
            return self.begin(ctx);
        }
        let is_spent = self.current.as_ref().is_some_and(|current| current.attempts >= self.profile.attempts);
        if is_spent {
            self.give_up(ctx);
            self.think(ctx);
        } else {
            self.attempt(ctx);
        }
    }

    fn is_done(&self) -> bool {
        self.done
    }
}
