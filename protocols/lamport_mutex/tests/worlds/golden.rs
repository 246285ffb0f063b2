//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use lamport_mutex::LamportMutexConfig;
use sim_core::ms;

use crate::calm;

/// Requests of one time are granted in the order of their processes.
#[test]
fn requests_are_granted_in_the_order_of_their_times() {
    let config = LamportMutexConfig { requests: 2, idle: (ms(0), ms(30)), ..LamportMutexConfig::default() };
    let outcome = calm(config, 3).run_for(ms(800)).run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
