//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use raft::{RaftConfig, RaftFlaw};
use sim_core::{Fault, Milestone};

use crate::{calm, ms};

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
