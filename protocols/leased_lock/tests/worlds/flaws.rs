//! Every property has a flaw that breaks it, by itself.

use leased_lock::{LeasedLock, LockConfig, LockFlaw, Restart, Service};
use sim_core::{Nemesis, ProtocolConfig, SystemUnderTest, ms};

use crate::{config, world};

#[test]
fn every_property_has_a_flaw_that_breaks_it() {
    let flaws = [
        ("Renewed By Its Holder Alone", Service::Single, LockFlaw::RenewsAnyKey),
        ("Released By Its Holder Alone", Service::Redlock, LockFlaw::ReleasesAnyKey),
        ("Nothing After A Failed Renewal", Service::Redlock, LockFlaw::GoesOnUnrenewed),
        ("Nothing Outside The Lease", Service::Single, LockFlaw::ExpiresByWallClock),
        ("Ephemeral Nodes End With Their Sessions", Service::Log, LockFlaw::EphemeralStays),
        ("One Node A Section", Service::Log, LockFlaw::CreatesAgain),
        ("First Come First Served", Service::Log, LockFlaw::WokenIsFirst),
        ("Lock Mutual Exclusion", Service::Single, LockFlaw::RestartsWithoutKeys),
        ("Tokens Are Unique And Grow", Service::Redlock, LockFlaw::TokenNotWrittenBack),
        ("No Lower Token Is Served", Service::Single, LockFlaw::NoFence),
        ("Critical Sections Are Serializable", Service::Single, LockFlaw::NoFence),
        ("Requests Take Effect Once", Service::Single, LockFlaw::RequestsUnknown),
        ("No Lost Update", Service::Single, LockFlaw::FencesWritesOnly),
        ("The Storage Forgets Nothing", Service::Single, LockFlaw::FenceInMemory),
        ("Waiters Are Woken", Service::Log, LockFlaw::WatchesAfterTheCheck),
        ("Waiters Watch", Service::Log, LockFlaw::PollsForItsPlace),
    ];
    assert_eq!(
        flaws.map(|(property, ..)| property).as_slice(),
        LeasedLock::PROPERTIES.iter().map(|property| property.name).collect::<Vec<_>>()
    );
    let nemesis = Nemesis::within(&LockConfig::default().model());
    for (property, service, flaw) in flaws {
        let world = world(config(service, Restart::Delayed, &[flaw])).only_properties([property]);
        world.nemesis(nemesis.clone()).heal_at(ms(2500)).expect_violation(property).check(0..1000);
    }
}
