//! A table with a row for each process, for what properties remember that no node does.

use sim_core::ProcessId;

/// A value for each process, at first the default.
#[derive(Clone, Debug, Default)]
pub struct PerProcess<T>(Vec<T>);

impl<T: Clone + Default> PerProcess<T> {
    /// The value of a process.
    #[inline]
    pub fn of(&mut self, process: ProcessId) -> &mut T {
        if process.index() >= self.0.len() {
            self.0.resize(process.index() + 1, T::default());
        }
        &mut self.0[process.index()]
    }
}
