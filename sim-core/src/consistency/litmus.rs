//! Known histories and which levels allow them: each checker against the same table.
//!
//! `.` is allowed, `X` violated. Registers hold 0 at the start. The session guarantees assume one
//! order of all writes and one relation of visibility, in which no read sees a later write of its
//! own session.

use super::testing::{Call, MapHistory, history_of, r, w};
use super::{Answer, Level};

/// The levels that the columns stand for, in their order.
const COLUMNS: [Level; 11] = [
    Level::Linearizable,
    Level::Sequential,
    Level::CausalMemory,
    Level::Causal,
    Level::WeakCausal,
    Level::Pram,
    Level::Session,
    Level::ReadYourWrites,
    Level::MonotonicReads,
    Level::MonotonicWrites,
    Level::WritesFollowReads,
];

/// One history and what it keeps.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) history: MapHistory,
    expected: &'static str,
}

/// Holds the answers of a checker against the column of a level.
pub(crate) fn check_column<W: std::fmt::Debug>(level: Level, check: impl Fn(&MapHistory) -> Answer<W>) {
    for row in rows() {
        let answer = check(&row.history);
        let expected = if row.allows(level) { "allowed" } else { "violated" };
        let found = match answer {
            Answer::Satisfied => "allowed",
            Answer::Violated(_) => "violated",
            Answer::Unknown(_) => "unknown",
        };
        assert_eq!(found, expected, "{} {level}: {answer:?}\n{}", row.name, row.history);
    }
}

impl Row {
    pub(crate) fn allows(&self, level: Level) -> bool {
        let column = COLUMNS.iter().position(|&other| other == level).expect("every level has a column");
        self.expected.split(' ').nth(column) == Some(".")
    }
}

/// The whole table.
pub(crate) fn rows() -> Vec<Row> {
    let row = |name, expected, calls: Vec<Call>| Row { name, history: history_of(&calls), expected };
    let unknown = |call: Call| Call(call.0, call.1, None, call.3);
    vec![
        //               Lin Seq CM CCv CC PRAM Ses RYW MR MW WFR
        row("L1", "X . . . . . . . . . .", vec![w(0, 'x', 1, [0, 1]), r(1, 'x', 0, [2, 3])]),
        row("L2", "X X X X X X X X . . .", vec![w(0, 'x', 1, [0, 1]), r(0, 'x', 0, [2, 3])]),
        row("L3", "X X X X X X X . X . .", vec![w(0, 'x', 1, [0, 9]), r(1, 'x', 1, [0, 1]), r(1, 'x', 0, [2, 3])]),
        row(
            "L4, store buffer",
            "X X . . . . . . . . .",
            vec![w(0, 'x', 1, [0, 1]), r(0, 'y', 0, [2, 3]), w(1, 'y', 1, [0, 1]), r(1, 'x', 0, [2, 3])],
        ),
        row(
            "L5, IRIW",
            "X X . . . . . . . . .",
            vec![
                w(0, 'x', 1, [0, 1]),
                w(1, 'y', 1, [0, 1]),
                r(2, 'x', 1, [2, 3]),
                r(2, 'y', 0, [4, 5]),
                r(3, 'y', 1, [2, 3]),
                r(3, 'x', 0, [4, 5]),
            ],
        ),
        row(
            "L6",
            "X X . X . . X . X . .",
            vec![
                w(0, 'x', 1, [0, 9]),
                w(1, 'x', 2, [0, 9]),
                r(2, 'x', 1, [0, 1]),
                r(2, 'x', 2, [2, 3]),
                r(3, 'x', 2, [0, 1]),
                r(3, 'x', 1, [2, 3]),
            ],
        ),
        row(
            "L7, WRC",
            "X X X X X . . . . . .",
            vec![
                w(0, 'x', 1, [0, 1]),
                r(1, 'x', 1, [2, 3]),
                w(1, 'y', 1, [4, 5]),
                r(2, 'y', 1, [6, 7]),
                r(2, 'x', 0, [8, 9]),
            ],
        ),
        row(
            "L8, message passing",
            "X X X X X X . . . . .",
            vec![w(0, 'x', 1, [0, 1]), w(0, 'y', 1, [2, 3]), r(1, 'y', 1, [4, 5]), r(1, 'x', 0, [6, 7])],
        ),
        row("L9, thin air", "X X X X X X X X X X X", vec![w(0, 'x', 1, [0, 9]), r(1, 'x', 9, [0, 9])]),
        row("L10", "X X X X X X X X X X X", vec![r(0, 'x', 1, [0, 1]), w(0, 'x', 1, [2, 3])]),
        row("L11", "X . . . . . . . . . .", vec![r(0, 'x', 1, [0, 1]), w(1, 'x', 1, [2, 3])]),
        row(
            "L12, ABD",
            "X . . . . . . . . . .",
            vec![w(0, 'x', 1, [0, 9]), r(1, 'x', 1, [1, 2]), r(2, 'x', 0, [3, 4])],
        ),
        row(
            "L13",
            ". . . . . . . . . . .",
            vec![unknown(w(0, 'x', 1, [0, 1])), r(1, 'x', 0, [2, 3]), r(1, 'x', 1, [4, 5])],
        ),
        row(
            "L14",
            "X . . . . . . . . . .",
            vec![unknown(w(0, 'x', 1, [0, 1])), r(1, 'x', 1, [2, 3]), r(2, 'x', 0, [4, 5])],
        ),
        row(
            "L15",
            "X X X X X X . . . . .",
            vec![w(0, 'x', 1, [0, 1]), w(0, 'x', 2, [2, 9]), r(1, 'x', 2, [3, 4]), r(1, 'x', 1, [5, 6])],
        ),
        row(
            "L16",
            "X X X X X . . . . . .",
            vec![
                w(0, 'x', 1, [0, 9]),
                r(1, 'x', 1, [1, 2]),
                w(1, 'x', 2, [3, 9]),
                r(2, 'x', 2, [4, 5]),
                r(2, 'x', 1, [6, 7]),
            ],
        ),
        row(
            "L17, causal cycle",
            "X X X X X . X . . . X",
            vec![r(0, 'x', 1, [0, 1]), w(0, 'y', 1, [2, 3]), r(1, 'y', 1, [0, 1]), w(1, 'x', 1, [2, 3])],
        ),
        row(
            "L18",
            "X X X . . X . . . . .",
            vec![
                w(0, 'z', 1, [0, 1]),
                w(0, 'x', 1, [2, 3]),
                w(0, 'y', 1, [4, 5]),
                w(1, 'x', 2, [0, 1]),
                r(1, 'z', 0, [2, 3]),
                r(1, 'y', 1, [4, 5]),
                r(1, 'x', 2, [6, 7]),
            ],
        ),
        row("L19", ". . . . . . . . . . .", vec![w(0, 'x', 1, [0, 5]), r(1, 'x', 0, [1, 2]), r(1, 'x', 1, [3, 4])]),
        row(
            "L20",
            "X X X X . X . . . . .",
            vec![w(0, 'x', 1, [0, 1]), r(0, 'x', 2, [2, 3]), r(0, 'x', 1, [4, 5]), w(1, 'x', 2, [0, 9])],
        ),
    ]
}

#[test]
fn stronger_levels_allow_less() {
    for row in rows() {
        for strong in COLUMNS.into_iter().filter(|&strong| row.allows(strong)) {
            let broken = COLUMNS.into_iter().find(|&weak| strong.implies(weak) && !row.allows(weak));
            assert_eq!(broken, None, "{} {strong}", row.name);
        }
    }
}
