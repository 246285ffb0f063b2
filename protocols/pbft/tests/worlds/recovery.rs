//! What a replica finds again after its power has failed.

use pbft::PbftConfig;
use sim_core::{DiskProfile, FaultFamily, Nemesis, Rhythm};

use crate::{ms, with_the_smallest_log};

/// A disk can have lost what moved the watermarks, and kept what was written behind that.
#[test]
fn nothing_is_recovered_from_beyond_the_high_watermark() {
    let power_fails = Nemesis::of([FaultFamily::Reordering], Rhythm::new(ms(50), ms(10))).in_every_seed();
    with_the_smallest_log(PbftConfig::default(), 4)
        .disk(DiskProfile { sync: (ms(1), ms(5)), ..DiskProfile::default() })
        .nemesis(power_fails)
        .heal_at(ms(4000))
        .heal_core(["correct"])
        .progress_within(ms(3000))
        .run_for(ms(7000))
        .check(0..50);
}
