//! Histories in a short notation, one transaction a word list:
//!
//! `0@3-9 ax1 rx.1.2 wy1 gy=1 gz=nil` is a transaction of process 0, called at 3 and returned at 9, that
//! appends 1 to x, reads x as [1, 2], writes y, and reads the registers y and z. A `!` in front says that
//! it aborted, a `?` that its outcome is unknown.

use sim_core::consistency::isolation::{MicroOp, Transaction, TransactionHistory, TransactionOutcome};

pub(crate) fn parse(transactions: &[&str]) -> TransactionHistory {
    let mut history = TransactionHistory::new();
    for text in transactions {
        let mut words = text.split(' ');
        let head = words.next().expect("it has a head");
        let outcome = match head.as_bytes()[0] {
            b'!' => TransactionOutcome::Aborted,
            b'?' => TransactionOutcome::Unknown,
            _ => TransactionOutcome::Committed,
        };
        let (process, times) = head.trim_start_matches(['!', '?']).split_once('@').expect("process@call-return");
        let (called, returned) = times.split_once('-').expect("call-return");
        let number = |text: &str| text.parse().expect("a number");
        let (process, called, returned) = (number(process) as u32, number(called), Some(number(returned)));
        let mut ops = Vec::new();
        for word in words {
            let key = history.key(&word[1..2]);
            let rest = &word[2..];
            let values: Vec<i64> = rest.split(['.', '=']).filter_map(|value| value.parse().ok()).collect();
            ops.push((word.as_bytes()[0], key, values));
        }
        let ops = ops.iter().map(|(kind, key, values)| match kind {
            b'a' => MicroOp::Append { key: *key, value: values[0] },
            b'w' => MicroOp::Write { key: *key, value: values[0] },
            b'r' => MicroOp::ReadList { key: *key, values },
            _ => MicroOp::ReadRegister { key: *key, value: values.first().copied() },
        });
        history.push(Transaction { process, called, returned, outcome }, ops).expect("it fits");
    }
    history
}
