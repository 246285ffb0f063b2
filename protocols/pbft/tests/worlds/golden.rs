//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use pbft::PbftConfig;
use sim_core::Fault;

use crate::{calm, ms};

#[test]
fn the_primary_is_cut_off_and_the_next_view_begins() {
    let outcome = calm(PbftConfig { view_change_timeout: ms(40), ..PbftConfig::default() }, 4)
        .fault(Fault::isolate("n0").at(ms(40)))
        .run_for(ms(260))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
