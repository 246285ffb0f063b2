//! Times that leave room: a run that fails only at exactly these times is not explained by them.

use super::Parts;
use super::judge::{Accepted, Judge};
use crate::fault::{Fault, Trigger};
use crate::time::{Duration, Time};

/// Answers below this are no times.
pub(super) const SHORTEST: u64 = 1_000;

/// A time leaves room if the run fails also where it is longer or shorter by this part of it.
const ROOM: u64 = 20;

/// How closely the edge of an interval is looked for, in parts of the room.
const CLOSELY: u64 = 8;

/// Changes each time of a fault, in nanoseconds.
pub(super) fn each_time(fault: &mut Fault, change: &mut dyn FnMut(u64) -> u64) {
    match &mut fault.trigger {
        Trigger::At(at) => *at = Time::from_nanos(change(at.since(Time::ZERO).as_nanos())),
        Trigger::Wait(wait) => *wait = Duration::from_nanos(change(wait.as_nanos())),
        Trigger::After(_) | Trigger::InStep(_) => {}
    }
    let repeat = fault.repeat.iter_mut().flat_map(|repeat| [&mut repeat.every].into_iter().chain(&mut repeat.on));
    let course = fault.lasts.iter_mut().chain(&mut fault.one_by_one).chain(repeat);
    for time in course.chain(fault.kind.times_mut()) {
        *time = Duration::from_nanos(change(time.as_nanos()));
    }
}

/// Moves each time so far from the edges of the interval in which the run fails that it leaves room, as
/// far as the interval allows, and makes it round.
pub(super) fn leave_room(judge: &mut Judge<'_>, run: &mut Accepted) {
    let mut number = 0;
    loop {
        let next = Place::all(&run.parts).nth(number);
        let Some((place, value)) = next.filter(|_| !judge.is_over()) else { return };
        if let Some(moved) = moved(judge, run, place, value) {
            *run = moved;
        }
        number += 1;
    }
}

/// A time of a run.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// One of a fault's.
    Fault(usize, usize),
    /// That of an answer.
    Answer(usize),
}

impl Place {
    /// All of them, with what they are.
    fn all(parts: &Parts) -> impl Iterator<Item = (Self, u64)> {
        let of_fault = |(number, fault): (usize, &Fault)| {
            let mut times = Vec::new();
            each_time(&mut fault.clone(), &mut |time| {
                times.push((Self::Fault(number, times.len()), time));
                time
            });
            times
        };
        let faults = parts.faults.iter().enumerate().flat_map(of_fault);
        let answers = parts.deviations.iter().enumerate().map(|(number, of)| (Self::Answer(number), of.value));
        faults.chain(answers.filter(|(_, value)| *value >= SHORTEST)).filter(|(_, value)| *value > 0)
    }

    fn set(self, parts: &mut Parts, value: u64) {
        match self {
            Self::Fault(number, place) => {
                let mut places = 0..;
                each_time(&mut parts.faults[number], &mut |time| {
                    if places.next() == Some(place) { value } else { time }
                });
            }
            Self::Answer(number) => parts.deviations[number].value = value,
        }
    }
}

/// The run with this time moved, if it has to be.
fn moved(judge: &mut Judge<'_>, run: &Accepted, place: Place, value: u64) -> Option<Accepted> {
    let with = |value: u64| {
        let mut parts = run.parts.clone();
        place.set(&mut parts, value);
        run.given_time(parts)
    };
    let mut fails = |value: u64| judge.accepts(run, with(value)).is_some();
    let room = (value / ROOM).max(1);
    let to = if has_room(&mut fails, value) {
        let round = roundest(value - room / 2, value + room / 2, value);
        Some(round).filter(|round| *round != value && has_room(&mut fails, *round))
    } else {
        let low = edge(&mut fails, value, value - room, room);
        let high = farthest(&mut fails, value, room);
        // From the lower edge as far as it takes, and never past the middle.
        let best = (low + 2 * room).min(low.midpoint(high));
        let (from, to) = (best - (best - low) / 4, best + (high - best) / 4);
        let to = roundest(from, to, value);
        // Only for clearly more room: so it comes to an end, although each time that moves changes the others.
        let room_of = |value: u64| value.saturating_sub(low).min(high.saturating_sub(value));
        Some(to).filter(|to| room_of(*to) > 2 * room_of(value) + room / CLOSELY)
    };
    let mut moved = judge.accepts(run, with(to?))?;
    if moved.parts.run_for != run.parts.run_for {
        moved.parts.run_for = moved.end().map_or(run.parts.run_for, |end| end.max(run.parts.run_for));
    }
    Some(moved)
}

/// Whether a run fails with times somewhat shorter and longer than this.
fn has_room(fails: &mut impl FnMut(u64) -> bool, value: u64) -> bool {
    let half = value / ROOM / 2;
    fails(value - half) && fails(value + half)
}

/// Between a time at which the run fails and another: the last at which it does, if it does not at the other.
fn edge(fails: &mut impl FnMut(u64) -> bool, mut inside: u64, mut outside: u64, room: u64) -> u64 {
    if fails(outside) {
        return outside;
    }
    while inside.abs_diff(outside) > (room / CLOSELY).max(1) {
        let middle = inside.midpoint(outside);
        if fails(middle) { inside = middle } else { outside = middle }
    }
    inside
}

/// The longest time with which the run fails, up to about twice as long.
fn farthest(fails: &mut impl FnMut(u64) -> bool, value: u64, room: u64) -> u64 {
    let (mut inside, mut step) = (value, room);
    while inside < 2 * value {
        if !fails(inside + step) {
            return edge(fails, inside, inside + step, room);
        }
        inside += step;
        step *= 2;
    }
    inside
}

/// The roundest number from `from` to `to`, of several the one closest to `value`.
fn roundest(from: u64, to: u64, value: u64) -> u64 {
    let mut unit = 1;
    while let Some(coarser) = unit_above(unit).filter(|unit| to / unit * unit >= from.max(1)) {
        unit = coarser;
    }
    let (below, above) = (value / unit * unit, value.div_ceil(unit).saturating_mul(unit));
    let closest = if value - below <= above - value { below } else { above };
    match (closest < from, closest > to) {
        (false, false) => closest,
        (true, _) => from.div_ceil(unit) * unit,
        (_, true) => to / unit * unit,
    }
}

/// The next coarser unit in which people count: 1, 2, 5, 10, 20, ….
const fn unit_above(unit: u64) -> Option<u64> {
    let mut leading = unit;
    while leading >= 10 {
        leading /= 10;
    }
    match leading {
        2 => (unit / 2).checked_mul(5),
        _ => unit.checked_mul(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_numbers_are_those_that_people_would_choose() {
        assert_eq!(roundest(1_830, 2_030, 1_930), 2_000);
        assert_eq!(roundest(1_740, 1_920, 1_830), 1_800);
        assert_eq!(roundest(1_710, 1_890, 1_800), 1_800);
        assert_eq!(roundest(95, 105, 99), 100);
        assert_eq!(roundest(7, 7, 7), 7);
        assert_eq!(roundest(u64::MAX - 3, u64::MAX, u64::MAX - 1), u64::MAX / 5 * 5);
    }

    #[test]
    fn units_are_those_that_people_count_in() {
        let units: Vec<u64> = std::iter::successors(Some(1), |unit| unit_above(*unit)).take(7).collect();
        assert_eq!(units, [1, 2, 5, 10, 20, 50, 100]);
    }

    #[test]
    fn the_edge_of_an_interval_is_found() {
        let mut fails = |value: u64| (400..=900).contains(&value);
        assert!(edge(&mut fails, 500, 300, 80).abs_diff(400) <= 10);
        assert!(farthest(&mut fails, 500, 25).abs_diff(900) <= 3);
    }
}
