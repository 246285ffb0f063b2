//! Many seeds at once: the only place with threads.
//!
//! A run is single-threaded and shares nothing with others; so results do not depend on how many
//! run at a time, and they are handed over in the order of the seeds.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use crate::outcome::Summary;
use crate::protocol::Protocol;
use crate::simulation::Simulation;

/// How far ahead of the first seed whose result is not there yet, or has not been taken, others are
/// begun. Results wait in memory for those before them: behind a slow run or a slow reader not
/// without bound.
const AHEAD: u64 = 1024;

/// Of so many seeds one is run again.
const REPEATED_OF: u64 = 100;

/// The most seeds of a sweep that are run again.
const MOST_REPEATED: u64 = 32;

/// Whether a seed is one of those that are run again, to see whether that gives the same run: the first of a sweep and
/// about one in a hundred, at most 32. Its place among the `selected` ones decides, from 0 on, so that it is always the same.
pub fn is_repeated(place: u64, selected: u64) -> bool {
    place.is_multiple_of(REPEATED_OF.max(selected.div_ceil(MOST_REPEATED)))
}

/// Calls `run` for every seed, `jobs` at a time, and `take` with each result in the order of the
/// seeds, until it breaks.
#[expect(clippy::disallowed_methods, reason = "whole runs, which share nothing, go side by side")]
pub fn sweep<T: Send>(
    seeds: Range<u64>,
    jobs: NonZeroUsize,
    run: impl Fn(u64) -> T + Sync,
    mut take: impl FnMut(u64, T) -> ControlFlow<()>,
) {
    let queue = SeedQueue::new(seeds.clone());
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.get() {
            let (sender, queue, run) = (sender.clone(), &queue, &run);
            scope.spawn(move || {
                let _ends = EndsWith(queue);
                while let Some(seed) = queue.next() {
                    if sender.send((seed, run(seed))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let _ends = EndsWith(&queue);
        let (mut early, mut due) = (BTreeMap::new(), seeds.start);
        for (seed, result) in results {
            early.insert(seed, result);
            while let Some(result) = early.remove(&due) {
                if take(due, result).is_break() {
                    return;
                }
                due += 1;
                queue.taken(due);
            }
        }
    });
}

/// The seeds that are still to be begun.
struct SeedQueue {
    state: Mutex<QueueState>,
    /// Seeds have been taken, or all is over.
    moved: Condvar,
}

struct QueueState {
    next: u64,
    end: u64,
    /// The first seed whose result has not been taken.
    due: u64,
}

impl SeedQueue {
    const fn new(seeds: Range<u64>) -> Self {
        let state = QueueState { next: seeds.start, end: seeds.end, due: seeds.start };
        Self { state: Mutex::new(state), moved: Condvar::new() }
    }

    /// The next seed, once it is not too far ahead; nothing if there is none.
    fn next(&self) -> Option<u64> {
        let is_far = |state: &mut QueueState| state.next < state.end && state.next - state.due >= AHEAD;
        let mut state = self.moved.wait_while(self.lock(), is_far).unwrap_or_else(PoisonError::into_inner);
        let seed = state.next;
        // Never past the end, which may be the last number there is.
        (seed < state.end).then(|| {
            state.next += 1;
            seed
        })
    }

    /// All results before that of `due` have been taken.
    fn taken(&self, due: u64) {
        self.lock().due = due;
        self.moved.notify_all();
    }

    /// No more seeds are begun.
    fn end(&self) {
        let mut state = self.lock();
        state.end = state.next;
        self.moved.notify_all();
    }

    /// Nobody panics while holding it: the numbers are what they should be.
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever gives or takes no more results ends the sweep, were it by a panic: the others would wait
/// for ever for a result that never comes.
struct EndsWith<'q>(&'q SeedQueue);

impl Drop for EndsWith<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
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
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn two() -> NonZeroUsize {
        NonZeroUsize::new(2).expect("not zero")
    }

    #[test]
    fn nobody_runs_far_ahead_of_a_slow_seed() {
        let (greatest, waited) = (AtomicU64::new(0), AtomicU64::new(0));
        let run = |seed: u64| {
            greatest.fetch_max(seed, Ordering::SeqCst);
            // The first seed takes until the other worker has come as far as it may.
            while seed == 5 && greatest.load(Ordering::SeqCst) < 5 + AHEAD - 1 {
                std::hint::spin_loop();
            }
            if seed == 5 {
                (0..1_000_000).for_each(|_| std::hint::spin_loop());
                waited.store(greatest.load(Ordering::SeqCst), Ordering::SeqCst);
            }
        };
        let mut taken = 0;
        sweep(5..5 + 3 * AHEAD, two(), run, |_, ()| {
            taken += 1;
            ControlFlow::Continue(())
        });
        assert_eq!((waited.into_inner(), taken), (5 + AHEAD - 1, 3 * AHEAD));
    }

    #[test]
    fn a_panic_ends_a_sweep_and_does_not_hang_it() {
        let panics = |of_a_run: bool| {
            let run = move |seed: u64| assert!(seed != 7 || !of_a_run, "a run");
            let take = move |seed, ()| {
                assert!(seed != 7 || of_a_run, "a result");
                ControlFlow::Continue(())
            };
            std::panic::catch_unwind(|| sweep(0..100 * AHEAD, two(), run, take)).is_err()
        };
        assert!(panics(true) && panics(false));
    }

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
