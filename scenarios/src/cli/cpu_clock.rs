//! CPU time, which passes only while a thread runs. It is told, and decides nothing.

use std::time::Duration;

/// A clock of CPU time.
#[derive(Clone, Copy, Debug)]
pub(super) enum CpuClock {
    /// Of the thread that asks.
    Thread,
    /// Of all threads of this program.
    Program,
}

impl CpuClock {
    /// Calls `work`, and tells the time it took; nothing where there is no such clock.
    pub(super) fn time<T>(self, work: impl FnOnce() -> T) -> (T, Option<Duration>) {
        let began = self.now();
        let result = work();
        (result, self.now().zip(began).map(|(end, began)| end.saturating_sub(began)))
    }

    #[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
    fn now(self) -> Option<Duration> {
        use rustix::time::{ClockId, clock_gettime};
        let time = clock_gettime(match self {
            Self::Thread => ClockId::ThreadCPUTime,
            Self::Program => ClockId::ProcessCPUTime,
        });
        Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
    const fn now(self) -> Option<Duration> {
        None
    }
}

#[cfg(all(test, any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
mod tests {
    use super::*;

    /// Other threads may be at work at the same time: they add to the time of the program alone.
    #[test]
    fn a_thread_counts_its_own_time_and_the_program_that_of_all() {
        let work = || (0..1_000_000).fold(0_u64, |sum, number| std::hint::black_box(sum ^ number));
        let ((_, of_thread), of_program) = CpuClock::Program.time(|| CpuClock::Thread.time(work));
        let (of_thread, of_program) = (of_thread.expect("a clock"), of_program.expect("a clock"));
        assert!(Duration::ZERO < of_thread && of_thread <= of_program, "{of_thread:?} of {of_program:?}");
    }
}
