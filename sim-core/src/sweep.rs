//! Many seeds at once: the only place with threads.
//!
//! A run is single-threaded and shares nothing with others; so results do not depend on how many
//! run at a time, and they are handed over in the order of the seeds.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use crate::outcome::Summary;
use crate::protocol::Protocol;
use crate::simulation::Simulation;

/// Calls `run` for every seed, `jobs` at a time, and `take` with each result in the order of the
/// seeds, until it breaks.
#[expect(clippy::disallowed_methods, reason = "whole runs, which share nothing, go side by side")]
pub fn sweep<T: Send>(
    seeds: Range<u64>,
    jobs: NonZeroUsize,
    run: impl Fn(u64) -> T + Sync,
    mut take: impl FnMut(u64, T) -> ControlFlow<()>,
) {
    let (next, stop) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.get() {
            let sender = sender.clone();
            scope.spawn(|| {
                let sender = sender;
                while !stop.load(Ordering::Relaxed) {
                    // Never past the end, which may be the last number there is.
                    let step = |seed| (seed < seeds.end).then(|| seed + 1);
                    let Ok(seed) = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step) else { break };
                    if sender.send((seed, run(seed))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let (mut early, mut due) = (BTreeMap::new(), seeds.start);
        for (seed, result) in results {
            early.insert(seed, result);
            while let Some(result) = early.remove(&due) {
                if take(due, result).is_break() {
                    stop.store(true, Ordering::Relaxed);
                    return;
                }
                due += 1;
            }
        }
    });
}

/// How many runs to carry out at a time: as many as there are cores.
#[expect(clippy::disallowed_methods, reason = "decides how fast seeds are run, never what they do")]
pub fn available_jobs() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

impl<P: Protocol> Simulation<P> {
    /// Runs all these seeds, on all cores, and returns what each came to.
    ///
    /// # Panics
    /// If the description makes no sense: see [`validate`](Self::validate).
    #[track_caller]
    pub fn sweep(&self, seeds: Range<u64>) -> Vec<Summary>
    where
        Self: Sync,
    {
        self.assert_valid();
        let mut summaries = Vec::new();
        sweep(
            seeds,
            available_jobs(),
            |seed| self.run(seed).summary,
            |_, summary| {
                summaries.push(summary);
                ControlFlow::Continue(())
            },
        );
        summaries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_seeds_whatever_the_number_of_jobs() {
        for jobs in [1, 2, 7] {
            let mut seen = Vec::new();
            sweep(
                3..200,
                NonZeroUsize::new(jobs).expect("not zero"),
                |seed| seed * 2,
                |seed, result| {
                    seen.push((seed, result));
                    if seed == 150 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                },
            );
            assert_eq!(seen, (3..=150).map(|seed| (seed, seed * 2)).collect::<Vec<_>>());
        }
    }
}
