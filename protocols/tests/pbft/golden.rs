//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use protocols::pbft::PbftConfig;
use sim_core::{CutMode, FaultKind, Selector};

use crate::{at, calm, ms, node};

#[test]
fn the_primary_is_cut_off_and_the_next_view_begins() {
    let groups = vec![vec![node(0)], vec![Selector::Others]];
    let cut_off = FaultKind::Partition { groups, mode: CutMode::Drop, rounds: None };
    let outcome = calm(PbftConfig { view_change_timeout: ms(40), ..PbftConfig::default() }, 4)
        .fault(at(40, cut_off))
        .run_for(ms(260))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
