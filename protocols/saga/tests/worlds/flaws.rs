//! Every property has a flaw that breaks it, by itself.

use saga::{SagaConfig, SagaFlaw, SagaNode};
use sim_core::{Nemesis, ProtocolConfig, SystemUnderTest, ms};

use crate::{config, world};

#[test]
fn every_property_has_a_flaw_that_breaks_it() {
    let flaws = [
        ("Logged Before Done", SagaFlaw::StartsBeforeLog),
        ("Steps As Asked", SagaFlaw::DepositsFirst),
        ("Steps At Most Once", SagaFlaw::KeylessSteps),
        ("No Step After Compensation", SagaFlaw::NoTombstone),
        ("Compensations In Reverse Order", SagaFlaw::CompensatesInOrder),
        ("All Or Compensated", SagaFlaw::TimedOutNotExecuted),
        ("Outcomes Are Final", SagaFlaw::EndsBeforeLog),
        ("Sagas Conserve Money", SagaFlaw::RoundsEachShare),
        ("Balances Are Explained", SagaFlaw::KeysInMemory),
        ("Overdrawn By Operators Alone", SagaFlaw::RecoveryIgnoresChecks),
        ("Answered By The Balance", SagaFlaw::LimitCheckedBefore),
        ("Effects Stay", SagaFlaw::ServiceAnswersEarly),
        ("Never Silent", SagaFlaw::ForgetsTheStuck),
        ("Resolved Once", SagaFlaw::ResolveNotLogged),
        ("Recovers As Set", SagaFlaw::RefusedNotKeyed),
        ("No Operator Too Soon", SagaFlaw::CountsRefusalsTwice),
        ("Sagas End", SagaFlaw::CompensatesOnce),
    ];
    assert_eq!(
        flaws.map(|(property, _)| property).as_slice(),
        SagaNode::PROPERTIES.iter().map(|property| property.name).collect::<Vec<_>>()
    );
    let nemesis = Nemesis::within(&SagaConfig::default().model());
    for (property, flaw) in flaws {
        let world = world(config(&[flaw])).only_properties([property]);
        world.nemesis(nemesis.clone()).heal_at(ms(4000)).expect_violation(property).check(0..2000);
    }
}
