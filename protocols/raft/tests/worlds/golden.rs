//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use raft::RaftConfig;
use sim_core::{Fault, Milestone};

use crate::{calm, ms};

#[test]
fn the_leader_loses_power_and_another_takes_over() {
    let power_loss = Fault::crash("leader").power_loss().restart_after(ms(200));
    let outcome = calm(RaftConfig::default(), 3)
        .fault(power_loss.after(Milestone::event("Committed", 3)))
        .run_for(ms(450))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
