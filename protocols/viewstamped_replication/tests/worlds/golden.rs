//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the protocol
//! changes them.

use parts::kv::{KvOp, WriteId};
use sim_core::{Fault, Milestone, ms};
use viewstamped_replication::VrConfig;

use crate::{calm, clients};

/// The primary crashes when it has committed the first write, and comes back with nothing. The others change the view; what was
/// committed is in the log with which that starts. The replica that was the primary asks for its crash number, recovers to the
/// new view, and takes part in committing the second write.
#[test]
fn a_primary_is_wiped_and_recovers_to_the_next_view() {
    let put = |index| KvOp::Put { key: index, write: WriteId { client: 0, index } };
    let wipe = Fault::crash("n0").wiped().restart_after(ms(10)).after(Milestone::event("Committed", 1));
    let outcome = calm(VrConfig::default(), 3, clients(1, 2, ms(10)))
        .operations(vec![vec![put(0), put(1)]])
        .fault(wipe)
        .run_for(ms(400))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
