//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use sim_core::Fault;
use streamlet::StreamletConfig;

use crate::calm;
use crate::ms;

#[test]
fn a_silent_leader_costs_its_epoch() {
    let silent = Fault::silence("n1");
    let outcome = calm(StreamletConfig::default(), 4)
        .fault(silent)
        .heal_at(ms(180))
        .progress_within(ms(120))
        .run_for(ms(300))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
