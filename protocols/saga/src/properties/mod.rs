//! What sagas promise.

mod balances;
mod effects;
mod ending;
mod ledger;
mod log;
mod outcomes;
mod plan;
mod recovery;
mod steps;

use sim_core::PropertyRow;

use super::names::{
    ALL_OR_COMPENSATED, ANSWERED_BY_BALANCE, AT_MOST_ONCE, BALANCES_ARE_EXPLAINED, EFFECTS_STAY, LOGGED_BEFORE_DONE,
    MONEY_IS_CONSERVED, NEVER_SILENT, NO_OPERATOR_TOO_SOON, NO_STEP_AFTER_COMPENSATION, OUTCOMES_ARE_FINAL,
    OVERDRAWN_BY_OPERATORS_ALONE, RECOVERS_AS_SET, RESOLVED_ONCE, REVERSE_ORDER, SAGAS_END, STEPS_AS_ASKED,
};
use super::node::SagaNode;

pub use balances::{AnsweredByTheBalance, BalancesAreExplained, OverdrawnByOperatorsAlone};
pub use effects::EffectsStay;
pub use ending::SagasEnd;
pub use log::{LoggedBeforeDone, NeverSilent, ResolvedOnce};
pub use outcomes::{AllOrCompensated, OutcomesAreFinal, SagasConserveMoney};
pub use plan::StepsAsAsked;
pub use recovery::{NoOperatorTooSoon, RecoversAsSet};
pub use steps::{CompensationsInReverseOrder, NoStepAfterCompensation, StepsAtMostOnce};

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<SagaNode>] = &[
    PropertyRow {
        name: LOGGED_BEFORE_DONE,
        summary: "A step takes effect only when its saga is durable in the log of an orchestrator.",
        source: "Garcia-Molina and Salem 1987, the saga log",
        make: |_| Box::<LoggedBeforeDone>::default(),
    },
    PropertyRow {
        name: STEPS_AS_ASKED,
        summary: "A saga has the steps of the transfer that its client has asked for, and those take them who keep the accounts.",
        source: "the money transfer of the textbooks",
        make: |config| Box::new(StepsAsAsked::new(config)),
    },
    PropertyRow {
        name: AT_MOST_ONCE,
        summary: "Each step takes effect at most once, and is compensated at most once, after that.",
        source: "Garcia-Molina and Salem 1987; Helland 2007",
        make: |_| Box::<StepsAtMostOnce>::default(),
    },
    PropertyRow {
        name: NO_STEP_AFTER_COMPENSATION,
        summary: "Once a saga is being compensated, none of its steps takes effect any more.",
        source: "Garcia-Molina and Salem 1987: T1 … Tj Cj … C1",
        make: |_| Box::<NoStepAfterCompensation>::default(),
    },
    PropertyRow {
        name: REVERSE_ORDER,
        summary: "A step is compensated only when no later step of its saga is in effect.",
        source: "Garcia-Molina and Salem 1987: T1 … Tj Cj … C1",
        make: |_| Box::<CompensationsInReverseOrder>::default(),
    },
    PropertyRow {
        name: ALL_OR_COMPENSATED,
        summary: "When a saga has ended, all of its steps are in effect, or none is, and so it stays.",
        source: "Garcia-Molina and Salem 1987: T1 … Tn or T1 … Tj Cj … C1",
        make: |_| Box::<AllOrCompensated>::default(),
    },
    PropertyRow {
        name: OUTCOMES_ARE_FINAL,
        summary: "A saga ends in one way.",
        source: "Garcia-Molina and Salem 1987, the saga log",
        make: |_| Box::<OutcomesAreFinal>::default(),
    },
    PropertyRow {
        name: MONEY_IS_CONSERVED,
        summary: "What a saga that has ended has left in all accounts adds up to nothing.",
        source: "the money transfer of the textbooks",
        make: |_| Box::<SagasConserveMoney>::default(),
    },
    PropertyRow {
        name: BALANCES_ARE_EXPLAINED,
        summary: "An account has what it began with and what the steps have brought that are in effect.",
        source: "the money transfer of the textbooks",
        make: |config| Box::new(BalancesAreExplained::new(config)),
    },
    PropertyRow {
        name: OVERDRAWN_BY_OPERATORS_ALONE,
        summary: "No step and no compensation overdraws an account, but one that an operator has resolved.",
        source: "the money transfer of the textbooks",
        make: |_| Box::<OverdrawnByOperatorsAlone>::default(),
    },
    PropertyRow {
        name: ANSWERED_BY_BALANCE,
        summary: "Steps and compensations are refused where the account does not allow them, and only there.",
        source: "the money transfer of the textbooks",
        make: |config| Box::new(AnsweredByTheBalance::new(config)),
    },
    PropertyRow {
        name: EFFECTS_STAY,
        summary: "A service that boots knows all steps that it has announced, as it has announced them.",
        source: "Garcia-Molina and Salem 1987: the steps are transactions, and durable",
        make: |_| Box::<EffectsStay>::default(),
    },
    PropertyRow {
        name: NEVER_SILENT,
        summary: "An orchestrator that boots knows all sagas that need an operator.",
        source: "Garcia-Molina and Salem 1987: a compensation that cannot be done needs manual intervention",
        make: |_| Box::<NeverSilent>::default(),
    },
    PropertyRow {
        name: RESOLVED_ONCE,
        summary: "A saga that an operator has resolved does not need one again.",
        source: "this crate: a resolved compensation may overdraw the account",
        make: |_| Box::<ResolvedOnce>::default(),
    },
    PropertyRow {
        name: RECOVERS_AS_SET,
        summary: "A saga turns back when a step is refused; with backward recovery also when one is not answered often \
                  enough, and when its orchestrator boots; and at no other time.",
        source: "Garcia-Molina and Salem 1987, backward and forward recovery",
        make: |config| Box::new(RecoversAsSet::new(config)),
    },
    PropertyRow {
        name: NO_OPERATOR_TOO_SOON,
        summary: "A saga needs an operator only when a compensation was refused often enough.",
        source: "this crate: `attempts` in the configuration",
        make: |config| Box::new(NoOperatorTooSoon::new(config)),
    },
    PropertyRow {
        name: SAGAS_END,
        summary: "A saga ends, or needs an operator, when nothing goes wrong for long enough.",
        source: "Garcia-Molina and Salem 1987: compensations are repeated until they are done",
        make: |config| Box::new(SagasEnd::new(config)),
    },
];
