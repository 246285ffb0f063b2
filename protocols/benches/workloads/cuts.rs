//! The faults of both Rafts: one of the ten links between five servers is cut in each second.

use sim_core::{Fault, NodeId, Selector, secs};

/// How many servers there are.
pub(crate) const SERVERS: u32 = 5;

/// The cuts of so many seconds. Whoever is selected by `others` keeps all links.
pub(crate) fn cut_links(seed: u64, seconds: u64, others: &[Selector]) -> Vec<Fault> {
    let cut = |second| {
        let group = |end| [NodeId::node(end).into()].into_iter().chain(others.iter().cloned());
        Fault::partition(link(seed, second).map(group)).at(secs(second)).lasting(secs(1)).into()
    };
    (0..seconds).map(cut).collect()
}

/// The link whose turn it is in this second, by the formula of the suite that measures other
/// simulators (a splitmix64 draw).
fn link(seed: u64, second: u64) -> [u32; 2] {
    let mut z = (seed ^ second.wrapping_mul(0xa24b_aed4_963e_e407)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let drawn = (z ^ (z >> 31)) % u64::from(SERVERS * (SERVERS - 1) / 2);
    let mut links = (0..SERVERS).flat_map(|a| (a + 1..SERVERS).map(move |b| [a, b]));
    links.nth(drawn as usize).expect("the draw is below the number of links")
}
