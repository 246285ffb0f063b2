//! Whether a seed is one run.

use crate::outcome::Summary;
use crate::protocol::Protocol;
use crate::simulation::Simulation;

/// How often a run is traced again until a difference shows: some come only now and then.
const ATTEMPTS: usize = 5;

impl<P: Protocol> Simulation<P> {
    /// Runs the seed again: what differs, if anything does.
    pub(super) fn differs(&self, seed: u64, first: &Summary) -> Option<String> {
        let second = self.run(seed).summary;
        if second == *first {
            return None;
        }
        let text = format!(
            "seed {seed:#x} gives two runs: something else than the seed decides, such as the order of a hash map, a \
             `select!` that is not biased, a clock or a static variable\n  trace hash {:#018x}, and then {:#018x}",
            first.trace_hash, second.trace_hash
        );
        let trace = self.trace(seed).to_string();
        let difference = (0..ATTEMPTS).find_map(|_| first_difference(&trace, &self.trace(seed).to_string()));
        Some(text + &difference.unwrap_or_default())
    }
}

/// The first lines in which two traces differ.
fn first_difference(one: &str, other: &str) -> Option<String> {
    let (mut ones, mut others) = (one.lines(), other.lines());
    for number in 1.. {
        match (ones.next(), others.next()) {
            (None, None) => break,
            (line, instead) if line == instead => {}
            (line, instead) => {
                let (line, instead) = (line.unwrap_or("(the end)"), instead.unwrap_or("(the end)"));
                return Some(format!("\n  line {number} of the trace:\n    {line}\n  and then:\n    {instead}"));
            }
        }
    }
    None
}
