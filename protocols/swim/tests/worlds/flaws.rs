//! Every property has a flaw that breaks it, by itself.

use sim_core::{Nemesis, ProtocolConfig, SystemUnderTest, ms};
use swim::{Swim, SwimConfig, SwimFlaw};

use crate::{config, world};

#[test]
fn every_property_has_a_flaw_that_breaks_it() {
    let flaws = [
        ("Incarnations Grow", SwimFlaw::IncarnationInMemory),
        ("Only The Owner Raises Incarnations", SwimFlaw::AccuserRaises),
        ("Metadata Is The Owner's", SwimFlaw::KeepsFirstMetadata),
        ("Who Left Has Not Failed", SwimFlaw::LeaverRefutes),
        ("Who Left Stays Away", SwimFlaw::LeavesInMemory),
        ("The Forgotten Stay Forgotten", SwimFlaw::StaleGossipRevives),
        ("The Departed Are Forgotten In Time", SwimFlaw::NeverForgets),
        ("Nobody Is Known Untold", SwimFlaw::KnowsAllAtBoot),
        ("Answers Are What Is Known", SwimFlaw::AnswersWithoutItself),
        ("Statements Override In Order", SwimFlaw::EqualIncarnationRevives),
        ("Suspicion Precedes Death", SwimFlaw::DeadAtOnce),
        ("Suspicions Are Told", SwimFlaw::SilentSuspicion),
        ("Bounded Piggyback", SwimFlaw::GossipsForever),
        ("News Are Told", SwimFlaw::TellsOnce),
        ("Leaving Is Told", SwimFlaw::LeavesAtOnce),
        ("Requests Are Served", SwimFlaw::ProxyVouches),
        ("Messages Say What Is Known", SwimFlaw::SyncsMembersOnly),
        ("Suspicions Last As Shared", SwimFlaw::AccusationsProlong),
        ("Answers Are Fresh", SwimFlaw::ProbeLeftOver),
        ("Others Are Asked", SwimFlaw::AsksNobody),
        ("Time-Bounded Probing", SwimFlaw::RoundBeginsAnew),
        ("Strong Completeness", SwimFlaw::AccusationsProlong),
        ("Eventual Accuracy", SwimFlaw::StuckDead),
        ("Views Converge", SwimFlaw::KeepsFirstMetadata),
        ("Who Gets No Answers Is Unwell", SwimFlaw::AlwaysWell),
        ("Local Health Recovers", SwimFlaw::NeverWellAgain),
    ];
    assert_eq!(
        flaws.map(|(property, _)| property).as_slice(),
        Swim::PROPERTIES.iter().map(|property| property.name).collect::<Vec<_>>()
    );
    let nemesis = Nemesis::within(&SwimConfig::default().model());
    for (property, flaw) in flaws {
        let lifeguard = matches!(flaw, SwimFlaw::AlwaysWell | SwimFlaw::NeverWellAgain);
        let world = world(SwimConfig { lifeguard, forget_after: 20, ..config(&[flaw]) }).only_properties([property]);
        world.nemesis(nemesis.clone()).heal_at(ms(5000)).expect_violation(property).check(0..1000);
    }
}
