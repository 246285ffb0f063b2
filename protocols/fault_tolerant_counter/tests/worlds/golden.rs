//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use fault_tolerant_counter::{CounterConfig, CounterOp};
use sim_core::{ClientProfile, Fault, Milestone, ms};

use crate::asked;

/// The replica that has counted the first change comes back with an empty disk. The change is at another one, and so in
/// the next configuration, in which that node is a replica under a new name; its client is told to use that.
#[test]
fn a_replica_whose_disk_is_wiped_is_promoted_anew() {
    let clients = ClientProfile { attempts: 5, timeout: ms(60), think: (ms(0), ms(10)), ..ClientProfile::default() };
    let add = |amount| CounterOp::Add { amount, entry: None };
    let wipe = Fault::crash("n1").wiped().restart_after(ms(20)).after(Milestone::event("Acknowledged", 1));
    let world = asked(CounterConfig::default(), 4, clients).operations(vec![vec![add(5), add(-2), CounterOp::Read]]);
    let outcome = world.fault(wipe).run_for(ms(400)).run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
