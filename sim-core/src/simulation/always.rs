//! One-line properties: what always holds, and what holds in the end.

use std::borrow::Cow;
use std::sync::Arc;

use super::Simulation;
use crate::history::Operation;
use crate::model::PropertyClass;
use crate::property::{Breach, Judgement, Property, Step};
use crate::protocol::Protocol;
use crate::time::{Duration, Time};
use crate::world::World;

/// The result of a check: whether something holds and, if not, what was seen instead. It is a `bool`, or a
/// `Result` whose error says what was seen, in words or as a [`Breach`] that names nodes.
pub trait Finding {
    /// Converts it to the result of a property.
    ///
    /// # Errors
    /// What was seen.
    fn told(self) -> Result<(), Breach>;
}

impl Finding for bool {
    fn told(self) -> Result<(), Breach> {
        if self { Ok(()) } else { Err(Breach::new([], "it does not hold")) }
    }
}

impl<W: Into<Breach>> Finding for Result<(), W> {
    fn told(self) -> Result<(), Breach> {
        self.map_err(Into::into)
    }
}

impl From<String> for Breach {
    fn from(what: String) -> Self {
        Self::new([], what)
    }
}

impl From<&str> for Breach {
    fn from(what: &str) -> Self {
        Self::new([], what)
    }
}

impl<P: Protocol> Simulation<P> {
    /// Adds the property that this holds after every step and at the end of the run. It sees the whole
    /// world, including nodes [in the middle of a step](World::is_mid_step), and runs very often. If the
    /// check is expensive, write a [`Property`] that looks only at what the step changed.
    ///
    /// ```
    /// # use sim_core::{Context, Nothing, Protocol, Simulation};
    /// # #[derive(Debug)]
    /// # struct Lock { held: bool }
    /// # impl Protocol for Lock {
    /// #     type Message = (); type Timer = Nothing; type Record = Nothing; type Op = Nothing;
    /// #     type Reply = Nothing; type Event = Nothing;
    /// #     fn on_start(&mut self, _: &mut Context<'_, Self>) {}
    /// #     fn on_message(&mut self, _: sim_core::NodeId, (): (), _: &mut Context<'_, Self>) {}
    /// # }
    /// let simulation = Simulation::new(3, |_, _| Lock { held: false }).always("Mutual Exclusion", |world| {
    ///     let holders = world.correct().filter(|process| world.node(*process).is_some_and(|node| node.held));
    ///     match holders.count() {
    ///         0 | 1 => Ok(()),
    ///         count => Err(format!("{count} nodes hold the lock")),
    ///     }
    /// });
    /// simulation.check(0..10);
    /// ```
    #[must_use]
    pub fn always<F: Finding>(
        self,
        name: impl Into<Cow<'static, str>>,
        holds: impl Fn(&World<'_, P>) -> F + Send + Sync + 'static,
    ) -> Self {
        let look = looking(holds);
        self.property(name, move || Always { look: Arc::clone(&look) })
    }

    /// Adds the property that this holds when the run ends, whatever was true before. A violation says
    /// since when it was awaited. Faults that last until the end may prevent it: let the run
    /// [heal](Self::heal_at) first.
    ///
    /// ```
    /// # use sim_core::{Context, Nothing, NodeId, Protocol, Simulation, ms};
    /// # #[derive(Debug, Default)]
    /// # struct Gossip { heard: bool }
    /// # impl Protocol for Gossip {
    /// #     type Message = (); type Timer = Nothing; type Record = Nothing; type Op = Nothing;
    /// #     type Reply = Nothing; type Event = Nothing;
    /// #     fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
    /// #         self.heard = ctx.me() == NodeId::node(0);
    /// #         if self.heard { ctx.broadcast(()); }
    /// #     }
    /// #     fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) { self.heard = true; }
    /// # }
    /// Simulation::new(3, |_, _| Gossip::default())
    ///     .eventually("Everybody Knows", |world| {
    ///         world.correct().all(|process| world.node(process).is_some_and(|node| node.heard))
    ///     })
    ///     .run_for(ms(100))
    ///     .check(0..10);
    /// ```
    #[must_use]
    pub fn eventually<F: Finding>(
        self,
        name: impl Into<Cow<'static, str>>,
        holds: impl Fn(&World<'_, P>) -> F + Send + Sync + 'static,
    ) -> Self {
        let look = looking(holds);
        self.property(name, move || Eventually { look: Arc::clone(&look), held: false, awaited_since: Time::ZERO })
    }

    /// Adds the property "Every Request Is Granted": in the end each client has the reply to each of its
    /// operations. Two kinds of operations are exempt: those asked for less than `within` before the end,
    /// and those that were given up or refused before the faults ended. If a reply is missing and the faults
    /// went on until the end, the property cannot be judged.
    ///
    /// ```
    /// # use sim_core::{ClientProfile, Context, Nothing, NodeId, Protocol, RequestId, Simulation, secs};
    /// # #[derive(Debug)]
    /// # struct Echo;
    /// # impl Protocol for Echo {
    /// #     type Message = (); type Timer = Nothing; type Record = Nothing; type Op = u64;
    /// #     type Reply = u64; type Event = Nothing;
    /// #     fn on_start(&mut self, _: &mut Context<'_, Self>) {}
    /// #     fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}
    /// #     fn on_request(&mut self, request: RequestId, op: u64, ctx: &mut Context<'_, Self>) {
    /// #         ctx.reply(request, op);
    /// #     }
    /// # }
    /// Simulation::new(3, |_, _| Echo)
    ///     .clients(ClientProfile { count: 2, operations: 10, ..ClientProfile::default() }, |_, index, _| index.into())
    ///     .every_request_is_granted(secs(1))
    ///     .check(0..10);
    /// ```
    #[must_use]
    pub fn every_request_is_granted(mut self, within: Duration) -> Self {
        const NAME: &str = "Every Request Is Granted";
        self.judges.need_clients(NAME);
        self.property(NAME, move || EveryRequestIsGranted { within })
    }
}

type Look<P> = Arc<dyn Fn(&World<'_, P>) -> Result<(), Breach> + Send + Sync>;

fn looking<P: Protocol, F: Finding>(holds: impl Fn(&World<'_, P>) -> F + Send + Sync + 'static) -> Look<P> {
    Arc::new(move |world| holds(world).told())
}

struct Always<P: Protocol> {
    look: Look<P>,
}

impl<P: Protocol> Property<P> for Always<P> {
    fn after_step(&mut self, world: &World<'_, P>, _: &Step<'_, P>) -> Result<(), Breach> {
        (self.look)(world)
    }

    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        (self.look)(world).map_or_else(Judgement::Violated, |()| Judgement::Holds)
    }
}

struct Eventually<P: Protocol> {
    look: Look<P>,
    /// Whether it held after the last step.
    held: bool,
    /// Since when it has not held, if it does not hold.
    awaited_since: Time,
}

impl<P: Protocol> Property<P> for Eventually<P> {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, P>, _: &Step<'_, P>) -> Result<(), Breach> {
        let holds = (self.look)(world).is_ok();
        if self.held && !holds {
            self.awaited_since = world.now();
        }
        self.held = holds;
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        let Err(breach) = (self.look)(world) else { return Judgement::Holds };
        // Something that depends only on the time may have changed since the last step.
        let since = if self.held { world.now() } else { self.awaited_since };
        let what = format!("in the end {}; awaited since {since}", breach.what);
        Judgement::Violated(Breach { what, ..breach })
    }
}

struct EveryRequestIsGranted {
    within: Duration,
}

impl<P: Protocol> Property<P> for EveryRequestIsGranted {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        let (history, calm_since) = (world.history(), world.calm_since());
        let asked_at = |operation: &Operation<P::Op, P::Reply>| Time::from_nanos(operation.invoked.time_ns);
        let missing: Vec<_> = (history.iter())
            .filter(|(_, operation)| world.now().since(asked_at(operation)) >= self.within)
            .filter(|(id, of)| history.is_awaited(*id) || calm_since.is_none_or(|calm| asked_at(of) >= calm))
            .filter(|(_, operation)| operation.reply().is_none())
            .collect();
        let Some((id, first)) = missing.first() else { return Judgement::Holds };
        if calm_since.is_none() {
            return Judgement::Inconclusive("faults went on until the end".to_owned());
        }
        let (count, all, name) = (missing.len(), history.len(), history.name(*id));
        let what = format!("{count} of {all} requests have no reply; {name} is awaited since {}", asked_at(first));
        Judgement::Violated(Breach::new([], what))
    }
}
