//! A level of consistency as a property of a run.

use std::marker::PhantomData;

use crate::consistency::{Answer, Budget, Level};
use crate::history::History;
use crate::property::{Judgement, Property};
use crate::system::SystemUnderTest;
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
        let history = world.history();
        let answer = (P::CHECK_LEVEL)(self.level, history, Budget::default()).unwrap_or(Answer::Satisfied);
        answer.judgement(|counterexample| counterexample.breach(history))
    }
}
