//! Scripts that others have published as tests of their Raft, written as scenarios: each ends as its
//! authors expect.

use scenarios::{Registry, Scenario, library, load};
use sim_core::{NodeId, TraceKind};

/// Who announces what in each of the scenario's runs, without the fields.
fn announced(name: &str) -> Vec<Vec<(NodeId, String)>> {
    let source = library::find(name).expect("it is in the library").remove(0);
    let scenario: Scenario = load(&Registry::standard(), &source, &[]).unwrap_or_else(|mistakes| {
        panic!("{name}: {}", mistakes[0].render(false));
    });
    let of_seed = |seed| {
        let trace = scenario.prepared.trace(seed).trace;
        let events = trace.events.into_iter().filter_map(|event| match event.kind {
            TraceKind::Announce { event: announced } => {
                let text = announced.to_string();
                Some((event.who?, text.split(' ').next().unwrap_or_default().to_owned()))
            }
            _ => None,
        });
        events.collect()
    };
    scenario.seeds.clone().map(of_seed).collect()
}

/// Who announces this event, in order.
fn who(events: &[(NodeId, String)], event: &str) -> Vec<u32> {
    events.iter().filter(|(_, announced)| announced == event).map(|(who, _)| who.index()).collect()
}

#[test]
fn a_node_whose_timer_fires_is_elected_message_by_message() {
    for events in announced("raft/script-campaign") {
        assert_eq!(who(&events, "BecameLeader"), [0]);
        assert_eq!(who(&events, "Voted"), [0, 1, 2], "in the order of the script");
        assert!(who(&events, "Committed").contains(&0), "and commits its first entry");
    }
}

#[test]
fn a_follower_that_is_behind_disturbs_nobody_with_its_pre_vote() {
    for events in announced("raft/script-pre-vote") {
        assert_eq!(who(&events, "BecameLeader"), [0], "nobody else ever leads");
        assert_eq!(who(&events, "Voted").len(), 3, "and nobody votes again");
        assert_eq!(who(&events, "SteppedDown"), [0; 0]);
    }
}

#[test]
fn a_follower_that_has_missed_what_was_compacted_is_sent_a_snapshot() {
    for events in announced("raft/script-snapshot") {
        assert_eq!(who(&events, "BecameLeader"), [0]);
        // Whoever is a little behind when the log is compacted may be sent one, too, later on.
        assert_eq!(who(&events, "InstalledSnapshot").first(), Some(&2));
    }
}
