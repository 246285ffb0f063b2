//! Every property has a flaw that breaks it, by itself.

use failure_detectors::{DetectorConfig, DetectorFlaw, DetectorKind, DetectorNode};
use sim_core::{Fault, Nemesis, ProtocolConfig, SystemUnderTest, ms};

use crate::{config, world};

#[test]
fn every_property_has_a_flaw_that_breaks_it() {
    use DetectorKind::{Gossip, Heartbeat, Metrics, NfdE, Phi, Ping};
    let flaws = [
        ("Strong Completeness", DetectorFlaw::VouchesForTarget, Ping),
        ("Eventual Strong Accuracy", DetectorFlaw::NfdKeepsOldBoot, NfdE),
        ("Silence Is Suspected", DetectorFlaw::UnheardNeverFails, Heartbeat),
        ("No Early Suspicion", DetectorFlaw::PhiTimesTen, Phi),
        ("Trust Needs News", DetectorFlaw::ForgetsTheFailed, Gossip),
        ("Unmonitored Is Unreported", DetectorFlaw::LateBeatRevives, Heartbeat),
        ("Notifications Alternate", DetectorFlaw::FailoverEveryTick, Phi),
        ("Recovered Or Mistaken", DetectorFlaw::AlwaysRecovered, Heartbeat),
        ("Suspicion Deadlines Are Kept", DetectorFlaw::DeadlineMoves, Ping),
        ("Levels Grow In Silence", DetectorFlaw::PhiOneMinusCdf, Phi),
        ("Absence Is No Delay", DetectorFlaw::AdaptsToAbsence, Phi),
        ("Heartbeat Counters Grow", DetectorFlaw::MergesAnyCounter, Gossip),
        ("Gossip Goes Round", DetectorFlaw::GossipsToNext, Gossip),
        ("Slow Peers Are Suspected", DetectorFlaw::AnyAnswerIsWell, Metrics),
        ("Missing Answers Are Suspected", DetectorFlaw::LossesAreNoErrors, Metrics),
        ("Others Are Asked", DetectorFlaw::NeverAsksOthers, Ping),
        ("Pings Are Answered", DetectorFlaw::AnswersBeforeSync, Metrics),
        ("News Are Judged At Once", DetectorFlaw::JudgesAtTick, Ping),
        ("Signs Are Given In Time", DetectorFlaw::BeatsToTheTrusted, Heartbeat),
        ("Boots Are Counted", DetectorFlaw::ReadErrorIsBlank, Phi),
    ];
    assert_eq!(
        flaws.map(|(property, ..)| property).as_slice(),
        DetectorNode::PROPERTIES.iter().map(|property| property.name).collect::<Vec<_>>()
    );
    let nemesis = Nemesis::within(&DetectorConfig::default().model());
    for (property, flaw, detector) in flaws {
        let world = world(config(detector, &[flaw])).only_properties([property]).nemesis(nemesis.clone());
        // Nothing but a crash for good shows who is never suspected, and nothing but a disk that stays slow who is
        // trusted for ever.
        let world = match flaw {
            DetectorFlaw::VouchesForTarget => world.fault(Fault::crash("n0").at(ms(2000))),
            // And nothing but one that is not repaired who does not answer once all is well.
            DetectorFlaw::NeverAsksOthers => world.heal_at(ms(4000)).heal_core(["majority"]),
            DetectorFlaw::AnyAnswerIsWell => {
                world.fault(Fault::slow_disk("n0", ms(80), ms(100)).at(ms(500)).lasting(ms(3000)))
            }
            _ => world.heal_at(ms(4000)),
        };
        world.expect_violation(property).check(0..2000);
    }
}
