//! Parts of a trace: a window of it, or what concerns some nodes, messages, keys or operations.

use std::collections::VecDeque;
use std::str::FromStr;

use sim_core::{Body, Duration, NodeId, Time, Trace, TraceEvent, TraceKind, Value, Verdict, kind_of};

use crate::json::{event_line, hidden_line, run_line};
use crate::result::Run;

/// Which events of a trace to show: those that fit everything that is asked for. Where several of a
/// kind are named, one of them is enough.
#[derive(Clone, Debug, Default)]
pub struct TraceFilter {
    /// None before it.
    pub from: Option<TraceMoment>,
    /// None after it.
    pub until: Option<TraceMoment>,
    /// Of those that fit, so many of the last.
    pub last: Option<usize>,
    /// What concerns these nodes or clients.
    pub nodes: Vec<NodeId>,
    /// Messages, timers, records and events of these names, or whatever happens that bears one of
    /// them in JSON, such as `Crash`.
    pub kinds: Vec<String>,
    /// What names one of these keys.
    pub keys: Vec<String>,
    /// What belongs to these operations: `c1.0.16`, or all of a session or of a client.
    pub operations: Vec<String>,
}

/// A moment as the user names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceMoment {
    /// A step.
    Step(u64),
    /// A time of the run.
    Time(Time),
}

impl FromStr for TraceMoment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = |span: Duration| Self::Time(Time::ZERO + span);
        let step = text.parse().map(Self::Step);
        step.or_else(|_| text.parse().map(time))
            .map_err(|_| "expected a step, such as 1701, or a time, such as 8.27s".to_owned())
    }
}

impl TraceMoment {
    fn is_after(self, event: &TraceEvent) -> bool {
        match self {
            Self::Step(step) => event.step < step,
            Self::Time(time) => event.time < time,
        }
    }

    fn is_before(self, event: &TraceEvent) -> bool {
        match self {
            Self::Step(step) => event.step > step,
            Self::Time(time) => event.time > time,
        }
    }
}

/// What a trace is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceForm {
    /// The text that snapshots have: see [`Trace`].
    Text,
    /// JSON, an object a line.
    Lines,
}

/// Writes the events of a run while they happen: those that a filter lets through, and how many it hides. It keeps
/// none of them, but for those that may be among the last ones that are asked for.
#[derive(Debug)]
pub struct TraceTeller {
    filter: TraceFilter,
    form: TraceForm,
    /// Events in succession that are not shown, up to now.
    hidden: u64,
    /// What may be among the last, each with the number of events that are hidden just before it.
    waiting: VecDeque<(u64, TraceEvent)>,
    is_empty: bool,
    /// Nodes that are asked for and to which nothing has happened.
    unseen: Vec<NodeId>,
}

impl TraceTeller {
    /// Of a run that is to begin.
    #[must_use]
    pub fn new(filter: TraceFilter, form: TraceForm) -> Self {
        let unseen = filter.nodes.clone();
        Self { filter, form, hidden: 0, waiting: VecDeque::new(), is_empty: true, unseen }
    }

    /// What stands before the events.
    #[must_use]
    pub fn header(&self) -> String {
        match self.form {
            TraceForm::Text => frame(&Verdict::Passed, 0, 0).0,
            TraceForm::Lines => String::new(),
        }
    }

    /// Adds to `text` what is to be written now that this has happened.
    pub fn event(&mut self, event: TraceEvent, text: &mut String) {
        self.unseen.retain(|node| event.who != Some(*node));
        if !self.filter.fits(&event) {
            self.hidden += 1;
            return;
        }
        self.is_empty = false;
        let hidden = std::mem::take(&mut self.hidden);
        let Some(last) = self.filter.last else { return self.form.write(hidden, &event, text) };
        self.waiting.push_back((hidden, event));
        if self.waiting.len() > last
            && let Some((hidden, _)) = self.waiting.pop_front()
        {
            let before_next = self.waiting.front_mut().map_or(&mut self.hidden, |(before, _)| before);
            *before_next += hidden + 1;
        }
    }

    /// Whether the filter has hidden all of it so far, and not because it asks for the last ones.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// The nodes and clients that are asked for and to which nothing has happened so far.
    #[must_use]
    pub fn unseen(&self) -> &[NodeId] {
        &self.unseen
    }

    /// What is to be written when the run is over; in JSON with all that is known of it if the `whole` is asked for.
    #[must_use]
    pub fn end(&self, run: &Run, whole: bool) -> String {
        let mut text = String::new();
        self.waiting.iter().for_each(|(hidden, event)| self.form.write(*hidden, event, &mut text));
        self.form.write_hidden(self.hidden, &mut text);
        let summary = &run.summary;
        text + &match self.form {
            TraceForm::Text => frame(&summary.verdict, summary.steps, summary.trace_hash).1,
            TraceForm::Lines => format!("{}\n", run_line(run, whole)),
        }
    }
}

impl TraceForm {
    /// An event, and before it how many are hidden.
    fn write(self, hidden: u64, event: &TraceEvent, text: &mut String) {
        self.write_hidden(hidden, text);
        *text += &match self {
            Self::Text => format!("{event}\n"),
            Self::Lines => format!("{}\n", event_line(event)),
        };
    }

    fn write_hidden(self, hidden: u64, text: &mut String) {
        *text += &match (self, hidden) {
            (_, 0) => String::new(),
            (Self::Lines, _) => format!("{}\n", hidden_line(hidden)),
            (Self::Text, 1) => "… 1 line hidden\n".to_owned(),
            (Self::Text, lines) => format!("… {lines} lines hidden\n"),
        };
    }
}

/// What stands before the events of a trace, and after them.
fn frame(verdict: &Verdict, steps: u64, hash: u64) -> (String, String) {
    let (events, draws, time) = (Vec::new(), Vec::new(), Time::ZERO);
    let text = Trace { events, draws, verdict: verdict.clone(), steps, time, hash }.to_string();
    let (header, end) = text.split_once('\n').expect("a trace has a header and an end");
    (format!("{header}\n"), end.to_owned())
}

impl TraceFilter {
    /// Whether it asks for less than everything.
    pub fn hides(&self) -> bool {
        let Self { from, until, last, nodes, kinds, keys, operations } = self;
        let lists = [nodes.is_empty(), kinds.is_empty(), keys.is_empty(), operations.is_empty()];
        from.is_some() || until.is_some() || last.is_some() || lists.contains(&false)
    }

    /// Whether the event is to be shown.
    fn fits(&self, event: &TraceEvent) -> bool {
        let any = |asked: &[String], fits: &dyn Fn(&str) -> bool| asked.is_empty() || asked.iter().any(|it| fits(it));
        !self.from.is_some_and(|from| from.is_after(event))
            && !self.until.is_some_and(|until| until.is_before(event))
            && (self.nodes.is_empty() || self.nodes.iter().any(|&node| concerns(event, node)))
            && any(&self.kinds, &|kind| is_of_kind(event, kind))
            && any(&self.keys, &|key| contents(&event.kind).any(|value| names_key(value, key)))
            && any(&self.operations, &|name| {
                own_operation(event).is_some_and(|own| is_named(own, name))
                    || contents(&event.kind).any(|value| belongs_to(value, name))
            })
    }
}

/// Whether something happened to the node, to a message from it or to it, or by a fault that hit
/// it.
fn concerns(event: &TraceEvent, node: NodeId) -> bool {
    event.who == Some(node)
        || match &event.kind {
            TraceKind::Deliver { from, .. } => *from == node,
            TraceKind::Lost { to, .. } => *to == node,
            TraceKind::FaultBegins { hit, .. } | TraceKind::FaultStrikes { hit, .. } => hit.contains(&node),
            TraceKind::Heal { .. } => true,
            _ => false,
        }
}

/// What the protocol has said, written or asked in an event.
fn contents(kind: &TraceKind) -> impl Iterator<Item = &Value> {
    let (first, second) = match kind {
        TraceKind::Deliver { message, .. } | TraceKind::Lost { message, .. } => (Some(message), None),
        TraceKind::Delivers { message, .. } => (Some(message), None),
        TraceKind::Lies { message, instead_of, .. } | TraceKind::Corrupted { message, instead_of, .. } => {
            (Some(message), Some(instead_of))
        }
        TraceKind::Timer { timer } | TraceKind::Fires { timer } => (Some(timer), None),
        TraceKind::Write { value, .. } => (Some(value), None),
        TraceKind::Announce { event } => (Some(event), None),
        TraceKind::Invoke { op, .. } => (Some(op), None),
        TraceKind::Return { outcome, .. } => (Some(outcome), None),
        _ => (None, None),
    };
    first.into_iter().chain(second)
}

fn is_of_kind(event: &TraceEvent, kind: &str) -> bool {
    let is_named = |value: &Value| match value {
        Value::Struct { name, .. } | Value::Variant { name, .. } => *name == kind,
        _ => false,
    };
    kind_of(&event.kind) == kind || contents(&event.kind).any(is_named)
}

/// Whether something with the name `key` in the value is this key.
fn names_key(value: &Value, key: &str) -> bool {
    let is_key = |(name, value): &(&str, Value)| *name == "key" && value.nested().to_string().trim_matches('"') == key;
    contains(value, &|value| fields(value).iter().any(is_key))
}

/// Whether the id of one of these operations is in the value.
fn belongs_to(value: &Value, name: &str) -> bool {
    contains(value, &|value| match (value, fields(value)) {
        (Value::Text(text), _) => is_named(text, name),
        (_, [("client", client), ("session", session), ("sequence", sequence)]) => {
            let id = format!("{}.{}.{}", client.nested(), session.nested(), sequence.nested());
            is_named(&id, name)
        }
        _ => false,
    })
}

/// Whether the name is that of the operation, of its session or of its client.
fn is_named(id: &str, name: &str) -> bool {
    id.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The operation that a client asks for or is told the end of.
fn own_operation(event: &TraceEvent) -> Option<&str> {
    match &event.kind {
        TraceKind::Invoke { operation, .. } | TraceKind::Return { operation, .. } => Some(operation),
        _ => None,
    }
}

fn fields(value: &Value) -> &[(&'static str, Value)] {
    match value {
        Value::Struct { body: Body::Fields(fields), .. } | Value::Variant { body: Body::Fields(fields), .. } => fields,
        _ => &[],
    }
}

/// Whether the test holds of the value or of something inside of it.
fn contains(value: &Value, test: &dyn Fn(&Value) -> bool) -> bool {
    let inside = |body: &Body| match body {
        Body::Unit => false,
        Body::Newtype(value) => contains(value, test),
        Body::Tuple(values) => values.iter().any(|value| contains(value, test)),
        Body::Fields(fields) => fields.iter().any(|(_, value)| contains(value, test)),
    };
    test(value)
        || match value {
            Value::Some(value) => contains(value, test),
            Value::List(values) | Value::Tuple(values) => values.iter().any(|value| contains(value, test)),
            Value::Map(entries) => entries.iter().any(|(key, value)| contains(key, test) || contains(value, test)),
            Value::Struct { body, .. } | Value::Variant { body, .. } => inside(body),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use sim_core::{FaultSeverity, RequestId, Summary};

    use super::*;
    use crate::human::tests::violated_run;

    #[derive(Serialize)]
    enum Op {
        Put { key: &'static str, value: u64 },
    }

    #[derive(Serialize)]
    enum Message {
        Ask { request: RequestId, op: Op },
        Beat,
    }

    fn event(step: u64, who: Option<NodeId>, kind: TraceKind) -> TraceEvent {
        TraceEvent { step, time: Time::from_nanos(step * 1_000_000), who, kind, cause: None }
    }

    /// Two clients, of which the first asks twice and is not told what came of the first.
    fn trace() -> Trace {
        let (node, client, other) = (NodeId::node(0), NodeId::client(0), NodeId::client(1));
        let ask = |session, key| {
            let request = RequestId { client, session, sequence: 0 };
            let message = Value::of(&Message::Ask { request, op: Op::Put { key, value: 1 } });
            TraceKind::Deliver { from: client, message }
        };
        let invoke = |operation: &str, key| TraceKind::Invoke {
            operation: operation.to_owned(),
            op: Value::of(&Op::Put { key, value: 1 }),
        };
        let told = |operation: &str, text: &str| TraceKind::Return {
            operation: operation.to_owned(),
            outcome: Value::Text(text.to_owned()),
        };
        let heart = TraceKind::Deliver { from: NodeId::node(2), message: Value::of(&Message::Beat) };
        let fault = TraceKind::FaultBegins {
            fault: 0,
            name: "pause",
            severity: FaultSeverity::Minor,
            hit: vec![NodeId::node(2)],
        };
        let events = vec![
            event(1, Some(client), invoke("c0.0.0", "x")),
            event(2, Some(node), ask(0, "x")),
            event(3, Some(NodeId::node(1)), heart),
            event(4, Some(client), told("c0.0.0", "unknown")),
            event(5, Some(client), invoke("c0.1.0", "y")),
            event(6, Some(node), ask(1, "y")),
            event(7, None, fault),
            event(8, Some(other), invoke("c1.0.0", "x")),
            event(9, Some(client), told("c0.1.0", "failed")),
            event(10, None, TraceKind::Heal { core: Vec::new(), sealed: false }),
        ];
        Trace { events, draws: Vec::new(), verdict: Verdict::Passed, steps: 10, time: Time::ZERO, hash: 7 }
    }

    /// What is written of the trace.
    fn told(filter: &TraceFilter) -> String {
        let Trace { events, verdict, steps, hash, .. } = trace();
        let mut run = violated_run();
        run.summary = Summary { verdict, steps, trace_hash: hash, ..run.summary };
        let mut teller = TraceTeller::new(filter.clone(), TraceForm::Text);
        let mut text = teller.header();
        events.into_iter().for_each(|event| teller.event(event, &mut text));
        text + &teller.end(&run, false)
    }

    /// Whoever reads along need not wait for the end, unless only the end is asked for.
    #[test]
    fn what_is_shown_is_written_when_it_happens() {
        let lines = |last| {
            let mut teller = TraceTeller::new(TraceFilter { last, ..TraceFilter::default() }, TraceForm::Text);
            let written = trace().events.into_iter().map(|event| {
                let mut text = String::new();
                teller.event(event, &mut text);
                text.lines().count()
            });
            let written: Vec<usize> = written.collect();
            (written, teller.waiting.len())
        };
        assert_eq!(lines(None), (vec![1; 10], 0));
        assert_eq!(lines(Some(3)), (vec![0; 10], 3));
    }

    #[track_caller]
    fn check(filter: &TraceFilter, expected: &[u64]) {
        let (mut shown, mut hidden) = (Vec::new(), 0);
        let text = told(filter);
        for line in text.lines().skip(1).take(text.lines().count() - 2) {
            let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok()).expect("a number");
            let mut words = line.split_whitespace();
            match line.starts_with('…') {
                true => hidden += number(words.nth(1)),
                false => shown.push(number(words.next())),
            }
        }
        assert_eq!(shown, expected);
        assert_eq!(shown.len() as u64 + hidden, 10, "what is not shown is counted");
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_window_is_between_steps_or_times() {
        let all = TraceFilter::default();
        let at = |text: &str| Some(text.parse().expect("a moment"));
        check(&all, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        check(&TraceFilter { until: at("2"), ..all.clone() }, &[1, 2]);
        check(&TraceFilter { from: at("9"), ..all.clone() }, &[9, 10]);
        check(&TraceFilter { from: at("4ms"), until: at("0.0055s"), ..all.clone() }, &[4, 5]);
        check(&TraceFilter { last: Some(2), until: at("8"), ..all.clone() }, &[7, 8]);
        check(&TraceFilter { last: Some(0), ..all.clone() }, &[]);
        check(&TraceFilter { last: Some(20), from: at("9"), ..all }, &[9, 10]);
        assert!("soon".parse::<TraceMoment>().is_err());
    }

    #[test]
    fn events_are_chosen_by_what_they_concern() {
        let all = TraceFilter::default();
        check(&TraceFilter { nodes: vec![NodeId::node(0)], ..all.clone() }, &[2, 6, 10]);
        check(&TraceFilter { nodes: vec![NodeId::node(2)], ..all.clone() }, &[3, 7, 10]);
        check(&TraceFilter { kinds: names(&["Beat"]), ..all.clone() }, &[3]);
        check(&TraceFilter { kinds: names(&["Ask", "Return"]), ..all.clone() }, &[2, 4, 6, 9]);
        check(&TraceFilter { keys: names(&["x"]), ..all.clone() }, &[1, 2, 8]);
        check(&TraceFilter { keys: names(&["x"]), kinds: names(&["Ask"]), ..all.clone() }, &[2]);
        check(&TraceFilter { operations: names(&["c0.0.0"]), ..all.clone() }, &[1, 2, 4]);
        check(&TraceFilter { operations: names(&["c0.1"]), ..all.clone() }, &[5, 6, 9]);
        check(&TraceFilter { operations: names(&["c0.0", "c1"]), ..all.clone() }, &[1, 2, 4, 8]);
        check(&TraceFilter { operations: names(&["c0.00"]), ..all }, &[]);
    }

    #[test]
    fn hidden_lines_are_counted_where_they_would_be() {
        assert_eq!(told(&TraceFilter::default()), trace().to_string());
        let text = told(&TraceFilter { kinds: names(&["Beat", "Heal"]), ..TraceFilter::default() });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[1], lines[3], lines.len()), ("… 2 lines hidden", "… 6 lines hidden", 6), "{text}");
    }
}
