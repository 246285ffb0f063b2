//! How far a long command is, shown on standard error if that is a terminal.

use std::io::Read;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that moves. Without a terminal there is none.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar for so many runs in all.
    pub(crate) fn new(runs: u64) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {per_sec}, {eta} left  {msg}");
        Self { bar: ProgressBar::new(runs).with_style(style.expect("the template is well-formed")) }
    }

    /// A bar for so many bytes that are read.
    pub(crate) fn of_bytes(bytes: u64) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes}  {msg}");
        Self { bar: ProgressBar::new(bytes).with_style(style.expect("the template is well-formed")) }
    }

    /// The same reader, whose bytes are counted.
    pub(crate) fn counts<R: Read>(&self, reader: R) -> impl Read + use<R> {
        self.bar.wrap_read(reader)
    }

    /// What is being done from now on.
    pub(crate) fn name(&self, name: &str) {
        self.bar.set_message(name.to_owned());
    }

    /// One run more has ended.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
    }

    /// Takes the bar away while `print` writes.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
