//! The check of the clients' history, as a property of a run.

use super::{Answer, Budget, SequentialModel, check_linearizable};
use crate::property::{Breach, Judgement, Property};
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
    fn name(&self) -> &str {
        Self::NAME
    }

    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        match check_linearizable(&self.model, world.history(), self.budget) {
            Answer::Satisfied => Judgement::Holds,
            Answer::Violated(witness) => Judgement::Violated(Breach::new([], witness.to_string())),
            Answer::Unknown(why) => Judgement::Inconclusive(why.to_string()),
        }
    }
}
