//! The definitions of the levels, tried out over all orders of a few reads and writes.

use proptest::prelude::*;

use super::SessionGuarantee;
use super::testing::{Action, Call, MapHistory, Op, Reply, history_of};

/// One operation: key, value it read (0 is the initial one), value it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) key: char,
    pub(crate) read: Option<u8>,
    pub(crate) write: Option<u8>,
}

/// Sessions of operations one after the other. No value is written twice to a key.
#[derive(Clone, Debug)]
pub(crate) struct Small {
    sessions: Vec<usize>,
    steps: Vec<Step>,
}

/// Which order the reads are held against.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Judged {
    /// Those of the whole history.
    All,
    /// The last one alone.
    Last,
    /// Those of this session.
    Session(usize),
}

impl Small {
    /// Sessions of these lengths.
    pub(crate) fn new(lengths: &[usize], steps: Vec<Step>) -> Self {
        let sessions = lengths.iter().enumerate().flat_map(|(session, &length)| std::iter::repeat_n(session, length));
        Self { sessions: sessions.collect(), steps }
    }

    /// As a history, one session after the other in time.
    pub(crate) fn history(&self) -> MapHistory {
        let call = |(i, step): (usize, &Step)| {
            let (action, reply) = match (step.read, step.write) {
                (Some(value), None) => (Action::Read, Reply::Value(vec![value])),
                (None, Some(value)) => (Action::Write(value), Reply::Done),
                (Some(from), Some(to)) => (Action::Swap(from, to), Reply::Swapped(true)),
                (None, None) => panic!("a step does something"),
            };
            let times = [2 * i as u64, 2 * i as u64 + 1];
            Call(self.sessions[i] as u32, Op { key: step.key, action }, Some(reply), times)
        };
        history_of(&self.steps.iter().enumerate().map(call).collect::<Vec<_>>())
    }

    /// All operations in one order that keeps sessions.
    pub(crate) fn is_sequential(&self) -> bool {
        self.has_order(&self.all(), &self.session_order(), Judged::All)
    }

    pub(crate) fn is_weakly_causal(&self) -> bool {
        let causal = self.causal_order();
        is_acyclic(&causal)
            && (0..self.steps.len()).all(|read| self.has_order(&past(&causal, read), &causal, Judged::Last))
    }

    pub(crate) fn is_causal_memory(&self) -> bool {
        let causal = self.causal_order();
        let session_ends = (0..self.steps.len()).filter(|&i| self.sessions.get(i + 1) != Some(&self.sessions[i]));
        is_acyclic(&causal)
            && session_ends
                .into_iter()
                .all(|end| self.has_order(&past(&causal, end), &causal, Judged::Session(self.sessions[end])))
    }

    pub(crate) fn is_pram(&self) -> bool {
        let order = self.session_order();
        self.sessions.iter().all(|&session| {
            let counts = |&i: &usize| self.sessions[i] == session || self.steps[i].write.is_some();
            self.has_order(&self.all().into_iter().filter(counts).collect::<Vec<_>>(), &order, Judged::Session(session))
        })
    }

    /// Tries all orders of the operations as the one by which writes are decided.
    pub(crate) fn is_convergent(&self) -> bool {
        let causal = self.causal_order();
        let suits = |order: &[usize]| {
            (0..self.steps.len()).all(|read| {
                let past = past(&causal, read);
                let seen = order.iter().copied().filter(|i| past.contains(i) && *i != read);
                self.is_right(&seen.chain([read]).collect::<Vec<_>>(), Judged::Last)
            })
        };
        is_acyclic(&causal) && any_order(&self.all(), &causal, &mut Vec::new(), &suits)
    }

    /// Tries all orders of the writes, and all sets of writes visible to each read.
    pub(crate) fn keeps(&self, guarantee: SessionGuarantee) -> bool {
        let with = |is: fn(&Step) -> bool| (0..self.steps.len()).filter(|&i| is(&self.steps[i])).collect::<Vec<_>>();
        let (reads, writes) = (with(|step| step.read.is_some()), with(|step| step.write.is_some()));
        let no_order = vec![vec![false; self.steps.len()]; self.steps.len()];
        let suits = |order: &[usize]| {
            let mut visible = vec![Vec::new(); self.steps.len()];
            self.any_visible(&reads, order, &mut visible, &|visible| self.is_kept(guarantee, order, &reads, visible))
        };
        any_order(&writes, &no_order, &mut Vec::new(), &suits)
    }

    /// Whether some choice of visible writes for each read makes it right and suits. Visible writes
    /// are given in order.
    fn any_visible(
        &self,
        reads: &[usize],
        order: &[usize],
        visible: &mut [Vec<usize>],
        suits: &dyn Fn(&[Vec<usize>]) -> bool,
    ) -> bool {
        let Some((&read, rest)) = reads.split_first() else {
            return suits(visible);
        };
        (0..1u32 << order.len()).any(|chosen| {
            let is_chosen = |place: &usize| chosen >> place & 1 == 1;
            visible[read] = (0..order.len()).filter(is_chosen).map(|place| order[place]).collect();
            let is_future = |&write: &usize| write >= read && self.sessions[write] == self.sessions[read];
            let is_possible = !visible[read].iter().any(is_future);
            let seen: Vec<_> = visible[read].iter().copied().chain([read]).collect();
            is_possible && self.is_right(&seen, Judged::Last) && self.any_visible(rest, order, visible, suits)
        })
    }

    fn is_kept(&self, guarantee: SessionGuarantee, order: &[usize], reads: &[usize], visible: &[Vec<usize>]) -> bool {
        let is_before = |a: usize, b: usize| a < b && self.sessions[a] == self.sessions[b];
        let is_ordered = |a: usize, b: usize| {
            order.iter().position(|&write| write == a) < order.iter().position(|&write| write == b)
        };
        let brings_along =
            |a: usize, b: usize| reads.iter().all(|&read| !visible[read].contains(&b) || visible[read].contains(&a));
        let holds = |a: usize, b: usize| is_ordered(a, b) && brings_along(a, b);
        match guarantee {
            SessionGuarantee::ReadYourWrites => reads
                .iter()
                .all(|&read| order.iter().all(|&write| !is_before(write, read) || visible[read].contains(&write))),
            SessionGuarantee::MonotonicReads => reads.iter().all(|&a| {
                let later = reads.iter().filter(|&&b| is_before(a, b));
                later.into_iter().all(|&b| visible[a].iter().all(|write| visible[b].contains(write)))
            }),
            SessionGuarantee::MonotonicWrites => {
                order.iter().all(|&a| order.iter().all(|&b| !is_before(a, b) || holds(a, b)))
            }
            // What reads and writes at one moment reads first.
            SessionGuarantee::WritesFollowReads => reads.iter().all(|&read| {
                let mut later = order.iter().filter(|&&write| write == read || is_before(read, write));
                later.all(|&b| visible[read].iter().all(|&a| holds(a, b)))
            }),
        }
    }

    fn all(&self) -> Vec<usize> {
        (0..self.steps.len()).collect()
    }

    fn session_order(&self) -> Vec<Vec<bool>> {
        let n = self.steps.len();
        (0..n).map(|a| (0..n).map(|b| a < b && self.sessions[a] == self.sessions[b]).collect()).collect()
    }

    fn causal_order(&self) -> Vec<Vec<bool>> {
        let mut order = self.session_order();
        for (a, write) in self.steps.iter().enumerate() {
            for (b, read) in self.steps.iter().enumerate() {
                order[a][b] |= a != b && write.key == read.key && write.write.is_some() && write.write == read.read;
            }
        }
        for middle in 0..self.steps.len() {
            for a in 0..self.steps.len() {
                for b in 0..self.steps.len() {
                    order[a][b] |= order[a][middle] && order[middle][b];
                }
            }
        }
        order
    }

    fn has_order(&self, of: &[usize], order: &[Vec<bool>], judged: Judged) -> bool {
        // Of a past, the operation itself is the last.
        let last = of.last().copied();
        let suits =
            |found: &[usize]| (judged != Judged::Last || found.last().copied() == last) && self.is_right(found, judged);
        any_order(of, order, &mut Vec::new(), &suits)
    }

    fn is_right(&self, order: &[usize], judged: Judged) -> bool {
        order.iter().enumerate().all(|(place, &i)| {
            let is_judged = match judged {
                Judged::All => true,
                Judged::Last => place + 1 == order.len(),
                Judged::Session(session) => self.sessions[i] == session,
            };
            let step = self.steps[i];
            let before = order[..place].iter().rev().map(|&i| self.steps[i]);
            let value = before.filter(|other| other.key == step.key).find_map(|other| other.write).unwrap_or(0);
            !is_judged || step.read.is_none_or(|read| read == value)
        })
    }
}

fn is_acyclic(order: &[Vec<bool>]) -> bool {
    (0..order.len()).all(|i| !order[i][i])
}

/// What comes before it, and it itself at the end.
fn past(order: &[Vec<bool>], of: usize) -> Vec<usize> {
    (0..order.len()).filter(|&i| order[i][of]).chain([of]).collect()
}

fn any_order(left: &[usize], order: &[Vec<bool>], found: &mut Vec<usize>, suits: &dyn Fn(&[usize]) -> bool) -> bool {
    if left.is_empty() {
        return suits(found);
    }
    left.iter().any(|&next| {
        let is_first = !left.iter().any(|&other| order[other][next]);
        let rest: Vec<_> = left.iter().copied().filter(|&other| other != next).collect();
        found.push(next);
        let is_good = is_first && any_order(&rest, order, found, suits);
        found.pop();
        is_good
    })
}

/// All small histories of `length` reads and writes on `keys`, up to the names of sessions and
/// values: in which each read returns the initial value or one that is written.
pub(crate) fn all_small(length: usize, keys: &[char]) -> Vec<Small> {
    let mut shapes = Vec::new();
    session_lengths(length, length, &mut Vec::new(), &mut shapes);
    let mut all = Vec::new();
    for writes in 0..1u32 << length {
        for choice in 0..keys.len().pow(length as u32) {
            let key = |i: usize| keys[choice / keys.len().pow(i as u32) % keys.len()];
            let write = |i: usize| (writes >> i & 1 == 1).then_some(i as u8 + 1);
            let blank: Vec<_> = (0..length).map(|i| Step { key: key(i), read: None, write: write(i) }).collect();
            let mut filled = Vec::new();
            fill_reads(&blank, &mut Vec::new(), &mut filled);
            for steps in filled {
                all.extend(shapes.iter().map(|shape| Small::new(shape, steps.clone())));
            }
        }
    }
    all
}

/// The ways to divide `left` operations into sessions, none longer than the one before.
fn session_lengths(left: usize, longest: usize, lengths: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
    if left == 0 {
        found.push(lengths.clone());
    }
    for length in 1..=left.min(longest) {
        lengths.push(length);
        session_lengths(left - length, length, lengths, found);
        lengths.pop();
    }
}

fn fill_reads(blank: &[Step], filled: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    let Some(&step) = blank.get(filled.len()) else {
        found.push(filled.clone());
        return;
    };
    let values = blank.iter().filter(|other| other.key == step.key).filter_map(|other| other.write);
    let choices: Vec<Step> = match step.write {
        Some(_) => vec![step],
        None => [0].into_iter().chain(values).map(|value| Step { read: Some(value), ..step }).collect(),
    };
    for choice in choices {
        filled.push(choice);
        fill_reads(blank, filled, found);
        filled.pop();
    }
}

/// Reads, writes and swaps of two registers in three sessions.
pub(crate) fn small_histories(length: usize) -> impl Strategy<Value = Small> {
    let lengths = prop::collection::vec(1..=length, 1..4);
    let step = (prop_oneof![3 => Just('x'), 2 => Just('y')], 0..5u8, 0..=length as u8);
    (lengths, prop::collection::vec(step, length)).prop_map(move |(lengths, steps)| {
        let step = |(i, (key, role, value)): (usize, (char, u8, u8))| {
            let write = (role != 0 && role < 3).then_some(i as u8 + 1);
            let read = (role == 0 || role > 1).then_some(value).filter(|&value| Some(value) != write);
            let read = read.or(write.is_none().then_some(0));
            Step { key, read, write }
        };
        let mut cut = Vec::new();
        for longest in lengths.into_iter().chain([length]) {
            cut.push(longest.min(length - cut.iter().sum::<usize>()));
        }
        Small::new(&cut, steps.into_iter().enumerate().map(step).collect())
    })
}
