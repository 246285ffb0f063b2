//! Any level of any model, both by their names.

use super::super::{Answer, Budget, Counterexample, Level, SequentialWitness, check_level, check_level_by_order};
use super::{
    Bank, Counter, Datum, KeyValue, Lock, Log, ModelKind, MultiRegister, Op, Queue, Register, Reply, Set, Stack, Unfit,
};
use crate::history::History;

impl ModelKind {
    /// What an object holds at the start, if nobody says otherwise: nothing, a key of a map the empty
    /// text, a bank five accounts of 100 each.
    #[must_use]
    pub fn default_initial(self) -> Datum {
        match self {
            Self::Kv => Datum::from(""),
            Self::Bank => [100; 5].into_iter().map(Datum::from).collect(),
            _ => Datum::Nil,
        }
    }

    /// Decides whether `history` keeps `level` as a history of this object. Registers and keys hold
    /// `initial` at the start, and it lists the balances of a bank; other objects are empty, whatever
    /// it says.
    ///
    /// # Errors
    /// The first operation that is none of such an object.
    pub fn check(
        self,
        history: &History<Op, Reply>,
        initial: &Datum,
        level: Level,
        budget: Budget,
    ) -> Result<Answer<Counterexample>, Unfit> {
        self.check_fit(history)?;
        Ok(self.judge(history, initial, level, budget))
    }

    /// The same where what does not fit is wrong: for histories of runs, in which nobody but the
    /// system is to blame for a reply that such an object never gives.
    #[must_use]
    pub fn judge(
        self,
        history: &History<Op, Reply>,
        initial: &Datum,
        level: Level,
        budget: Budget,
    ) -> Answer<Counterexample> {
        let answer = match self {
            Self::Register | Self::CasRegister => {
                check_level(&Register { initial: initial.clone() }, history, level, budget)
            }
            Self::Kv => check_level(&KeyValue::new(initial.clone(), history), history, level, budget),
            Self::Counter => check_level_by_order(&Counter::new(history), history, level, budget),
            Self::Set => check_level_by_order(&Set::new(history), history, level, budget),
            Self::Queue => check_level_by_order(&Queue, history, level, budget),
            Self::Stack => check_level_by_order(&Stack, history, level, budget),
            Self::Log => check_level_by_order(&Log, history, level, budget),
            Self::Lock => check_level_by_order(&Lock, history, level, budget),
            Self::Bank => check_level_by_order(&Bank::new(initial), history, level, budget),
            Self::MultiRegister => check_level_by_order(&MultiRegister::new(initial.clone()), history, level, budget),
        };
        answer.map(without_nil_key)
    }
}

/// The only object has no key, which is nil to the models: nobody wants to read of that.
fn without_nil_key(mut witness: Counterexample) -> Counterexample {
    let nil = format!("{:?}", Datum::Nil);
    match &mut witness {
        Counterexample::Linearizable(witness) => witness.key = witness.key.take().filter(|key| *key != nil),
        Counterexample::Sequential(SequentialWitness::Order(order)) => {
            for state in &mut order.states {
                if let Some(rest) = state.strip_prefix(&format!("{nil}: ")) {
                    *state = rest.to_owned();
                }
            }
        }
        Counterexample::Sequential(SequentialWitness::Pattern(_))
        | Counterexample::Causal(_)
        | Counterexample::Session(_)
        | Counterexample::Isolation(_) => {}
    }
    witness
}
