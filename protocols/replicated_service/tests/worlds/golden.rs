//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the
//! protocol changes them.

use parts::kv::{KvOp, KvWorkload, WriteId};
use replicated_service::{Mode, ServiceConfig};
use sim_core::{ClientProfile, Fault, ms};

use crate::world;

const fn append(index: u32) -> KvOp {
    KvOp::Append { key: 0, write: WriteId { client: 0, index } }
}

fn one_client() -> ClientProfile {
    ClientProfile { count: 1, attempts: 20, timeout: ms(60), think: (ms(0), ms(0)), ..ClientProfile::default() }
}

/// The leader decides about a second command and notifies the followers, of which the link to n1 holds that back. It
/// stops. The next leader, n1, takes the copy of n2, which has executed the command: the decision stands, and the
/// client that asks again is given the receipt that it would have had.
#[test]
fn a_decision_outlives_the_leader() {
    let config = ServiceConfig { mode: Mode::SemiActive, ..ServiceConfig::default() };
    let outcome = world(config, 3)
        .workload(one_client(), KvWorkload::default())
        .operations(vec![vec![append(0), append(1), KvOp::Get { key: 0 }]])
        .fault(Fault::isolate("n1").at(ms(24)).lasting(ms(60)))
        .fault(Fault::crash("n0").at(ms(48)))
        .run_for(ms(600))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
