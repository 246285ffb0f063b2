//! A node as a replica, and as one that waits to become one.

use sim_core::NodeId;

use super::config::CounterConfig;
use super::configuration::Configuration;
use super::flaws::CounterFlaw;
use super::message::{Event, Message, Round, Timer};
use super::node::{Ctx, FaultTolerantCounter};
use super::state::{Entry, State};
use super::storage::Record;

/// What the keeper says.
impl FaultTolerantCounter {
    pub(super) fn beat(&mut self, ctx: &mut Ctx<'_>) {
        let Configuration { number, .. } = self.configuration;
        ctx.send(CounterConfig::KEEPER, Message::Beat { number, nonce: self.nonce() });
        ctx.set_timer(Timer::Beat, self.config.heartbeat_interval);
    }

    /// If it is to be a replica of an open configuration and does not have its state, it has lost that: all have had it.
    pub(super) fn tell_loss(&self, ctx: &mut Ctx<'_>) {
        let lost = self.configuration.entry_of(self.me).filter(|_| self.has_installed() < self.configuration.number);
        if let Some(entry) = lost {
            ctx.send(CounterConfig::KEEPER, Message::Lost { entry });
        }
    }

    /// A configuration is open.
    pub(super) fn opened(&mut self, configuration: Configuration, ctx: &mut Ctx<'_>) {
        if configuration.number < self.configuration.number {
            return;
        }
        let number = configuration.number;
        let entry = configuration.entry_of(self.me);
        let was = self.entry().filter(|_| self.is_open);
        self.configuration = configuration;
        let has = self.has_installed();
        match entry {
            // It is a replica of a later one that is not open yet.
            _ if has > number => {}
            Some(entry) if has == number => self.opens(entry, ctx),
            Some(entry) if self.has(CounterFlaw::EntryReused) => {
                let (configuration, state) = (self.configuration.clone(), State::default());
                self.installed = Some(Record { configuration, is_sealed: false, state, boots: 0 });
                self.write(ctx);
                self.journal.make_durable(ctx);
                self.opens(entry, ctx);
            }
            Some(_) => self.tell_loss(ctx),
            None => {
                self.is_open = false;
                self.forget_requests();
                if let Some(entry) = was {
                    ctx.emit(Event::Demoted { entry });
                }
            }
        }
    }

    /// The configuration that is installed is open.
    fn opens(&mut self, entry: Entry, ctx: &mut Ctx<'_>) {
        if !std::mem::replace(&mut self.is_open, true) {
            let is_new = entry.since == self.configuration.number;
            ctx.emit(if is_new { Event::Promoted { entry } } else { Event::Retained { entry } });
        }
    }

    /// The number of the configuration that is installed; 0 if there is none.
    fn has_installed(&self) -> u64 {
        self.installed.as_ref().map_or(0, |record| record.configuration.number)
    }

    /// It is to acknowledge nothing any more under a number, and to tell what it has.
    pub(super) fn seal(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let Some(entry) = self.entry() else { return };
        let Some(record) = self.installed.as_mut().filter(|record| record.configuration.number == number) else {
            return;
        };
        if !std::mem::replace(&mut record.is_sealed, true) {
            if !self.has(CounterFlaw::SealNotDurable) {
                self.write(ctx);
                self.journal.make_durable(ctx);
            }
            self.forget_requests();
            ctx.emit(Event::Sealed { number });
        }
        let Some(record) = &self.installed else { return };
        ctx.send(CounterConfig::KEEPER, Message::Sealed { number, entry, state: record.state.clone() });
    }

    /// It is to be a replica, with this state instead of what it has: what the keeper has not gathered was not
    /// acknowledged, and its clients ask for it again.
    pub(super) fn install(
        &mut self,
        configuration: Configuration,
        state: State,
        nonce: Option<u64>,
        ctx: &mut Ctx<'_>,
    ) {
        let number = configuration.number;
        let is_new = match &self.installed {
            Some(record) => record.configuration.number < number,
            None => nonce == Some(self.nonce),
        };
        if is_new {
            let mut state = state;
            if self.has(CounterFlaw::KeepsOwnState)
                && let Some(record) = &self.installed
            {
                state.merge(&record.state, self.config.flaws);
            }
            let record = Record { configuration, is_sealed: false, state, boots: 0 };
            self.installed = Some(record.clone());
            self.is_open = self.has(CounterFlaw::ServesBeforeOpen);
            self.round = Round::default();
            self.answered.clear();
            self.forget_requests();
            if !self.has(CounterFlaw::DemotedStillCounted) {
                self.known.clear();
            }
            self.journal.rewrite(vec![record], ctx);
            self.journal.make_durable(ctx);
            ctx.emit(Event::Installed { number });
        }
        if self.installed.as_ref().is_some_and(|record| record.configuration.number == number) {
            ctx.send(CounterConfig::KEEPER, Message::Installed { number });
        }
    }

    /// Its clients will ask again: another replica, or under another configuration.
    fn forget_requests(&mut self) {
        self.changes.clear();
        self.reads.clear();
    }
}

/// What other replicas say.
impl FaultTolerantCounter {
    /// Whether it is a replica under this number that is not sealed.
    fn is_under(&self, number: u64) -> bool {
        let is_sealed_out = |record: &Record| record.is_sealed && !self.has(CounterFlaw::SealIgnored);
        let is_its =
            |record: &Record| record.configuration.number == number || self.has(CounterFlaw::MergesOlderConfigurations);
        self.installed.as_ref().is_some_and(|record| is_its(record) && !is_sealed_out(record))
    }

    /// Takes in what another replica has, and tells it so when it will not forget it.
    pub(super) fn replicate(&mut self, from: NodeId, (number, round): (u64, Round), state: &State, ctx: &mut Ctx<'_>) {
        if !self.is_under(number) {
            return;
        }
        self.learn(from, state, ctx);
        let Some(record) = &self.installed else { return };
        ctx.send(from, Message::Stored { number, round, state: record.state.clone() });
        self.look_at_changes(ctx);
    }

    /// Another replica has taken in what it was sent, and tells all that it has.
    pub(super) fn stored(&mut self, from: NodeId, (number, round): (u64, Round), state: &State, ctx: &mut Ctx<'_>) {
        if !self.is_under(number) || !self.serves() {
            return;
        }
        self.learn(from, state, ctx);
        if round == self.round {
            self.answered.insert(from);
        }
        self.look_at_changes(ctx);
        self.look_at_reads((from, round), state, ctx);
    }

    /// Another replica has this on its disk; from now on it has it on its own, too.
    fn learn(&mut self, from: NodeId, state: &State, ctx: &mut Ctx<'_>) {
        let flaws = self.config.flaws;
        self.known.entry(from).or_default().merge(state, flaws);
        let Some(record) = &mut self.installed else { return };
        if record.state.merge(state, flaws) {
            self.write(ctx);
            if !self.has(CounterFlaw::StoredBeforeSync) {
                self.journal.make_durable(ctx);
            }
        }
    }

    /// Begins a round: sends all other replicas what it has.
    pub(super) fn ask(&mut self, ctx: &mut Ctx<'_>) {
        let Some(record) = &self.installed else { return };
        self.round.number += 1;
        self.answered.clear();
        let (number, round) = (record.configuration.number, self.round);
        for to in record.configuration.others(self.me) {
            ctx.send(to, Message::Replicate { number, round, state: record.state.clone() });
        }
    }

    /// Asks again while some replica may lack something, or a read has not come to an end.
    pub(super) fn retransmit(&mut self, ctx: &mut Ctx<'_>) {
        if self.serves()
            && let Some(record) = &self.installed
        {
            let knows = |of: &State| of.includes(&record.state);
            let all_know = record.configuration.others(self.me).all(|node| self.known.get(&node).is_some_and(knows));
            if !all_know || !self.reads.is_empty() {
                self.ask(ctx);
            }
        }
        ctx.set_timer(Timer::Retransmit, self.config.retransmit_interval);
    }
}
