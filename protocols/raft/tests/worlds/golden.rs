//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use parts::kv::{KvOp, KvWorkload, ReadLevel, WriteId};
use raft::{Raft, RaftConfig, RaftFlaw, Reads};
use sim_core::{ClientProfile, Fault, Latency, LinkProfile, Milestone, Simulation, ms};

use crate::calm;

/// Three entries are committed, and the leader loses power.
fn takeover(config: RaftConfig) -> String {
    let power_loss = Fault::crash("leader").power_loss().restart_after(ms(200));
    let outcome =
        calm(config, 3).fault(power_loss.after(Milestone::event("Committed", 3))).run_for(ms(450)).run_traced(1);
    outcome.trace.expect("it was asked for").story()
}

#[test]
fn the_leader_loses_power_and_another_takes_over() {
    insta::assert_snapshot!(takeover(RaftConfig::default()));
}

/// Three nodes of seven are cut off from the others, and know nothing of what clients put. Clients 3 and 4 ask them
/// first. The eventual read of client 3 misses what it has put itself; its causal read does not, for it remembers
/// that; its sequential read waits, and asks the next node after a time-out. Client 4 has to look for the leader for
/// its strong read of key 2. Then its read of key 1 at the session level misses what was put there before that; its
/// causal read does not.
#[test]
fn five_levels_side_by_side() {
    use ReadLevel::{Causal, Eventual, Sequential, Session, Strong};
    let put = |client, index, key| KvOp::Put { key, write: WriteId { client, index } };
    let read = |level, key| KvOp::GetAt { key, level };
    let writes = vec![put(1, 0, 1), put(1, 1, 2)];
    let own = vec![put(3, 0, 3), read(Eventual, 3), read(Causal, 3), read(Sequential, 3)];
    let others = vec![read(Strong, 2), read(Session, 1), read(Causal, 1)];
    let clients = ClientProfile { count: 5, timeout: ms(300), think: (ms(500), ms(500)), ..ClientProfile::default() };
    let cut_off =
        Fault::partition([["n0", "n1", "n2", "n3", "clients"].to_vec(), ["n4", "n5", "n6", "clients"].to_vec()]);
    let outcome = Simulation::<Raft>::of(RaftConfig { reads: Reads::Chosen, ..RaftConfig::default() }, 7)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(5)), ..LinkProfile::default() })
        .workload(clients, KvWorkload::default())
        .operations(vec![Vec::new(), writes, Vec::new(), own, others])
        .fault(cut_off.lasting(ms(4000)))
        .run_for(ms(5000))
        .run(1);
    assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
    insta::assert_snapshot!(outcome.history);
}

/// The README shows a change of this trace: that of a leader that commits an entry of an earlier term as
/// soon as a majority has it. No property is violated in this run, and still it can be seen.
#[test]
fn the_readme_shows_a_change_as_a_review_would() {
    let readme = include_str!("../../../../README.md");
    let (_, rest) = readme.split_once("```diff\n").expect("it shows a difference");
    let (difference, _) = rest.split_once("```").expect("it ends");
    let without = |sign: char| -> String {
        difference.lines().filter(|line| !line.starts_with(sign)).map(|line| format!("{}\n", &line[1..])).collect()
    };
    let flawed = RaftConfig { flaws: [RaftFlaw::Figure8].into(), ..RaftConfig::default() };
    let (before, after) = (takeover(RaftConfig::default()), takeover(flawed));
    assert!(before.contains(&without('+')) && after.contains(&without('-')), "{before}\n{after}");
    assert!(after.ends_with("passed\n") && before != after);
}
