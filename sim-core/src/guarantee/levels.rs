//! A level of consistency as a property of a run.

use std::marker::PhantomData;

use super::judge;
use crate::consistency::isolation::IsolationLevel;
use crate::consistency::{Answer, Budget, Counterexample, Level};
use crate::history::{AnswerAt, History};
use crate::property::{Breach, Judgement, Property};
use crate::system::SystemUnderTest;
use crate::time::Time;
use crate::world::World;

/// The history of the clients keeps a level of consistency, as far as the protocol's own
/// [`CHECK_LEVEL`](SystemUnderTest::CHECK_LEVEL) tells within the default budget. Judged at the end.
#[derive(Clone, Copy, Debug)]
pub struct KeepsLevel<P> {
    level: Level,
    protocol: PhantomData<fn() -> P>,
}

impl<P: SystemUnderTest> KeepsLevel<P> {
    /// Nothing if the protocol cannot be checked for this level.
    pub fn of(level: Level) -> Option<Self> {
        (P::CHECK_LEVEL)(level, &History::new(), Budget::default())?;
        Some(Self { level, protocol: PhantomData })
    }
}

impl<P: SystemUnderTest> Property<P> for KeepsLevel<P> {
    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        judge_level::<P>(self.level, world.history())
    }
}

/// What [`KeepsLevel`] finds about a history: that of a run, or of some of its operations, for a property that
/// claims a level of those.
#[must_use]
pub fn judge_level<P: SystemUnderTest>(level: Level, history: &History<P::Op, P::Reply>) -> Judgement {
    let answer = (P::CHECK_LEVEL)(level, history, Budget::default()).unwrap_or(Answer::Satisfied);
    judge(answer, |counterexample| breach(&counterexample, history))
}

/// The transactions of the clients keep an isolation level, as far as the protocol's own
/// [`CHECK_ISOLATION`](SystemUnderTest::CHECK_ISOLATION) tells within the default budget. Judged at the
/// end; in a run without transactions there is nothing to judge.
#[derive(Clone, Copy, Debug)]
pub struct KeepsIsolation<P> {
    level: IsolationLevel,
    protocol: PhantomData<fn() -> P>,
}

impl<P: SystemUnderTest> KeepsIsolation<P> {
    /// Nothing if the protocol has no transactions.
    pub fn of(level: IsolationLevel) -> Option<Self> {
        (P::CHECK_ISOLATION)(level, &History::new(), Budget::default())?;
        Some(Self { level, protocol: PhantomData })
    }
}

impl<P: SystemUnderTest> Property<P> for KeepsIsolation<P> {
    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        let history = world.history();
        match (P::CHECK_ISOLATION)(self.level, history, Budget::default()) {
            Some(answer) => judge(answer, |counterexample| breach(&counterexample, history)),
            None => Judgement::Inconclusive("no operation of the clients is a transaction".to_owned()),
        }
    }
}

/// What the run has done wrong: seen on the node that gave the wrong answer, in the step in which the
/// client got it.
fn breach<O, R>(counterexample: &Counterexample, history: &History<O, R>) -> Breach {
    let wrong = counterexample.wrong_answer(history).and_then(|id| {
        let operation = history.get(id);
        Some((history.name(id), operation.answer?, operation.returned()?))
    });
    let Some((name, AnswerAt { step, from }, at)) = wrong else {
        return Breach::new([], counterexample.to_string());
    };
    let what = format!("{counterexample}{name} got its answer from {from} in step {step}");
    Breach::new([from], what).in_step(step, Time::from_nanos(at.time_ns))
}
