//! Ways to get sagas wrong. Each one is a deviation in a single place of the code, found by searching for its name.

use sim_core::PROGRESS;

use super::names::{
    ALL_OR_COMPENSATED, ANSWERED_BY_BALANCE, AT_MOST_ONCE, BALANCES_ARE_EXPLAINED, EFFECTS_STAY, LOGGED_BEFORE_DONE,
    MONEY_IS_CONSERVED, NEVER_SILENT, NO_OPERATOR_TOO_SOON, NO_STEP_AFTER_COMPENSATION, OUTCOMES_ARE_FINAL,
    OVERDRAWN_BY_OPERATORS_ALONE, RECOVERS_AS_SET, RESOLVED_ONCE, REVERSE_ORDER, SAGAS_END, STEPS_AS_ASKED,
};

sim_core::flaws! {
    /// A known bug, by its name in scenario files.
    pub enum SagaFlaw {
        /// An orchestrator asks for the next step before it is durable that the last one is done. After a power loss it
        /// does not know of the step that it has asked for, and never compensates it.
        SagaLostCompensation {
            name: "saga-lost-compensation",
            source: "Garcia-Molina and Salem 1987, the saga log, written too late",
            violates: &[ALL_OR_COMPENSATED, REVERSE_ORDER, NO_STEP_AFTER_COMPENSATION],
        },
        /// A step that is not answered is taken for one that was not done, and is not compensated.
        TimedOutNotExecuted {
            name: "timed-out-not-executed",
            source: "textbook code, got wrong: a timeout is handled like a failure of the step",
            violates: &[ALL_OR_COMPENSATED, REVERSE_ORDER, NO_STEP_AFTER_COMPENSATION],
        },
        /// A service takes a step as often as it is asked for.
        KeylessSteps {
            name: "keyless-steps",
            source: "Helland 2007: the receiver of a message that comes again must know it; left out",
            violates: &[AT_MOST_ONCE, BALANCES_ARE_EXPLAINED, NO_STEP_AFTER_COMPENSATION, ALL_OR_COMPENSATED],
        },
        /// A service knows in memory alone which steps it has taken.
        KeysInMemory {
            name: "keys-in-memory",
            source: "textbook code, got wrong: the keys of requests in a hash map",
            violates: &[EFFECTS_STAY, BALANCES_ARE_EXPLAINED, AT_MOST_ONCE, NO_STEP_AFTER_COMPENSATION, ALL_OR_COMPENSATED],
        },
        /// A compensation is asked for once.
        CompensatesOnce {
            name: "compensates-once",
            source: "textbook code, left out: compensations are not retried",
            violates: &[SAGAS_END, PROGRESS],
        },
        /// A step is asked for once, and nobody notices that it is not answered.
        StepSentOnce {
            name: "step-sent-once",
            source: "textbook code, left out: no timeout",
            violates: &[SAGAS_END, PROGRESS],
        },
        /// Compensations are done in the order of the steps.
        CompensatesInOrder {
            name: "compensates-in-order",
            source: "Garcia-Molina and Salem 1987: T1 … Tj Cj … C1; got wrong",
            violates: &[REVERSE_ORDER, NO_STEP_AFTER_COMPENSATION],
        },
        /// A service that is to compensate a step that it does not know does not write that down: the step, which was
        /// late, has its effect after its compensation.
        NoTombstone {
            name: "no-tombstone",
            source: "Helland 2007: messages are reordered; the empty rollback and suspension of Seata's TCC mode \
                     (seata/seata, \"Alibaba Seata resolves idempotence, dangling, and empty rollback issues in TCC mode\")",
            violates: &[NO_STEP_AFTER_COMPENSATION, REVERSE_ORDER, ALL_OR_COMPENSATED],
        },
        /// A compensation that is refused is taken for done.
        SuccessDespiteFailure {
            name: "success-despite-failure",
            source: "textbook code, got wrong: success is reported although a compensation failed",
            violates: &[ALL_OR_COMPENSATED, REVERSE_ORDER, MONEY_IS_CONSERVED],
        },
        /// A service answers before the effect is durable.
        ServiceAnswersEarly {
            name: "service-answers-early",
            source: "Gray 1978, the write-ahead rule, left out",
            violates: &[EFFECTS_STAY, BALANCES_ARE_EXPLAINED, AT_MOST_ONCE, ALL_OR_COMPENSATED],
        },
        /// A client is told how its saga ended before that is durable.
        EndsBeforeLog {
            name: "ends-before-log",
            source: "Garcia-Molina and Salem 1987, the end of a saga in the log, written too late",
            violates: &[OUTCOMES_ARE_FINAL, ALL_OR_COMPENSATED],
        },
        /// An orchestrator asks for the first step before it is durable that there is a saga.
        StartsBeforeLog {
            name: "starts-before-log",
            source: "Garcia-Molina and Salem 1987, the beginning of a saga in the log, written too late",
            violates: &[LOGGED_BEFORE_DONE],
        },
        /// While a saga is compensated, the late answer to a step counts as the answer to its compensation.
        CountsOlderReplies {
            name: "counts-older-replies",
            source: "textbook code, left out: replies that do not say what they answer",
            violates: &[ALL_OR_COMPENSATED, REVERSE_ORDER, NO_STEP_AFTER_COMPENSATION, MONEY_IS_CONSERVED],
        },
        /// A service does not write down that it has refused a step: asked once more, it may take it.
        RefusedNotKeyed {
            name: "refused-not-keyed",
            source: "Helland 2007: the same message must get the same answer; only successes are remembered",
            violates: &[RECOVERS_AS_SET, NO_STEP_AFTER_COMPENSATION, REVERSE_ORDER, ALL_OR_COMPENSATED],
        },
        /// A compensation has its effect as often as it is asked for.
        UndoesTwice {
            name: "undoes-twice",
            source: "textbook code, left out: steps have keys, and compensations have none",
            violates: &[AT_MOST_ONCE, BALANCES_ARE_EXPLAINED],
        },
        /// A service compensates a step that it has refused.
        UndoesRefused {
            name: "undoes-refused",
            source: "Seata's TCC mode: the empty rollback, got wrong",
            violates: &[AT_MOST_ONCE, BALANCES_ARE_EXPLAINED],
        },
        /// Each share of a transfer is rounded by itself.
        RoundsEachShare {
            name: "rounds-each-share",
            source: "textbook code, got wrong: money that is divided and rounded",
            violates: &[MONEY_IS_CONSERVED],
        },
        /// The payees are paid first, and then the payer pays.
        DepositsFirst {
            name: "deposits-first",
            source: "textbook code, got wrong: steps in any order, since they can be compensated; what is paid is not there yet",
            violates: &[STEPS_AS_ASKED],
        },
        /// A service looks whether an account is beyond its limit before a deposit, and not after it.
        LimitCheckedBefore {
            name: "limit-checked-before",
            source: "textbook code, got wrong: a limit is compared with what is there, not with what will be",
            violates: &[ANSWERED_BY_BALANCE],
        },
        /// With forward recovery, too, a saga turns back when a step is not answered often enough.
        NeverForward {
            name: "never-forward",
            source: "Garcia-Molina and Salem 1987, forward recovery; got wrong: every timeout ends in compensations",
            violates: &[RECOVERS_AS_SET],
        },
        /// A refusal that arrives twice counts twice.
        CountsRefusalsTwice {
            name: "counts-refusals-twice",
            source: "Helland 2007: messages are doubled and repeated; textbook code that counts answers as they come",
            violates: &[NO_OPERATOR_TOO_SOON],
        },
        /// When an operator has resolved a saga, it counts as compensated.
        ResolvesWithoutUndo {
            name: "resolves-without-undo",
            source: "textbook code, got wrong: a status that an operator sets by hand",
            violates: &[ALL_OR_COMPENSATED, MONEY_IS_CONSERVED],
        },
        /// It is not written down that an operator has resolved a saga.
        ResolveNotLogged {
            name: "resolve-not-logged",
            source: "textbook code, got wrong: a status that an operator sets in memory",
            violates: &[RESOLVED_ONCE],
        },
        /// A service knows in memory alone which steps must not come any more.
        TombstonesInMemory {
            name: "tombstones-in-memory",
            source: "textbook code, got wrong: what has no effect is not worth a record",
            violates: &[EFFECTS_STAY, NO_STEP_AFTER_COMPENSATION, ALL_OR_COMPENSATED],
        },
        /// A service remembers of each client the steps of its last saga alone.
        KeepsLastSaga {
            name: "keeps-last-saga",
            source: "textbook code, got wrong: sessions that remember the last request of a client, who may have given it up",
            violates: &[
                AT_MOST_ONCE,
                NO_STEP_AFTER_COMPENSATION,
                REVERSE_ORDER,
                ALL_OR_COMPENSATED,
                EFFECTS_STAY,
                BALANCES_ARE_EXPLAINED,
            ],
        },
        /// The answer to any compensation of a saga counts as the answer to the one that was asked for last.
        CountsAnyCompensation {
            name: "counts-any-compensation",
            source: "textbook code, left out: replies that name the saga and not the step",
            violates: &[ALL_OR_COMPENSATED, REVERSE_ORDER, MONEY_IS_CONSERVED],
        },
        /// A key names the saga, and not the step: a second step at the same service passes for done.
        OneKeyASaga {
            name: "one-key-a-saga",
            source: "textbook code, got wrong: the id of the transfer as the key of each of its requests",
            violates: &[ALL_OR_COMPENSATED, MONEY_IS_CONSERVED, AT_MOST_ONCE, EFFECTS_STAY, REVERSE_ORDER, NO_STEP_AFTER_COMPENSATION],
        },
        /// With forward recovery an orchestrator that boots takes the step for done that it was about to ask for.
        SkipsTheUnanswered {
            name: "skips-the-unanswered",
            source: "Garcia-Molina and Salem 1987, forward recovery: what was executing is executed again; got wrong",
            violates: &[ALL_OR_COMPENSATED, MONEY_IS_CONSERVED],
        },
        /// Compensations that are found open after a crash are done whatever is in the account.
        RecoveryIgnoresChecks {
            name: "recovery-ignores-checks",
            source: "textbook code, got wrong: recovery replays a log of what was allowed once",
            violates: &[OVERDRAWN_BY_OPERATORS_ALONE],
        },
        /// An orchestrator that boots knows nothing of sagas that need an operator.
        ForgetsTheStuck {
            name: "forgets-the-stuck",
            source: "textbook code, got wrong: recovery loads what is running, and what failed is neither",
            violates: &[NEVER_SILENT, SAGAS_END],
        },
        /// A node that boots acts upon what it finds on its disk, which a crash before the sync has left there and a
        /// power loss can still take away.
        BootsOnUnsynced {
            name: "boots-on-unsynced",
            source: "Rebello et al. 2020: what can be read after a crash need not be durable",
            violates: &[
                EFFECTS_STAY,
                BALANCES_ARE_EXPLAINED,
                OUTCOMES_ARE_FINAL,
                ALL_OR_COMPENSATED,
                NO_STEP_AFTER_COMPENSATION,
                LOGGED_BEFORE_DONE,
                AT_MOST_ONCE,
                RECOVERS_AS_SET,
                SAGAS_END,
            ],
        },
        /// A client that gets no answer asks another orchestrator for the same transfer: one completes it, and the
        /// other compensates it.
        AsksAnotherOrchestrator {
            name: "asks-another-orchestrator",
            source: "textbook code, got wrong: a retry at another node is taken to be harmless",
            violates: &[
                RECOVERS_AS_SET,
                OUTCOMES_ARE_FINAL,
                ALL_OR_COMPENSATED,
                NO_STEP_AFTER_COMPENSATION,
                REVERSE_ORDER,
            ],
        },
    }
}
