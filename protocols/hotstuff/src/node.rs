//! One replica: what it knows, how events reach the code that handles them, and what must be
//! durable when.

use std::collections::BTreeMap;
use std::rc::Rc;

use sim_core::{Context, DiskEvent, NodeId, Protocol, RequestId, State};

use super::block::{Block, Command};
use super::certificate::{Ballots, Certificate, Electorate};
use super::checkpoint::Checkpoint;
use super::config::HotStuffConfig;
use super::flaws::HotStuffFlaw;
use super::message::{Event, Message, Timer};
use super::storage::{Promises, Record, Recovered, compacted};
use super::tree::BlockTree;
use parts::journal::{Journal, Persistent};
use parts::kv::Machine;
use parts::kv::{KvOp, KvReply};

/// A HotStuff replica of a key-value map.
#[derive(Debug)]
pub struct HotStuff {
    pub(super) config: HotStuffConfig,
    pub(super) me: NodeId,
    pub(super) electorate: Electorate,
    pub(super) genesis: Rc<Block>,

    /// Durable before a vote, or the wish for a view, leaves.
    pub(super) promises: Persistent<Promises>,
    /// Blocks are durable before a vote for them leaves.
    pub(super) tree: BlockTree,
    /// The state with which tree and disk begin. Checkpoints are taken at heights that are multiples
    /// of `checkpoint_every`, so that they are the same at all replicas.
    pub(super) checkpoint: Rc<Checkpoint>,
    pub(super) journal: Journal,

    // Volatile.
    pub(super) machine: Machine,
    /// The checkpoint after the one that tree and disk begin with.
    pub(super) next_checkpoint: Option<Rc<Checkpoint>>,
    pub(super) view: u64,
    /// The last view that a quorum wanted.
    pub(super) called: u64,
    /// How many views in a row were given up.
    pub(super) failures: u32,
    /// The last view in which the leader began to wait for something to propose.
    pub(super) idle_since: u64,
    /// The last view in which it waited long enough.
    pub(super) idle_until: u64,
    pub(super) ballots: Ballots,
    /// The view that each replica wants.
    pub(super) wanted: BTreeMap<NodeId, u64>,
    /// The latest proposal of each leader that it cannot vote for yet.
    pub(super) proposals: BTreeMap<NodeId, Rc<Block>>,
    /// What clients ask, the latest of each.
    pub(super) pool: BTreeMap<NodeId, Command>,
    /// Whether it waits for blocks that others have.
    pub(super) fetches: bool,
    /// The last states that others sent, until f + 1 are alike.
    pub(super) states: Vec<(NodeId, Rc<Checkpoint>)>,
    /// What was executed in this step, for properties to look at.
    pub(super) executed_now: Vec<Executed>,
    /// What it voted for in this step, for properties to look at.
    pub(super) voted_now: Vec<VotedFor>,
}

/// A block that was executed.
#[derive(Clone, Debug)]
pub struct Executed {
    /// The block.
    pub block: Rc<Block>,
    /// Which of its commands took effect, and had not already before.
    pub took_effect: Vec<bool>,
}

/// A block that was voted for.
#[derive(Clone, Debug)]
pub struct VotedFor {
    /// The block.
    pub block: Rc<Block>,
    /// The block before it. What the step goes on to execute may take both out of the tree.
    pub parent: Rc<Block>,
}

/// What others may see of a replica: its properties do.
impl HotStuff {
    /// A replica that has not booted yet.
    pub fn new(config: &HotStuffConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        let checkpoint = Rc::new(Checkpoint::genesis());
        let promises = Promises::none(&checkpoint.block);
        Self {
            config: config.clone(),
            me,
            electorate: Electorate::new(config, nodes),
            genesis: Rc::clone(&checkpoint.block),
            promises: Persistent::written(promises),
            tree: BlockTree::new(Rc::clone(&checkpoint.block)),
            checkpoint,
            journal: Journal::default(),
            machine: Machine::default(),
            next_checkpoint: None,
            view: 0,
            called: 0,
            failures: 0,
            idle_since: 0,
            idle_until: 0,
            ballots: Ballots::default(),
            wanted: BTreeMap::new(),
            proposals: BTreeMap::new(),
            pool: BTreeMap::new(),
            fetches: false,
            states: Vec::new(),
            executed_now: Vec::new(),
            voted_now: Vec::new(),
        }
    }

    /// The view that it is in.
    #[inline]
    pub const fn view(&self) -> u64 {
        self.view
    }

    /// What it has promised to others.
    #[inline]
    pub const fn promises(&self) -> &Promises {
        self.promises.get()
    }

    /// The blocks that it holds.
    #[inline]
    pub const fn tree(&self) -> &BlockTree {
        &self.tree
    }

    /// Its state machine.
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// What it executed in the last step; at a boot, what it executed again.
    #[inline]
    pub fn executed_now(&self) -> &[Executed] {
        &self.executed_now
    }

    /// What it voted for in the last step.
    #[inline]
    pub fn voted_now(&self) -> &[VotedFor] {
        &self.voted_now
    }

    /// The leader of a view.
    #[inline]
    pub fn leader(&self, view: u64) -> NodeId {
        self.electorate.leader(view)
    }
}

impl Protocol for HotStuff {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = KvOp;
    type Reply = KvReply;
    type Event = Event;

    /// It has missed blocks; it knows blocks that are not committed.
    const STATES: &'static [State<Self>] =
        &[State::new("behind", |node| node.fetches), State::new("uncommitted", Self::has_uncommitted)];

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        let Some(recovered) = self.journal.open(ctx).map(Recovered::of) else { return };
        self.promises = Persistent::written(recovered.promises);
        self.machine = recovered.checkpoint.machine.clone();
        self.checkpoint = recovered.checkpoint;
        self.tree = recovered.tree;
        if let Some(committed) = recovered.committed {
            self.execute_up_to(committed, None);
        }
        let high = Rc::clone(&self.promises.high);
        // It wants a view again that it may not have been in: alone it must not go there.
        let view = self.promises.voted.max(high.view + 1);
        self.enter(view, ctx);
        self.learn(&high, self.me, ctx);
        self.end_step(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        self.begin_step();
        match message {
            Message::Proposal(block) => self.on_proposal(from, block, ctx),
            Message::Vote(vote) => self.on_vote(from, vote, ctx),
            Message::NewView(new_view) => self.on_new_view(from, &new_view, ctx),
            Message::Fetch(fetch) => self.on_fetch(from, fetch, ctx),
            Message::Blocks(blocks) => self.on_blocks(&blocks, ctx),
            Message::State(checkpoint) => self.on_state(from, checkpoint, ctx),
        }
        self.end_step(ctx);
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        self.begin_step();
        match timer {
            Timer::View => self.on_view_timeout(ctx),
            Timer::Idle => self.idle_until = self.view,
            Timer::Fetch => self.on_fetch_due(ctx),
        }
        self.end_step(ctx);
    }

    fn on_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Context<'_, Self>) {
        self.begin_step();
        self.on_client_request(request, op, ctx);
        self.end_step(ctx);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Context<'_, Self>) {
        self.begin_step();
        if !matches!(event, DiskEvent::Synced(_)) {
            ctx.halt("its disk fails it");
        }
    }

    fn round(message: &Message) -> Option<u64> {
        message.round()
    }
}

impl HotStuff {
    /// Whether it knows of a certified block that it has not executed.
    fn has_uncommitted(&self) -> bool {
        self.tree.get(self.promises.high.block).is_some_and(|b| b.height() > self.tree.executed().height())
    }

    /// What begins every handler but the first.
    fn begin_step(&mut self) {
        self.executed_now.clear();
        self.voted_now.clear();
    }

    /// What ends every handler: whatever it brought, a proposal may now be due or fit to vote for.
    fn end_step(&mut self, ctx: &mut Context<'_, Self>) {
        self.consider_proposal(ctx);
        self.propose_if_due(ctx);
    }

    /// Whether a certificate is made of the votes of a quorum.
    pub(super) fn is_genuine(&self, certificate: &Rc<Certificate>) -> bool {
        Rc::ptr_eq(certificate, &self.promises.high) || self.electorate.accepts(certificate, &self.genesis)
    }

    /// Waits until the disk holds all that the replica has promised; what it says after that, it
    /// will not have forgotten after a crash.
    pub(super) fn make_durable(&mut self, ctx: &mut Context<'_, Self>) {
        if self.promises.mark_written() {
            let promises = self.durable_promises();
            self.journal.append(Record::Promises(promises), ctx);
        }
        self.journal.make_durable(ctx);
    }

    /// What of the promises goes to the disk: all of them.
    fn durable_promises(&self) -> Promises {
        if self.has(HotStuffFlaw::LockAmnesia) {
            let Promises { voted, wants, .. } = *self.promises;
            Promises { voted, wants, ..Promises::none(&self.genesis) }
        } else {
            Promises::clone(&self.promises)
        }
    }

    /// Replaces all records by the checkpoint and what is behind it. Nothing waits for the disk: until
    /// the new records are durable the old ones say the same.
    pub(super) fn rewrite(&mut self, ctx: &mut Context<'_, Self>) {
        self.promises.mark_written();
        let records = compacted(&self.checkpoint, self.durable_promises(), &self.tree);
        self.journal.rewrite(records, ctx);
    }

    /// Whether a known bug is switched on.
    #[inline]
    pub(super) fn has(&self, flaw: HotStuffFlaw) -> bool {
        self.config.flaws.has(flaw)
    }
}
