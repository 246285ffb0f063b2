//! What attackers know: all that was ever said to them, and when it is their turn to lead.

use std::collections::BTreeMap;
use std::rc::Rc;

use sim_core::{AdversaryContext, NodeId};

use crate::block::{Block, BlockHash, Command, Content};
use crate::certificate::{Ballots, Certificate, Electorate, Vote};
use crate::checkpoint::Checkpoint;
use crate::config::HotStuffConfig;
use crate::message::Message;
use crate::node::HotStuff;

/// How many certificates it remembers.
const CERTIFICATES: usize = 8;

/// How many views back it remembers blocks.
const BLOCKS: u64 = 64;

/// What replicas know that pool what they know.
#[derive(Debug)]
pub(super) struct Insider {
    config: HotStuffConfig,
    electorate: Electorate,
    genesis: Rc<Block>,
    blocks: BTreeMap<BlockHash, Rc<Block>>,
    /// The highest certificates, the highest first.
    certificates: Vec<Rc<Certificate>>,
    ballots: Ballots,
    wanted: BTreeMap<NodeId, u64>,
    /// The last view in which a puppet has led.
    led: u64,
    /// A command that some block asked for.
    command: Option<Command>,
}

/// It is the turn of a puppet to propose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) leader: NodeId,
    pub(super) view: u64,
}

impl Insider {
    pub(super) fn new(config: &HotStuffConfig) -> Self {
        let genesis = Checkpoint::genesis().block;
        let certificate = Certificate { view: 0, block: genesis.hash(), votes: Vec::new() };
        Self {
            config: config.clone(),
            electorate: Electorate::new(config, &[]),
            blocks: [(genesis.hash(), Rc::clone(&genesis))].into(),
            genesis,
            certificates: vec![Rc::new(certificate)],
            ballots: Ballots::default(),
            wanted: BTreeMap::new(),
            led: 0,
            command: None,
        }
    }

    /// It begins to act for replicas.
    pub(super) fn begin(&mut self, ctx: &AdversaryContext<'_, HotStuff>) {
        self.electorate = Electorate::new(&self.config, ctx.nodes());
    }

    /// Takes note of what a puppet is told, votes for what is proposed, and tells whether it is the
    /// turn of a puppet to propose.
    pub(super) fn follow(
        &mut self,
        from: NodeId,
        message: &Message,
        ctx: &mut AdversaryContext<'_, HotStuff>,
    ) -> Option<Turn> {
        self.hear(from, message);
        if let Message::Proposal(block) = message {
            self.vote(block, ctx);
        }
        self.turn(ctx)
    }

    /// Takes note of what a puppet is told.
    fn hear(&mut self, from: NodeId, message: &Message) {
        match message {
            Message::Proposal(block) => self.see(block),
            Message::Blocks(blocks) => blocks.iter().for_each(|block| self.see(block)),
            Message::State(state) => self.see(&state.block),
            Message::NewView(new_view) => {
                self.keep(&new_view.high);
                let wanted = self.wanted.entry(from).or_default();
                *wanted = new_view.view.max(*wanted);
            }
            Message::Vote(vote) if vote.verify().is_some() => {
                if let Some(certificate) = self.ballots.cast(vote.clone(), &self.electorate) {
                    self.keep(&Rc::new(certificate));
                }
            }
            Message::Vote(_) | Message::Fetch(_) => {}
        }
    }

    fn see(&mut self, block: &Rc<Block>) {
        self.keep(block.justify());
        if let Some(command) = block.commands().first() {
            self.command = Some(command.clone());
        }
        self.blocks.insert(block.hash(), Rc::clone(block));
        let oldest = self.highest().view.saturating_sub(BLOCKS);
        self.blocks.retain(|_, block| block.view() >= oldest);
    }

    fn keep(&mut self, certificate: &Rc<Certificate>) {
        let is_known = self.certificates.iter().any(|known| known.block == certificate.block);
        if !is_known && self.electorate.accepts(certificate, &self.genesis) {
            let place = self.certificates.partition_point(|known| known.view > certificate.view);
            self.certificates.insert(place, Rc::clone(certificate));
            self.certificates.truncate(CERTIFICATES);
            self.ballots.forget_before(self.highest().view.saturating_sub(1));
        }
    }

    /// The certificates of blocks that it has seen, the highest first.
    pub(super) fn certificates(&self) -> Vec<Rc<Certificate>> {
        let has_block = |certificate: &&Rc<Certificate>| self.blocks.contains_key(&certificate.block);
        self.certificates.iter().filter(has_block).cloned().collect()
    }

    fn highest(&self) -> &Certificate {
        &self.certificates[0]
    }

    /// The view that a puppet leads from now on, if there is one: its predecessor is certified, or a
    /// quorum with the puppets gives it up.
    fn turn(&mut self, ctx: &AdversaryContext<'_, HotStuff>) -> Option<Turn> {
        let others = self.electorate.quorum().saturating_sub(ctx.puppets().len());
        let mut wanted: Vec<u64> = self.wanted.values().copied().collect();
        wanted.sort_unstable_by(|a, b| b.cmp(a));
        let called = others.checked_sub(1).and_then(|place| wanted.get(place)).copied().unwrap_or_default();
        let view = called.max(self.highest().view + 1);
        let leader = self.electorate.leader(view);
        if view <= self.led || !ctx.puppets().contains(&leader) {
            return None;
        }
        self.led = view;
        Some(Turn { leader, view })
    }

    /// A command that some block asked for.
    pub(super) fn command(&self) -> Option<&Command> {
        self.command.as_ref()
    }

    /// A block for a turn, behind the block of a certificate.
    pub(super) fn block(&self, turn: Turn, justify: &Rc<Certificate>, command: Option<Command>) -> Option<Rc<Block>> {
        let height = self.blocks.get(&justify.block)?.height() + 1;
        let commands = command.into_iter().collect();
        let (parent, justify) = (justify.block, Rc::clone(justify));
        Some(Rc::new(Block::new(Content { view: turn.view, height, parent, justify, commands })))
    }

    /// Proposes a block to everybody, as a correct leader would.
    pub(super) fn propose(&mut self, turn: Turn, block: &Rc<Block>, ctx: &mut AdversaryContext<'_, HotStuff>) {
        ctx.broadcast(turn.leader, &Message::Proposal(Rc::clone(block)));
        self.vote(block, ctx);
    }

    /// All puppets vote for a block.
    pub(super) fn vote(&mut self, block: &Rc<Block>, ctx: &mut AdversaryContext<'_, HotStuff>) {
        self.see(block);
        for puppet in ctx.puppets() {
            let vote = Message::Vote(ctx.sign(*puppet, Vote { view: block.view(), block: block.hash() }));
            let next = self.electorate.leader(block.view() + 1);
            if ctx.puppets().contains(&next) {
                self.hear(*puppet, &vote);
            } else {
                ctx.send(*puppet, next, vote);
            }
        }
    }

    /// The correct replicas.
    pub(super) fn victims(&self, ctx: &AdversaryContext<'_, HotStuff>) -> Vec<NodeId> {
        self.electorate.nodes.iter().copied().filter(|node| !ctx.puppets().contains(node)).collect()
    }
}
