//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use oral_messages::OralMessagesConfig;
use sim_core::Fault;

use crate::{generals, ms};

#[test]
fn three_loyal_generals_obey_one_order_whatever_the_traitor_says() {
    let silent = Fault::silence("n3");
    let outcome = generals(OralMessagesConfig::default(), 4).fault(silent).run_for(ms(100)).run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
