//! Runs that a person can read, compared with what was accepted. `cargo insta review` shows how a
//! change of the protocol changes them.

use hotstuff::HotStuffConfig;

use crate::{calm, ms};

#[test]
fn three_views_commit_the_first_block() {
    let outcome = calm(HotStuffConfig::default(), 4).run_for(ms(90)).run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
