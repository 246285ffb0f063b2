//! The checkers against the litmus table and against the definitions.

use proptest::prelude::*;

use super::super::brute_force::{all_small, small_histories};
use super::super::litmus;
use super::super::testing::*;
use super::super::{
    Answer, Arbitration, Budget, CausalLevel, Facts, Level, Version, VisibleSet, WhiteBox, check_causal,
    check_session_facts,
};
use super::{SessionGuarantee, SessionViolation, check_session, check_sessions};
use crate::history::OperationId;

const MAP: Map = Map { has_keys: true, only_grows: false };

fn answer(history: &MapHistory, guarantee: SessionGuarantee) -> Answer<SessionViolation> {
    check_session(&MAP, history, guarantee)
}

fn is_kept(history: &MapHistory, guarantee: SessionGuarantee) -> bool {
    match answer(history, guarantee) {
        Answer::Satisfied => true,
        Answer::Violated(_) => false,
        Answer::Unknown(why) => panic!("{why}:\n{history}"),
    }
}

#[test]
fn litmus_table() {
    for guarantee in SessionGuarantee::ALL {
        litmus::check_column(guarantee.level(), |history| answer(history, guarantee));
    }
    litmus::check_column(Level::Session, |history| check_sessions(|guarantee| answer(history, guarantee)));
}

#[test]
fn agrees_with_the_definitions_on_all_small_histories() {
    let (mut kept, mut all) = ([0; 4], 0);
    for small in (1..=5).flat_map(|length| all_small(length, &['x', 'y'])) {
        let history = small.history();
        all += 1;
        for (place, guarantee) in SessionGuarantee::ALL.into_iter().enumerate() {
            let is_kept = is_kept(&history, guarantee);
            assert_eq!(is_kept, small.keeps(guarantee), "{guarantee:?}\n{history}");
            kept[place] += u32::from(is_kept);
        }
    }
    assert_eq!((kept, all), ([29628, 34196, 36506, 36418], 45756));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_definitions(small in small_histories(6)) {
        let history = small.history();
        for guarantee in SessionGuarantee::ALL {
            prop_assert_eq!(is_kept(&history, guarantee), small.keeps(guarantee), "{:?}\n{}", guarantee, history);
        }
    }

    #[test]
    fn causal_convergence_has_them_all(small in small_histories(20)) {
        let history = small.history();
        let is_causal = check_causal(&MAP, &history, CausalLevel::Convergence, Budget::default()).is_satisfied();
        let has_all = SessionGuarantee::ALL.into_iter().all(|guarantee| is_kept(&history, guarantee));
        prop_assert!(!is_causal || has_all, "\n{}", history);
    }
}

/// What a random operation of a white-box history does: the session, the key, and the sets and
/// places by which it is judged.
#[derive(Clone, Debug)]
struct Told {
    session: u32,
    key: char,
    is_write: bool,
    up_to: [u64; 2],
    others: Vec<(u64, u64)>,
    arbitration: u64,
    lacks: u8,
}

fn told() -> impl Strategy<Value = Told> {
    let others = prop::collection::vec((0..2u64, 1..5u64), 0..3);
    (0..3u32, prop_oneof![Just('x'), Just('y')], any::<bool>(), [0..4u64, 0..4u64], others, 0..6u64, 0..30u8).prop_map(
        |(session, key, is_write, up_to, others, arbitration, lacks)| Told {
            session,
            key,
            is_write,
            up_to,
            others,
            arbitration,
            lacks,
        },
    )
}

/// Writes are numbered by two origins in turn. Arbitration mostly goes with time.
fn with_facts(all: &[Told]) -> (MapHistory, WhiteBox) {
    let mut facts = WhiteBox::new();
    let mut history = MapHistory::new();
    let mut written = [0; 2];
    for (time, told) in (0..).zip(all) {
        let action = if told.is_write { Action::Write(time as u8) } else { Action::Read };
        let id = history.invoke(told.session, 0, Op { key: told.key, action }, 2 * time);
        let mut of_operation = Facts::default();
        if told.is_write {
            let origin = time % 2;
            written[origin as usize] += 1;
            of_operation.version = Some(Version { origin, number: written[origin as usize] });
            of_operation.arbitration = Some(Arbitration { time: time + told.arbitration, tie_break: time });
        } else {
            let up_to = (0..).zip(told.up_to).collect();
            let others = told.others.iter().map(|&(origin, number)| Version { origin, number }).collect();
            of_operation.visible = Some(VisibleSet { up_to, others });
        }
        if told.lacks > 0 {
            facts.insert(id, of_operation);
        }
        history.ok(id, if told.is_write { Reply::Done } else { Reply::Value(vec![0]) }, 2 * time + 1);
    }
    (history, facts)
}

/// The guarantees as they are stated, over all pairs and triples of operations.
fn is_broken_by_definition(history: &MapHistory, facts: &WhiteBox, guarantee: SessionGuarantee) -> bool {
    let ids: Vec<_> = history.iter().map(|(id, _)| id).collect();
    let pairs = || {
        let of_first = |&a| ids.iter().map(move |&b| (a, b));
        let is_ordered = |&(a, b): &(OperationId, OperationId)| {
            let (a, b) = (history.get(a), history.get(b));
            a.client == b.client && a.precedes(b)
        };
        ids.iter().flat_map(of_first).filter(is_ordered)
    };
    let version = |id| facts.get(&id).and_then(|facts: &Facts| facts.version);
    let visible = |id| facts.get(&id).and_then(|facts: &Facts| facts.visible.clone());
    let arbitration = |id| facts.get(&id).and_then(|facts: &Facts| facts.arbitration);
    let lacks = |read, write| {
        visible(read).is_some_and(|visible| version(write).is_some_and(|version| !visible.contains(version)))
    };
    let has = |read, write| {
        visible(read).is_some_and(|visible| version(write).is_some_and(|version| visible.contains(version)))
    };
    let relevant = |read: OperationId| {
        let key = history.get(read).op.key;
        ids.iter().copied().filter(move |&write| history.get(write).op.key == key && has(read, write))
    };
    let is_against = |first, second| {
        let is_misordered =
            arbitration(first).is_some_and(|first| arbitration(second).is_some_and(|second| first >= second));
        is_misordered || ids.iter().any(|&read| has(read, second) && lacks(read, first))
    };
    match guarantee {
        SessionGuarantee::ReadYourWrites => pairs().any(|(write, read)| lacks(read, write)),
        SessionGuarantee::MonotonicReads => pairs().any(|(a, b)| relevant(a).any(|write| lacks(b, write))),
        SessionGuarantee::MonotonicWrites => pairs().any(|(a, b)| is_against(a, b)),
        SessionGuarantee::WritesFollowReads => {
            pairs().any(|(read, write)| relevant(read).any(|seen| is_against(seen, write)))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn facts_are_judged_by_the_definitions(all in prop::collection::vec(told(), 0..9)) {
        let (history, facts) = with_facts(&all);
        for guarantee in SessionGuarantee::ALL {
            let answer = check_session_facts(&MAP, &history, &facts, guarantee, Budget::default());
            let is_broken = is_broken_by_definition(&history, &facts, guarantee);
            prop_assert_eq!(answer.is_violated(), is_broken, "{:?}\n{}{:#?}", answer, history, facts);
            let is_complete = facts.len() == history.len();
            prop_assert_eq!(answer.is_satisfied(), !is_broken && is_complete, "{:?}\n{}{:#?}", answer, history, facts);
        }
    }
}
