//! Results for programs: JSON, an object a line.
//!
//! The keys are public. Seeds and hashes are strings, since they have 64 bits and many readers of
//! JSON keep only 53.

use std::collections::BTreeMap;

use serde::Serialize;
use sim_core::{
    Duration, FaultClass, FaultEffects, FaultRecord, FaultSeverity, Guarantee, Hindrance, Levels, Liveness, NodeId,
    ReadsServed, Served, Service, Time, TraceEvent, TraceKind, Untested, Verdict, Violation, kind_of,
};

use crate::fit::FitLine;
use crate::human::status_word;
use crate::result::{Problem, Run, ScenarioResult, Stopped, Violations};

/// The line of a run.
#[derive(Serialize)]
struct RunLine<'a> {
    r#type: &'static str,
    scenario: &'a str,
    seed: String,
    /// What the seed drew of the protocol's settings.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    settings: &'a [String],
    verdict: &'static str,
    /// Whether that is what the scenario expects.
    expected: bool,
    /// Virtual time at the end of the run.
    time_ns: u64,
    /// Steps of the whole run.
    steps: u64,
    trace_hash: String,
    /// What became of the system after the heal.
    liveness: &'static str,
    /// Violations outside of the protocol's model that did not end the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    excused: Vec<ExcusedLine<'a>>,
    /// How well it fits, if it is a run that was written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<FitLine<'a>>,
    /// The rest, unless the run passed: there is nothing more to be asked of that.
    #[serde(flatten)]
    details: Option<RunDetails<'a>>,
    /// Which levels of consistency it kept, if that was asked for.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    levels: Option<LevelsLine>,
    /// What its clients got, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<ServiceLine>,
}

/// What clients got.
#[derive(Serialize)]
struct ServiceLine {
    all: ServedLine,
    during_faults: ServedLine,
}

#[derive(Serialize)]
struct ServedLine {
    operations: u64,
    answered: u64,
    refused: u64,
    unknown: u64,
    /// Nothing if the protocol cannot tell.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    reads: Option<ReadsLine>,
}

#[derive(Serialize)]
struct ReadsLine {
    reads: u64,
    stale_reads: u64,
    conflicting_reads: u64,
}

impl From<Service> for ServiceLine {
    fn from(Service { all, during_faults }: Service) -> Self {
        Self { all: all.into(), during_faults: during_faults.into() }
    }
}

impl From<Served> for ServedLine {
    fn from(Served { asked, answered, refused, unknown, reads }: Served) -> Self {
        let line = |ReadsServed { answered, stale, conflicting }| ReadsLine {
            reads: answered,
            stale_reads: stale,
            conflicting_reads: conflicting,
        };
        Self { operations: asked, answered, refused, unknown, reads: reads.map(line) }
    }
}

/// The line of what the clients of all runs of a scenario got.
#[derive(Serialize)]
struct ScenarioServiceLine<'a> {
    r#type: &'static str,
    scenario: &'a str,
    runs: u64,
    #[serde(flatten)]
    service: ServiceLine,
}

/// All that is known of a run.
#[derive(Serialize)]
struct RunDetails<'a> {
    property: Option<&'a str>,
    message: Option<&'a str>,
    /// Where the violation was seen.
    nodes: Vec<String>,
    /// After which step the violation was seen.
    step: Option<u64>,
    delivered: u64,
    /// Which assumptions of the protocol the run did not keep to.
    outside: OutsideLine<'a>,
    /// Why and when it could not make progress, if it was stuck.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stuck: Vec<HindranceLine<'a>>,
    /// What each fault did that struck.
    faults: Vec<FaultLine<'a>>,
    /// How many faults began, those of the nemesis among them.
    faults_fired: usize,
    /// Declared faults that never began.
    faults_never_fired: Vec<&'a str>,
    /// Recorded deviations that no question asked for.
    deviations_unused: Vec<String>,
    /// Each goal, and whether the run reached it.
    goals: BTreeMap<&'a str, bool>,
}

#[derive(Serialize)]
struct ExcusedLine<'a> {
    property: &'a str,
    message: &'a str,
    step: u64,
    time_ns: u64,
}

#[derive(Serialize)]
struct HindranceLine<'a> {
    because: &'a str,
    from_ns: u64,
    until_ns: u64,
}

#[derive(Serialize)]
struct LevelsLine {
    /// Levels that are certainly kept and do not follow from others that are.
    strongest: Vec<&'static str>,
    /// `kept`, `unknown` or `broken`.
    levels: BTreeMap<&'static str, &'static str>,
}

impl From<&Levels> for LevelsLine {
    fn from(levels: &Levels) -> Self {
        Self {
            strongest: levels.strongest().into_iter().map(Guarantee::name).collect(),
            levels: levels.iter().map(|(level, kept)| (level.name(), kept.word())).collect(),
        }
    }
}

/// The line of what all runs of a scenario have kept.
#[derive(Serialize)]
struct ScenarioLevelsLine<'a> {
    r#type: &'static str,
    scenario: &'a str,
    runs: u64,
    #[serde(flatten)]
    levels: LevelsLine,
}

/// The line of a scenario, after those of its runs.
#[derive(Serialize)]
struct ScenarioLine<'a> {
    r#type: &'static str,
    scenario: &'a str,
    summary: ScenarioSummary,
}

#[derive(Serialize)]
struct ScenarioSummary {
    /// In one word, as for people.
    result: &'static str,
    exit_code: u8,
    /// How many seeds were to be run, and how many the scenario itself has.
    selected: u64,
    own: u64,
    runs: u64,
    /// How many were to be run and were not.
    left: u64,
    /// Why, if any were left.
    stopped: Option<&'static str>,
    passed: u64,
    violated: BTreeMap<String, u64>,
    violated_outside: BTreeMap<String, u64>,
    inconclusive: u64,
    stuck: u64,
    /// How many runs kept to the models and were judged; for progress, if it is expected.
    judged_for_safety: u64,
    judged_for_progress: Option<u64>,
    /// What was to be put to the test and was not.
    untested: Vec<UntestedLine>,
    /// The same where the runs were too few to tell.
    not_judged: Vec<UntestedLine>,
    /// Engine defects and seeds that gave two runs.
    defects: Vec<String>,
}

#[derive(Serialize)]
struct UntestedLine {
    kind: &'static str,
    message: String,
}

#[derive(Serialize)]
struct OutsideLine<'a> {
    safety: &'a [String],
    liveness: &'a [String],
}

#[derive(Serialize)]
struct FaultLine<'a> {
    kind: &'static str,
    class: FaultClass,
    severity: FaultSeverity,
    label: Option<&'a str>,
    hit: Vec<String>,
    began_ns: Option<u64>,
    ended_ns: Option<u64>,
    blows: u32,
    withheld: u32,
    operations_delayed: u64,
    operations_failed: u64,
    records_lost: u64,
    recovered_after_ns: Option<u64>,
}

impl<'a> From<&'a FaultRecord> for FaultLine<'a> {
    fn from(record: &'a FaultRecord) -> Self {
        let FaultEffects { operations_failed, operations_delayed, records_lost, recovered_after } = record.effects;
        Self {
            kind: record.kind,
            class: record.class,
            severity: record.severity,
            label: record.label.as_deref(),
            hit: names(&record.hit),
            began_ns: record.began.map(Time::as_nanos),
            ended_ns: record.ended.map(Time::as_nanos),
            blows: record.blows,
            withheld: record.withheld,
            operations_delayed,
            operations_failed,
            records_lost,
            recovered_after_ns: recovered_after.map(Duration::as_nanos),
        }
    }
}

const fn liveness(liveness: &Liveness) -> &'static str {
    match liveness {
        Liveness::NotJudged => "not judged",
        Liveness::NothingAsked => "nothing asked",
        Liveness::Progressed(_) => "progressed",
        Liveness::Stuck { .. } => "stuck",
        Liveness::Livelocked => "livelocked",
        Liveness::Unexplained => "unexplained",
    }
}

/// The line of an event in a trace.
#[derive(Serialize)]
struct EventLine {
    r#type: &'static str,
    step: u64,
    time_ns: u64,
    who: Option<String>,
    event: &'static str,
    detail: serde_json::Value,
    cause: Option<u64>,
}

/// The line of events in succession that are not shown.
#[derive(Serialize)]
struct HiddenLine {
    r#type: &'static str,
    events: u64,
}

fn hindrances(liveness: &Liveness) -> Vec<HindranceLine<'_>> {
    let Liveness::Stuck { because, .. } = liveness else { return Vec::new() };
    let line = |hindrance: &'_ Hindrance| (hindrance.from.as_nanos(), hindrance.until.as_nanos());
    let lines = because.iter().map(|hindrance| (hindrance.because.as_str(), line(hindrance)));
    lines.map(|(because, (from_ns, until_ns))| HindranceLine { because, from_ns, until_ns }).collect()
}

/// A run as one line: in short if it passed, unless the `whole` is asked for.
pub fn run_line(run: &Run, whole: bool) -> String {
    to_line(&line_of(run, whole))
}

pub(crate) fn line_of(run: &Run, whole: bool) -> impl Serialize {
    let summary = &run.summary;
    RunLine {
        r#type: "run",
        scenario: &run.scenario,
        seed: format!("{:#x}", run.seed),
        settings: &run.settings,
        verdict: summary.verdict.word(),
        expected: run.expected,
        time_ns: summary.time.as_nanos(),
        steps: summary.steps,
        trace_hash: format!("{:#018x}", summary.trace_hash),
        liveness: liveness(&summary.liveness),
        excused: summary.excused.iter().map(excused).collect(),
        recording: run.fit.as_ref().map(|fit| FitLine::of(fit, summary)),
        details: (whole || !summary.verdict.is_passed()).then(|| details(run)),
        levels: run.levels.as_ref().map(LevelsLine::from),
        service: run.service.map(ServiceLine::from),
    }
}

fn excused(violation: &Violation) -> ExcusedLine<'_> {
    let Violation { property, what, step, time, .. } = violation;
    ExcusedLine { property, message: what, step: *step, time_ns: time.as_nanos() }
}

fn details(run: &Run) -> RunDetails<'_> {
    let summary = &run.summary;
    let (message, nodes, step) = match &summary.verdict {
        Verdict::Passed => (None, &[][..], None),
        Verdict::Violated(violation) => (Some(&violation.what), &violation.nodes[..], Some(violation.step)),
        Verdict::Inconclusive { reason, .. } => (Some(reason), &[][..], None),
    };
    RunDetails {
        property: summary.verdict.property(),
        message: message.map(String::as_str),
        nodes: names(nodes),
        step,
        delivered: summary.delivered,
        outside: OutsideLine { safety: &summary.outside.safety, liveness: &summary.outside.liveness },
        stuck: hindrances(&summary.liveness),
        faults: summary.faults.iter().filter(|fault| fault.blows > 0).map(FaultLine::from).collect(),
        faults_fired: summary.faults.iter().filter(|fault| fault.has_struck()).count(),
        faults_never_fired: run.never_fired().collect(),
        deviations_unused: summary.unused.iter().map(ToString::to_string).collect(),
        goals: run.goals.iter().map(String::as_str).zip(summary.goals.iter().copied()).collect(),
    }
}

/// Which levels of consistency all runs of a scenario have kept, as one line; nothing if that was not
/// asked for or cannot be told.
pub fn levels_line(result: &ScenarioResult) -> Option<String> {
    let tally = result.levels.as_ref()?;
    Some(to_line(&ScenarioLevelsLine {
        r#type: "levels",
        scenario: &result.name,
        runs: tally.strongest.values().sum(),
        levels: LevelsLine::from(&tally.together),
    }))
}

/// What the clients of all runs of a scenario got, as one line; nothing if that was not asked for.
pub fn service_line(result: &ScenarioResult) -> Option<String> {
    let service = result.service?.into();
    let (r#type, scenario, runs) = ("service", result.name.as_str(), result.runs);
    Some(to_line(&ScenarioServiceLine { r#type, scenario, runs, service }))
}

/// What became of a scenario, as one line; `exit_code` is what the program would end with if it were
/// the only one.
pub fn scenario_line(result: &ScenarioResult, exit_code: u8) -> String {
    let told = |untested: &Untested| UntestedLine {
        kind: untested.word(),
        message: untested.describe(&result.name, result.runs),
    };
    let counts = |violated: &BTreeMap<String, Violations>| -> BTreeMap<String, u64> {
        violated.iter().map(|(property, violations)| (property.clone(), violations.count)).collect()
    };
    let untested = result.problems.iter().filter_map(|problem| match problem {
        Problem::Untested(untested) => Some(told(untested)),
        Problem::OutOfTime { .. } => {
            Some(UntestedLine { kind: "time", message: "the time was up before all seeds were run".to_owned() })
        }
        _ => None,
    });
    let defects = result.problems.iter().filter_map(|problem| match problem {
        Problem::Defect { seed, message, .. } => Some(format!("{seed:#x}: {message}")),
        Problem::TwoRuns { first, second } => {
            let difference = second.difference.as_ref();
            let drawn = difference.and_then(|difference| difference.drawn.as_ref());
            let drawn =
                drawn.map_or_else(String::new, |[first, second]| format!(", which draw {first}, or else {second}"));
            let parting = difference.and_then(|difference| difference.first.as_deref());
            let at = parting.map_or_else(String::new, |line| format!(", which part at: {}", line.trim()));
            Some(format!("{:#x}: two different runs{drawn}{at}", first.seed))
        }
        _ => None,
    });
    to_line(&ScenarioLine {
        r#type: "scenario",
        scenario: &result.name,
        summary: ScenarioSummary {
            result: status_word(result),
            exit_code,
            selected: result.selected,
            own: result.own,
            runs: result.runs,
            left: result.left(),
            stopped: result.stopped.map(stopped_word),
            passed: result.passed,
            violated: counts(&result.violated),
            violated_outside: counts(&result.violated_outside),
            inconclusive: result.inconclusive,
            stuck: result.stuck,
            judged_for_safety: result.judged_for_safety,
            judged_for_progress: result.judged_for_progress,
            untested: untested.collect(),
            not_judged: result.not_judged.iter().map(told).collect(),
            defects: defects.collect(),
        },
    })
}

/// That so many events in succession are not shown.
pub(crate) fn hidden_line(events: u64) -> String {
    to_line(&HiddenLine { r#type: "hidden", events })
}

/// An event of a trace.
pub(crate) fn event_line(event: &TraceEvent) -> String {
    to_line(&EventLine {
        r#type: "event",
        step: event.step,
        time_ns: event.time.as_nanos(),
        who: event.who.map(|who| who.to_string()),
        event: kind_of(&event.kind),
        detail: detail(&event.kind),
        cause: event.cause,
    })
}

/// What is in the event. A message that JSON cannot hold, such as one whose map has lists for
/// keys, makes it a text.
fn detail(kind: &TraceKind) -> serde_json::Value {
    let mut detail = match serde_json::to_value(kind) {
        Ok(serde_json::Value::Object(mut variant)) => variant.remove(kind_of(kind)).unwrap_or_default(),
        Ok(_) => serde_json::Value::Null,
        Err(_) => kind.to_string().into(),
    };
    if let Some(fields) = detail.as_object_mut() {
        match kind {
            TraceKind::Deliver { from, .. } => fields.insert("from".to_owned(), from.to_string().into()),
            TraceKind::Lost { to, .. } => fields.insert("to".to_owned(), to.to_string().into()),
            TraceKind::FaultBegins { hit, .. } | TraceKind::FaultStrikes { hit, .. } => {
                fields.insert("hit".to_owned(), names(hit).into())
            }
            _ => None,
        };
    }
    detail
}

pub(crate) const fn stopped_word(stopped: Stopped) -> &'static str {
    match stopped {
        Stopped::OutOfTime => "out of time",
        Stopped::FirstFailure => "first failure",
        Stopped::Interrupted => "interrupted",
        Stopped::NobodyListens => "nobody listens",
        Stopped::CannotWrite => "cannot write",
    }
}

fn names(nodes: &[NodeId]) -> Vec<String> {
    nodes.iter().map(NodeId::to_string).collect()
}

pub(crate) fn to_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a struct of plain values is JSON")
}

#[cfg(test)]
mod tests {
    use sim_core::Value;

    use super::*;
    use crate::human::tests::{result, violated_run};
    use crate::trace::{TraceFilter, TraceForm, TraceTeller};

    #[test]
    fn a_run_is_one_line() {
        insta::assert_snapshot!(run_line(&violated_run(), false));
    }

    #[test]
    fn a_run_that_passed_is_a_short_line_unless_all_is_asked_for() {
        let mut run = violated_run();
        run.summary.verdict = Verdict::Passed;
        run.expected = true;
        insta::assert_snapshot!(run_line(&run, false), @r#"{"type":"run","scenario":"raft/general","seed":"0x2a","verdict":"passed","expected":true,"time_ns":3217004211,"steps":1240,"trace_hash":"0x00abcdef01234567","liveness":"not judged"}"#);
        assert!(run_line(&run, true).contains(r#""faults_never_fired":["faults.1 (pause)"]"#));
    }

    #[test]
    fn a_scenario_is_one_line_with_what_was_not_tested() {
        let mut result = result(vec![Problem::Untested(Untested::Goal("Snapshot".to_owned()))]);
        result.violated_outside.insert("Log Matching".to_owned(), Violations { count: 3, first: 7 });
        insta::assert_snapshot!(scenario_line(&result, 6));
        let problems = vec![Problem::OutOfTime { left: 500 }];
        let cut = ScenarioResult { runs: 1500, problems, stopped: Some(Stopped::OutOfTime), ..result };
        insta::assert_snapshot!("scenario cut", scenario_line(&cut, 6));
    }

    #[test]
    fn a_trace_ends_with_the_line_of_its_run() {
        let run = violated_run();
        let odd = Value::Map(vec![(Value::List(vec![Value::Int(1)]), Value::Unit)]);
        let kinds = [
            TraceKind::Deliver { from: NodeId::client(0), message: Value::Text("hello".to_owned()) },
            TraceKind::Deliver { from: NodeId::node(2), message: odd },
            TraceKind::FaultBegins {
                fault: 0,
                name: "pause",
                severity: FaultSeverity::Minor,
                hit: vec![NodeId::node(1)],
            },
            TraceKind::Synced,
        ];
        let event = |(step, kind)| TraceEvent {
            step,
            time: Time::from_nanos(step * 10),
            who: Some(NodeId::node(1)),
            kind,
            cause: Some(1),
        };
        let events: Vec<TraceEvent> = (1..).zip(kinds).map(event).collect();
        let lines = |last| {
            let mut teller = TraceTeller::new(TraceFilter { last, ..TraceFilter::default() }, TraceForm::Lines);
            let mut text = teller.header();
            events.iter().for_each(|event| teller.event(event.clone(), &mut text));
            text + &teller.end(&run, false)
        };
        let last = lines(Some(1));
        assert!(last.starts_with("{\"type\":\"hidden\",\"events\":3}\n") && last.lines().count() == 3, "{last}");
        let lines = lines(None);
        assert_eq!(lines.lines().last(), Some(run_line(&run, false).as_str()));
        insta::assert_snapshot!(lines);
    }
}
