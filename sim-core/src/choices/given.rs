//! Answers that are given, found by the names of the questions.

use std::num::NonZeroU32;

use super::name::{ChoiceName, Content};
use super::question::Rest;
use super::slots::{Hashed, Slots, finish, mix};
use super::stems::{StemId, Stems};
use super::{Deviation, Subject};

/// The given answers. A run asks thousands of questions: those with one stem and one ordinal, such as all about
/// one message, are found by these two numbers, and told apart by the rest of their names.
///
/// Shrinking makes this table for each of its runs: so it is small, and has no names in it.
#[derive(Debug)]
pub(super) struct GivenAnswers {
    answers: Vec<Given>,
    /// The first answers about something.
    by_subject: Slots,
    /// The rests of their names, with their hashes: few are different.
    rests: Vec<(u64, String)>,
    /// Where the next answer is looked for first: most questions come in the order of the answers.
    next: usize,
    /// Where messages are known by what they say.
    by_content: Option<ByContent>,
}

#[derive(Debug)]
struct Given {
    stem: StemId,
    /// Nothing if the name has none.
    ordinal: Option<u64>,
    /// Which of the rests.
    rest: u32,
    value: u64,
    /// Which of the deviations it is.
    deviation: u32,
    asked: bool,
    /// Whether it is known what the message says that it is about.
    is_said: bool,
    /// Whether it is the first about something.
    is_first: bool,
    /// The next answer about the same.
    next: Option<Place>,
}

/// Where an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(NonZeroU32);

/// Answers by what the messages say that they are about.
#[derive(Debug)]
struct ByContent {
    said: Vec<Said>,
    /// The first of those about messages that say the same.
    first: Slots,
    /// Whether answers about messages with this stem are given by what they say.
    awaited: Vec<bool>,
}

#[derive(Debug)]
struct Said {
    stem: StemId,
    content: Content,
    answer: Place,
    /// The next of those about messages that say the same.
    next: Option<Place>,
}

impl Place {
    fn new(place: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(place as u32))
    }

    const fn get(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl GivenAnswers {
    /// Of several answers to one question the last one counts.
    pub(super) fn of(deviations: &[Deviation], stems: &mut Stems) -> Self {
        let (answers, by_subject) = (Vec::with_capacity(deviations.len()), Slots::with_room_for(deviations.len()));
        let mut table = Self { answers, by_subject, rests: Vec::new(), next: 0, by_content: None };
        for (deviation, Deviation { name, value }) in (0..).zip(deviations) {
            table.add(deviation, name, *value, stems);
        }
        table
    }

    fn add(&mut self, deviation: u32, name: &ChoiceName, value: u64, stems: &mut Stems) {
        let (stem, rest) = (stems.of_text(name.stem()), self.rest(name.rest()));
        let (ordinal, is_said) = (name.ordinal(), name.ordinal().and(name.content()).is_some());
        let first = self.first(stem, ordinal);
        if let Some(known) = self.find(first, |other| other.rest == rest) {
            let known = self.get(known);
            (known.deviation, known.value, known.is_said) = (deviation, value, is_said);
            return;
        }
        let (place, is_first) = (self.answers.len(), first.is_none());
        // Behind the first one, which stays where it is found.
        let next = first.and_then(|first| self.get(first).next.replace(Place::new(place)));
        self.answers.push(Given { stem, ordinal, rest, value, deviation, asked: false, is_said, is_first, next });
        if is_first {
            let answers = &self.answers;
            self.by_subject.add(place, |place| hash_of_subject(answers[place].stem, answers[place].ordinal));
        }
    }

    /// Which of the rests it is.
    fn rest(&mut self, Hashed { text, hash }: Hashed<'_>) -> u32 {
        let known = self.rests.iter().position(|(rest, _)| *rest == hash);
        known.unwrap_or_else(|| {
            self.rests.push((hash, text.to_owned()));
            self.rests.len() - 1
        }) as u32
    }

    /// Lets answers about messages be found by what these say.
    pub(super) fn find_by_content(&mut self, deviations: &[Deviation], stems: &Stems) {
        let mut by_content = ByContent { said: Vec::new(), first: Slots::default(), awaited: vec![false; stems.len()] };
        for (place, answer) in self.answers.iter().enumerate().filter(|(_, answer)| answer.is_said) {
            if let Some(content) = deviations[answer.deviation as usize].name.content() {
                by_content.add(answer.stem, content, Place::new(place));
            }
        }
        self.by_content = Some(by_content);
    }

    fn get(&mut self, place: Place) -> &mut Given {
        &mut self.answers[place.get()]
    }

    /// The first answer about something.
    #[inline]
    pub(super) fn first(&self, stem: StemId, ordinal: Option<u64>) -> Option<Place> {
        let is = |place: usize| self.answers[place].stem == stem && self.answers[place].ordinal == ordinal;
        self.by_subject.find(hash_of_subject(stem, ordinal), is).map(Place::new)
    }

    /// The same, looked for first behind what was found last.
    #[inline]
    pub(super) fn next_first(&mut self, stem: StemId, ordinal: u64) -> Option<Place> {
        let is = |answer: &Given| answer.is_first && answer.stem == stem && answer.ordinal == Some(ordinal);
        let place = match self.answers.get(self.next) {
            Some(answer) if is(answer) => Place::new(self.next),
            _ => self.first(stem, Some(ordinal))?,
        };
        self.next = place.get() + 1;
        Some(place)
    }

    /// Whether an answer about a message with this stem is given by what that says.
    pub(super) fn awaits_content(&self, stem: StemId) -> bool {
        let by_content = self.by_content.as_ref();
        by_content.is_some_and(|by_content| by_content.awaited.get(stem.0 as usize).is_some_and(|awaited| *awaited))
    }

    /// From `first` on, the answer that is the one.
    #[inline]
    fn find(&self, first: Option<Place>, is: impl Fn(&Given) -> bool) -> Option<Place> {
        let of = |place: &Place| &self.answers[place.get()];
        let mut places = std::iter::successors(first, |place| of(place).next);
        places.find(|place| is(of(place)))
    }

    /// From `first` on, the answer whose name has this rest; not one about a message of which it is known what
    /// it says, if answers are found by that: it is for another message.
    fn find_by_name(&self, first: Option<Place>, reads: impl Fn(&str) -> bool) -> Option<Place> {
        let is_by_content = self.by_content.is_some();
        self.find(first, |answer| reads(&self.rests[answer.rest as usize].1) && !(is_by_content && answer.is_said))
    }

    /// The answer to a question about something, of which it is known what it says if that is asked for.
    #[inline]
    pub(super) fn answer(&mut self, subject: Subject, rest: Rest, content: Option<Content>) -> Option<u64> {
        let reads = |text: &str| rest.reads(text);
        let by_content = self.by_content.as_ref().zip(content);
        let said = by_content.and_then(|(by_content, content)| {
            let of = |place: &Place| reads(&self.rests[self.answers[place.get()].rest as usize].1);
            // Two may have been recorded of different messages: the last one counts, as for one name.
            by_content.all(subject.stem, content).filter(of).max()
        });
        let place = said.or_else(|| self.find_by_name(subject.given, reads))?;
        Some(self.take(place))
    }

    /// The answer to a question with this name, which is not about a message.
    pub(super) fn answer_to(&mut self, name: &str, stems: &Stems) -> Option<u64> {
        let name = ChoiceName::new(name);
        let first = self.first(stems.find(name.stem())?, name.ordinal());
        let place = self.find_by_name(first, |rest| rest == name.rest().text)?;
        Some(self.take(place))
    }

    fn take(&mut self, place: Place) -> u64 {
        let answer = self.get(place);
        answer.asked = true;
        answer.value
    }

    /// Of the deviations of which they are, the names of those that no question has asked for.
    pub(super) fn unused(&self, deviations: &[Deviation]) -> Vec<ChoiceName> {
        let unused = self.answers.iter().filter(|answer| !answer.asked);
        unused.map(|answer| deviations[answer.deviation as usize].name.clone()).collect()
    }
}

impl ByContent {
    fn add(&mut self, stem: StemId, content: Content, answer: Place) {
        self.awaited[stem.0 as usize] = true;
        let (place, first) = (self.said.len(), self.first(stem, content));
        let next = first.and_then(|first| self.said[first.get()].next.replace(Place::new(place)));
        self.said.push(Said { stem, content, answer, next });
        if first.is_none() {
            let said = &self.said;
            self.first.add(place, |place| hash_of_said(said[place].stem, said[place].content));
        }
    }

    fn first(&self, stem: StemId, content: Content) -> Option<Place> {
        let is = |place: usize| (self.said[place].stem, self.said[place].content) == (stem, content);
        self.first.find(hash_of_said(stem, content), is).map(Place::new)
    }

    /// The answers about a message that says this, whatever its ordinal was.
    fn all(&self, stem: StemId, content: Content) -> impl Iterator<Item = Place> {
        let of = |place: &Place| &self.said[place.get()];
        std::iter::successors(self.first(stem, content), move |place| of(place).next)
            .map(move |place| of(&place).answer)
    }
}

#[inline]
fn hash_of_subject(stem: StemId, ordinal: Option<u64>) -> u64 {
    finish(mix(u64::from(stem.0), ordinal.unwrap_or(u64::MAX)))
}

fn hash_of_said(stem: StemId, content: Content) -> u64 {
    finish(mix(u64::from(stem.0), u64::from(content.gist) << 32 | u64::from(content.nth)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deviation(name: &str, value: u64) -> Deviation {
        Deviation { name: ChoiceName::new(name), value }
    }

    #[test]
    fn every_answer_is_found_and_no_other() {
        let stem = |number: u64| format!("n{}>n{} Ping", number % 5, number % 3);
        let of = |number: u64| deviation(&format!("{}#{number} delay", stem(number)), number);
        let also = |number: u64| deviation(&format!("{}#{number} loss", stem(number)), 1);
        let given: Vec<Deviation> =
            (0..1000).map(of).chain((0..10).map(also)).chain([Deviation { value: 7, ..of(3) }]).collect();
        let mut stems = Stems::default();
        let mut table = GivenAnswers::of(&given, &mut stems);
        for number in 0..2000 {
            let text = stem(number);
            let stem = stems.find(Hashed::new(&text)).expect("it is given");
            let subject = Subject { stem, ordinal: number, given: table.first(stem, Some(number)) };
            let delay = table.answer(subject, Rest::Of("delay"), None);
            assert_eq!(delay, (number < 1000).then_some(if number == 3 { 7 } else { number }));
            assert_eq!(table.answer(subject, Rest::Of("loss"), None), (number < 10).then_some(1));
            assert_eq!(table.answer(subject, Rest::None, None), None);
        }
        assert!(table.unused(&given).is_empty());
        assert_eq!(GivenAnswers::of(&given[..12], &mut stems).unused(&given).len(), 12);
        assert_eq!(GivenAnswers::of(&[], &mut stems).answer_to("n0 boot", &stems), None);
    }

    #[test]
    fn answers_are_found_by_words_too() {
        let given =
            [deviation("heal seal", 1), deviation("n0 boot#2 read fails", 2), deviation("n0 Retry #3 now#1", 3)];
        let mut stems = Stems::default();
        let mut table = GivenAnswers::of(&given, &mut stems);
        for Deviation { name, value } in &given {
            assert_eq!(table.answer_to(name.as_str(), &stems), Some(*value), "{name}");
        }
        for other in ["heal", "heal seal#0", "n0 boot#2", "n0 boot#1 read fails", "n0 Retry #3 now#2"] {
            assert_eq!(table.answer_to(other, &stems), None, "{other}");
        }
    }
}
