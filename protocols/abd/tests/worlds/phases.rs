//! What operations cost, and what they need.

use abd::{Abd, AbdConfig, AbdFlaw, Writers};
use sim_core::{ClientProfile, Fault, NodeId, Outcome, ms, secs};

use crate::{asked, calm, completed};

/// How many messages come up when one client asks for ten operations, its own requests and replies among them.
fn messages(config: AbdConfig, nodes: u32, writes_percent: u32) -> u64 {
    let one = ClientProfile { count: 1, operations: 10, ..ClientProfile::default() };
    let outcome = asked(config, nodes, one, writes_percent).run(1);
    assert_eq!(completed(&outcome), (10, 10));
    outcome.summary.delivered
}

/// Each phase is a message to each node and a reply of each.
#[test]
fn operations_take_two_phases_unless_one_is_enough() {
    let of_phases = |phases: u64, nodes: u64| 10 * (2 + phases * 2 * nodes);
    let fast = || AbdConfig { fast_reads: true, ..AbdConfig::default() };
    // Register 0 is n0's, which the client asks; register 1 is the same node's if there is but one.
    let single = || AbdConfig { writers: Writers::Single, ..AbdConfig::default() };
    for nodes in [1, 3, 5] {
        let of = |phases| of_phases(phases, nodes.into());
        assert_eq!(messages(AbdConfig::default(), nodes, 0), of(2), "reads of {nodes}");
        assert_eq!(messages(AbdConfig::default(), nodes, 100), of(2), "writes of {nodes}");
        assert_eq!(messages(fast(), nodes, 0), of(1), "fast reads of {nodes}");
        assert_eq!(messages(fast(), nodes, 100), of(2), "writes of {nodes} beside fast reads");
        assert_eq!(messages(single(), nodes, 0), of(2), "reads of {nodes} of what one writes");
    }
    assert_eq!(messages(single(), 1, 100), of_phases(1, 1));
}

/// "Wait-free": nobody waits for the nodes that have stopped.
#[test]
fn a_minority_that_has_stopped_keeps_no_operation_from_completing() {
    let stopped = |config| {
        let crash = |node| Fault::crash(node).at(ms(50));
        calm(config, 5).fault(crash("n3")).fault(crash("n4")).run_for(secs(30))
    };
    stopped(AbdConfig::default()).check(0..50);
    let (asked, done) = completed(&stopped(AbdConfig::default()).run(1));
    assert_eq!(asked, 60);
    assert!(done >= 58, "only what n3 and n4 carried out when they stopped was given up: {done}");
    let waiting = AbdConfig { flaws: [AbdFlaw::WaitsForAll].into(), ..AbdConfig::default() };
    let (_, done) = completed(&stopped(waiting).run(1));
    assert!(done < 30, "{done}");
}

#[test]
fn without_a_majority_nothing_completes_and_nothing_is_wrong() {
    let crash = |node| Fault::crash(node).at(ms(50));
    let cut_short = calm(AbdConfig::default(), 4).fault(crash("n2")).fault(crash("n3"));
    cut_short.check(0..50);
    let until = |at| completed(&calm(AbdConfig::default(), 4).run_for(at).run(1)).1;
    let done = completed(&cut_short.run(1)).1;
    assert!(done < 10 && until(ms(4000)) == 60, "{done}");
}

fn announced(outcome: &Outcome<Abd>, kind: &str) -> Vec<String> {
    outcome.announced().into_iter().filter(|line| line.contains(&format!(" {kind} "))).collect()
}

#[test]
fn one_node_alone_writes_to_a_register_that_has_one_writer() {
    let single = AbdConfig { writers: Writers::Single, ..AbdConfig::default() };
    calm(single.clone(), 3).check(0..50);
    let outcome = calm(single, 3).run_traced(1);
    let given = announced(&outcome, "Tagged");
    assert!(given.len() > 10 && completed(&outcome) == (60, 60), "{given:?}");
    for line in given {
        let (key, writer) = if line.contains("key=0") { (0, NodeId::node(0)) } else { (1, NodeId::node(1)) };
        assert!(line.contains(&format!("writer={writer}")), "register {key}: {line}");
    }
}
