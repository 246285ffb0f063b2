//! Panics during a run: kept for the report instead of being printed.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic;
use std::sync::Once;

/// What a panic said, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PanicReport {
    message: String,
    place: String,
}

const NO_MESSAGE: &str = "a panic without a message";
const UNKNOWN_PLACE: &str = "an unknown place";

impl fmt::Display for PanicReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked at {}: {}", self.place, self.message)
    }
}

thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<PanicReport>> = const { RefCell::new(None) };
}

/// Calls `run` with the panics of this thread kept rather than printed.
pub(crate) fn quietly<T>(run: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(install);
    let before = RUNNING.replace(true);
    let result = run();
    RUNNING.set(before);
    result
}

/// Whoever panics while this is held, the report says where: `task "main"`, say.
pub fn panics_in<F: Fn() -> String>(place: F) -> PanicsIn<F> {
    PanicsIn(place)
}

/// See [`panics_in`].
#[derive(Debug)]
#[must_use = "it tells of panics as long as it is held"]
pub struct PanicsIn<F: Fn() -> String>(F);

impl<F: Fn() -> String> Drop for PanicsIn<F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let place = (self.0)();
            LAST.with_borrow_mut(|last| {
                if let Some(report) = last {
                    report.message = format!("{} (in {place})", report.message);
                }
            });
        }
    }
}

/// The panic kept last, or, if no hook has seen it, what can be told from its payload.
pub(crate) fn report(payload: &(dyn Any + Send)) -> PanicReport {
    LAST.take().unwrap_or_else(|| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let message = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or(NO_MESSAGE).to_owned();
        PanicReport { message, place: UNKNOWN_PLACE.to_owned() }
    })
}

/// Puts a hook before the one that is there, which goes on to serve all other panics.
fn install() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if RUNNING.get() {
            let message = info.payload_as_str().unwrap_or(NO_MESSAGE).to_owned();
            let place = info.location().map_or_else(|| UNKNOWN_PLACE.to_owned(), ToString::to_string);
            LAST.set(Some(PanicReport { message, place }));
        } else {
            others(info);
        }
    }));
}
