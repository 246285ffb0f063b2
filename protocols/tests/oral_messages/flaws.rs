//! Flaws in larger groups than that of the general scenario.

use protocols::oral_messages::{General, OralMessagesConfig, OralMessagesFlaw};
use sim_core::SystemUnderTest;

use crate::common::check_found;
use crate::general;

fn with_flaw(name: &str) -> OralMessagesConfig {
    let flaw: OralMessagesFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    OralMessagesConfig { flaws: [flaw].into(), ..OralMessagesConfig::default() }
}

#[test]
fn too_few_generals_are_too_few_for_two_traitors_as_well() {
    let config = OralMessagesConfig { m: 2, ..with_flaw("n-3m") };
    check_found(&General::FLAWS[0], &general(config, 7), 100);
}
