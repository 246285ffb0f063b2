//! What properties remember that no replica does.

use sim_core::ProcessId;

/// A value for each process.
#[derive(Clone, Debug, Default)]
pub(super) struct PerProcess<T>(Vec<T>);

impl<T: Clone + Default> PerProcess<T> {
    #[inline]
    pub(super) fn of(&mut self, process: ProcessId) -> &mut T {
        if process.index() >= self.0.len() {
            self.0.resize(process.index() + 1, T::default());
        }
        &mut self.0[process.index()]
    }
}
