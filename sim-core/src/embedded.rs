//! A node of one protocol inside a node of another.

use std::fmt;

use crate::context::{Context, Site};
use crate::disk::{Disk, Stored, Write};
use crate::effect::{Answer, Effect};
use crate::operator::OperatorAction;
use crate::process::{NodeId, RequestId};
use crate::protocol::{DiskEvent, Protocol};

/// A protocol whose nodes can have one of another protocol, their *guest*, inside: a store whose members
/// agree on their membership by a consensus protocol, a service that finds out its primary by one.
///
/// Guest and host are one process: they crash together, and share its clock, its generator and its links.
/// What the guest sends, arms and writes bears a wrapper of the host's; the host unwraps what comes in.
pub trait Embeds<G: Protocol>: Protocol {
    /// Wraps a message of the guest. [`kind`](Protocol::kind) should return the kind of the inner one.
    fn message(message: G::Message) -> Self::Message;
    /// Wraps the name of a timer of the guest.
    fn timer(timer: G::Timer) -> Self::Timer;
    /// Wraps a record of the guest. The whole disk of such a node is the guest's: the host writes nothing.
    fn record(record: G::Record) -> Self::Record;
    /// The guest's record in one of the host's.
    ///
    /// `None` if it has none, which is a mistake in the host.
    fn guest_record(record: Self::Record) -> Option<G::Record>;
}

/// What a guest says to its host.
#[derive(Debug)]
pub enum Said<G: Protocol> {
    /// It announces something.
    Event(G::Event),
    /// It answers a request, of a client or of the host's own making.
    Answered(RequestId, Answer<G::Reply>),
}

/// A node of the protocol `G` inside a node of another one.
///
/// The host calls from each of its handlers the method of the same name. The guest's effects become effects
/// of the host, in the same order, so a crash falls between any two of them as it does in a node of its own.
/// What the guest announces and answers is handed to `said`, between the effects before it and those after
/// it.
///
/// `sim-core/tests/simulator/embedded.rs` has a whole host.
pub struct Embedded<G: Protocol> {
    node: G,
    site: Site<G>,
    effects: Vec<Effect<G>>,
}

impl<G: Protocol> Embedded<G> {
    /// A guest that has not booted yet, in a group of `nodes`, in ascending order. These may be some of the
    /// host's nodes only.
    #[must_use]
    pub fn new(node: G, nodes: &[NodeId]) -> Self {
        let nodes = nodes.to_vec();
        let (disks, clocks) = (Vec::new(), Vec::new());
        let (twins, unrepaired) = (Vec::new(), Vec::new());
        let site = Site { nodes, twins, disks, clocks, calm_since: None, healed: None, unrepaired };
        Self { node, site, effects: Vec::new() }
    }

    /// The guest.
    pub const fn node(&self) -> &G {
        &self.node
    }

    /// The guest boots.
    ///
    /// # Panics
    /// If the disk holds a record that is none of the guest's.
    pub fn on_start<H: Embeds<G>>(&mut self, ctx: &mut Context<'_, H>, said: impl FnMut(Said<G>, &mut Context<'_, H>)) {
        self.show_disk(ctx);
        self.step(ctx, |node, ctx| node.on_start(ctx), said);
    }

    /// A message for the guest arrived.
    pub fn on_message<H: Embeds<G>>(
        &mut self,
        from: NodeId,
        message: G::Message,
        ctx: &mut Context<'_, H>,
        said: impl FnMut(Said<G>, &mut Context<'_, H>),
    ) {
        self.step(ctx, |node, ctx| node.on_message(from, message, ctx), said);
    }

    /// A timer of the guest fired.
    pub fn on_timer<H: Embeds<G>>(
        &mut self,
        timer: G::Timer,
        ctx: &mut Context<'_, H>,
        said: impl FnMut(Said<G>, &mut Context<'_, H>),
    ) {
        self.step(ctx, |node, ctx| node.on_timer(timer, ctx), said);
    }

    /// Somebody asks the guest for `op`: a client of the run, or the host under a [`RequestId`] that it makes.
    pub fn on_request<H: Embeds<G>>(
        &mut self,
        request: RequestId,
        op: G::Op,
        ctx: &mut Context<'_, H>,
        said: impl FnMut(Said<G>, &mut Context<'_, H>),
    ) {
        self.step(ctx, |node, ctx| node.on_request(request, op, ctx), said);
    }

    /// The disk reports.
    ///
    /// # Panics
    /// If the disk holds a record that is none of the guest's.
    pub fn on_disk<H: Embeds<G>>(
        &mut self,
        event: DiskEvent,
        ctx: &mut Context<'_, H>,
        said: impl FnMut(Said<G>, &mut Context<'_, H>),
    ) {
        self.show_disk(ctx);
        self.step(ctx, |node, ctx| node.on_disk(event, ctx), said);
    }

    /// An operator asks the guest for something.
    pub fn on_operator<H: Embeds<G>>(
        &mut self,
        action: &OperatorAction,
        ctx: &mut Context<'_, H>,
        said: impl FnMut(Said<G>, &mut Context<'_, H>),
    ) {
        self.step(ctx, |node, ctx| node.on_operator(action, ctx), said);
    }

    /// Lets the guest see the records, for this step. In steps that are not about the disk it need not, and
    /// copying all of them each time would cost too much.
    fn show_disk<H: Embeds<G>>(&mut self, ctx: &Context<'_, H>) {
        let process = ctx.process.index();
        let guest_record = |stored: &Stored<H::Record>| match stored {
            Stored::Readable(record) => {
                let record = H::guest_record(record.clone());
                Stored::Readable(record.expect("every record of a host's disk is one of its guest's"))
            }
            Stored::Corrupt => Stored::Corrupt,
        };
        self.site.disks.resize_with(process, Disk::new);
        self.site.disks.push(Disk::holding(ctx.site.disks[process].records().iter().map(guest_record).collect()));
    }

    fn step<H: Embeds<G>>(
        &mut self,
        ctx: &mut Context<'_, H>,
        handler: impl FnOnce(&mut G, &mut Context<'_, G>),
        mut said: impl FnMut(Said<G>, &mut Context<'_, H>),
    ) {
        self.site.clocks.clear();
        self.site.clocks.extend_from_slice(&ctx.site.clocks[..=ctx.process.index()]);
        let mut context = Context {
            process: ctx.process,
            name: ctx.name,
            now: ctx.now,
            site: &self.site,
            effects: &mut self.effects,
            draws: &mut *ctx.draws,
            logs: ctx.logs,
            asked: ctx.asked,
        };
        handler(&mut self.node, &mut context);
        self.site.disks.clear();
        for effect in self.effects.drain(..) {
            match hosted(effect) {
                Hosted::Effect(effect) => ctx.effects.push(effect),
                Hosted::Said(what) => said(what, ctx),
            }
        }
    }
}

/// What becomes of an effect of a guest.
enum Hosted<G: Protocol, H: Protocol> {
    Effect(Effect<H>),
    Said(Said<G>),
}

fn hosted<G: Protocol, H: Embeds<G>>(effect: Effect<G>) -> Hosted<G, H> {
    Hosted::Effect(match effect {
        Effect::Send { to, message } => Effect::Send { to, message: H::message(message) },
        Effect::SetTimer { timer, after } => Effect::SetTimer { timer: H::timer(timer), after },
        Effect::CancelTimer { timer } => Effect::CancelTimer { timer: H::timer(timer) },
        Effect::Write(write) => Effect::Write(hosted_write::<G, H>(write)),
        Effect::TryWrite { write, token } => Effect::TryWrite { write: hosted_write::<G, H>(write), token },
        Effect::Sync => Effect::Sync,
        Effect::SyncThen { token } => Effect::SyncThen { token },
        Effect::Log { line } => Effect::Log { line },
        Effect::Halt { reason } => Effect::Halt { reason },
        Effect::Answer { request, answer } => return Hosted::Said(Said::Answered(request, answer)),
        Effect::Emit { event } => return Hosted::Said(Said::Event(event)),
    })
}

fn hosted_write<G: Protocol, H: Embeds<G>>(write: Write<G::Record>) -> Write<H::Record> {
    match write {
        Write::Append(record) => Write::Append(H::record(record)),
        Write::Truncate(keep) => Write::Truncate(keep),
        Write::Replace(records) => Write::Replace(records.into_iter().map(H::record).collect()),
    }
}

impl<G: Protocol> fmt::Debug for Embedded<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}
