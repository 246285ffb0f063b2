//! The client of a system in which some replicas may lie: it believes what enough of them say alike.
//!
//! With at most f Byzantine replicas, f + 1 that give the same reply have a correct one among them
//! (Castro and Liskov 1999, section 4.1).

use sim_core::{Answer, Client, ClientContext, ClientProfile, ClientTimer, NodeId, OperationId, Protocol, RequestId};

/// Asks one operation at a time, and takes it as done when `needed` replicas have given the same
/// reply.
///
/// It asks whom [`Ask`] says first, and after every timeout all replicas. Every attempt bears the
/// same [`RequestId`]. When all attempts of its [profile](ClientProfile) are spent the outcome is
/// unknown and the client goes on under a new session. Redirections and rejections it ignores: one
/// replica's word proves nothing.
#[derive(Debug)]
pub struct MatchingClient<P: Protocol> {
    profile: ClientProfile,
    needed: usize,
    ask: Ask,
    session: u32,
    sequence: u32,
    current: Option<Current<P>>,
    done: bool,
}

/// Whom a [`MatchingClient`] asks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// All replicas.
    All,
    /// The replica with this number, modulo how many there are; the next one after each timeout.
    One(u32),
}

#[derive(Debug)]
struct Current<P: Protocol> {
    operation: OperationId,
    op: P::Op,
    attempts: u32,
    /// The last reply of each replica.
    replies: Vec<(NodeId, P::Reply)>,
}

const THINK: ClientTimer = ClientTimer(0);
const ATTEMPT: ClientTimer = ClientTimer(1);

impl<P: Protocol<Reply: PartialEq>> MatchingClient<P> {
    /// A client that waits for `needed` matching replies: f + 1, or 2f + 1 where replies are not of
    /// committed state.
    pub const fn new(profile: ClientProfile, needed: usize, ask: Ask) -> Self {
        Self { profile, needed, ask, session: 0, sequence: 0, current: None, done: false }
    }

    const fn request_id(&self, me: NodeId) -> RequestId {
        RequestId { client: me, session: self.session, sequence: self.sequence }
    }

    fn think(&mut self, ctx: &mut ClientContext<'_, P>) {
        self.current = None;
        ctx.cancel_timer(ATTEMPT);
        let (low, high) = self.profile.think;
        let pause = ctx.choose_duration("think", low, high);
        ctx.set_timer(THINK, pause);
    }

    fn begin(&mut self, ctx: &mut ClientContext<'_, P>) {
        let Some(op) = ctx.next_operation() else {
            self.done = true;
            return;
        };
        let operation = ctx.invoke(op.clone(), self.request_id(ctx.me()));
        self.current = Some(Current { operation, op, attempts: 0, replies: Vec::new() });
        self.attempt(ctx);
    }

    fn attempt(&mut self, ctx: &mut ClientContext<'_, P>) {
        let request = self.request_id(ctx.me());
        let Some(current) = &mut self.current else { return };
        current.attempts += 1;
        ctx.set_timer(ATTEMPT, self.profile.timeout);
        let nodes = ctx.nodes();
        let asked = match self.ask {
            Ask::One(target) if current.attempts == 1 => {
                let target = target as usize % nodes.len();
                &nodes[target..=target]
            }
            Ask::One(_) | Ask::All => nodes,
        };
        for node in asked {
            ctx.request(*node, request, current.op.clone());
        }
    }

    fn give_up(&mut self, ctx: &mut ClientContext<'_, P>) {
        if let Some(current) = self.current.take() {
            ctx.unknown(current.operation);
        }
        self.session += 1;
        self.sequence = 0;
    }
}

impl<P: Protocol> Current<P>
where
    P::Reply: PartialEq,
{
    /// Takes a reply into account; tells how many replicas have given this one.
    fn count(&mut self, from: NodeId, reply: &P::Reply) -> usize {
        match self.replies.iter_mut().find(|(node, _)| *node == from) {
            Some((_, earlier)) => earlier.clone_from(reply),
            None => self.replies.push((from, reply.clone())),
        }
        self.replies.iter().filter(|(_, other)| other == reply).count()
    }
}

impl<P: Protocol<Reply: PartialEq>> Client<P> for MatchingClient<P> {
    fn on_start(&mut self, ctx: &mut ClientContext<'_, P>) {
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
        answer: Answer<P::Reply>,
        ctx: &mut ClientContext<'_, P>,
    ) {
        if request != self.request_id(ctx.me()) {
            return;
        }
        let (Some(current), Answer::Reply(reply)) = (&mut self.current, answer) else { return };
        if current.count(from, &reply) >= self.needed {
            ctx.ok(current.operation, reply);
            self.sequence += 1;
            self.think(ctx);
        }
    }

    fn on_timer(&mut self, timer: ClientTimer, ctx: &mut ClientContext<'_, P>) {
        if timer == THINK {
            return self.begin(ctx);
        }
        if let Ask::One(target) = &mut self.ask {
            *target += 1;
        }
        if self.current.as_ref().is_some_and(|current| current.attempts >= self.profile.attempts) {
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

#[cfg(test)]
mod tests {
    use sim_core::{Context, Duration, Nothing, OperationOutcome, Simulation};

    use super::*;

    /// Answers with the number of the node divided by `alike`, if the node is one that answers.
    #[derive(Debug)]
    struct Answers {
        alike: u32,
        silent: u32,
    }

    impl Protocol for Answers {
        type Message = Nothing;
        type Timer = Nothing;
        type Record = Nothing;
        type Op = u32;
        type Reply = u32;
        type Event = &'static str;

        fn on_start(&mut self, _: &mut Context<'_, Self>) {}

        fn on_message(&mut self, _: NodeId, message: Nothing, _: &mut Context<'_, Self>) {
            match message {}
        }

        fn on_request(&mut self, request: RequestId, _: u32, ctx: &mut Context<'_, Self>) {
            if ctx.me().index() >= self.silent {
                ctx.reply(request, ctx.me().index() / self.alike);
                ctx.reply(request, ctx.me().index() / self.alike);
            } else {
                ctx.redirect(request, Some(NodeId::node(3)));
            }
        }
    }

    /// What became of one operation, and how many milliseconds it took, 1 ms each way.
    fn outcome(ask: Ask, alike: u32, silent: u32) -> (Option<u32>, Option<u64>) {
        let ms = Duration::from_millis(1);
        let network = sim_core::LinkProfile { latency: sim_core::Latency::Constant(ms), ..Default::default() };
        let profile = ClientProfile { operations: 1, attempts: 3, think: (ms, ms), ..ClientProfile::default() };
        let simulation = Simulation::new(4, move |_, _| Answers { alike, silent })
            .network(network)
            .clients(profile, |_, index, _| index)
            .client_behaviour(move |_, profile| MatchingClient::new(profile, 2, ask));
        let history = simulation.run(0).history;
        let (_, operation) = history.iter().next().expect("one operation is asked");
        let took = operation.returned().map(|at| (at.time_ns - operation.invoked.time_ns) / 1_000_000);
        match operation.outcome {
            OperationOutcome::Ok { reply, .. } => (Some(reply), took),
            _ => (None, took),
        }
    }

    #[test]
    fn replies_of_different_replicas_must_match() {
        assert_eq!(outcome(Ask::All, 4, 0), (Some(0), Some(2)));
        assert_eq!(outcome(Ask::All, 1, 0), (None, None), "all say something else");
        assert_eq!(outcome(Ask::All, 4, 2), (Some(0), Some(2)), "two say nothing");
        assert_eq!(outcome(Ask::All, 4, 3), (None, None), "one who says it twice is one");
    }

    #[test]
    fn who_asks_one_replica_asks_all_after_a_timeout() {
        assert_eq!(outcome(Ask::One(2), 4, 0), (Some(0), Some(502)));
    }
}
