//! How long nodes wait for one another.

use sim_core::{Context, Duration, NodeId, Protocol};

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
    let drawn = ctx.choose_duration(name, shortest, longest);
    turned(drawn, (shortest, longest), ctx.me(), ctx.nodes())
}

/// A timeout that was drawn from the shortest to the longest, turned by the place that `me` has among the nodes: what
/// [`draw_timeout`] does.
pub fn turned(drawn: Duration, (shortest, longest): (Duration, Duration), me: NodeId, nodes: &[NodeId]) -> Duration {
    let width = (longest - shortest).as_nanos() + 1;
    let place = nodes.iter().take_while(|node| **node != me).count() as u64;
    let turn = width / nodes.len() as u64 * place;
    shortest + Duration::from_nanos(((drawn - shortest).as_nanos() + turn) % width)
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
    fn who_draws_the_same_does_not_wait_as_long() {
        let (ms, nodes) = (Duration::from_millis, [0, 1, 2].map(NodeId::node));
        let wait = |drawn, me| turned(ms(drawn), (ms(100), ms(400)), NodeId::node(me), &nodes).as_nanos() / 1_000_000;
        assert_eq!([wait(100, 0), wait(100, 1), wait(100, 2)], [100, 200, 300]);
        assert_eq!([wait(350, 0), wait(350, 1), wait(350, 2)], [350, 149, 249]);
    }

    #[test]
    fn a_lease_is_shorter_by_the_drift_of_both_clocks() {
        let lease = |ppm| lease_within(Duration::from_millis(150), ppm).as_nanos();
        assert_eq!(lease(0), 150_000_000);
        // A clock that runs 10 % fast against one that runs 10 % slow.
        assert!(lease(100_000) <= 150_000_000 * 9 / 11);
        assert!(lease(100_000) > 122_000_000);
    }
}
