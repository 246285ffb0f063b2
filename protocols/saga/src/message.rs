//! What travels between nodes, what they write down, wait for, and announce.

use serde::Serialize;
use sim_core::{Kinds, RequestId};

use super::operations::Step;

/// Names a step: the *idempotency key* of what a service is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Key {
    /// The saga, by the request of its client.
    pub saga: RequestId,
    /// The step's number in it, from 0.
    pub step: u32,
}

/// The messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// Take this step.
    Do {
        /// Its name.
        key: Key,
        /// What it does.
        step: Step,
    },
    /// What came of it.
    DoReply {
        /// The name of the step.
        key: Key,
        /// Whether it is done.
        answer: Answer,
    },
    /// Compensate this step, whether or not it was taken.
    Undo {
        /// Its name.
        key: Key,
        /// What it does.
        step: Step,
        /// Whether the account may be overdrawn.
        is_forced: bool,
        /// How often it was refused before.
        refusals: u32,
    },
    /// What came of that.
    UndoReply {
        /// The name of the step.
        key: Key,
        /// As it was asked for.
        refusals: u32,
        /// Whether nothing is left of it.
        answer: Answer,
    },
}

/// What a service says to what it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Answer {
    /// It is done.
    Done,
    /// It is not, and the account is as it was.
    Refused,
}

/// What a service knows of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Status {
    /// It is in effect.
    Done,
    /// It was refused.
    Refused,
    /// It was in effect, and is compensated.
    Undone,
    /// It never was in effect, and never will be: it was to be compensated before it came.
    Tombstone,
}

/// What a service has written down of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The name of the step.
    pub key: Key,
    /// What it does.
    pub step: Step,
    /// What the service knows of it.
    pub status: Status,
}

/// How far a saga has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Phase {
    /// It goes on.
    Forward {
        /// So many steps are done. The next one is asked for.
        done: u32,
    },
    /// It is compensated.
    Backward {
        /// So many steps may have been done.
        from: u32,
        /// So many of them are still to be compensated.
        left: u32,
        /// Whether accounts may be overdrawn.
        is_forced: bool,
    },
    /// A compensation is refused.
    NeedsOperator {
        /// So many steps may have been done.
        from: u32,
        /// So many of them are still to be compensated.
        left: u32,
    },
    /// It has ended.
    Ended(Outcome),
}

/// How a saga has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Outcome {
    /// T1 … Tn: all is done.
    Completed,
    /// T1 … Tj Cj … C1: nothing is left of it.
    Compensated,
}

/// What is on a disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// An orchestrator's: a saga begins.
    Began {
        /// Its name.
        saga: RequestId,
        /// What it does.
        steps: Vec<Step>,
    },
    /// An orchestrator's: a saga has come so far.
    Reached {
        /// Its name.
        saga: RequestId,
        /// How far.
        phase: Phase,
    },
    /// A service's: what became of a step. With an effect it is the effect.
    Entry(Entry),
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// An orchestrator: to ask once more in this saga.
    Retry(RequestId),
}

/// What a node announces, each when it is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// An orchestrator begins a saga.
    Began {
        /// Its name.
        saga: RequestId,
        /// What it does.
        steps: Vec<Step>,
    },
    /// An orchestrator has asked for a step, and hears no answer in time.
    Unanswered(Key),
    /// An orchestrator begins to compensate a saga.
    TurnedBack {
        /// Its name.
        saga: RequestId,
        /// So many steps may have been done.
        from: u32,
    },
    /// A saga needs an operator.
    NeedsOperator(RequestId),
    /// An operator has said that a compensation may overdraw an account.
    Resolved(RequestId),
    /// A saga has ended.
    Ended(RequestId, Outcome),
    /// An orchestrator boots, with all sagas that it knows.
    Booted(Vec<(RequestId, Vec<Step>, Phase)>),
    /// A service has written down what becomes of a step.
    Wrote {
        /// What.
        entry: Entry,
        /// What the account has now.
        balance: i64,
    },
    /// A service is asked for a step that it was to compensate before. It refuses it.
    CameTooLate(Key),
    /// A service refuses to compensate a step: the money is gone.
    CannotUndo {
        /// The name of the step.
        key: Key,
        /// How often it was refused before, as far as its orchestrator knows.
        refusals: u32,
    },
    /// A service boots.
    Recovered {
        /// All steps that it knows.
        entries: Vec<Entry>,
        /// What its accounts have, those that a step has ever changed.
        balances: Vec<(u32, i64)>,
    },
}
