//! How even the load on a ring is.

use std::fmt::Write;

use parts::placement::{Member, Ring};
use sim_core::NodeId;

const RINGS: u32 = 200;
const NODES: u32 = 10;
const REPLICAS: usize = 3;
const VIRTUAL_NODES: [u32; 5] = [1, 4, 16, 64, 256];

/// The shares of the circle that the nodes of a ring keep, with so many replicas of each key. 1 is a fair share.
fn shares(ring: &Ring, replicas: usize) -> Vec<f64> {
    let ranges = ring.ranges(replicas);
    let width_at = |node: NodeId| -> f64 {
        let kept = ranges.iter().filter(|(_, nodes)| nodes.contains(&node));
        kept.map(|(range, _)| range.width() as f64).sum()
    };
    let fair = (u64::MAX as f64) * replicas as f64 / f64::from(NODES);
    ring.members().map(|member| width_at(member.node) / fair).collect()
}

/// Over many rings: the mean of the least share, the mean of the greatest, and the standard deviation of all.
fn summary(virtual_nodes: u32, replicas: usize) -> [f64; 3] {
    let (mut least, mut greatest, mut squares) = (0.0, 0.0, 0.0);
    for ring in 0..RINGS {
        // Other nodes stand elsewhere.
        let nodes = ring * NODES..(ring + 1) * NODES;
        let member = |node| Member { node: NodeId::node(node), zone: None, virtual_nodes };
        let shares = shares(&Ring::new(nodes.map(member)), replicas);
        least += shares.iter().copied().fold(f64::INFINITY, f64::min);
        greatest += shares.iter().copied().fold(0.0, f64::max);
        squares += shares.iter().map(|share| (share - 1.0) * (share - 1.0)).sum::<f64>();
    }
    let rings = f64::from(RINGS);
    [least / rings, greatest / rings, (squares / (rings * f64::from(NODES))).sqrt()]
}

/// The table, for one replica and for some, with the text that says what it shows.
pub(crate) fn table() -> String {
    let mut text = format!(
        "\nThe share of the keys that a node of {NODES} keeps, where 1 is a fair share; the mean over {RINGS} rings.\n\
         The deviation falls as one through the root of the number of virtual nodes.\n\
         `cargo run -p faultbed-parts --example ring_load` measures it.\n\n\
         | virtual nodes | 1 replica: least | greatest | standard deviation \
         | {REPLICAS} replicas: least | greatest | standard deviation |\n\
         |---|---|---|---|---|---|---|\n"
    );
    for virtual_nodes in VIRTUAL_NODES {
        let [one, some] = [1, REPLICAS].map(|replicas| {
            let figures = summary(virtual_nodes, replicas).map(|figure| format!("{figure:.2}"));
            figures.join(" | ")
        });
        writeln!(text, "| {virtual_nodes} | {one} | {some} |").expect("a string takes any text");
    }
    text
}
