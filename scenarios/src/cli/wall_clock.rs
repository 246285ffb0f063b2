//! The user's clock: how long somebody waits, which decides only whether another run begins.

/// A point in the user's time.
#[expect(clippy::disallowed_types, reason = "how long a user waits is measured by the wall clock")]
pub(crate) type Moment = std::time::Instant;

/// This moment.
#[expect(clippy::disallowed_methods, reason = "a user's time, which has no part in any run")]
pub(crate) fn now() -> Moment {
    Moment::now()
}
