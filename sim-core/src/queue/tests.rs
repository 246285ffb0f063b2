//! The queue against the plainest one: a binary heap of everything.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::EventQueue;

#[derive(Debug, Clone)]
enum Step {
    /// Pushes `count` events, the i-th at now + `delay` + i * `spread`.
    Push { delay: u64, spread: u64, count: u64, rank: u64 },
    /// Pops while the time is below now + `ahead`, `count` events at most.
    Pop { ahead: u64, count: u64 },
}

/// (time, sequence, item), as the queue's promise has it.
type Model = BinaryHeap<Reverse<(u64, u64, u64)>>;

/// Takes the steps and then all that is left, always as a binary heap would.
fn check(queue: &mut EventQueue<u64>, steps: &[Step]) {
    let (mut model, mut now) = check_steps(queue, steps);
    while check_pop(queue, &mut model, &mut now, u64::MAX) {}
}

/// Returns what is left, and the time.
fn check_steps(queue: &mut EventQueue<u64>, steps: &[Step]) -> (Model, u64) {
    let (mut model, mut now, mut pushed) = (Model::new(), 0, 0);
    for step in steps {
        match *step {
            Step::Push { delay, spread, count, rank } => {
                for i in 0..count {
                    let time = now + delay.saturating_add(i * spread).min(u64::MAX - now);
                    pushed += 1;
                    // Of two events pushed, the later may have the lower sequence.
                    let sequence = rank << 24 | pushed;
                    queue.push(time, sequence, pushed);
                    model.push(Reverse((time, sequence, pushed)));
                }
            }
            Step::Pop { ahead, count } => {
                for _ in 0..count {
                    check_pop(queue, &mut model, &mut now, ahead);
                }
            }
        }
        assert_eq!(queue.len(), model.len());
    }
    (model, now)
}

/// Whether there was an event to pop.
fn check_pop(queue: &mut EventQueue<u64>, model: &mut Model, now: &mut u64, ahead: u64) -> bool {
    let limit = now.saturating_add(ahead);
    let expected = model.peek().map(|first| first.0).filter(|first| first.0 < limit);
    let popped = queue.pop_before(limit).map(|event| (event.time(), event.sequence(), queue.take(event)));
    assert_eq!(popped, expected);
    if let Some((time, ..)) = expected {
        model.pop();
        *now = time;
    }
    let next = model.peek().map(|first| first.0.0);
    assert_eq!(queue.next_is_at(*now), next == Some(*now));
    expected.is_some()
}

fn delay() -> impl Strategy<Value = u64> {
    prop_oneof![
        2 => Just(0),
        2 => 0..100_u64,
        // Around the end of the narrowest ring.
        2 => 2_000..2_100_u64,
        6 => 1_000_000..10_000_000_u64,
        1 => 90_000_000..110_000_000_u64,
        1 => 0..u64::MAX,
        1 => u64::MAX - 1..=u64::MAX,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let spread = prop_oneof![Just(0), Just(1), Just(40_000), 0..1_000_000_u64];
    let push = (delay(), spread, 1..40_u64, 0..8_u64).prop_map(|(delay, spread, count, rank)| Step::Push {
        delay,
        spread,
        count,
        rank,
    });
    let pop = (delay(), 1..40_u64).prop_map(|(ahead, count)| Step::Pop { ahead, count });
    prop_oneof![push, pop]
}

proptest! {
    #[test]
    fn agrees_with_a_binary_heap(steps in prop::collection::vec(step(), 0..60)) {
        for typical_delay in [0, 1, 50_000, 10_000_000, u64::MAX] {
            check(&mut EventQueue::new(typical_delay), &steps);
        }
    }
}

#[test]
fn crowds_of_one_instant_keep_their_order() {
    let crowd = |rank, count| Step::Push { delay: 5, spread: 0, count, rank };
    let steps = [crowd(7, 20_000), Step::Pop { ahead: 6, count: 1 }, crowd(0, 20_000)];
    check(&mut EventQueue::new(10_000_000), &steps);
    let descending: Vec<Step> = (0..20_000).map(|i| crowd(20_000 - i, 1)).collect();
    check(&mut EventQueue::new(10_000_000), &descending);
}

#[test]
fn an_event_at_the_end_of_time_stays() {
    let mut queue = EventQueue::new(0);
    queue.push(u64::MAX, 0, ());
    assert_eq!(queue.pop_before(u64::MAX), None);
    assert_eq!(queue.len(), 1);
}

#[test]
#[should_panic(expected = "into the past")]
fn the_past_is_closed() {
    let mut queue = EventQueue::new(0);
    queue.push(5, 0, ());
    queue.pop_before(6);
    queue.push(4, 1, ());
}
