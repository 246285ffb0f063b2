//! Virtual time: sleeps, timeouts, intervals.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use sim_core::{Duration, Time};

use crate::executor::with_current;
use crate::timer::name_of_site;
use crate::timers::{TimerId, disarm};

/// The monotonic clock of the node: time since its boot, as far as it can tell.
///
/// # Panics
/// Outside of an async node. So do [`spawn`](crate::spawn), and a [`sleep`] when it is polled.
#[track_caller]
pub fn now() -> Time {
    with_current(|host| host.executor().now.get())
}

/// Waits until so much time has passed on the node's clock, or a little more.
///
/// Its timer is armed when the future is first polled, and disarmed if it is dropped before its time. Once it is done
/// it stays so, until it is [reset](Sleep::reset).
#[track_caller]
pub fn sleep(duration: impl Into<Duration>) -> Sleep {
    Sleep { name: Name::Site(Location::caller()), after: duration.into(), state: State::New }
}

/// See [`sleep`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Sleep {
    name: Name,
    after: Duration,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// It was not polled yet.
    New,
    Armed(TimerId),
    Over,
}

#[derive(Clone, Copy, Debug)]
enum Name {
    Given(&'static str),
    Site(&'static Location<'static>),
}

impl Sleep {
    /// Names its timer for faults, traces and recordings. Without, it is called by file and line, which an edit above
    /// it changes.
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = Name::Given(name);
        self
    }

    /// Lets it wait anew, for so long from when it is polled next.
    pub fn reset(&mut self, duration: impl Into<Duration>) {
        self.disarm();
        self.after = duration.into();
    }

    fn disarm(&mut self) {
        if let State::Armed(id) = std::mem::replace(&mut self.state, State::New) {
            disarm(id);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        with_current(|host| {
            let (timers, waiter) = (host.timers(), host.executor().waiter(cx));
            match self.state {
                State::New => {}
                State::Armed(id) => {
                    let poll = timers.poll(id, waiter);
                    if poll.is_ready() {
                        timers.remove(id);
                        self.state = State::Over;
                    }
                    return poll;
                }
                State::Over => return Poll::Ready(()),
            }
            let name = match self.name {
                Name::Given(name) => name,
                Name::Site(site) => name_of_site(site),
            };
            let (id, timer) = timers.arm(name, waiter);
            host.set_timer(timer, self.after);
            self.state = State::Armed(id);
            Poll::Pending
        })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.disarm();
    }
}

/// A future was not done in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not done in time")
    }
}

impl std::error::Error for Elapsed {}

/// How long to wait: a duration, of Faultbed or of the standard library, or a [`Sleep`] that has a name.
pub trait IntoSleep {
    /// The sleep, called after this call site if it has no name.
    fn into_sleep(self, site: &'static Location<'static>) -> Sleep;
}

impl IntoSleep for Duration {
    fn into_sleep(self, site: &'static Location<'static>) -> Sleep {
        Sleep { name: Name::Site(site), after: self, state: State::New }
    }
}

impl IntoSleep for std::time::Duration {
    fn into_sleep(self, site: &'static Location<'static>) -> Sleep {
        Duration::from(self).into_sleep(site)
    }
}

impl IntoSleep for Sleep {
    fn into_sleep(self, _: &'static Location<'static>) -> Sleep {
        self
    }
}

/// Waits for a future, and no longer than this: `timeout(secs(1), future)`, or, with a name for the timer,
/// `timeout(sleep(secs(1)).named("Answer"), future)`. The future is polled first.
///
/// # Errors
/// The result is [`Elapsed`] if the future is not done by then.
#[track_caller]
pub fn timeout<F: Future>(after: impl IntoSleep, future: F) -> impl Future<Output = Result<F::Output, Elapsed>> {
    let mut sleep = after.into_sleep(Location::caller());
    async move {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(output));
            }
            Pin::new(&mut sleep).poll(cx).map(|()| Err(Elapsed))
        })
        .await
    }
}

/// Ticks at once, and then each time that so much has passed since the next tick was first waited for:
/// [`Interval::tick`]. So what is done between two ticks takes its time beside the period, and a tick that comes late,
/// since the node paused, is not made up for.
///
/// # Panics
/// If the period is zero: time would stand still.
#[track_caller]
pub fn interval(period: impl IntoSleep) -> Interval {
    let sleep = period.into_sleep(Location::caller());
    assert!(!sleep.after.is_zero(), "an interval of no time ticks for ever at the same time");
    Interval { sleep, has_ticked: false }
}

/// See [`interval`].
#[derive(Debug)]
pub struct Interval {
    sleep: Sleep,
    has_ticked: bool,
}

impl Interval {
    /// Waits for the next tick. If the future is dropped, the tick is not lost.
    pub async fn tick(&mut self) {
        if std::mem::replace(&mut self.has_ticked, true) {
            (&mut self.sleep).await;
            self.reset();
        }
    }

    /// Lets the next tick come a whole period after it is next waited for.
    pub fn reset(&mut self) {
        let period = self.sleep.after;
        self.has_ticked = true;
        self.sleep.reset(period);
    }
}
