//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use atomic_commit::{BankOp, CommitConfig};
use parts::kv::WriteId;
use sim_core::{ClientProfile, Fault, Milestone, ms};

use crate::calm;

/// The coordinator of the first transfer loses its power between the votes and the decision. Those that have voted yes
/// are in doubt, and ask. When it is back, it finds no record of the transaction, presumes that it was aborted, and says
/// so; its client asks again, and the transfer is carried out as another transaction.
#[test]
fn a_coordinator_dies_between_the_votes_and_the_decision() {
    let clients = ClientProfile { attempts: 5, timeout: ms(300), think: (ms(0), ms(10)), ..ClientProfile::default() };
    let transfer = WriteId { client: 0, index: 0 };
    let transfer = BankOp::Transfer { from: 0, to: vec![1, 2], amount: 30, transfer };
    let power_loss = Fault::crash("n0").power_loss().restart_after(ms(250)).after(Milestone::event("VotedYes", 3));
    let world = calm(CommitConfig::default(), 3, clients).operations(vec![vec![transfer]]).fault(power_loss);
    let outcome = world.run_for(ms(1000)).run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
