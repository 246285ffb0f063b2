//! What holds without flaws, whatever happens that the model allows.

use async_kv::AsyncKvConfig;
use sim_core::{Nemesis, ProtocolConfig, ms};

use crate::{config, world};

#[test]
fn all_faults_that_the_model_allows_are_survived() {
    let nemesis = Nemesis::within(&AsyncKvConfig::default().model());
    world(config(&[])).nemesis(nemesis).heal_at(ms(3000)).check(0..60);
}
