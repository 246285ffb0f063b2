//! One node: how events reach the crate, and what it wants done reaches the world.

use std::fmt;

use foca::{AccumulatingRuntime, Foca, NoCustomBroadcast, OwnedNotification, PostcardCodec};
use parts::journal::Journal;
use serde::Serialize;
use sim_core::{Context, Duration, Kinds, NodeId, Nothing, Protocol, SimRng};

use crate::config::Config;
use crate::flaws::Flaw;
use crate::identity::Identity;
use crate::packet::Packet;

type Crate = Foca<Identity, PostcardCodec, SimRng, NoCustomBroadcast>;

/// How many nodes all others know from the beginning.
const CONTACTS: u32 = 3;

/// A node that runs foca.
pub struct FocaNode {
    config: Config,
    me: NodeId,
    journal: Journal,
    /// The generation that is durable.
    generation: u32,
    /// The crate. Before the boot there is nothing.
    foca: Option<Crate>,
    /// How many timers it has asked for: each has its own.
    timers: u64,
    /// Which contact is asked next.
    contact: u32,
}

/// Names a timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// One of the crate's, and its number.
    Foca(u64, foca::Timer<Identity>),
    /// A contact is to be asked.
    Contact,
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It has this identity from now on, and that is durable.
    Named(Identity),
    /// This is a member.
    MemberUp(Identity),
    /// This is none any more.
    MemberDown(Identity),
    /// A member has another identity.
    Renamed(Identity, Identity),
    /// It knows others.
    Active,
    /// It knows no other.
    Idle,
    /// It is held for down, and does nothing more.
    Defunct,
    /// It was held for down, and is a member under another identity.
    Rejoined,
}

impl FocaNode {
    pub(crate) fn new(config: &Config, me: NodeId) -> Self {
        let (config, journal) = (config.clone(), Journal::default());
        Self { config, me, journal, generation: 0, foca: None, timers: 0, contact: 0 }
    }

    /// Its identity, once it has booted.
    pub(crate) fn identity(&self) -> Option<Identity> {
        self.foca.as_ref().map(|foca| *foca.identity())
    }

    /// Whom it takes for members, itself not among them.
    pub(crate) fn members(&self) -> impl Iterator<Item = Identity> {
        self.foca.iter().flat_map(|foca| foca.iter_members().map(|member| *member.id()))
    }

    fn name(&mut self, generation: u32, ctx: &mut Context<'_, Self>) {
        self.generation = generation;
        if self.config.flaws.has(Flaw::GenerationInMemory) {
            // Nothing is written.
        } else if self.config.flaws.has(Flaw::GenerationUnsynced) {
            ctx.disk().replace(vec![generation]);
        } else {
            self.journal.rewrite(vec![generation], ctx);
            self.journal.make_durable(ctx);
        }
        ctx.emit(Event::Named(Identity::new(self.me, generation)));
    }

    /// Lets the crate do something, and carries out what it wants. An identity that it has taken is durable before
    /// anything is sent under it.
    fn drive(
        &mut self,
        act: impl FnOnce(&mut Crate, &mut AccumulatingRuntime<Identity>) -> Result<(), foca::Error>,
        ctx: &mut Context<'_, Self>,
    ) {
        let Some(foca) = &mut self.foca else { return };
        let mut runtime = AccumulatingRuntime::new();
        // A packet of a former life, an answer that nobody waits for: the crate is to log it, and goes on.
        if let Err(error) = act(foca, &mut runtime) {
            ctx.log(|| error.to_string());
        }
        let generation = foca.identity().generation();
        if generation != self.generation {
            self.name(generation, ctx);
        }
        while let Some(notification) = runtime.to_notify() {
            ctx.emit(match notification {
                OwnedNotification::MemberUp(member) => Event::MemberUp(member),
                OwnedNotification::MemberDown(member) => Event::MemberDown(member),
                OwnedNotification::Rename(before, after) => Event::Renamed(before, after),
                OwnedNotification::Active => Event::Active,
                OwnedNotification::Idle => Event::Idle,
                OwnedNotification::Defunct => Event::Defunct,
                OwnedNotification::Rejoin(_) => Event::Rejoined,
            });
        }
        while let Some((to, data)) = runtime.to_send() {
            ctx.send(to.node(), Packet::new(&data));
        }
        while let Some((after, timer)) = runtime.to_schedule() {
            self.timers += 1;
            let after = Duration::from_nanos(u64::try_from(after.as_nanos()).unwrap_or(u64::MAX));
            ctx.set_timer(Timer::Foca(self.timers, timer), after);
        }
    }

    /// Asks a contact for members: whoever comes back after many have gone may know the wrong ones.
    fn ask_contact(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.set_timer(Timer::Contact, self.config.contact_every);
        let contacts = CONTACTS.min(ctx.nodes().len() as u32);
        self.contact = (self.contact + 1) % contacts;
        let contact = NodeId::node(self.contact);
        let is_alone = self.members().next().is_none();
        if contact != self.me && (is_alone || !self.config.flaws.has(Flaw::AsksWhileAlone)) {
            // Whatever its generation is: an announcement goes to an address.
            let contact = Identity::new(contact, 0);
            self.drive(|foca, runtime| foca.announce(contact, runtime), ctx);
        }
    }
}

impl Protocol for FocaNode {
    type Message = Packet;
    type Timer = Timer;
    type Record = u32;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Event;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        let Some(records) = self.journal.open(ctx) else { return };
        let generation = records.last().map_or(0, |generation| **generation) + 1;
        let seed = ctx.choose("seed", 0..u64::MAX);
        let identity = Identity::new(self.me, generation);
        self.foca = Some(Foca::new(identity, self.config.of_crate(), SimRng::new(seed, 1), PostcardCodec));
        self.name(generation, ctx);
        self.ask_contact(ctx);
    }

    fn on_message(&mut self, _: NodeId, packet: Packet, ctx: &mut Context<'_, Self>) {
        self.drive(|foca, runtime| foca.handle_data(packet.data(), runtime), ctx);
    }

    fn kind(packet: &Packet) -> &'static str {
        packet.kind()
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        match timer {
            Timer::Foca(_, timer) => self.drive(|foca, runtime| foca.handle_timer(timer, runtime), ctx),
            Timer::Contact => self.ask_contact(ctx),
        }
    }
}

/// The crate's part cannot be printed as a whole.
impl fmt::Debug for FocaNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FocaNode")
            .field("identity", &self.identity())
            .field("members", &self.members().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
