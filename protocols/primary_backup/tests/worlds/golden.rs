//! A run that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the protocol
//! changes it.

use parts::kv::{KvOp, KvWorkload, WriteId};
use primary_backup::{BackupConfig, Shipping};
use sim_core::{ClientProfile, Fault, ms};

use crate::world;

/// Shipping is asynchronous. The primary acknowledges three writes and is cut off with its client before it has shipped
/// them. The client reads them there, as long as the lease lasts. Then a secondary becomes the primary, and those writes
/// are lost, which the lag allows. When the deposed primary comes back, what it alone had is removed from its log.
#[test]
fn a_deposed_primary_is_rewound() {
    let clients =
        ClientProfile { count: 2, attempts: 20, timeout: ms(100), think: (ms(0), ms(0)), ..ClientProfile::default() };
    let append = |index| KvOp::Append { key: 0, write: WriteId { client: 0, index } };
    let config = BackupConfig { shipping: Shipping::Asynchronous, replicas: 2, ..BackupConfig::default() };
    let outcome = world(config, 3)
        .workload(clients, KvWorkload::default())
        .operations(vec![vec![append(0), append(1), append(2), KvOp::Get { key: 0 }], vec![]])
        .fault(Fault::partition([vec!["n1", "c0"], vec!["n0", "n2", "c1"]]).at(ms(40)).lasting(ms(700)))
        .run_for(ms(1200))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
