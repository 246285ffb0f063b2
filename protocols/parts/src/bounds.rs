//! How large what a configuration says may be.
//!
//! Timeouts double, are multiplied by how many nodes may fail, and are added to the time of the run;
//! counts are added to places in a log. Nothing that makes sense comes near the bounds, and below them
//! nothing that is computed of it overflows.

use sim_core::{ConfigError, Duration, ProtocolConfig, SimRng};

/// No span is longer: a day.
pub const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// No count is higher.
pub const MOST: u64 = 1_000_000;

/// Whether no span is too long.
///
/// # Errors
/// The key of the first one that is.
pub fn check_spans(spans: &[(&'static str, Duration)]) -> Result<(), ConfigError> {
    match spans.iter().find(|(_, span)| *span > LONGEST) {
        Some((key, _)) => Err(ConfigError::new(key, format!("must be at most {LONGEST}, a day"))),
        None => Ok(()),
    }
}

/// Whether no count is too high.
///
/// # Errors
/// The key of the first one that is.
pub fn check_counts(counts: &[(&'static str, u64)]) -> Result<(), ConfigError> {
    match counts.iter().find(|(_, count)| *count > MOST) {
        Some((key, _)) => Err(ConfigError::new(key, format!("must be at most {MOST}"))),
        None => Ok(()),
    }
}

/// Whether no range ends before it begins.
///
/// # Errors
/// The key of the first one that does.
pub fn check_ranges(ranges: &[(&'static str, (Duration, Duration))]) -> Result<(), ConfigError> {
    match ranges.iter().find(|(_, (shortest, longest))| shortest > longest) {
        Some((key, (shortest, longest))) => {
            Err(ConfigError::new(key, format!("{shortest} is above {longest}: the shortest comes first")))
        }
        None => Ok(()),
    }
}

/// Whether nodes that say every so often that they are up are suspected, and lose their leases, only later than that:
/// the settings `heartbeat_interval`, `suspect_after` and `lease`, where there are leases.
///
/// # Errors
/// The one that is wrong.
pub fn check_heartbeats(
    interval: Duration,
    suspect_after: Duration,
    lease: Option<Duration>,
) -> Result<(), ConfigError> {
    let wrong = |key, message: String| Err(ConfigError::new(key, message));
    if interval.is_zero() {
        return wrong("heartbeat_interval", "a node that only says that it is up does nothing else".to_owned());
    }
    if suspect_after <= interval {
        let message = format!("whoever is heard of every {interval} would be suspected in between");
        return wrong("suspect_after", message);
    }
    if lease.is_some_and(|lease| lease <= interval) {
        return wrong("lease", format!("a lease that is renewed every {interval} would run out in between"));
    }
    Ok(())
}

/// Whether there are keys, not too many, and they can be drawn with this skew: the settings `keys` and `skew` of a
/// workload.
///
/// # Errors
/// The one that is wrong.
pub fn check_keys(keys: u32, skew: f64) -> Result<(), ConfigError> {
    let wrong = |key, message: &str| Err(ConfigError::new(key, message));
    if keys == 0 {
        return wrong("keys", "there must be at least one key");
    }
    if !(0.0..=SimRng::MOST_SKEWED).contains(&skew) {
        return wrong("skew", &format!("must be from 0 to {}", SimRng::MOST_SKEWED));
    }
    check_counts(&[("keys", u64::from(keys))])
}

/// Whether something can be drawn by these weights, and none is too high.
///
/// # Errors
/// This key.
pub fn check_weights(key: &'static str, weights: &[u32]) -> Result<(), ConfigError> {
    if weights.iter().all(|weight| *weight == 0) {
        return Err(ConfigError::new(key, "at least one weight must be above 0"));
    }
    weights.iter().try_for_each(|weight| check_counts(&[(key, u64::from(*weight))]))
}

/// The key at which a configuration is refused that differs from the default by `change`, if it is: for
/// tests.
pub fn refused_key<C: ProtocolConfig + Default>(nodes: u32, change: impl FnOnce(&mut C)) -> Option<&'static str> {
    let mut config = C::default();
    change(&mut config);
    config.validate(nodes).err().map(|error| error.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_that_is_beyond_its_bound_is_named() {
        let key = |result: Result<(), ConfigError>| result.map_err(|error| error.key);
        let longer = Duration::from_nanos(LONGEST.as_nanos() + 1);
        assert_eq!(key(check_spans(&[("a", LONGEST), ("b", longer), ("c", longer)])), Err("b"));
        assert_eq!(key(check_spans(&[("a", LONGEST)])), Ok(()));
        assert_eq!(key(check_counts(&[("a", MOST), ("b", MOST + 1)])), Err("b"));
        assert_eq!(key(check_counts(&[("a", 0), ("b", MOST)])), Ok(()));
        assert_eq!(key(check_ranges(&[("a", (LONGEST, LONGEST)), ("b", (longer, LONGEST))])), Err("b"));
        assert_eq!(key(check_ranges(&[("a", (LONGEST, longer))])), Ok(()));
    }
}
