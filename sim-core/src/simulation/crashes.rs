//! Runs with more crashes, for whoever tries every place.

use std::sync::atomic::AtomicBool;

use crate::crash_site::Survey;
use crate::engine::{Keep, run_once};
use crate::fault::Fault;
use crate::outcome::Outcome;
use crate::protocol::Protocol;
use crate::time::Time;

use super::{Environment, Simulation};

impl<P: Protocol> Simulation<P> {
    /// From when on a survey finds no more places.
    pub(crate) fn crashes_end(&self) -> Time {
        self.env.heal.at.unwrap_or_else(|| Time::ZERO + self.env.run_for.since(Time::ZERO) / 2)
    }

    /// Runs `seed` with more faults, after those of its plan, and looks where nodes could crash; unless
    /// `stop` becomes true before the run is over. Until the first of these faults begins, it is the run of
    /// the seed, step by step.
    ///
    /// # Panics
    /// If the description is invalid: see [`validate`](Self::validate).
    #[track_caller]
    pub fn run_with(&self, seed: u64, more: &[Fault], survey: Option<Survey>, stop: &AtomicBool) -> Option<Outcome<P>> {
        let faults = self.faults_of(seed).into_iter().chain(more.iter().cloned()).collect();
        let run = self.clone().environment(Environment { faults, nemesis: None, ..self.env.clone() });
        run.assert_valid();
        run_once(&run, run.source(seed), Keep { survey, ..Keep::default() }, Some(stop))
    }
}
