//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use bracha::BrachaConfig;
use sim_core::Fault;

use crate::{calm, ms};

#[test]
fn a_node_that_says_one_thing_to_some_and_another_to_others_is_not_delivered_twice() {
    let outcome = calm(BrachaConfig::default(), 4)
        .fault(Fault::adversary("equivocator", ["n3"]))
        .heal_at(ms(300))
        .run_for(ms(1300))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
