//! What checks cost.

use std::cell::Cell;

/// What a check has spent of its [`Budget`](super::Budget).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Steps of all searches.
    pub steps: u64,
    /// The most bytes that a search has had in use for what it remembers; `None` if none of them counts.
    pub bytes: Option<u64>,
}

thread_local! {
    /// What the searches of this thread have spent since somebody began to count. It is not handed from check
    /// to check, because no answer depends on it.
    static SPENT: Cell<Option<Spent>> = const { Cell::new(None) };
}

/// Carries out a check, and tells what its searches spent; `None` if nothing had to be searched, or if what
/// was done instead does not count its steps.
pub fn measured<T>(check: impl FnOnce() -> T) -> (T, Option<Spent>) {
    let before = SPENT.take();
    let result = check();
    let spent = SPENT.replace(before);
    (result, spent)
}

/// Adds a search that has ended.
pub(super) fn note(steps: u64, bytes: Option<u64>) {
    let so_far = SPENT.get().unwrap_or_default();
    SPENT.set(Some(Spent { steps: so_far.steps.saturating_add(steps), bytes: so_far.bytes.max(bytes) }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_are_added_up_for_whoever_asks() {
        assert_eq!(measured(|| 7), (7, None));
        let ((), all) = measured(|| {
            note(3, Some(50));
            let ((), inner) = measured(|| note(100, None));
            assert_eq!(inner, Some(Spent { steps: 100, bytes: None }));
            note(4, Some(20));
        });
        assert_eq!(all, Some(Spent { steps: 7, bytes: Some(50) }));
    }
}
