//! One run, guarded against defects of the engine.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use reports::Again;
use sim_core::{Levels, Service, Summary};

use super::again::{again, elsewhere};
use super::{Case, Effort};
use crate::cli::wall_clock::now;

/// The engine panicked. (A panic of the protocol is a violation, and part of a summary.)
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Defect(pub(crate) String);

/// A run, and the same seed again if that gave another run.
pub(crate) struct Ended {
    pub(crate) summary: Summary,
    pub(crate) differs: Option<Again>,
    /// Which levels of consistency it kept, if that was asked for and can be told.
    pub(crate) levels: Option<Levels>,
    /// What its clients got, if that was asked for.
    pub(crate) service: Option<Service>,
    /// How long the run took, by the user's clock.
    pub(crate) took: std::time::Duration,
}

/// How many times to run a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeated<'p> {
    Once,
    Twice,
    /// The third time by this program, in a process of its own.
    Thrice(&'p Path),
}

/// Runs a seed and, if told so, again to see whether that is the same run, and once more each to see which
/// levels of consistency it keeps and what its clients got, if that is asked for. Nothing if it is told to stop before that: then the seed has not
/// been run.
pub(crate) fn run_repeatedly(
    case: &Case,
    seed: u64,
    times: Repeated<'_>,
    effort: &Effort,
    stop: &AtomicBool,
) -> Option<Result<Ended, Defect>> {
    let prepared = case.prepared.as_ref();
    let ended = run_guarded(|| {
        let began = now();
        let summary = prepared.run_unless(seed, stop)?;
        let took = began.elapsed();
        let differs = match times {
            Repeated::Once => None,
            Repeated::Twice => again(case, seed, &summary, stop)?,
            Repeated::Thrice(program) => {
                again(case, seed, &summary, stop)?.or_else(|| elsewhere(case, seed, &summary, program))
            }
        };
        let levels = effort.strongest.then(|| prepared.simulation(seed).levels(seed)).flatten();
        let service = effort.service.then(|| prepared.simulation(seed).service(seed));
        Some(Ended { summary, differs, levels, service, took })
    });
    ended.transpose()
}

/// Calls `run`, which takes a simulation from its beginning to its end.
///
/// # Errors
/// What the engine said when it panicked.
pub(crate) fn run_guarded<T>(run: impl FnOnce() -> T) -> Result<T, Defect> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| Defect(message(payload.as_ref())))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
