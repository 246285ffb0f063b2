//! Every property has a flaw that breaks it in a small world.

use lamport_mutex::{LamportMutex, LamportMutexConfig, LamportMutexFlaw};
use sim_core::SystemUnderTest;

use crate::calm;

#[test]
fn every_property_has_a_flaw_that_breaks_it() {
    let flaws = [
        ("Mutual Exclusion", LamportMutexFlaw::TiesUnbroken),
        ("Order Of Requests", LamportMutexFlaw::ReleaseSuffices),
        ("Every Request Is Granted", LamportMutexFlaw::DefersAcknowledgements),
        ("Clock Condition", LamportMutexFlaw::ClockNotAdvanced),
    ];
    assert_eq!(
        flaws.map(|(property, _)| property).as_slice(),
        LamportMutex::PROPERTIES.iter().map(|of| of.name).collect::<Vec<_>>()
    );
    for (property, flaw) in flaws {
        let config = LamportMutexConfig { flaws: [flaw].into(), ..LamportMutexConfig::default() };
        calm(config, 3).expect_violation(property).check(0..20);
    }
    calm(LamportMutexConfig::default(), 3).check(0..100);
}

/// Where clocks are not set past the messages that come, a request may be granted before one that its
/// process had heard of, although its time is earlier.
#[test]
fn the_order_of_requests_is_not_only_that_of_their_times() {
    let flaws = [LamportMutexFlaw::ClockNotAdvanced].into();
    let config = LamportMutexConfig { requests: 20, flaws, ..LamportMutexConfig::default() };
    calm(config, 3).only_properties(["Order Of Requests"]).expect_violation("Order Of Requests").check(0..200);
}
