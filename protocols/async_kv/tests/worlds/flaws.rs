//! Every property has a flaw that breaks it, by itself.

use async_kv::{AsyncKvConfig, AsyncKvFlaw, AsyncKvNode};
use sim_core::{Nemesis, ProtocolConfig, SystemUnderTest, ms};

use crate::{config, world};

#[test]
fn every_property_has_a_flaw_that_breaks_it() {
    let flaws = [
        ("One Vote A Term", AsyncKvFlaw::VotesOverAwait),
        ("Elected By Majority", AsyncKvFlaw::CountsLateVotes),
        ("Election Safety", AsyncKvFlaw::CountsLateVotes),
        ("Log Matching", AsyncKvFlaw::CountsLateVotes),
        ("Leader Completeness", AsyncKvFlaw::CountsLateVotes),
        ("Committed On Majority", AsyncKvFlaw::AnswersBeforeSync),
        ("State Machine Safety", AsyncKvFlaw::CountsLateVotes),
        ("Applied In Order", AsyncKvFlaw::TakesInSelect),
    ];
    assert_eq!(
        flaws.map(|(property, _)| property).as_slice(),
        AsyncKvNode::PROPERTIES.iter().map(|property| property.name).collect::<Vec<_>>()
    );
    let nemesis = Nemesis::within(&AsyncKvConfig::default().model());
    for (property, flaw) in flaws {
        let world = world(config(&[flaw])).only_properties([property]);
        world.nemesis(nemesis.clone()).heal_at(ms(4000)).expect_violation(property).check(0..2000);
    }
}
