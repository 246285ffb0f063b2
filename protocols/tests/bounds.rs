//! Numbers at the ends of their ranges: refused at their key, or harmless.

use abd::Abd;
use async_kv::AsyncKvNode;
use atomic_commit::AtomicCommit;
use bracha::Bracha;
use canary::Canary;
use causal::Causal;
use chain_replication::ChainServer;
use crdt::Crdt;
use failure_detectors::DetectorNode;
use fault_tolerant_counter::FaultTolerantCounter;
use hotstuff::HotStuff;
use lamport_mutex::LamportMutex;
use leased_lock::LeasedLock;
use lww::Lww;
use oral_messages::General;
use parts::bounds::{LONGEST, MOST};
use paxos::Paxos;
use paxos::synod::Synod;
use pbft::Pbft;
use primary_backup::PrimaryBackup;
use quorum_store::QuorumStore;
use raft::Raft;
use replicated_service::ReplicatedService;
use saga::SagaNode;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sim_core::{Duration, LinkProfile, ProtocolConfig, Simulation, SystemUnderTest, Workload};
use streamlet::Streamlet;
use swim::Swim;
use viewstamped_replication::Vr;

/// Beyond what any key allows.
const TOO_MUCH: [u64; 2] = [u32::MAX as u64, u64::MAX];

/// The same value with other numbers, or other spans; nothing if there are none in it.
fn with(value: &Value, number: u64) -> Option<Value> {
    Some(match value {
        Value::Number(_) | Value::Null => json!(number),
        Value::String(text) if text.parse::<Duration>().is_ok() => json!(format!("{number}ns")),
        Value::Array(items) if !items.is_empty() => {
            items.iter().map(|item| with(item, number)).collect::<Option<_>>()?
        }
        Value::Object(fields) => {
            fields.iter().map(|(key, field)| Some((key.clone(), with(field, number)?))).collect::<Option<_>>()?
        }
        _ => return None,
    })
}

/// All keys of a default that say how much of something there is, each with another number.
fn variants(default: &impl Serialize, number: u64) -> Vec<(String, Value)> {
    let Value::Object(keys) = serde_json::to_value(default).expect("a configuration is written as it is read") else {
        return Vec::new();
    };
    let changed = |(key, value): (&String, &Value)| {
        let mut all: Map<String, Value> = keys.clone();
        all.insert(key.clone(), with(value, number)?);
        Some((key.clone(), Value::Object(all)))
    };
    keys.iter().filter_map(changed).collect()
}

/// A configuration that is not refused tells what it takes and runs for a while, over links that no protocol
/// could ask more of.
fn check_runs<P: SystemUnderTest>(config: P::Config, nodes: u32) {
    let _ = (config.settles_within(), config.model());
    let verdict = Simulation::<P>::of(config, nodes).network(LinkProfile::tcp()).step_limit(500).run(1).summary.verdict;
    let violated = verdict.violation().map(|violation| violation.property.as_str());
    assert_ne!(violated, Some("No Panic"), "{verdict}");
}

#[track_caller]
fn check<P: SystemUnderTest>(nodes: u32)
where
    P::Config: Default,
    P::Workload: Default,
{
    let mut refused = 0;
    for number in [0, 1, MOST, LONGEST.as_nanos()].into_iter().chain(TOO_MUCH) {
        for (key, changed) in variants(&P::Config::default(), number) {
            let Ok(config) = serde_json::from_value::<P::Config>(changed) else { continue };
            match config.validate(nodes) {
                Ok(()) => check_runs::<P>(config, nodes),
                Err(error) if number == u64::MAX => {
                    assert!([key.as_str(), "nodes"].contains(&error.key), "{key} is refused at {}", error.key);
                    refused += 1;
                }
                Err(_) => {}
            }
        }
        for (_, changed) in variants(&P::Workload::default(), number) {
            let Ok(workload) = serde_json::from_value::<P::Workload>(changed) else { continue };
            let is_refused = workload.validate().is_err();
            assert!(is_refused || number <= MOST, "{}: {number} of something is too much to ask", P::NAME);
        }
    }
    let is_plain = variants(&P::Config::default(), 0).is_empty() || P::NAME == Canary::NAME;
    assert!(is_plain || refused > 0, "{} has no key of the kind", P::NAME);
}

#[test]
fn no_number_that_a_configuration_allows_is_too_much_for_what_is_computed_of_it() {
    check::<Abd>(4);
    check::<AsyncKvNode>(4);
    check::<AtomicCommit>(4);
    check::<Bracha>(4);
    check::<Canary>(4);
    check::<Causal>(4);
    check::<ChainServer>(4);
    check::<Crdt>(4);
    check::<DetectorNode>(4);
    check::<FaultTolerantCounter>(5);
    check::<General>(4);
    check::<HotStuff>(4);
    check::<LamportMutex>(4);
    check::<LeasedLock>(5);
    check::<Lww>(4);
    check::<Paxos>(4);
    check::<Pbft>(4);
    check::<PrimaryBackup>(4);
    check::<QuorumStore>(4);
    check::<Raft>(4);
    check::<ReplicatedService>(4);
    check::<SagaNode>(4);
    check::<Streamlet>(4);
    check::<Swim>(4);
    check::<Synod>(4);
    check::<Vr>(4);
}
