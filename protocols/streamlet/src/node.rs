//! A node: epochs, proposals and votes.

use sim_core::{Context, Duration, NodeId, Nothing, Protocol, Signed};

use super::config::StreamletConfig;
use super::echoes::Echoes;
use super::flaws::StreamletFlaw;
use super::message::{Ballot, Block, BlockHash, Event, Message, Record, Timer};
use super::tree::{FinalityRule, Growth, Tree};
use parts::journal::Journal;

/// A node of the blockchain.
#[derive(Debug)]
pub struct Streamlet {
    pub(super) me: NodeId,
    pub(super) config: StreamletConfig,
    /// All nodes, in ascending order.
    pub(super) nodes: Vec<NodeId>,
    pub(super) tree: Tree,
    pub(super) journal: Journal,
    echoes: Echoes,
    /// The epoch that goes on, by its wall clock.
    epoch: u64,
    /// The last epoch in which it has voted; it never votes in that again, or in one before.
    pub(super) last_voted: u64,
    /// The first proposal that it has seen of the epoch that goes on.
    candidate: Option<BlockHash>,
    /// The epoch in which a block became final last, or the node booted.
    finalized_in: u64,
    /// Whether that is so long ago that it has said so.
    is_stalled: bool,
}

/// Payloads are below this, and small enough to be read in a trace.
const PAYLOADS: u64 = 1000;

/// After so many epochs in which no block became final a node says that it is stalled.
const PATIENCE: u64 = 8;

type Ctx<'a> = Context<'a, Streamlet>;

impl Streamlet {
    pub(super) fn new(config: &StreamletConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            me,
            config: config.clone(),
            nodes: nodes.to_vec(),
            tree: Self::tree(config, nodes.len()),
            journal: Journal::default(),
            echoes: Echoes::default(),
            epoch: 0,
            last_voted: 0,
            candidate: None,
            finalized_in: 0,
            is_stalled: false,
        }
    }

    /// The genesis block alone, under the rules of this configuration.
    pub(super) fn tree(config: &StreamletConfig, nodes: usize) -> Tree {
        let rule = FinalityRule {
            adjacent: if config.flaws.has(StreamletFlaw::FinalizesTwo) { 2 } else { 3 },
            consecutive: !config.flaws.has(StreamletFlaw::IgnoresEpochs),
        };
        Tree::new(config.quorum(nodes), rule)
    }

    /// The blocks that are final, in ascending order, without the genesis block.
    pub fn finalized(&self) -> &[BlockHash] {
        self.tree.finalized()
    }

    /// Whether a known bug is switched on.
    #[inline]
    pub(super) fn has(&self, flaw: StreamletFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    pub(super) fn leader(&self, epoch: u64) -> NodeId {
        StreamletConfig::leader(epoch, &self.nodes)
    }

    /// Whether a statement bears its signer's own signature.
    pub(super) fn is_signed<T>(&self, statement: &Signed<T>) -> bool {
        statement.verify().is_some() || self.has(StreamletFlaw::TrustsSignatures)
    }

    /// Looks at the clock which epoch it is, and tells how much of it is left.
    fn look_at_clock(&mut self, ctx: &Ctx<'_>) -> Duration {
        let (epoch, left) = self.config.epoch(ctx.wall_clock());
        if epoch != self.epoch {
            (self.epoch, self.candidate) = (epoch, None);
        }
        left
    }

    /// An epoch begins, or the node boots in the middle of one.
    fn begin_epoch(&mut self, ctx: &mut Ctx<'_>) {
        let left = self.look_at_clock(ctx);
        ctx.set_timer(Timer::Epoch, left);
        if self.epoch >= self.finalized_in + PATIENCE && !self.is_stalled {
            self.is_stalled = true;
            ctx.emit(Event::Stalled);
        }
        self.propose(ctx);
    }

    /// A leader proposes a block that extends a longest notarized chain.
    fn propose(&mut self, ctx: &mut Ctx<'_>) {
        let epoch = self.epoch;
        if self.leader(epoch) != self.me || epoch <= self.last_voted {
            return;
        }
        let block = Block { parent: self.tree.tip(), epoch, payload: ctx.choose("payload", 0..PAYLOADS) };
        let proposal = ctx.sign(block);
        ctx.emit(Event::Proposed { epoch, block: block.hash() });
        let mut grown = Vec::new();
        self.tree.add_block(proposal.clone(), &mut grown);
        self.candidate = Some(block.hash());
        self.vote(proposal, true, ctx);
    }

    /// Whether a notarized chain of this length is as long as any.
    fn is_longest(&self, length: u64) -> bool {
        length == self.tree.longest() || self.has(StreamletFlaw::BuggyStreamlet)
    }

    /// Votes for the first proposal of the epoch, if it extends one of the longest notarized chains.
    pub(super) fn vote_if_due(&mut self, ctx: &mut Ctx<'_>) {
        let Some(proposal) = self.candidate.and_then(|hash| self.tree.block(hash)) else { return };
        let Block { parent, epoch, .. } = *proposal.content();
        let extends_longest = self.tree.length(parent).is_some_and(|length| self.is_longest(length));
        let is_new = epoch > self.last_voted || (epoch == self.last_voted && self.has(StreamletFlaw::VotesTwice));
        if extends_longest && is_new {
            self.vote(proposal.clone(), false, ctx);
        }
    }

    /// Votes, and proposes what it votes for if it is the leader.
    fn vote(&mut self, proposal: Signed<Block>, proposes: bool, ctx: &mut Ctx<'_>) {
        let (epoch, block) = (proposal.content().epoch, proposal.content().hash());
        self.last_voted = epoch;
        self.candidate = None;
        let vote = ctx.sign(Ballot { epoch, block });
        self.write_vote(proposal.clone(), vote.clone(), ctx);
        ctx.emit(Event::Voted { epoch, block });
        if proposes {
            ctx.broadcast(Message::Propose(proposal));
        }
        ctx.broadcast(Message::Vote(vote.clone()));
        let mut grown = Vec::new();
        self.tree.add_vote(vote, &mut grown);
        self.note(grown, ctx);
    }

    /// Writes down what is notarized, and announces it and what is final.
    pub(super) fn note(&mut self, grown: Vec<Growth>, ctx: &mut Ctx<'_>) {
        let mut is_final = false;
        for growth in &grown {
            if let Growth::Notarized(hash) = growth
                && let Some(certified) = self.tree.certified(*hash)
            {
                self.journal.append(Record::Notarized(certified), ctx);
            }
            is_final |= matches!(growth, Growth::Finalized(..));
        }
        if is_final {
            self.journal.make_durable(ctx);
            (self.finalized_in, self.is_stalled) = (self.epoch, false);
        }
        for growth in grown {
            match growth {
                Growth::Notarized(block) => {
                    let epoch = self.tree.block(block).map_or(0, |proposal| proposal.content().epoch);
                    ctx.emit(Event::Notarized { epoch, block });
                }
                Growth::Finalized(length, block) => ctx.emit(Event::Finalized { length, block }),
            }
        }
    }

    /// Whether a statement can be of this epoch already, if clocks are a little apart. What is from
    /// further ahead is none that a correct node makes, and there is no end of it.
    const fn has_come(&self, epoch: u64) -> bool {
        epoch <= self.epoch.saturating_add(1)
    }

    /// Passes a statement on to all who have not had a hand in it.
    fn echo(&self, message: &Message, from: NodeId, signer: NodeId, ctx: &mut Ctx<'_>) {
        for to in self.nodes.iter().filter(|to| ![self.me, from, signer].contains(to)) {
            ctx.send(*to, message.clone());
        }
    }

    fn on_proposal(&mut self, from: NodeId, proposal: Signed<Block>, ctx: &mut Ctx<'_>) {
        let Block { parent, epoch, .. } = *proposal.content();
        if !self.has_come(epoch) || !self.is_signed(&proposal) || proposal.signer() != self.leader(epoch) {
            return;
        }
        let hash = proposal.content().hash();
        let mut grown = Vec::new();
        if !self.tree.add_block(proposal.clone(), &mut grown) {
            return;
        }
        if self.echoes.is_first_proposal(epoch) {
            self.echo(&Message::Propose(proposal.clone()), from, proposal.signer(), ctx);
        }
        self.note(grown, ctx);
        if epoch == self.epoch && (self.last_voted < epoch || self.has(StreamletFlaw::VotesTwice)) {
            if self.candidate.is_none() || self.has(StreamletFlaw::VotesTwice) {
                self.candidate = Some(hash);
            }
            match self.tree.length(parent) {
                None => self.fetch(parent, from, ctx),
                Some(length) if self.is_longest(length) => {}
                Some(_) => self.tell_of_longest(proposal.signer(), ctx),
            }
        }
        self.vote_if_due(ctx);
    }

    fn on_vote(&mut self, from: NodeId, vote: Signed<Ballot>, ctx: &mut Ctx<'_>) {
        let mut grown = Vec::new();
        let (Ballot { epoch, block: hash }, signer) = (*vote.content(), vote.signer());
        if !self.has_come(epoch) || !self.is_signed(&vote) || !self.nodes.contains(&signer) {
            return;
        }
        let was_loose = self.tree.is_loose(hash);
        if !self.tree.add_vote(vote.clone(), &mut grown) {
            return;
        }
        if self.echoes.is_first_vote(signer, epoch) {
            self.echo(&Message::Vote(vote), from, signer, ctx);
        }
        self.note(grown, ctx);
        if self.tree.is_loose(hash) && !was_loose {
            self.fetch(hash, from, ctx);
        }
        self.vote_if_due(ctx);
    }
}

impl Protocol for Streamlet {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Event;

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        let records = self.journal.open_readable(ctx);
        self.recover(records);
        self.look_at_clock(ctx);
        self.finalized_in = self.epoch;
        self.begin_epoch(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        self.look_at_clock(ctx);
        match message {
            Message::Propose(proposal) => self.on_proposal(from, proposal, ctx),
            Message::Vote(vote) => self.on_vote(from, vote, ctx),
            Message::Fetch { tip, above } => self.send_chain(from, tip, above, ctx),
            Message::Chain(chain) => self.on_chain(from, chain, ctx),
        }
    }

    fn on_timer(&mut self, Timer::Epoch: Timer, ctx: &mut Ctx<'_>) {
        self.begin_epoch(ctx);
    }

    /// Proposals of an epoch are one round, and votes the next.
    fn round(message: &Message) -> Option<u64> {
        match message {
            Message::Propose(proposal) => Some(proposal.content().epoch * 2),
            Message::Vote(vote) => Some(vote.content().epoch * 2 + 1),
            Message::Fetch { .. } | Message::Chain(_) => None,
        }
    }
}
