//! What was counted, change by change.

use std::collections::BTreeMap;

use sim_core::{Breach, Property, RequestId, Step, World};

use crate::message::Event;
use crate::node::FaultTolerantCounter;
use crate::state::{Entry, State, Totals};

/// The changes that were counted in each entry under the latest open configuration, one after the other. What was
/// counted under earlier ones and not gathered is not among them: nobody has it any more.
#[derive(Debug, Default)]
struct Ledger {
    number: u64,
    chains: BTreeMap<Entry, Vec<Link>>,
    /// In which entry each change was counted that is in a chain.
    entries: BTreeMap<RequestId, Entry>,
    /// The changes with which the next configuration begins.
    next: BTreeMap<Entry, Vec<Link>>,
}

/// A change, and what its entry has come to with it.
#[derive(Clone, Copy, Debug)]
struct Link {
    request: RequestId,
    totals: Totals,
}

/// A change that was counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    request: RequestId,
    entry: Entry,
    amount: i32,
    totals: Totals,
}

impl Ledger {
    /// Takes an event into account. A change that is counted under the latest open configuration is shown to `look`
    /// first.
    fn note(&mut self, event: &Event, look: impl FnOnce(&Self, Counted) -> Result<(), String>) -> Result<(), String> {
        match event {
            Event::Counted { request, entry, number, amount, totals } if *number == self.number => {
                let (request, entry, totals) = (*request, *entry, *totals);
                look(self, Counted { request, entry, amount: *amount, totals })?;
                self.chains.entry(entry).or_default().push(Link { request, totals });
                self.entries.insert(request, entry);
            }
            // It was counted just before a crash, and nobody was told.
            Event::Recovered { entry, number, totals } if *number == self.number => {
                let chain = self.chains.entry(*entry).or_default();
                let end = reached(chain, *totals);
                chain.drain(end..).for_each(|link| _ = self.entries.remove(&link.request));
            }
            Event::Gathered { state, .. } => {
                let up_to = |(entry, totals): (&Entry, &Totals)| {
                    let chain = self.chains.get(entry).map_or(&[][..], Vec::as_slice);
                    (*entry, chain[..reached(chain, *totals)].to_vec())
                };
                self.next = state.entries.iter().map(up_to).collect();
            }
            Event::Opened { configuration } => {
                self.number = configuration.number;
                self.chains = std::mem::take(&mut self.next);
                let requests = |(entry, chain): (&Entry, &Vec<Link>)| {
                    chain.iter().map(|link| (link.request, *entry)).collect::<Vec<_>>()
                };
                self.entries = self.chains.iter().flat_map(requests).collect();
            }
            _ => {}
        }
        Ok(())
    }

    /// What an entry has come to.
    fn totals(&self, entry: Entry) -> Totals {
        self.chains.get(&entry).and_then(|chain| chain.last()).map(|link| link.totals).unwrap_or_default()
    }

    /// Whether each entry is as some change has left it, or as it was before the first.
    fn explains(&self, state: &State) -> Result<(), String> {
        for (entry, totals) in &state.entries {
            let is_known = self.chains.get(entry).is_some_and(|chain| chain.iter().any(|link| link.totals == *totals));
            if !is_known && *totals != Totals::default() {
                return Err(format!("entry {entry:?} is {totals:?}, to which no changes have come in it"));
            }
        }
        Ok(())
    }
}

/// How many of these changes it takes to come to this.
fn reached(chain: &[Link], totals: Totals) -> usize {
    chain.iter().rposition(|link| link.totals == totals).map_or(0, |place| place + 1)
}

/// Each change in an entry adds to all that was counted in it before: the entry of a replica is never used again by
/// one that has lost its disk, and nothing takes from a total.
#[derive(Debug, Default)]
pub struct EntriesOnlyGrow(Ledger);

impl Property<FaultTolerantCounter> for EntriesOnlyGrow {
    fn after_step(
        &mut self,
        world: &World<'_, FaultTolerantCounter>,
        step: &Step<'_, FaultTolerantCounter>,
    ) -> Result<(), Breach> {
        let adds = |ledger: &Ledger, Counted { request, entry, amount, totals }: Counted| {
            let before = ledger.totals(entry);
            if before.with(amount) == totals {
                return Ok(());
            }
            Err(format!("{request} adds {amount} to entry {entry:?}, which was {before:?} and is {totals:?} now"))
        };
        let result = step.events.iter().try_for_each(|event| self.0.note(event, adds));
        result.map_err(|what| Breach::new([world.identity(step.process)], what))
    }
}

/// No change is counted twice, however often it is asked for, and of whom.
#[derive(Debug, Default)]
pub struct AChangeCountsOnce(Ledger);

impl Property<FaultTolerantCounter> for AChangeCountsOnce {
    fn after_step(
        &mut self,
        world: &World<'_, FaultTolerantCounter>,
        step: &Step<'_, FaultTolerantCounter>,
    ) -> Result<(), Breach> {
        let is_new = |ledger: &Ledger, Counted { request, entry, .. }: Counted| match ledger.entries.get(&request) {
            None => Ok(()),
            Some(other) => Err(format!("{request} is counted in entry {entry:?}, and was counted in {other:?}")),
        };
        let result = step.events.iter().try_for_each(|event| self.0.note(event, is_new));
        result.map_err(|what| Breach::new([world.identity(step.process)], what))
    }
}

/// What is read, and what a new configuration begins with, is what was counted: each entry as some change has left it.
#[derive(Debug, Default)]
pub struct StatesAreExplained(Ledger);

impl Property<FaultTolerantCounter> for StatesAreExplained {
    fn after_step(
        &mut self,
        world: &World<'_, FaultTolerantCounter>,
        step: &Step<'_, FaultTolerantCounter>,
    ) -> Result<(), Breach> {
        for event in step.events {
            let is_explained = match event {
                Event::Read { number, state, .. } if *number == self.0.number => self.0.explains(state),
                Event::Gathered { state, .. } => self.0.explains(state),
                _ => Ok(()),
            };
            let result = is_explained.and_then(|()| self.0.note(event, |_, _| Ok(())));
            result.map_err(|what| Breach::new([world.identity(step.process)], what))?;
        }
        Ok(())
    }
}
