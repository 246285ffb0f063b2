//! Tries every place of one run where a node can crash, with everything that the crash can leave on its
//! disk, and after each of these crashes every place of the recovery.
//!
//! In the manner of ALICE (Pillai et al., OSDI 2014) and CrashMonkey (Mohan et al., OSDI 2018), for
//! protocols: places lie between the effects of handlers, and properties judge the whole system to the end
//! of the run.

mod crash;
mod tally;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use reports::{CrashFailure, CrashPoints, Stopped};
use sim_core::{CrashSite, Duration, Summary, Survey, sweep};

use crate::cli::deadline::Deadline;
use crate::exit;
use crate::run::{Case, Defect, run_guarded};
use crash::Crash;
use tally::Tally;

/// How much to try.
pub(crate) struct Search {
    /// How many run at a time.
    pub(crate) jobs: NonZeroUsize,
    /// Runs with crashes at most.
    pub(crate) most: u64,
    /// How long after a crash the node boots again.
    pub(crate) down: Duration,
    /// Whether the first failure ends it all.
    pub(crate) fail_fast: bool,
}

/// A recovery is the boot after a crash and what follows: so many steps of the node in all, of those in which
/// it does something that a crash does not undo.
pub(crate) const RECOVERY: u64 = 4;

/// Is told what comes of it.
pub(crate) trait Listener {
    /// So many runs are to come.
    fn begins(&mut self, runs: u64);
    /// One of them has ended. Says why the others are of no use any more, if they are not.
    fn ended(&mut self) -> Option<Stopped>;
    /// One has failed; whether it is among the `first` of its kind.
    fn failed(&mut self, failure: &CrashFailure, first: bool);
}

/// Tries the first seed of a scenario until the deadline.
pub(crate) fn explore(
    case: &Case,
    search: &Search,
    deadline: Deadline<'_>,
    listener: &mut dyn Listener,
) -> CrashPoints {
    deadline.watch(|stop| {
        let explorer = Explorer { case, search, stop, tally: Tally::new(case), listener };
        explorer.explore(|| deadline.why())
    })
}

struct Explorer<'e, 'l> {
    case: &'e Case,
    search: &'e Search,
    stop: &'e AtomicBool,
    tally: Tally<'e>,
    listener: &'l mut dyn Listener,
}

/// What a run came to, and where the node that crashed in it could crash again.
type Ran = Result<(Summary, Vec<CrashSite>), Defect>;

impl Explorer<'_, '_> {
    fn explore(mut self, why: impl Fn() -> Stopped) -> CrashPoints {
        self.listener.begins(1);
        let sites = match run(self.case, &[], Some(Survey::Everywhere), self.stop) {
            None => {
                self.tally.stop(why());
                return self.tally.finish();
            }
            Some(ran) => self.take(&[], ran),
        };
        self.listener.ended();
        if self.tally.has_failed() {
            return self.tally.finish();
        }
        self.tally.found(&sites);
        let down = self.search.down;
        let sites: Vec<((), CrashSite)> = sites.into_iter().map(|site| ((), site)).collect();
        let (single, of) = spread(&sites, down, self.search.most);
        let single: Vec<[Crash; 1]> = single.into_iter().map(|((), crash)| [crash]).collect();
        self.tally.result.single.of = of;
        let mut recoveries = Vec::new();
        let ended =
            self.try_all(&single, &why, |place, sites| recoveries.extend(sites.into_iter().map(|of| (place, of))));
        if ended {
            let (double, of) = spread(&recoveries, down, self.search.most - single.len() as u64);
            let double: Vec<[Crash; 2]> =
                double.into_iter().map(|(place, second)| [single[place][0].clone(), second]).collect();
            self.tally.result.double.of = of;
            self.try_all(&double, &why, |_, _| {});
        }
        self.tally.finish()
    }

    /// Tries all of these, and tells `then` where those that survive one crash could crash again. Says whether
    /// all were tried.
    fn try_all<const N: usize>(
        &mut self,
        all: &[[Crash; N]],
        why: &impl Fn() -> Stopped,
        mut then: impl FnMut(usize, Vec<CrashSite>),
    ) -> bool {
        self.listener.begins(all.len() as u64);
        let (case, search, stop) = (self.case, self.search, self.stop);
        sweep(
            0..all.len() as u64,
            search.jobs,
            |place| {
                let crashes = &all[place as usize];
                let survey = match &crashes[..] {
                    [only] => Some(Survey::Recovery {
                        of: only.site.node,
                        incarnation: only.site.incarnation + 1,
                        steps: RECOVERY,
                    }),
                    _ => None,
                };
                (!stop.load(Ordering::Relaxed)).then(|| run(case, crashes, survey, stop)).flatten()
            },
            |place, ran| {
                let crashes = &all[place as usize];
                let stopped = match ran {
                    None => Some(why()),
                    Some(ran) => {
                        let failed = self.tally.failed();
                        let sites = self.take(crashes, ran);
                        then(place as usize, sites);
                        let useless = self.listener.ended();
                        (search.fail_fast && self.tally.failed() > failed).then_some(Stopped::FirstFailure).or(useless)
                    }
                };
                stopped.map_or(ControlFlow::Continue(()), |why| {
                    self.tally.stop(why);
                    stop.store(true, Ordering::Relaxed);
                    ControlFlow::Break(())
                })
            },
        );
        self.tally.result.stopped.is_none()
    }

    /// Counts a run. Returns where it goes on being of interest: nowhere, if it did not pass.
    fn take(&mut self, crashes: &[Crash], ran: Ran) -> Vec<CrashSite> {
        let (failure, sites) = self.tally.take(crashes, ran);
        if let Some((failure, first)) = failure {
            self.listener.failed(&failure, first);
        }
        sites
    }
}

/// The run of the case's first seed with these crashes; nothing if it is told to stop before its end.
fn run(case: &Case, crashes: &[Crash], survey: Option<Survey>, stop: &AtomicBool) -> Option<Ran> {
    let faults: Vec<_> = crashes.iter().map(Crash::fault).collect();
    let seed = case.seeds.start;
    run_guarded(|| case.prepared.simulation(seed).run_with(seed, &faults, survey, stop)).transpose()
}

/// So many of all crashes at these places at most, evenly spread, each with the mark of its place; and how many
/// there are. There may be far more than there is time to list.
fn spread<M: Copy>(sites: &[(M, CrashSite)], down: Duration, most: u64) -> (Vec<(M, Crash)>, u64) {
    let count: u64 = sites.iter().map(|(_, site)| Crash::count_at(site)).sum();
    let before = |place: u64| u128::from(place) * u128::from(most.min(count)) / u128::from(count.max(1));
    let (mut taken, mut first) = (Vec::new(), 0);
    for (mark, site) in sites {
        let next = first + Crash::count_at(site);
        if before(next) > before(first) {
            let all = (first..).zip(Crash::all_at(site, down));
            let all = all.filter(|(place, _)| before(place + 1) > before(*place));
            taken.extend(all.map(|(_, crash)| (*mark, crash)));
        }
        first = next;
    }
    (taken, count)
}

/// The exit code for what became of a scenario.
pub(crate) fn exit_code(result: &CrashPoints) -> u8 {
    let violated = result.violated() > 0;
    let unclear = result.failed() > result.violated();
    let interrupted = result.stopped == Some(Stopped::Interrupted);
    let untested = result.stopped == Some(Stopped::OutOfTime) || (!violated && result.is_untested());
    exit::worst(
        [
            violated.then_some(exit::VIOLATED),
            unclear.then_some(exit::INCONCLUSIVE),
            interrupted.then_some(exit::INTERRUPTED),
            untested.then_some(exit::NOTHING_TESTED),
            result.defect.as_ref().map(|_| exit::DEFECT),
        ]
        .into_iter()
        .flatten(),
    )
}

#[cfg(test)]
mod tests {
    use super::crash::tests::site;
    use super::*;

    #[test]
    fn what_is_taken_is_spread_evenly() {
        let sites: Vec<(usize, CrashSite)> = (0..40).map(|place| (place, site(&vec![false; place % 4]))).collect();
        let take = |most| spread(&sites, Duration::from_secs(1), most);
        let (all, count) = take(u64::MAX);
        assert_eq!(all.len() as u64, count);
        for most in 0..count + 2 {
            let (taken, of) = take(most);
            assert_eq!((taken.len() as u64, of), (most.min(count), count));
            assert!(taken.is_sorted_by_key(|(mark, _)| *mark));
        }
        let (taken, _) = take(20);
        assert!(taken.iter().filter(|(mark, _)| *mark < 20).count().abs_diff(10) <= 1, "{taken:?}");
        assert_eq!(spread::<()>(&[], Duration::from_secs(1), 4), (vec![], 0));
    }
}
