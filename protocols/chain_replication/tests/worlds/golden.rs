//! A run that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the
//! protocol changes it.

use chain_replication::ChainConfig;
use parts::kv::{KvOp, KvWorkload, WriteId};
use sim_core::{ClientProfile, Fault, ms};

use crate::world;

/// The link from the middle to the tail holds back what a client writes, and the middle stops: the update is at the
/// head and not at the tail. The master makes a chain without the middle, the tail tells the head what it has, and the
/// head sends it the rest. Then the spare server joins, and the tail hands over to it.
#[test]
fn what_was_on_its_way_is_sent_again() {
    let clients =
        ClientProfile { count: 1, attempts: 20, timeout: ms(400), think: (ms(0), ms(0)), ..ClientProfile::default() };
    let append = |index| KvOp::Append { key: 0, write: WriteId { client: 0, index } };
    let outcome = world(ChainConfig::default(), 5)
        .workload(clients, KvWorkload::default())
        .operations(vec![vec![append(0), append(1), KvOp::Get { key: 0 }]])
        .fault(Fault::link("n2", "n3").hold().at(ms(40)).lasting(ms(500)))
        .fault(Fault::crash("n2").at(ms(75)))
        .run_for(ms(800))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
