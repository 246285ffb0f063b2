//! A run that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the
//! protocol changes it.

use leased_lock::{LeasedLock, LockConfig, LockOp, LockWorkload};
use sim_core::{ClientProfile, Fault, Latency, LinkProfile, Milestone, Simulation, ms};

/// Kleppmann's figure: a holder is paused after it has looked whether it has the lock, and before its write leaves the
/// node. When it goes on, another one has had the lock, and the storage turns the write away. The holder begins its
/// section anew, and nothing is lost.
#[test]
fn a_holder_is_paused_before_its_write_leaves_the_node() {
    let clients = ClientProfile { count: 2, timeout: ms(2000), think: (ms(10), ms(10)), ..ClientProfile::default() };
    let add = |amount, account| LockOp::Add { account, amount, work: ms(10) };
    let decided = Milestone::Event { event: "Decided".to_owned(), by: Some("n0".into()), count: 2 };
    let outcome = Simulation::<LeasedLock>::of(LockConfig::default(), 5)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(3)), ..LinkProfile::default() })
        .workload(clients, LockWorkload::default())
        .operations(vec![vec![add(1, 0)], vec![LockOp::Read { account: 1 }, add(10, 0)]])
        .fault(Fault::pause("n0").after(decided).lasting(ms(300)))
        .run_for(ms(600))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
