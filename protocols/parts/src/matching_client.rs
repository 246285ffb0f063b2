//! The client of a system in which some replicas may lie: it believes what enough of them say alike.
//!
//! With at most f Byzantine replicas, f + 1 that give the same reply have a correct one among them
//! (Castro and Liskov 1999, section 4.1).

use sim_core::{Answer, Belief, NodeId, Protocol, Requests, Strategy};

/// The part of a [`ClosedLoop`](sim_core::ClosedLoop) that takes an operation as done when `needed` replicas have
/// given the same reply.
///
/// It asks whom [`Ask`] says first, and after every timeout all replicas. Redirections and rejections it ignores: one
/// replica's word proves nothing.
#[derive(Debug)]
pub struct MatchingReplies<P: Protocol> {
    needed: usize,
    ask: Ask,
    /// The last reply of each replica to the operation that is under way.
    replies: Vec<(NodeId, P::Reply)>,
}

/// Whom a client that waits for [`MatchingReplies`] asks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// All replicas.
    All,
    /// The replica with this number, modulo how many there are; the next one after each timeout.
    One(u32),
}

impl<P: Protocol<Reply: PartialEq>> MatchingReplies<P> {
    /// Waits for `needed` matching replies: f + 1, or 2f + 1 where replies are not of committed state.
    pub const fn new(needed: usize, ask: Ask) -> Self {
        Self { needed, ask, replies: Vec::new() }
    }

    /// Takes a reply into account; tells how many replicas have given this one.
    fn count(&mut self, from: NodeId, reply: &P::Reply) -> usize {
        match self.replies.iter_mut().find(|(node, _)| *node == from) {
            Some((_, earlier)) => earlier.clone_from(reply),
            None => self.replies.push((from, reply.clone())),
        }
        self.replies.iter().filter(|(_, other)| other == reply).count()
    }
}

impl<P: Protocol<Reply: PartialEq>> Strategy<P> for MatchingReplies<P> {
    fn begin(&mut self, _: &P::Op, _: &[NodeId]) {
        self.replies.clear();
    }

    fn ask(&mut self, op: &P::Op, attempt: u32, requests: &mut Requests<'_, '_, P>) {
        let nodes = requests.nodes();
        let asked = match self.ask {
            Ask::One(target) if attempt == 1 => {
                let target = target as usize % nodes.len();
                &nodes[target..=target]
            }
            Ask::One(_) | Ask::All => nodes,
        };
        asked.iter().for_each(|node| requests.send(*node, op.clone()));
    }

    fn on_answer(
        &mut self,
        _: &P::Op,
        from: NodeId,
        answer: Answer<P::Reply>,
        _: &mut Requests<'_, '_, P>,
    ) -> Belief<P::Reply> {
        match answer {
            Answer::Reply(reply) if self.count(from, &reply) >= self.needed => Belief::Done(reply),
            Answer::Reply(_) | Answer::Redirect(_) | Answer::Reject => Belief::Wait,
        }
    }

    fn on_timeout(&mut self) {
        if let Ask::One(target) = &mut self.ask {
            *target += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::{ClientProfile, ClosedLoop, Context, Duration, Nothing, OperationOutcome, RequestId, Simulation};

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
            .client_behaviour(move |_, profile| ClosedLoop::with(MatchingReplies::new(2, ask), profile));
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
