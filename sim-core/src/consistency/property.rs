//! The check of the clients' history, as a property of a run.

use super::{Budget, Counterexample, SequentialModel, check_linearizable};
use crate::property::{Judgement, Property};
use crate::protocol::Protocol;
use crate::world::World;

/// Every operation takes effect at one moment between its call and its return (Herlihy and Wing
/// 1990), judged at the end of the run.
#[derive(Clone, Copy, Debug)]
pub struct Linearizability<M> {
    model: M,
    budget: Budget,
}

impl<M> Linearizability<M> {
    /// What reports call it.
    pub const NAME: &'static str = "Linearizability";

    /// With respect to `model`, within the default budget.
    pub fn new(model: M) -> Self {
        Self { model, budget: Budget::default() }
    }

    /// The same within another budget.
    #[must_use]
    pub fn within(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }
}

impl<P, M> Property<P> for Linearizability<M>
where
    P: Protocol,
    M: SequentialModel<Op = P::Op, Reply = P::Reply>,
{
    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        let history = world.history();
        let answer = check_linearizable(&self.model, history, self.budget);
        answer.judgement(|witness| Counterexample::Linearizable(witness).breach(history))
    }
}
