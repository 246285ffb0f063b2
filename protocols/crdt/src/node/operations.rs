//! Operation-based replication: reliable causal broadcast with a log.

use std::collections::BTreeMap;
use std::rc::Rc;

use parts::clocks::{Dot, Early, VectorClock};
use sim_core::NodeId;

use super::{Crdt, Ctx};
use crate::flaws::CrdtFlaw;
use crate::message::{Event, Message, Operation, Performed, Record, Request};
use crate::types::At;

/// The operations that were done here and that others may lack, in the order in which they were done; and those that
/// wait for others.
#[derive(Debug, Default)]
pub(super) struct Log {
    done: Vec<Rc<Operation>>,
    /// Where each of them is.
    places: BTreeMap<Dot, usize>,
    early: Early<Rc<Operation>>,
    /// By replica, what it has.
    has: BTreeMap<NodeId, VectorClock>,
}

impl Log {
    pub(super) fn add(&mut self, operation: &Rc<Operation>) {
        self.places.entry(operation.stamp.dot).or_insert(self.done.len());
        self.done.push(Rc::clone(operation));
    }

    /// A replica is not what it was.
    pub(super) fn forget(&mut self, replica: NodeId) {
        self.has.remove(&replica);
    }

    /// Drops what is *stable*: what all have.
    fn collect(&mut self, others: &[NodeId]) {
        let is_stable = |dot| others.iter().all(|other| self.has.get(other).is_some_and(|has| has.includes(dot)));
        if self.places.keys().any(|dot| is_stable(*dot)) {
            let kept: Vec<_> = self.done.iter().filter(|operation| !is_stable(operation.stamp.dot)).cloned().collect();
            (self.done, self.places) = (Vec::new(), BTreeMap::new());
            kept.iter().for_each(|operation| self.add(operation));
        }
    }

    /// Those that somebody lacks who has these, in the order in which they were done.
    fn beyond(&self, has: &VectorClock) -> Vec<Rc<Operation>> {
        let mut places = Vec::new();
        let mut next = Dot { origin: 0, number: 0 };
        while let Some((&Dot { origin, .. }, _)) = self.places.range(next..).next() {
            let first = Dot { origin, number: has.get(origin) + 1 };
            next = Dot { origin: origin + 1, number: 0 };
            places.extend(self.places.range(first..next).map(|(_, place)| *place));
        }
        places.sort_unstable();
        places.into_iter().map(|place| Rc::clone(&self.done[place])).collect()
    }

    pub(super) fn done(&self) -> &[Rc<Operation>] {
        &self.done
    }
}

impl Crdt {
    pub(super) fn make_operation(&mut self, made: Request, at: At, ctx: &mut Ctx<'_>) {
        let effect = self.store.prepare(made.object, &made.update, at);
        let operation = Operation { stamp: made.stamp, effect, after: self.store.seen().without_gaps().clone() };
        let operation = Rc::new(operation);
        self.perform(Rc::clone(&operation), Some(made), ctx);
        // Told in a step of its own: whoever hears of an update can be sure that it was announced.
        ctx.send(ctx.me(), Message::Operation(operation));
    }

    fn perform(&mut self, operation: Rc<Operation>, made: Option<Request>, ctx: &mut Ctx<'_>) {
        self.store.effect(&operation.effect, operation.stamp, self.config.flaws);
        self.changed([operation.effect.kind()].into_iter());
        self.log.add(&operation);
        self.journal.append(Record::Operation(Performed { operation, made }), ctx);
        self.make_durable(ctx);
    }

    pub(super) fn receive(&mut self, operation: Rc<Operation>, ctx: &mut Ctx<'_>) {
        if self.store.seen().contains(operation.stamp.dot) && !self.has(CrdtFlaw::AppliesTwice) {
            return;
        }
        self.log.early.insert(operation.stamp.dot, operation);
        self.perform_due(ctx);
    }

    /// Does what waited for what has come. What has come with a state is done.
    pub(super) fn perform_due(&mut self, ctx: &mut Ctx<'_>) {
        let is_hasty = self.has(CrdtFlaw::AppliesEarly);
        let does_twice = self.has(CrdtFlaw::AppliesTwice) || self.has(CrdtFlaw::AppliesWhatWaited);
        while let done = self.store.seen().without_gaps()
            && let Some(due) = self.log.early.take_due(|_, operation| is_hasty || operation.after.is_within(done))
        {
            let dot = due.stamp.dot;
            if self.store.seen().contains(dot) && !does_twice {
                continue;
            }
            self.perform(due, None, ctx);
            ctx.emit(Event::Applied(dot));
        }
    }

    /// Another tells what it has. What all have need not be kept, and it gets what it lacks: as a state, if some of that
    /// is not in the log.
    pub(super) fn hear_what_is_there(&mut self, from: NodeId, by: u64, has: VectorClock, ctx: &mut Ctx<'_>) {
        if !self.learn(from, by, ctx) {
            return;
        }
        let lacking = self.log.beyond(&has);
        let missing = self.store.seen().without_gaps().iter().map(|dot| dot.number.saturating_sub(has.get(dot.origin)));
        if missing.sum::<u64>() > lacking.len() as u64 {
            ctx.send(from, Message::State(self.store.clone()));
        } else if !lacking.is_empty() {
            ctx.send(from, Message::Lacking(lacking));
        }
        self.log.has.insert(from, has);
        let others: Vec<NodeId> = self.others().collect();
        self.log.collect(&others);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Effect, Stamp};

    fn clock(number: u64) -> VectorClock {
        [Dot { origin: 0, number }].into_iter().collect()
    }

    fn numbers(log: &Log) -> Vec<u64> {
        log.done().iter().map(|operation| operation.stamp.dot.number).collect()
    }

    /// Three operations of the first node, of which the second has two and the third one.
    fn log() -> (Log, [NodeId; 2]) {
        let [second, third] = [1, 2].map(NodeId::node);
        let mut log = Log::default();
        for number in 1..=3 {
            let stamp = Stamp { time: number, dot: Dot { origin: 0, number } };
            log.add(&Rc::new(Operation { stamp, effect: Effect::GSet(7), after: clock(number - 1) }));
        }
        log.has.extend([(second, clock(2)), (third, clock(1))]);
        (log, [second, third])
    }

    #[test]
    fn what_all_members_have_is_dropped() {
        let (mut log, [second, third]) = log();
        log.collect(&[second, third]);
        assert_eq!(numbers(&log), [2, 3]);
        assert_eq!(log.beyond(&clock(2)).len(), 1);
        log.collect(&[second]);
        assert_eq!(numbers(&log), [3], "the third has left");
    }

    #[test]
    fn what_a_newcomer_may_lack_is_kept() {
        let (mut log, [second, third]) = log();
        log.forget(third);
        log.collect(&[second, third]);
        assert_eq!(numbers(&log), [1, 2, 3]);
    }
}
