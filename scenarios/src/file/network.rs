//! How links behave.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{Duration, LinkProfile, Probability};

use super::place::{LONGEST_SPAN, Mistakes, Place};

/// How links behave when no fault touches them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Network {
    /// How long a message takes.
    pub(crate) latency: Latency,
    /// How likely a message is lost.
    pub(crate) loss: Probability,
    /// How likely a message arrives twice.
    pub(crate) duplicate: Probability,
    /// Whether messages arrive in the order in which they were sent.
    pub(crate) fifo: bool,
}

/// How long a message takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Latency {
    /// Always the same.
    Constant(Duration),
    /// Equally likely from the shortest to the longest.
    Uniform(Duration, Duration),
    /// Exponentially distributed above a floor.
    Exponential {
        /// The shortest.
        #[serde(default)]
        floor: Duration,
        /// The mean of what comes on top.
        mean: Duration,
    },
    /// Log-normally distributed above a floor.
    LogNormal {
        /// The shortest.
        #[serde(default)]
        floor: Duration,
        /// The median of what comes on top.
        median: Duration,
        /// The standard deviation of the natural logarithm of what comes on top, in steps of a
        /// thousandth.
        #[schemars(range(min = 0, max = 10))]
        sigma: f64,
    },
}

/// The largest sigma of a log-normal latency: beyond, delays are either nothing or for ever.
const LARGEST_SIGMA: f64 = 10.0;

impl Default for Network {
    fn default() -> Self {
        let LinkProfile { latency, loss, duplicate, fifo } = LinkProfile::default();
        Self { latency: Latency::from(latency), loss, duplicate, fifo }
    }
}

impl Network {
    pub(crate) fn read(&self, place: &Place<'_>, mistakes: &mut Mistakes) -> LinkProfile {
        LinkProfile {
            latency: self.latency.read(&place.key("latency"), mistakes),
            loss: self.loss,
            duplicate: self.duplicate,
            fifo: self.fifo,
        }
    }
}

impl Latency {
    pub(crate) fn read(self, place: &Place<'_>, mistakes: &mut Mistakes) -> sim_core::Latency {
        match self {
            Self::Constant(delay) => {
                mistakes.check_span(&place.key("constant"), delay, LONGEST_SPAN);
                sim_core::Latency::Constant(delay)
            }
            Self::Uniform(low, high) => {
                let place = place.key("uniform");
                mistakes.check_order(&place, low, high);
                mistakes.check_span(&place.index(1), high, LONGEST_SPAN);
                sim_core::Latency::Uniform(low, high)
            }
            Self::Exponential { floor, mean } => {
                let place = place.key("exponential");
                mistakes.check_span(&place.key("floor"), floor, LONGEST_SPAN);
                mistakes.check_span(&place.key("mean"), mean, LONGEST_SPAN);
                sim_core::Latency::Exponential { floor, mean }
            }
            Self::LogNormal { floor, median, sigma } => {
                let place = place.key("log_normal");
                mistakes.check_span(&place.key("floor"), floor, LONGEST_SPAN);
                mistakes.check_span(&place.key("median"), median, LONGEST_SPAN);
                let sigma_thousandths = sigma_thousandths(sigma, &place.key("sigma"), mistakes);
                sim_core::Latency::LogNormal { floor, median, sigma_thousandths }
            }
        }
    }
}

/// The simulator counts sigma in thousandths, so that it is a whole number.
fn sigma_thousandths(sigma: f64, place: &Place<'_>, mistakes: &mut Mistakes) -> u32 {
    let thousandths = (sigma * 1000.0).round();
    if !(0.0..=LARGEST_SIGMA).contains(&sigma) {
        mistakes.push(place.mistake(format!("expected a number from 0 to {LARGEST_SIGMA}, found {sigma}")));
    } else if (sigma * 1000.0 - thousandths).abs() > 1e-6 {
        mistakes.push(place.mistake(format!("at most three decimals count, found {sigma}")));
    }
    thousandths as u32
}

impl From<sim_core::Latency> for Latency {
    fn from(latency: sim_core::Latency) -> Self {
        match latency {
            sim_core::Latency::Constant(delay) => Self::Constant(delay),
            sim_core::Latency::Uniform(low, high) => Self::Uniform(low, high),
            sim_core::Latency::Exponential { floor, mean } => Self::Exponential { floor, mean },
            sim_core::Latency::LogNormal { floor, median, sigma_thousandths } => {
                Self::LogNormal { floor, median, sigma: f64::from(sigma_thousandths) / 1000.0 }
            }
        }
    }
}
