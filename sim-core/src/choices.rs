//! The one source of nondeterminism.
//!
//! Whatever the engine could do one way or another, it asks here: how long a message takes,
//! whether it is lost, what a crash leaves on the disk, which of two simultaneous events is first.
//! The answer 0 is always *calm*: the shortest declared delay, no loss, all writes kept, first in
//! first out.
//!
//! An answer is a pure function of the seed and of the *point* at which it is asked, and never of
//! what was asked before: so an edit in one place leaves the draws elsewhere alone. A point is
//! asked at most once in a run.
//!
//! The answers that are not calm are a run's *deviations*. Recorded under names that survive edits
//! ([`ChoiceName`]), they replay the run without its seed. A name has an ordinal; where an edit has
//! shifted that, an answer about a message is found by what the message says ([`Content`]).

mod given;
mod messages;
mod name;
mod question;
mod slots;
mod stems;

use std::collections::BTreeSet;

use crate::process::NodeId;
use crate::random::{Probability, SimRng, scale};
use crate::time::Duration;
use given::{GivenAnswers, Place};
use messages::Messages;
pub use name::{ChoiceName, Content, ContentError, NameParts};
pub(crate) use question::{Question, Rest};
use stems::{Key as StemKey, StemId, Stems};

/// Answers every question that has more than one admissible answer.
#[derive(Debug)]
pub(crate) struct Choices {
    key: Key,
    driver: Driver,
}

#[derive(Debug)]
enum Driver {
    /// Answers from the seed.
    Seeded,
    /// Needs the names of the questions.
    Named(Box<Named>),
}

/// What questions have names for.
#[derive(Debug, Default)]
struct Named {
    /// Answers that are given; without, all are drawn from the seed.
    given: Option<Given>,
    /// What was answered, if that is to be kept.
    recorded: Option<Recorded>,
    /// What messages say, if names are to tell.
    messages: Option<Messages>,
    stems: Stems,
    /// The message that is being sent.
    sent: Subject,
    /// By their senders, all messages that have been sent.
    sent_by: Vec<Vec<Subject>>,
    /// By their processes, all timers that have been armed.
    timers: Vec<Vec<Subject>>,
}

/// What several questions are about: a message, an arming of a timer.
#[derive(Clone, Copy, Debug, Default)]
struct Subject {
    stem: StemId,
    /// Its place among those with this stem.
    ordinal: u64,
    /// The first of the answers that are given about it.
    given: Option<Place>,
}

#[derive(Debug, Default)]
struct Recorded {
    /// What has been asked so far: every question once, and no two of one name.
    asked: BTreeSet<Point>,
    names: BTreeSet<String>,
    draws: Vec<Draw>,
    /// Whether calm answers are kept beside the others.
    keeps_calm: bool,
    /// How many events the trace has.
    events: usize,
}

#[derive(Debug)]
struct Given {
    answers: GivenAnswers,
    elsewhere: Elsewhere,
}

/// What a question is answered that no deviation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// Calmly: the seed has no effect.
    Calm,
    /// As the seed draws it: the schedules around the deviations.
    Drawn,
    /// Calmly; and each latency, sync and timeout of the run, given ones too, is up to 2 % longer or shorter, as
    /// the seed draws it.
    NearlyCalm,
}

/// The most that times of a nearly calm run are changed by, in percent of them.
pub(crate) const DISTURBED_BY: u64 = 2;

/// A departure from calm that a run took, or shall take.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deviation {
    /// Which question it answers.
    pub name: ChoiceName,
    /// The answer: for a delay or a lateness the nanoseconds beyond the calm one; 1 for a loss, a
    /// duplicate or any other yes; for what a crash leaves, how much is lost.
    pub value: u64,
}

/// What the choices of a run are answered.
#[derive(Clone, Copy, Debug)]
pub struct Answers<'d> {
    /// The answers that are given.
    pub deviations: &'d [Deviation],
    /// What is answered elsewhere.
    pub elsewhere: Elsewhere,
    /// What is drawn comes from this seed.
    pub seed: u64,
}

/// What is drawn anew in a run, from when on.
///
/// Up to then the run is as it would be; whatever is asked later comes from another seed. What was asked
/// before stands: so a message in flight arrives when it was to arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redraw {
    /// What was asked up to the end of this step stands. Step 0 ends before anybody boots.
    pub after: u64,
    /// What is asked later comes from this seed.
    pub seed: u64,
    /// Whether the nemesis draws anew too: those of its faults that have not begun by then never do,
    /// and in their place come those that it draws from that seed for the time that is left. Who is
    /// Byzantine stands.
    pub plan: bool,
}

/// A departure from calm that a traced run took, and when; or a calm answer, where those are kept too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// How many events the trace had by then.
    pub events: usize,
    /// What was drawn.
    pub deviation: Deviation,
}

impl Draw {
    /// Whether the answer is the calm one.
    pub const fn is_calm(&self) -> bool {
        self.deviation.value == 0
    }
}

/// The name of a question in words, put together only if it is needed.
macro_rules! named {
    ($($text:tt)*) => {
        || $crate::choices::Question::Words(format!($($text)*))
    };
}
pub(crate) use named;

/// Where a question is asked: for which purpose, by which process, and its ordinal there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point {
    what: u64,
    ordinal: u64,
}

/// What a question is about. The numbers are part of what a seed means: never reuse one.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Purpose {
    Delay = 1,
    Loss = 2,
    Duplicate = 3,
    SyncDelay = 5,
    LostTail = 6,
    TornRecord = 7,
    Target = 8,
    Order = 9,
    Clock = 10,
    Protocol = 11,
    Rng = 12,
    Omission = 14,
    Operation = 15,
    CrashCut = 16,
    Lateness = 17,
    SyncFails = 18,
    CorruptRecord = 19,
    LostWrite = 20,
    LinkCut = 21,
    Replay = 22,
    LostSynced = 23,
    Lie = 24,
    Corruption = 25,
    ReadFails = 26,
    Strike = 27,
    Detection = 28,
    Timeout = 29,
}

impl Point {
    #[inline]
    pub(crate) const fn new(purpose: Purpose, process: u32, ordinal: u64) -> Self {
        Self { what: (purpose as u64) << 56 | process as u64, ordinal }
    }

    /// The point of one of several copies of a message.
    #[inline]
    pub(crate) const fn of_copy(purpose: Purpose, process: u32, ordinal: u64, copy: u8) -> Self {
        Self { what: (purpose as u64) << 56 | (copy as u64) << 48 | process as u64, ordinal }
    }

    /// The point of what a fault does to a message, `what` of up to four things.
    pub(crate) const fn of_fault(purpose: Purpose, process: u32, ordinal: u64, fault: u64, what: u64) -> Self {
        let fault = (fault << 2 | what) << 32;
        Self { what: (purpose as u64) << 56 | fault | process as u64, ordinal }
    }

    /// The point of one aspect of a fault, by its name.
    pub(crate) fn of_aspect(purpose: Purpose, fault: u32, aspect: &'static str, ordinal: u64) -> Self {
        let aspect = 1 << 55 | (Label::new(aspect).hash >> 42) << 32;
        Self { what: (purpose as u64) << 56 | aspect | u64::from(fault), ordinal }
    }

    /// The stream of a generator that belongs to this point alone.
    pub(crate) const fn stream(self) -> u64 {
        self.what.rotate_left(32) ^ self.ordinal
    }

    /// The point of a question that a protocol or client named itself, and asks again and again.
    #[inline]
    pub(crate) fn named(purpose: Purpose, process: u32, label: Label, count: u32) -> Self {
        Self::new(purpose, process, fnv(label.hash, &count.to_le_bytes()))
    }
}

/// The name of questions that are asked again and again, hashed once (FNV-1a).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    name: &'static str,
    hash: u64,
}

impl Label {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, hash: fnv(0xcbf2_9ce4_8422_2325, name.as_bytes()) }
    }

    /// Whether it is the label of this name: mostly the very same text, which is quickly seen.
    #[inline]
    pub(crate) fn is(self, name: &'static str) -> bool {
        std::ptr::eq(self.name, name) || self.name == name
    }
}

#[inline]
fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The keyed hash from points to random bits.
#[derive(Clone, Copy, Debug)]
struct Key([u64; 3]);

impl Key {
    fn from_seed(seed: u64) -> Self {
        let mut rng = SimRng::new(seed, 0);
        Self([rng.bits(), rng.bits(), rng.bits() | 1])
    }

    /// Two rounds of multiply and fold: the first joins the two words under the key, the second
    /// spreads them. Golden vectors and a test of uniformity guard it.
    #[inline(always)]
    const fn bits(self, point: Point) -> u64 {
        let [first, second, third] = self.0;
        let joined = fold(point.what ^ first, (point.ordinal ^ second).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        fold(joined ^ point.ordinal.rotate_left(32) ^ third, 0xd6e8_feb8_6659_fd93)
    }
}

#[inline(always)]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

impl Choices {
    /// Every answer from `seed`.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { key: Key::from_seed(seed), driver: Driver::Seeded }
    }

    /// The given answers, and others elsewhere.
    pub(crate) fn given(answers: Answers<'_>) -> Self {
        let Answers { deviations, elsewhere, seed } = answers;
        let mut named = Named::default();
        let answers = GivenAnswers::of(deviations, &mut named.stems);
        named.given = Some(Given { answers, elsewhere });
        Self { key: Key::from_seed(seed), driver: Driver::Named(Box::new(named)) }
    }

    /// The given answers, those about messages found by what the messages say, and others elsewhere.
    pub(crate) fn found_by_content(answers: Answers<'_>) -> Self {
        let mut choices = Self::given(answers);
        if let Driver::Named(named) = &mut choices.driver {
            named.messages = Some(Messages::default());
            if let Some(given) = &mut named.given {
                given.answers.find_by_content(answers.deviations, &named.stems);
            }
        }
        choices
    }

    /// The same, and what is answered is kept: what is not calm, or everything.
    pub(crate) fn recording(self, keeps_calm: bool) -> Self {
        let mut named = match self.driver {
            Driver::Seeded => Box::default(),
            Driver::Named(named) => named,
        };
        named.recorded = Some(Recorded { keeps_calm, ..Recorded::default() });
        named.messages = Some(Messages::default());
        Self { key: self.key, driver: Driver::Named(named) }
    }

    /// Every answer from now on from `seed`, whatever was given.
    pub(crate) fn redraw(&mut self, seed: u64) {
        *self = Self::seeded(seed);
    }

    /// Whether names are needed, so that the hot path need not make them.
    #[inline]
    pub(crate) const fn uses_names(&self) -> bool {
        !matches!(self.driver, Driver::Seeded)
    }

    /// A message of this kind is sent on a link, as number `ordinal` of those from process `from`: the questions
    /// that follow are about it. `gist` is called only if it counts what the message says.
    pub(crate) fn name_message(
        &mut self,
        (from, ordinal): (u32, u64),
        (sender, receiver): (NodeId, NodeId),
        kind: &'static str,
        gist: impl FnOnce() -> u32,
    ) {
        let Driver::Named(named) = &mut self.driver else { return };
        let key = StemKey::Messages(sender, receiver, kind);
        let stem = named.stems.of_key(key, || format!("{sender}>{receiver} {kind}"));
        named.sent = named.next_subject(stem);
        if named.tells_content(stem)
            && let Some(messages) = &mut named.messages
        {
            messages.note(stem, named.sent.ordinal, gist());
        }
        let sent = push_of(&mut named.sent_by, from, named.sent);
        debug_assert_eq!(sent, ordinal, "every message is named");
    }

    /// A timer is armed, as number `arm` of those of a process, from 1 on. `text` is what it is, and `hash` tells
    /// it from others of the process.
    pub(crate) fn name_timer(
        &mut self,
        (process, arm): (u32, u64),
        who: NodeId,
        hash: u64,
        text: impl FnOnce() -> String,
    ) {
        let Driver::Named(named) = &mut self.driver else { return };
        let stem = named.stems.of_key(StemKey::Timers(who, hash), || format!("{who} {}", text()));
        let subject = named.next_subject(stem);
        let armed = push_of(&mut named.timers, process, subject);
        debug_assert_eq!(armed + 1, arm, "every timer is named");
    }

    /// The answer at `point`: what `sample` makes of 64 random bits, where 0 is calm.
    #[inline(always)]
    pub(crate) fn draw(
        &mut self,
        point: Point,
        name: impl FnOnce() -> Question,
        sample: impl FnOnce(u64) -> u64,
    ) -> u64 {
        // One call, whoever drives, so that it is inlined.
        let drawn = sample(self.key.bits(point));
        match self.driver {
            Driver::Seeded => drawn,
            Driver::Named(ref mut named) => named.answer(point, name(), drawn),
        }
    }

    /// A whole number below `bound`.
    #[inline(always)]
    pub(crate) fn choose(&mut self, point: Point, name: impl FnOnce() -> Question, bound: u64) -> u64 {
        let chosen = self.draw(point, name, |bits| scale(bits, bound));
        // A recorded answer may be from before an edit that narrowed the choice.
        chosen.min(bound.saturating_sub(1))
    }

    /// Whether something with this probability happens. What is certain is no choice, and is not asked:
    /// a replay would take the lack of an answer for a calm one.
    #[inline(always)]
    pub(crate) fn chance(&mut self, point: Point, name: impl FnOnce() -> Question, p: Probability) -> bool {
        if p.is_never() {
            return false;
        }
        p.is_always() || self.draw(point, name, |bits| u64::from(p.holds(bits))) != 0
    }

    /// A time of the run, changed a little where that is asked for, and to no more than `most`. No two times share a
    /// point.
    #[inline(always)]
    pub(crate) fn disturbed(&self, point: Point, time: Duration, most: Option<Duration>) -> Duration {
        match &self.driver {
            Driver::Seeded => time,
            Driver::Named(named) if named.given.as_ref().map(|of| of.elsewhere) != Some(Elsewhere::NearlyCalm) => time,
            Driver::Named(_) => {
                let by = time / 100 * DISTURBED_BY;
                let other = time - by + Duration::from_nanos(scale(self.key.bits(point), 2 * by.as_nanos() + 1));
                // One that was given may be longer than it says.
                most.map_or(other, |most| other.min(most.max(time)))
            }
        }
    }

    /// The trace has one more event.
    pub(crate) fn note_event(&mut self) {
        if let Driver::Named(named) = &mut self.driver
            && let Some(recorded) = &mut named.recorded
        {
            recorded.events += 1;
        }
    }

    /// What was answered, in the order in which it was asked; nothing unless recording.
    pub(crate) fn draws(&mut self) -> Vec<Draw> {
        match &mut self.driver {
            Driver::Named(named) => named.recorded.take().map(|recorded| recorded.draws).unwrap_or_default(),
            Driver::Seeded => Vec::new(),
        }
    }

    /// Of the deviations that were given, those that no question asked for.
    pub(crate) fn unused(&self, deviations: &[Deviation]) -> Vec<ChoiceName> {
        let given = match &self.driver {
            Driver::Named(named) => named.given.as_ref(),
            Driver::Seeded => None,
        };
        given.map(|given| given.answers.unused(deviations)).unwrap_or_default()
    }
}

impl Named {
    #[inline(never)]
    fn answer(&mut self, point: Point, question: Question, drawn: u64) -> u64 {
        let (subject, rest) = match question {
            Question::Words(name) => return self.answer_in_words(point, name, drawn),
            Question::Sent(rest) => (self.sent, rest),
            Question::Message { from, ordinal, rest } => (self.sent_by[from as usize][ordinal as usize], rest),
            Question::Timer { process, arm, rest } => (self.timers[process as usize][arm as usize - 1], rest),
            Question::Numbered { who, what, ordinal, rest } => {
                let stem = self.stems.of_key(StemKey::Numbered(who, what), || format!("{who} {what}"));
                (self.subject(stem, ordinal), rest)
            }
        };
        if !self.stems.is_plain(subject.stem) {
            // Its given names were taken apart in another place.
            return self.answer_in_words(point, subject.in_words(rest, &self.stems), drawn);
        }
        let messages = self.messages.as_ref();
        let content = messages.and_then(|messages| messages.content_of(subject.stem, subject.ordinal));
        let value = match &mut self.given {
            None => drawn,
            Some(given) => given.answers.answer(subject, rest, content).unwrap_or(given.otherwise(drawn)),
        };
        if let Some(recorded) = &mut self.recorded {
            recorded.keep(point, subject.in_words(rest, &self.stems), content, value);
        }
        value
    }

    #[cold]
    fn answer_in_words(&mut self, point: Point, name: String, drawn: u64) -> u64 {
        let value = match &mut self.given {
            None => drawn,
            Some(given) => given.answers.answer_to(&name, &self.stems).unwrap_or(given.otherwise(drawn)),
        };
        if let Some(recorded) = &mut self.recorded {
            recorded.keep(point, name, None, value);
        }
        value
    }

    fn subject(&self, stem: StemId, ordinal: u64) -> Subject {
        let given = self.given.as_ref().and_then(|given| given.answers.first(stem, Some(ordinal)));
        Subject { stem, ordinal, given }
    }

    /// One more with this stem.
    fn next_subject(&mut self, stem: StemId) -> Subject {
        let ordinal = self.stems.count(stem);
        let given = self.given.as_mut().and_then(|given| given.answers.next_first(stem, ordinal));
        Subject { stem, ordinal, given }
    }

    /// Whether it counts what messages with this stem say.
    fn tells_content(&self, stem: StemId) -> bool {
        self.recorded.is_some() || self.given.as_ref().is_some_and(|given| given.answers.awaits_content(stem))
    }
}

impl Given {
    /// The answer where none is given.
    fn otherwise(&self, drawn: u64) -> u64 {
        if self.elsewhere == Elsewhere::Drawn { drawn } else { 0 }
    }
}

impl Subject {
    /// The name of a question about it.
    fn in_words(self, rest: Rest, stems: &Stems) -> String {
        format!("{}#{}{rest}", stems.text(self.stem), self.ordinal)
    }
}

/// Adds one to the list of a process, and says how many there were.
fn push_of(lists: &mut Vec<Vec<Subject>>, process: u32, subject: Subject) -> u64 {
    let place = process as usize;
    if place >= lists.len() {
        lists.resize_with(place + 1, Vec::new);
    }
    lists[place].push(subject);
    lists[place].len() as u64 - 1
}

impl Recorded {
    #[cold]
    fn keep(&mut self, point: Point, name: String, content: Option<Content>, value: u64) {
        assert!(self.asked.insert(point), "a choice was asked twice: {name}");
        assert!(self.names.insert(name.clone()), "two choices have one name: {name}");
        if value != 0 || self.keeps_calm {
            let name = ChoiceName::new(name).about(content);
            self.draws.push(Draw { events: self.events, deviation: Deviation { name, value } });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_never_change() {
        let key = Key::from_seed(1);
        let bits: Vec<u64> = [(Purpose::Delay, 0, 0), (Purpose::Delay, 0, 1), (Purpose::Loss, 3, 77)]
            .map(|(purpose, process, ordinal)| key.bits(Point::new(purpose, process, ordinal)))
            .to_vec();
        assert_eq!(bits, [11_728_124_643_951_498_782, 8_637_123_711_093_878_555, 16_308_704_585_442_945_255]);
        let named = key.bits(Point::named(Purpose::Protocol, 2, Label::new("election timeout"), 5));
        assert_eq!(named, 5_976_675_929_932_836_439);
    }

    /// Chi-squared over 256 cells of each byte, along each coordinate of the point.
    #[test]
    fn answers_are_uniform_along_every_coordinate() {
        type Line = fn(u64) -> Point;
        let lines: [(&str, Line); 4] = [
            ("ordinal", |i| Point::new(Purpose::Delay, 3, i)),
            ("process", |i| Point::new(Purpose::Delay, i as u32, 3)),
            ("copy", |i| Point::of_copy(Purpose::Delay, 3, i >> 7, (i & 127) as u8)),
            ("high ordinal", |i| Point::new(Purpose::Loss, 0, i << 32)),
        ];
        for seed in 0..4 {
            let key = Key::from_seed(seed);
            for (along, line) in lines {
                for shift in [0, 24, 56] {
                    let mut cells = [0_i64; 256];
                    for i in 0..65_536 {
                        cells[(key.bits(line(i)) >> shift) as u8 as usize] += 1;
                    }
                    let chi: i64 = cells.iter().map(|c| (c - 256) * (c - 256)).sum::<i64>() / 256;
                    assert!((160..370).contains(&chi), "{along}, seed {seed}, shift {shift}: {chi}");
                }
            }
        }
    }

    /// Neighbouring points must not have related answers: the xor of their bits is uniform too.
    #[test]
    fn answers_of_neighbours_are_unrelated() {
        let key = Key::from_seed(9);
        let mut ones = [0_u32; 64];
        for i in 0..20_000 {
            let a = key.bits(Point::new(Purpose::Delay, 1, i));
            let b = key.bits(Point::new(Purpose::Delay, 1, i + 1));
            for (bit, count) in ones.iter_mut().enumerate() {
                *count += ((a ^ b) >> bit & 1) as u32;
            }
        }
        assert!(ones.iter().all(|count| (9_600..10_400).contains(count)), "{ones:?}");
    }

    fn departures(choices: &mut Choices) -> Vec<Deviation> {
        choices.draws().into_iter().map(|draw| draw.deviation).collect()
    }

    #[test]
    fn a_recorded_run_of_choices_replays_without_its_seed() {
        let ask = |choices: &mut Choices| -> Vec<u64> {
            (0..50).map(|i| choices.choose(Point::new(Purpose::Delay, 0, i), named!("delay#{i}"), 3)).collect()
        };
        let replay =
            |deviations: &[Deviation]| Choices::given(Answers { deviations, elsewhere: Elsewhere::Calm, seed: 0 });
        let mut recording = Choices::seeded(5).recording(false);
        let answers = ask(&mut recording);
        let mut deviations = departures(&mut recording);
        assert!(deviations.len() > 20 && deviations.len() < 50);
        assert_eq!(ask(&mut replay(&deviations)), answers);
        deviations.push(Deviation { name: ChoiceName::new("of another time"), value: 1 });
        let mut replaying = replay(&deviations).recording(false);
        ask(&mut replaying);
        assert_eq!(replaying.unused(&deviations), [ChoiceName::new("of another time")]);
        deviations.pop();
        assert_eq!(departures(&mut replaying), deviations, "a replay can be recorded");
    }

    #[test]
    fn times_of_a_nearly_calm_run_are_a_little_off() {
        let nearly = |elsewhere| Choices::given(Answers { deviations: &[], elsewhere, seed: 7 });
        let at = |ordinal| Point::new(Purpose::Timeout, 1, ordinal);
        let time = Duration::from_millis(100);
        let disturbed = |choices: &Choices, most| (0..1000).map(|of| choices.disturbed(at(of), time, most)).collect();
        for calm in [Choices::seeded(7), nearly(Elsewhere::Calm), nearly(Elsewhere::Drawn)] {
            let times: BTreeSet<Duration> = disturbed(&calm, None);
            assert_eq!(times, BTreeSet::from([time]));
        }
        let nearly = nearly(Elsewhere::NearlyCalm);
        let times: BTreeSet<Duration> = disturbed(&nearly, None);
        let (first, last) = (times.first().expect("some"), times.last().expect("some"));
        assert_eq!(times.len(), 1000, "each on its own");
        assert!(*first >= Duration::from_millis(98) && *first < Duration::from_micros(98_100), "{first}");
        assert!(*last <= Duration::from_millis(102) && *last > Duration::from_micros(101_900), "{last}");
        // What is declared as the longest stays that, unless a longer one was given.
        let bounded = |most| disturbed(&nearly, Some(Duration::from_millis(most)));
        let (within, beyond): (BTreeSet<Duration>, BTreeSet<Duration>) = (bounded(101), bounded(50));
        assert_eq!(within.last(), Some(&Duration::from_millis(101)));
        assert_eq!(beyond.last(), Some(&time));
    }

    #[test]
    fn around_the_given_answers_others_are_calm_or_drawn() {
        let ask = |choices: &mut Choices| -> Vec<u64> {
            (0..50).map(|i| choices.choose(Point::new(Purpose::Delay, 0, i), named!("delay#{i}"), 3)).collect()
        };
        let given = [Deviation { name: ChoiceName::new("delay#7"), value: 2 }];
        let answers = |elsewhere| Answers { deviations: &given, elsewhere, seed: 5 };
        let calm = ask(&mut Choices::given(answers(Elsewhere::Calm)));
        assert_eq!((calm[7], calm.iter().sum::<u64>()), (2, 2));
        let mut drawn = ask(&mut Choices::seeded(5));
        drawn[7] = 2;
        assert_eq!(ask(&mut Choices::given(answers(Elsewhere::Drawn))), drawn);
    }

    #[test]
    #[should_panic(expected = "asked twice")]
    fn a_point_is_asked_once() {
        let mut choices = Choices::seeded(1).recording(false);
        for name in ["a", "b"] {
            choices.choose(Point::new(Purpose::Delay, 0, 0), named!("{name}"), 2);
        }
    }
}
