//! The text form of a trace: one line an event, in columns, the same for ever.
//!
//! ```text
//! step           time  who  event
//!   12   152.301ms     n0   timer     Election
//!   13   157.918207ms  n1   receives  n0 PreVote term=1 …            <- 12
//! ```
//!
//! The last line is the verdict and the hash. `<-` names the step that caused an event, where that
//! is not the node's previous one.

use std::fmt;

use super::{LossReason, Trace, TraceEvent, TraceKind};
use crate::fault::CrashSeverity;
use crate::process::NodeId;
use crate::time::Time;

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>6}  {:>15}  {:<4} event", "step", "time", "who")?;
        for event in &self.events {
            writeln!(f, "{event}")?;
        }
        // What was seen may take several lines; the last line of a trace is one.
        let verdict = self.verdict.to_string();
        let verdict = verdict.lines().next().unwrap_or_default();
        writeln!(f, "{verdict} after {} steps, trace hash {:#018x}", self.steps, self.hash)
    }
}

impl fmt::Display for TraceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = self.who.map_or_else(|| "-".to_owned(), |who| who.to_string());
        write!(f, "{:>6}  {}  {who:<4} {}", self.step, in_column(self.time), self.kind)?;
        self.cause.map_or(Ok(()), |cause| write!(f, "  <- {cause}"))
    }
}

impl Trace {
    /// The run as a person tells it: what clients ask and are answered, what nodes announce, who fails
    /// and comes back. It leaves out messages, timers, the disk, and the numbers of steps, so that a
    /// snapshot of it (with `insta`, say) changes when the behaviour does.
    pub fn story(&self) -> String {
        let told = self.events.iter().filter(|event| event.kind.belongs_to_the_story());
        let lines = told.map(|TraceEvent { time, who, kind, .. }| {
            let who = who.map_or_else(|| "-".to_owned(), |who| who.to_string());
            format!("{}  {who:<4} {kind}\n", in_column(*time))
        });
        lines.chain([format!("{}\n", self.verdict)]).collect()
    }
}

impl TraceKind {
    const fn belongs_to_the_story(&self) -> bool {
        match self {
            Self::Boot { incarnation, .. } => *incarnation > 1,
            Self::Lies { .. }
            | Self::Corrupted { .. }
            | Self::Announce { .. }
            | Self::Crash { .. }
            | Self::Halt { .. }
            | Self::Invoke { .. }
            | Self::Return { .. }
            | Self::Operator { .. }
            | Self::Detected { .. }
            | Self::FaultBegins { .. }
            | Self::FaultStrikes { .. }
            | Self::FaultEnds { .. }
            | Self::Heal { .. }
            | Self::Corrupt { .. }
            | Self::Wipe { .. }
            | Self::Excused { .. }
            | Self::SyncFailed
            | Self::ReadFailed { .. }
            | Self::DiskFull => true,
            Self::Deliver { .. }
            | Self::Lost { .. }
            | Self::Timer { .. }
            | Self::Write { .. }
            | Self::Sync { .. }
            | Self::Synced
            | Self::Log { .. }
            | Self::Stabilised
            | Self::Delivers { .. }
            | Self::Fires { .. } => false,
        }
    }
}

/// A verb, padded to a column, and what it is about.
impl fmt::Display for TraceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boot { incarnation: 1, .. } => write!(f, "boots"),
            Self::Boot { incarnation, records } => {
                write!(f, "boots     again, incarnation {incarnation}, {records} records on its disk")
            }
            Self::Deliver { from, message } => write!(f, "receives  {from} {message}"),
            Self::Lost { to, message, why } => write!(f, "loses     {to} {message} ({})", why.describe()),
            Self::Lies { to, message, instead_of } => write!(f, "lies      to {to} {message}, not {instead_of}"),
            Self::Corrupted { to, message, instead_of } => {
                write!(f, "corrupts  to {to} {message}, sent as {instead_of}")
            }
            Self::Timer { timer } => write!(f, "timer     {timer}"),
            Self::Write { operation, value } => write!(f, "{operation:<9} {value}"),
            Self::Sync { waits: true, takes } => write!(f, "syncs     and waits {takes}"),
            Self::Sync { waits: false, takes } => write!(f, "syncs     in the background, {takes}"),
            Self::Synced => write!(f, "synced"),
            Self::Announce { event } => write!(f, "announces {event}"),
            Self::Log { line } => write!(f, "log       {}", line.escape_debug()),
            Self::Crash { severity, lost, torn, cut_off } => crash(f, *severity, *lost, *torn, *cut_off),
            Self::Halt { reason } => write!(f, "halts     {reason}"),
            Self::Invoke { operation, op } => write!(f, "asks      {operation}: {op}"),
            Self::Return { operation, outcome } => write!(f, "is told   {operation}: {outcome}"),
            Self::Operator { action } => write!(f, "operator  {action}"),
            Self::Detected { node } => write!(f, "detects   {node} has stopped"),
            Self::FaultBegins { fault, name, severity, hit } => {
                write!(f, "fault     {fault} {name} ({}) begins: {}", severity.name(), names(hit))
            }
            Self::FaultStrikes { fault, name, hit } => write!(f, "fault     {fault} {name} strikes: {}", names(hit)),
            Self::FaultEnds { fault, name } => write!(f, "fault     {fault} {name} ends"),
            Self::Heal { core, .. } if core.is_empty() => write!(f, "heal      everything is repaired"),
            Self::Heal { core, sealed } => {
                let rest = if *sealed { "and sealed off from the rest" } else { "and the rest is not" };
                write!(f, "heal      {} are repaired, {rest}", names(core))
            }
            Self::Stabilised => write!(f, "stable    progress is owed from now on"),
            Self::Corrupt { index } => write!(f, "rots      record {index} of its disk"),
            Self::Wipe { records } => write!(f, "is wiped  {records} records of its disk are gone"),
            Self::Excused { property } => write!(f, "excused   {property}, outside of the model"),
            Self::SyncFailed => write!(f, "sync failed"),
            Self::ReadFailed { index } => write!(f, "read failed at record {index} of its disk"),
            Self::Delivers { to, message } => write!(f, "script    delivers to {to} {message}"),
            Self::Fires { timer } => write!(f, "script    fires {timer}"),
            Self::DiskFull => write!(f, "disk full"),
        }
    }
}

/// A moment with its point in the same place on every line.
fn in_column(time: Time) -> String {
    let text = time.to_string();
    let whole = text.find(['.', 'm']).unwrap_or(text.len());
    format!("{:15}", format!("{}{text}", " ".repeat(6_usize.saturating_sub(whole))))
}

fn names(nodes: &[NodeId]) -> String {
    nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ")
}

fn crash(f: &mut fmt::Formatter<'_>, severity: CrashSeverity, lost: u64, torn: bool, cut_off: u64) -> fmt::Result {
    match severity {
        CrashSeverity::Process => write!(f, "crashes")?,
        CrashSeverity::PowerLoss | CrashSeverity::ReorderingPowerLoss => {
            write!(f, "crashes   by power loss, {lost} writes lost")?;
        }
    }
    if torn {
        write!(f, ", one of them torn")?;
    }
    match cut_off {
        0 => Ok(()),
        n => write!(f, "  ({n} effects of its step not carried out)"),
    }
}

impl LossReason {
    const fn describe(self) -> &'static str {
        match self {
            Self::Link => "lost",
            Self::Omission => "lost by a fault",
            Self::Silence => "not sent by a Byzantine node",
            Self::Cut => "cut off",
            Self::Down => "receiver down",
            Self::Boot => "connection gone",
            Self::Heal => "a copy, dropped at the heal",
            Self::Checksum => "corrupt, and caught by a checksum",
            Self::Queue => "no room in the queue of its link",
        }
    }
}
