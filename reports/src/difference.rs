//! Where two runs that should be the same part.

use sim_core::{Draw, Trace};

/// How many events that led to the first difference are named.
const CAUSES: usize = 4;

/// Two runs of a seed that should be the same, and are not.
#[derive(Clone, Debug)]
pub struct Again {
    /// Whether the second was in a process of its own.
    pub elsewhere: bool,
    /// What the second run came to, in words.
    pub came_to: String,
    /// Where the two part; nothing if the traces that were taken of them do not.
    pub difference: Option<Difference>,
}

/// The first difference of two traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// How many lines are the same before it.
    pub alike: usize,
    /// The line of the first trace, if it has one more.
    pub first: Option<String>,
    /// That of the second.
    pub second: Option<String>,
    /// What led there, in the order in which it happened.
    pub causes: Vec<String>,
    /// What the first run and the second drew otherwise before that.
    pub drawn: Option<[String; 2]>,
}

impl Difference {
    /// Between two traces; nothing if their events are the same.
    pub fn between(first: &Trace, second: &Trace) -> Option<Self> {
        let difference = Self::from_text(first, &second.to_string())?;
        Some(Self { drawn: first_draw(first, second, difference.alike), ..difference })
    }

    /// Between a trace and the text of another, which does not tell what was drawn.
    pub fn from_text(first: &Trace, second: &str) -> Option<Self> {
        let text = first.to_string();
        // A trace ends where an empty line or the text does.
        let mut others = second.lines().take_while(|line| !line.is_empty());
        let mut lines = text.lines();
        let mut alike = 0;
        loop {
            match (lines.next(), others.next()) {
                (None, None) => return None,
                (line, other) if line == other => alike += 1,
                (line, other) => {
                    // The header is no event.
                    let alike = alike.max(1) - 1;
                    let (first_line, second) = (line.map(str::to_owned), other.map(str::to_owned));
                    return Some(Self { alike, first: first_line, second, causes: causes(first, alike), drawn: None });
                }
            }
        }
    }
}

/// The first draw that differs, if it was made before the event at this place.
fn first_draw(first: &Trace, second: &Trace, place: usize) -> Option<[String; 2]> {
    let same = first.draws.iter().zip(&second.draws).take_while(|(one, other)| one.deviation == other.deviation);
    let number = same.count();
    let draws = [first.draws.get(number), second.draws.get(number)];
    let is_before = draws.into_iter().flatten().any(|draw| draw.events <= place);
    is_before.then(|| draws.map(draw_in_words))
}

/// A calm draw leaves no trace.
fn draw_in_words(draw: Option<&Draw>) -> String {
    draw.map_or_else(|| "nothing more".to_owned(), |draw| format!("{} = {}", draw.deviation.name, draw.deviation.value))
}

/// The events that led to the one at this place.
fn causes(trace: &Trace, mut place: usize) -> Vec<String> {
    let mut causes = Vec::new();
    while let Some(event) = trace.events.get(place).filter(|_| causes.len() < CAUSES) {
        let earlier = &trace.events[..place];
        let cause = match event.cause {
            Some(step) => earlier.iter().rposition(|cause| cause.step == step),
            None => earlier.iter().rposition(|cause| cause.who == event.who),
        };
        let Some(cause) = cause else { break };
        causes.push(trace.events[cause].to_string());
        place = cause;
    }
    causes.reverse();
    causes
}

#[cfg(test)]
mod tests {
    use sim_core::{ChoiceName, Deviation, NodeId, Time, TraceEvent, TraceKind, Value, Verdict};

    use super::*;

    fn event(step: u64, node: u32, kind: TraceKind, cause: Option<u64>) -> TraceEvent {
        TraceEvent { step, time: Time::from_nanos(step), who: Some(NodeId::node(node)), kind, cause }
    }

    fn trace(message: i128) -> Trace {
        let boot = || TraceKind::Boot { incarnation: 1, records: 0 };
        let deliver = TraceKind::Deliver { from: NodeId::node(0), message: Value::Int(message) };
        let events = vec![event(1, 0, boot(), None), event(2, 1, boot(), None), event(3, 1, deliver, Some(1))];
        Trace { events, draws: Vec::new(), verdict: Verdict::Passed, steps: 3, time: Time::ZERO, hash: 1 }
    }

    #[test]
    fn the_first_difference_is_shown_with_what_led_there() {
        let (first, second) = (trace(5), trace(6));
        assert_eq!(Difference::between(&first, &first), None);
        let found = Difference::between(&first, &second).expect("they differ");
        assert_eq!(found.alike, 2);
        assert!(found.first.is_some_and(|line| line.contains("receives  n0 5")));
        assert!(found.second.is_some_and(|line| line.contains("receives  n0 6")));
        assert_eq!(found.causes, [first.events[0].to_string()], "the step in which it was sent");
    }

    #[test]
    fn a_draw_is_shown_if_it_differs_before_the_event() {
        let drawing = |message, draws: &[(usize, &str, u64)]| {
            let draw = |&(events, name, value): &(usize, &str, u64)| Draw {
                events,
                deviation: Deviation { name: ChoiceName::new(name), value },
            };
            Trace { draws: draws.iter().map(draw).collect(), ..trace(message) }
        };
        let drawn = |first, second| Difference::between(&first, &second).expect("they differ").drawn;
        let first = || drawing(5, &[(1, "n0 think#0", 7), (2, "n0>n1 Ask#0 delay", 8), (3, "n1 think#0", 9)]);
        let other = drawing(6, &[(1, "n0 think#0", 7), (2, "n0>n1 Ask#0 delay", 4)]);
        let expected = ["n0>n1 Ask#0 delay = 8", "n0>n1 Ask#0 delay = 4"].map(str::to_owned);
        assert_eq!(drawn(first(), other), Some(expected));
        let shorter = drawing(6, &[(1, "n0 think#0", 7)]);
        let expected = ["n0>n1 Ask#0 delay = 8", "nothing more"].map(str::to_owned);
        assert_eq!(drawn(first(), shorter), Some(expected));
        let later = drawing(6, &[(1, "n0 think#0", 7), (2, "n0>n1 Ask#0 delay", 8), (3, "n1 think#0", 1)]);
        assert_eq!(drawn(first(), later), None, "it follows from the event");
    }

    #[test]
    fn a_trace_may_be_the_beginning_of_another() {
        let (longer, mut shorter) = (trace(5), trace(5));
        shorter.events.pop();
        let found = Difference::between(&longer, &shorter).expect("they differ");
        assert!(found.second.is_some_and(|line| line.starts_with("passed after")));
        // What follows the trace in a report does not count.
        assert_eq!(Difference::from_text(&longer, &format!("{longer}\n   more")), None);
    }
}
