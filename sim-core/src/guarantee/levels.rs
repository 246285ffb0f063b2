//! A level of consistency as a property of a run.

use std::marker::PhantomData;

use super::Guarantee;
use crate::consistency::{Answer, Budget, Level};
use crate::history::History;
use crate::property::{Judgement, Property};
use crate::system::SystemUnderTest;
use crate::world::World;

/// The history of the clients keeps a level of consistency, as far as the protocol's own
/// [`check_level`](SystemUnderTest::check_level) tells within the default budget. Judged at the end.
#[derive(Clone, Copy, Debug)]
pub struct KeepsLevel<P> {
    level: Level,
    protocol: PhantomData<fn() -> P>,
}

impl<P: SystemUnderTest> KeepsLevel<P> {
    /// Nothing if the protocol cannot be checked for this level.
    pub fn of(level: Level) -> Option<Self> {
        P::check_level(level, &History::new(), Budget::default())?;
        Some(Self { level, protocol: PhantomData })
    }
}

impl<P: SystemUnderTest> Property<P> for KeepsLevel<P> {
    fn name(&self) -> &str {
        Guarantee::Level(self.level).property()
    }

    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        let history = world.history();
        let answer = P::check_level(self.level, history, Budget::default()).unwrap_or(Answer::Satisfied);
        answer.judgement(|counterexample| counterexample.breach(history))
    }
}
