//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use abd::AbdConfig;
use sim_core::{ClientProfile, Fault, Milestone, ms};

use crate::asked;

/// The coordinator of the first write loses its power as soon as the write has a tag. When it is back, its client asks
/// again, and the write goes on under that tag, below what others have written since.
#[test]
fn a_write_whose_coordinator_loses_power_keeps_its_tag() {
    let clients = ClientProfile { count: 2, operations: 3, attempts: 5, timeout: ms(60), think: (ms(0), ms(10)) };
    let power_loss = Fault::crash("n0").power_loss().restart_after(ms(50)).after(Milestone::event("Tagged", 1));
    let outcome = asked(AbdConfig::default(), 3, clients, 60).fault(power_loss).run_for(ms(300)).run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
