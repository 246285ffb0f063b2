//! Histories as text for people: stable, aligned, one line an operation.

use std::fmt::{self, Debug, Display};

use super::{History, Moment, Operation, OperationId, OperationOutcome, TimeScale};
use crate::time::Time;

/// One line an operation, in aligned columns: name, client, session, times of
/// invocation and return in milliseconds (or lines), operation and outcome.
impl<O: Debug, R: Debug> Display for History<O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |(id, operation)| columns(self.name(id), self.client(operation), operation, self.scale);
        let rows: Vec<_> = self.iter().map(row).collect();
        let widths = std::array::from_fn(|column| widest(&rows, column));
        rows.iter().try_for_each(|row| write_row(f, row, widths))
    }
}

impl<O: Debug, R: Debug> History<O, R> {
    /// An operation in one line: its name in the run or else its client, operation, outcome and times,
    /// as in `c1.0.16: Read -> 5 [2ms, 3ms]`. Panics if `id` is of another, longer history.
    #[must_use]
    pub fn line(&self, id: OperationId) -> String {
        let operation = self.get(id);
        one_line(operation, &self.client(operation), self.scale)
    }

    /// The client of an operation: its number, or its name in quotes.
    fn client(&self, operation: &Operation<O, R>) -> String {
        let client = operation.client;
        self.client_name(client).map_or_else(|| client.to_string(), |name| format!("{name:?}"))
    }
}

/// One line: its name in the run or else its client, operation, outcome and times, as in
/// `c1.0.16: Read -> 5 [2ms, 3ms]`.
impl<O: Debug, R: Debug> Display for Operation<O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(self, &self.client.to_string(), TimeScale::Nanoseconds))
    }
}

fn one_line<O: Debug, R: Debug>(operation: &Operation<O, R>, client: &str, scale: TimeScale) -> String {
    let Operation { request, op, outcome, .. } = operation;
    let who = request.map_or_else(|| format!("client {client}"), |request| request.to_string());
    let [invoked, returned] = times(operation, scale);
    format!("{who}: {op:?} -> {outcome} [{invoked}, {returned}]")
}

impl<R: Debug> Display for OperationOutcome<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok { reply, .. } => write!(f, "{reply:?}"),
            Self::Failed { .. } => f.write_str("failed"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// Name, client, session, invocation, return, operation.
const ALIGNED_COLUMNS: usize = 6;

/// The aligned columns of a line and, last, the outcome.
type Row = ([String; ALIGNED_COLUMNS], String);

fn columns<O: Debug, R: Debug>(name: String, client: String, operation: &Operation<O, R>, scale: TimeScale) -> Row {
    let [invoked, returned] = times(operation, scale);
    let aligned = [name, client, operation.session.to_string(), invoked, returned, format!("{:?}", operation.op)];
    (aligned, operation.outcome.to_string())
}

fn widest(rows: &[Row], column: usize) -> usize {
    let width = |(aligned, _): &Row| aligned[column].chars().count();
    rows.iter().map(width).max().unwrap_or(0)
}

fn write_row(f: &mut fmt::Formatter<'_>, row: &Row, widths: [usize; ALIGNED_COLUMNS]) -> fmt::Result {
    let ([id, client, session, invoked, returned, op], outcome) = row;
    let [wide_id, wide_client, wide_session, wide_invoked, wide_returned, wide_op] = widths;
    writeln!(
        f,
        "{id:<wide_id$}  client {client:>wide_client$}  session {session:>wide_session$}  \
         {invoked:>wide_invoked$} .. {returned:>wide_returned$}  {op:<wide_op$}  -> {outcome}"
    )
}

fn times<O, R>(operation: &Operation<O, R>, scale: TimeScale) -> [String; 2] {
    let show = |at: Moment| match scale {
        TimeScale::Nanoseconds => Time::from_nanos(at.time_ns).to_string(),
        TimeScale::Lines => format!("line {}", at.time_ns),
    };
    [show(operation.invoked), operation.returned().map_or_else(|| "?".to_owned(), show)]
}

impl Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("#{}", self.0))
    }
}
