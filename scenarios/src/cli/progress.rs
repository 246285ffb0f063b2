//! How far a long command is, on standard error: a bar on a terminal, elsewhere a line now and then.

use std::io::Read;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use reports::{Pace, Slowest, counted, pace_line};

use super::output::Output;
use super::wall_clock::{Moment, now};

/// How far it is, and how fast it goes.
pub(crate) struct Progress {
    bar: ProgressBar,
    state: Arc<Mutex<State>>,
    /// Tells of it where there is no bar.
    _signs: Option<Signs>,
}

struct State {
    began: Moment,
    pace: Pace,
    /// How many searches have ended, of how many.
    searches: u64,
    of_searches: u64,
    /// What is being done.
    name: String,
}

impl Progress {
    /// For so many runs in all.
    pub(crate) fn new(runs: u64) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {per_sec}, {eta} left  {msg}");
        let progress = Self::with(ProgressBar::new(runs), style.expect("the template is well-formed"));
        progress.lock().pace.of = runs;
        progress.with_signs(|state| format!("at {}: {}", state.name, pace_line(&state.pace())))
    }

    /// For the events of one run, of which nobody knows how many there will be.
    pub(crate) fn of_events() -> Self {
        let style = ProgressStyle::with_template("{spinner} {pos} events, {per_sec}  {msg}");
        let progress = Self::with(ProgressBar::no_length(), style.expect("the template is well-formed"));
        progress.with_signs(|state| {
            let events = counted(state.pace.runs, "event");
            format!("at {}: {events} in {:.1} s", state.name, state.pace().seconds)
        })
    }

    /// For so many searches, each of any number of runs.
    pub(crate) fn of_searches(searches: u64) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} searches, {eta} left  {msg}");
        let progress = Self::with(ProgressBar::new(searches), style.expect("the template is well-formed"));
        progress.lock().of_searches = searches;
        progress.with_signs(|state| {
            let State { name, searches, of_searches, .. } = state;
            format!("at {name}: {searches} of {of_searches} searches done, {}", pace_line(&state.pace()))
        })
    }

    /// For so many bytes that are read.
    pub(crate) fn of_bytes(bytes: u64) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes}  {msg}");
        let progress = Self::with(ProgressBar::new(bytes), style.expect("the template is well-formed"));
        progress.with_signs(|state| format!("at {}, after {:.0} s", state.name, state.pace().seconds))
    }

    fn with(bar: ProgressBar, style: ProgressStyle) -> Self {
        let state = State { began: now(), pace: Pace::default(), searches: 0, of_searches: 0, name: String::new() };
        Self { bar: bar.with_style(style), state: Arc::new(Mutex::new(state)), _signs: None }
    }

    /// The same with signs of life where there is no bar, each a `line`.
    fn with_signs(mut self, line: fn(&State) -> String) -> Self {
        if self.bar.is_hidden() {
            let state = Arc::clone(&self.state);
            let tell = move || Output::stderr().write(&format!("{}\n", line(&lock(&state))));
            self._signs = Some(Signs::begin(FIRST_SIGN, tell));
        }
        self
    }

    /// The same reader, whose bytes are counted.
    pub(crate) fn counts<R: Read>(&self, reader: R) -> impl Read + use<R> {
        self.bar.wrap_read(reader)
    }

    /// So many runs more are to come.
    pub(crate) fn more(&self, runs: u64) {
        self.lock().pace.of += runs;
        self.bar.inc_length(runs);
    }

    /// What is being done from now on.
    pub(crate) fn name(&self, name: &str) {
        name.clone_into(&mut self.lock().name);
        self.bar.set_message(name.to_owned());
    }

    /// One run more has ended.
    pub(crate) fn step(&self) {
        self.lock().pace.runs += 1;
        self.bar.inc(1);
    }

    /// One run more of a search has.
    pub(crate) fn step_of_search(&self) {
        self.lock().pace.runs += 1;
    }

    /// One search more has ended.
    pub(crate) fn searched(&self) {
        self.lock().searches += 1;
        self.bar.inc(1);
    }

    /// This one has, after so long.
    pub(crate) fn ran(&self, scenario: &str, seed: u64, took: Duration) {
        self.step();
        let (seconds, pace) = (took.as_secs_f64(), &mut self.lock().pace);
        if pace.slowest.as_ref().is_none_or(|slowest| slowest.seconds < seconds) {
            pace.slowest = Some(Slowest { scenario: scenario.to_owned(), seed, seconds });
        }
    }

    /// How fast it has gone so far.
    pub(crate) fn pace(&self) -> Pace {
        self.lock().pace()
    }

    /// Takes the bar away while `print` writes.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Nothing more is shown, although somebody may still hold it.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

/// Nobody panics while holding it: the numbers are what they should be.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn pace(&self) -> Pace {
        Pace { seconds: self.began.elapsed().as_secs_f64(), ..self.pace.clone() }
    }
}

/// After how long there is a first sign of life.
const FIRST_SIGN: Duration = Duration::from_secs(10);
/// How many times as long it is from each to the next: a minute. Systems that run tests give up on whoever is
/// silent for long.
const LATER_SIGNS: u32 = 6;

/// Signs of life, until it is dropped.
struct Signs {
    /// Dropped in order to end the thread.
    end: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Signs {
    #[expect(clippy::disallowed_methods, reason = "a thread that waits, and has no part in any run")]
    fn begin(first: Duration, mut tell: impl FnMut() + Send + 'static) -> Self {
        let (end, ended) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let mut wait = first;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                tell();
                wait = first * LATER_SIGNS;
            }
        });
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Signs {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // It has written to standard error, at the worst in vain.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_life_come_at_steady_intervals_and_end() {
        let (sender, signs) = mpsc::channel();
        let began = now();
        let alive = Signs::begin(Duration::from_millis(5), move || sender.send(began.elapsed()).expect("heard"));
        let times: Vec<Duration> = signs.iter().take(4).collect();
        drop(alive);
        // Later than this they may be, never earlier.
        let earliest = [5, 35, 65, 95].map(Duration::from_millis);
        assert!(times.iter().zip(earliest).all(|(time, earliest)| *time >= earliest), "{times:?}");
        assert!(signs.try_iter().count() <= 1);
    }

    #[test]
    fn the_slowest_run_is_remembered() {
        let progress = Progress::new(3);
        for (seed, took) in [(7, 20), (8, 50), (9, 30)] {
            progress.ran("ring", seed, Duration::from_millis(took));
        }
        let Pace { runs, of, slowest, .. } = progress.pace();
        assert_eq!((runs, of), (3, 3));
        assert_eq!(slowest, Some(Slowest { scenario: "ring".to_owned(), seed: 8, seconds: 0.05 }));
    }
}
