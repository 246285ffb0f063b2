//! Faultbed's simulator: runs protocols under faults, deterministically, and checks them.
//!
//! The same simulation and the same seed give the same run, byte for byte, on every machine. To keep that
//! promise, nothing here reads the wall clock, the environment, thread identity, addresses, the order of
//! hash maps or the platform's floating-point functions; the two exceptions, both outside any run, are
//! marked in the code.
//!
//! Implement [`Protocol`], describe a [`Simulation`], and [check](Simulation::check) it over many
//! seeds in a test. This crate knows no protocol, no file format and no terminal.

// What the derive macro writes names the crate from outside.
extern crate self as sim_core;

mod byzantine;
mod canonical;
mod choices;
mod client;
mod clock;
pub mod consistency;
mod context;
mod coverage;
mod crash_site;
mod disk;
mod effect;
mod embedded;
mod ending;
mod engine;
mod erased;
mod fault;
mod figure;
mod flaw;
mod guarantee;
mod harness;
mod heal;
mod history;
mod kinds;
mod limits;
mod liveness;
mod model;
mod nemesis;
mod network;
mod operator;
mod outcome;
mod panics;
mod process;
mod property;
mod protocol;
mod queue;
mod random;
mod sabotage;
mod service;
pub mod shrink;
mod signature;
mod simulation;
mod sweep;
mod system;
mod time;
mod timers;
mod trace;
mod validate;
mod world;

pub use byzantine::{Adversary, AdversaryContext, Misconduct, Traitor};
pub use canonical::{Body, TraceHasher, Value, kind_of, size_of_value};
pub use choices::{Answers, ChoiceName, Content, ContentError, Deviation, Draw, Elsewhere, NameParts, Redraw};
pub use client::{
    Belief, Client, ClientContext, ClientProfile, ClientTimer, ClosedLoop, Requests, Retrying, RetryingClient,
    SessionMemory, Strategy,
};
pub use clock::ClockProfile;
pub use context::{Context, DiskHandle};
pub use coverage::{Coverage, Demands, Untested};
pub use crash_site::{CrashSite, Survey};
pub use disk::{DiskProfile, Stored};
pub use effect::Answer;
pub use embedded::{Embedded, Embeds, Said};
pub use ending::Ending;
pub use erased::{
    AnyConfig, AnyOperations, AnyRecording, AnySimulation, AnySystem, AnyWorkload, Recipe, SystemInfo, Traced, erased,
};
pub use fault::{
    Bandwidth, Boundary, CrashMoment, CrashSeverity, Ends, FailedWrites, Fault, FaultClass, FaultFacts, FaultKind,
    FaultSeverity, LinkTrouble, LostWrites, MessageFilter, Milestone, Repeat, Replays, Selector, Trigger, draft,
};
pub use figure::{Bounds, Figure, Measure};
pub use flaw::{Flaw, FlawInfo, Flaws};
pub use guarantee::{
    AlwaysAlike, Announced, Announcement, Delivers, Durability, EventuallyAlike, Guarantee, GuaranteeError,
    KeepsIsolation, KeepsLevel, Kept, LINEARIZABILITY, Levels, judge_level,
};
pub use harness::{SEED_VARIABLE, parse_seed};
pub use heal::{Heal, HealKind};
pub use history::{AnswerAt, History, Moment, Operation, OperationId, OperationOutcome, OutcomeCounts};
pub use kinds::Kinds;
pub use limits::Limits;
pub use liveness::{Hindrance, Liveness, OperationKind, Outlook, OwedTo, Sign};
pub use model::{Assumption, FaultModel, Outside, PropertyClass};
pub use nemesis::{ByzantineNemesis, FaultFamily, Layer, Nemesis, Rhythm, settings_rng};
pub use network::{CutMode, Latency, LinkProfile, Zone};
pub use operator::OperatorAction;
pub use outcome::{FaultEffects, FaultRecord, Outcome, Recording, Summary, Verdict, Violation};
pub use panics::{PanicsIn, panics_in};
pub use process::{NodeId, NodeIdError, ProcessId, RequestId};
pub use property::{
    Breach, Judgement, LIMITS, NO_HALT, NO_PANIC, PROGRESS, Property, Received, Step, StepKind, TIME_GOES_ON,
};
pub use protocol::{DiskEvent, Nothing, Protocol, State, SyncToken, WriteToken};
pub use random::{Probability, SimRng};
pub use sabotage::Sabotage;
pub use service::{ReadsServed, Served, Service};
pub use signature::{Signed, Signer};
pub use sim_core_derive::Kinds;
pub use simulation::{Environment, Finding, Simulation};
pub use sweep::{available_jobs, is_repeated, sweep};
pub use system::{
    AdversaryRow, CheckIsolation, CheckLevel, ConfigError, FigureRow, FindReads, LivenessClaims, MutateMessage,
    Mutations, PropertyRow, ProtocolConfig, Role, Row, RowInfo, Switch, SystemUnderTest, Workload,
};
pub use time::{Duration, DurationError, Time, ms, secs, us};
pub use trace::{LossReason, Trace, TraceEvent, TraceKind};
pub use world::World;

/// The protocol in the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
