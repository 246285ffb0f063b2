//! How long nodes wait for one another.

use sim_core::{Context, Duration, Protocol};

/// Draws how long a node waits before it takes something into its own hands, such as an election: uniformly from the
/// shortest to the longest, for the purpose named `name`.
///
/// What is drawn is turned by the node's place among the nodes. That leaves it uniform, and lets even a run in which
/// every draw is the lowest come to an end: nodes whose time is up at the same moment would be in each other's way
/// for ever.
///
/// # Panics
/// If the shortest is above the longest.
pub fn draw_timeout<P: Protocol>(
    name: &'static str,
    (shortest, longest): (Duration, Duration),
    ctx: &mut Context<'_, P>,
) -> Duration {
    let drawn = ctx.choose_duration(name, shortest, longest) - shortest;
    let width = (longest - shortest).as_nanos() + 1;
    let place = ctx.nodes().iter().take_while(|node| **node != ctx.me()).count() as u64;
    let turn = width / ctx.nodes().len() as u64 * place;
    shortest + Duration::from_nanos((drawn.as_nanos() + turn) % width)
}

const MILLION: u64 = 1_000_000;

/// For how long, by one clock, something that lasts this long by another is sure to last, if both may run fast or
/// slow by so many millionths, below a million: how long a leader has a lease that others grant it.
pub fn lease_within(granted: Duration, drift_ppm: u32) -> Duration {
    let drift = u64::from(drift_ppm);
    Duration::from_nanos(granted.as_nanos() / (MILLION + drift) * (MILLION - drift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_shorter_by_the_drift_of_both_clocks() {
        let lease = |ppm| lease_within(Duration::from_millis(150), ppm).as_nanos();
        assert_eq!(lease(0), 150_000_000);
        // A clock that runs 10 % fast against one that runs 10 % slow.
        assert!(lease(100_000) <= 150_000_000 * 9 / 11);
        assert!(lease(100_000) > 122_000_000);
    }
}
