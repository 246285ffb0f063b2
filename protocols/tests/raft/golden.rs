//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use protocols::raft::RaftConfig;
use sim_core::{CrashMoment, CrashSeverity, Fault, FaultKind, Milestone};

use crate::{calm, leader, ms};

#[test]
fn the_leader_loses_power_and_another_takes_over() {
    let power_loss = FaultKind::Crash {
        targets: leader(),
        severity: CrashSeverity::PowerLoss,
        moment: CrashMoment::AtOnce,
        restart_after: Some(ms(200)),
        wiped: false,
    };
    let outcome = calm(RaftConfig::default(), 3)
        .fault(Fault::after(Milestone::event("Committed", 3), power_loss))
        .run_for(ms(450))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
