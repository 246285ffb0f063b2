//! Failure detectors, for any protocol to embed: state machines that are told the time and what has arrived, and say
//! what they make of a peer and when to ask them again.
//!
//! | detector | a peer is suspected when | source |
//! |---|---|---|
//! | [`Silence`] | it gave no sign of life for a timeout | textbooks |
//! | [`Rounds`] | it did not answer, neither directly nor by way of others; with [`Silence`] | Das, Gupta and Motivala 2002 |
//! | [`Counters`] | its gossiped counter has not grown for a timeout; with [`Silence`] | van Renesse, Minsky and Hayden 1998 |
//! | [`PhiAccrual`] | its silence is too improbable | Hayashibara et al. 2004 |
//! | [`NfdS`], [`NfdE`] | no beat of it is fresh | Chen, Toueg and Aguilera 2002 |
//! | [`vote`] | detectors with half of the weight suspect it | textbooks |
//! | [`Metrics`] | it answers late, seldom, or reports a long queue | Huang et al. 2017 |
//!
//! [`Jacobson`] gives a timeout that follows the delays. A [`Record`] makes a [`Status`], a [`Suspicion`] and
//! [`Notification`]s of the opinions. A [`Stamp`] tells a new sign of life from an old one.
//!
//! Which class each belongs to, and under which synchrony, it says itself, in the words of Chandra and Toueg (1996):
//! *strong completeness* is that every node that has crashed is in the end suspected by all that have not; *eventual
//! strong accuracy*, that in the end nobody is who is up. With both it is of class ◇P. Nobody has both a bound on
//! detection and no mistakes at all, where messages may take any time.
//!
//! How good they really are is measured: [`PairQuality`] takes Chen's metrics, [`ClosedForm`] is what they should be.
//!
//! All of them use floating point by `libm` alone.

mod chen;
mod gossip;
mod heartbeat;
mod jacobson;
mod metrics;
mod phi;
mod ping;
mod quality;
mod stamp;
mod status;
mod vote;
mod window;

pub use chen::{ClosedForm, NfdE, NfdS};
pub use gossip::Counters;
pub use heartbeat::Silence;
pub use jacobson::{DEVIATIONS, Jacobson};
pub use metrics::{MetricLimits, Metrics};
pub use phi::{FARTHEST, PhiAccrual, PhiSettings, phi, quantile};
pub use ping::{Rounds, proxies};
pub use quality::{PairQuality, Quality};
pub use stamp::{Stamp, is_news};
pub use status::{Notification, Opinion, Record, Status, Suspicion};
pub use vote::vote;
pub use window::Window;
