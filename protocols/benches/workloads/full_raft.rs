//! The Raft of the library, with its disk, its snapshots and all its step properties, under the load
//! and the faults of the small one.
//!
//! What differs, beside the protocol: its clients ask one operation at a time, so there are 25 of
//! them, which together propose a command about every 2 ms while there is a leader, and fewer when
//! there is none. Commands are writes to 16 keys. Nothing is read, so there is nothing to check a
//! history for.

use parts::kv::{KvMix, KvWorkload};
use raft::{Raft, RaftConfig};
use sim_core::{ClientProfile, Duration, Selector, Simulation};

use crate::cuts::{SERVERS, cut_links};
use crate::report::{Measured, Report};

/// Entries of one `AppendEntries`, at most.
const MAX_BATCH: u32 = 32;

/// The servers and the clients for so many seconds of virtual time. With `faults` one of the ten
/// links between servers is cut in each second.
pub(crate) fn measure(seconds: u64, faults: bool, seed: u64) -> Report {
    let config = RaftConfig { max_entries_per_message: MAX_BATCH, ..RaftConfig::default() };
    let clients = ClientProfile {
        count: 25,
        operations: u32::MAX,
        timeout: Duration::from_millis(300),
        think: (Duration::ZERO, Duration::from_millis(50)),
        ..ClientProfile::default()
    };
    let mix = KvMix { put: 1, ..KvMix::default() };
    let workload = KvWorkload { keys: 16, mix, ..KvWorkload::default() };
    let mut simulation =
        Simulation::<Raft>::of(config, SERVERS).workload(clients, workload).run_for(Duration::from_secs(seconds));
    for fault in cut_links(seed, if faults { seconds } else { 0 }, &[Selector::Clients]) {
        simulation = simulation.fault(fault);
    }
    let run = Measured::of(&simulation, seed);
    let check = format!("acked={} ", run.completed);
    let params = vec![("n", u64::from(SERVERS)), ("faults", u64::from(faults))];
    Report { workload: "full-raft", params, run, check }
}
