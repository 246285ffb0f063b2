//! Each constructor makes its kind, and each trait is that of the kinds that it names.

use super::*;
use crate::byzantine::Misconduct;
use crate::network::Latency;
use crate::random::Probability;
use crate::time::{Duration, ms};

fn named<K>(draft: Draft<K>) -> &'static str {
    Fault::from(draft).kind.name()
}

#[test]
fn each_constructor_makes_its_kind() {
    let half = Probability::ratio(1, 2);
    let late = Latency::Constant(ms(1));
    let made = [
        named(Fault::crash("n0")),
        named(Fault::crash("n0").power_loss()),
        named(Fault::crash("n0").reordering_power_loss()),
        named(Fault::crash("n0").wiped()),
        named(Fault::restart("n0")),
        named(Fault::join("n0")),
        named(Fault::partition([["n0"], ["n1"]])),
        named(Fault::isolate("n0")),
        named(Fault::bridge("n0")),
        named(Fault::majority_ring()),
        named(Fault::random_links(half)),
        named(Fault::swizzle("all", ms(1))),
        named(Fault::one_way("n0", "n1")),
        named(Fault::send_omission("n0")),
        named(Fault::receive_omission("n0")),
        named(Fault::link_omission("n0", "n1")),
        named(Fault::links("n0").loss(half)),
        named(Fault::link("n0", "n1").loss(half)),
        named(Fault::links("n0").replays(half, late)),
        named(Fault::links("n0").corruption(half).checksum()),
        named(Fault::links("n0").hold()),
        named(Fault::deliver("n0", "n1")),
        named(Fault::fire("n0", "Election")),
        named(Fault::end("withheld")),
        named(Fault::pause("n0")),
        named(Fault::slow("n0", ms(1))),
        named(Fault::clock_jump("n0", ms(1))),
        named(Fault::drift("n0", 5)),
        named(Fault::late_timers("n0", late)),
        named(Fault::slow_disk("n0", ms(1), ms(2))),
        named(Fault::corrupt_record("n0")),
        named(Fault::failing_sync("n0")),
        named(Fault::failing_sync("n0").phantom_writes()),
        named(Fault::read_error("n0")),
        named(Fault::full_disk("n0")),
        named(Fault::operate("n0", "add_server")),
        named(Fault::upgrade("n0", "new", ms(1))),
        named(Fault::twin("n0")),
        named(Fault::mutate("n0")),
        named(Fault::silence("n0")),
        named(Fault::stall("n0", late)),
        named(Fault::stale("n0")),
        named(Fault::adversary("liar", ["n0"])),
    ];
    let expected = "crash power_loss reordered_power_loss wiped_crash restart join partition partition bridge \
                    majority_ring random_links swizzle one_way send_omission receive_omission link_omission links link \
                    replay corruption withhold deliver fire end pause slow clock_jump drift late_timers slow_disk \
                    corrupt_record failing_sync phantom_writes read_error full_disk operate upgrade twin mutate silence \
                    stall stale adversary";
    assert_eq!(made.to_vec(), expected.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn modifiers_change_what_they_name_and_nothing_else() {
    let crash = Fault::from(Fault::crash("n0").mid_step().restart_after(ms(3)).at(ms(7)).labelled("last"));
    let kind = FaultKind::Crash {
        targets: "n0".into(),
        severity: crate::fault::CrashSeverity::Process,
        moment: crate::fault::CrashMoment::MidStep,
        restart_after: Some(ms(3)),
        wiped: false,
        lost: None,
    };
    assert_eq!(crash, Fault::at(Time::ZERO + ms(7), kind).labelled("last"));
    let lie = Fault::from(Fault::silence("n1").toward(["n0"]).kind("Vote").nth([2]).rounds(3..=4));
    let mut messages =
        crate::fault::MessageFilter { kind: Some("Vote".to_owned()), ..crate::fault::MessageFilter::ALL };
    (messages.nth, messages.rounds) = (vec![2], Some((3, 4)));
    let misconduct = Misconduct::Silence;
    let kind = FaultKind::Lie { targets: "n1".into(), to: vec!["n0".into()], messages, misconduct };
    assert_eq!(lie, Fault::at(Time::ZERO, kind));
}

fn check_lasting<K: Lasting>(draft: Draft<K>) {
    let fault = Fault::from(draft);
    assert!(!fault.kind.is_instant(), "{fault:?}");
}

fn check_instant<K: Instant>(draft: Draft<K>) {
    let fault = Fault::from(draft);
    assert!(fault.kind.is_instant(), "{fault:?}");
}

fn check_each<K: HitsEach>(draft: Draft<K>) {
    let fault = Fault::from(draft);
    assert!(fault.kind.hits_each(), "{fault:?}");
}

/// What the types say of kinds is what the kinds say of themselves.
#[test]
fn the_course_of_a_kind_is_as_its_type_says() {
    check_instant(Fault::crash("n0"));
    check_instant(Fault::restart("n0"));
    check_instant(Fault::upgrade("n0", "new", ms(1)));
    check_instant(Fault::operate("n0", "add_server"));
    check_instant(Fault::corrupt_record("n0"));
    check_instant(Fault::deliver("n0", "n1"));
    check_instant(Fault::fire("n0", "Election"));
    check_instant(Fault::end("withheld"));
    check_lasting(Fault::pause("n0"));
    check_lasting(Fault::clock_jump("n0", ms(1)));
    check_lasting(Fault::late_timers("n0", Latency::Constant(ms(1))));
    check_lasting(Fault::slow_disk("n0", Duration::ZERO, ms(1)));
    check_lasting(Fault::failing_sync("n0"));
    check_lasting(Fault::read_error("n0"));
    check_lasting(Fault::full_disk("n0"));
    check_lasting(Fault::isolate("n0"));
    check_lasting(Fault::majority_ring());
    check_lasting(Fault::send_omission("n0"));
    check_lasting(Fault::links("n0"));
    check_lasting(Fault::twin("n0"));
    check_lasting(Fault::stale("n0"));
    check_lasting(Fault::adversary("liar", ["n0"]));
    check_each(Fault::crash("n0"));
    check_each(Fault::restart("n0"));
    check_each(Fault::upgrade("n0", "new", ms(1)));
    check_each(Fault::operate("n0", "add_server"));
    check_each(Fault::corrupt_record("n0"));
    check_each(Fault::fire("n0", "Election"));
    check_each(Fault::drift("n0", 1));
    check_each(Fault::clock_jump("n0", ms(1)));
    check_each(Fault::late_timers("n0", Latency::Constant(ms(1))));
    check_each(Fault::slow_disk("n0", Duration::ZERO, ms(1)));
    check_each(Fault::failing_sync("n0"));
    check_each(Fault::read_error("n0"));
    check_each(Fault::full_disk("n0"));
    check_each(Fault::mutate("n0"));
}
