//! Which write each read saw, and what that tells about the order of the versions of each key.

use super::super::Undecided;
use super::anomaly::Anomaly;
use super::history::{Key, MicroOp, TransactionHistory, TransactionId, TransactionOutcome};
use super::witness::{Dependency, Evidence, Grounds, Link};

/// In place of a transaction: nobody, the key is as it was at the start.
pub(super) const NOBODY: u32 = u32::MAX;

/// In place of a position in a chain: not on it.
pub(super) const LOOSE: u32 = u32::MAX;

/// The reads and writes of a history by transaction, by number.
#[derive(Debug)]
pub(super) struct Resolved {
    /// By transaction, whether it certainly took effect. Of those of unknown outcome, the ones that were
    /// seen: without the others, whatever is allowed with them is allowed.
    pub(super) committed: Vec<bool>,
    /// By key.
    pub(super) keys: Vec<Versions>,
    reads: Vec<Read>,
    read_ends: Vec<u32>,
    writes: Vec<Write>,
    write_ends: Vec<u32>,
    /// What is wrong without any cycle.
    pub(super) found: Vec<Evidence>,
}

/// The committed writers of a key.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions {
    /// The first ones, in the order of their versions.
    pub(super) chain: Vec<u32>,
    /// The others, all after those of the chain, in no known order.
    pub(super) loose: Vec<u32>,
}

/// A committed transaction read a key, other than what it wrote itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Read {
    pub(super) key: u32,
    /// Who wrote the version, or [`NOBODY`].
    pub(super) source: u32,
    /// How many versions of the chain come up to it; [`LOOSE`] if its writer is not on the chain.
    pub(super) place: u32,
}

/// A committed transaction wrote a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write {
    pub(super) key: u32,
    /// How many versions of the chain come up to its own; [`LOOSE`] if it is not on the chain.
    pub(super) place: u32,
    /// What it wrote last.
    pub(super) value: i64,
}

/// One micro-operation that writes.
#[derive(Clone, Copy, Debug)]
struct Written {
    key: u32,
    value: i64,
    transaction: u32,
    /// Which micro-operation of its transaction.
    op: u32,
    /// How many writes of its transaction to the key come before, and after.
    before: u32,
    after: u32,
}

impl Resolved {
    /// What `transaction` read of others.
    pub(super) fn reads(&self, transaction: u32) -> &[Read] {
        of(&self.reads, &self.read_ends, transaction)
    }

    /// What `transaction` wrote, in order of keys.
    pub(super) fn writes(&self, transaction: u32) -> &[Write] {
        of(&self.writes, &self.write_ends, transaction)
    }

    /// What `transaction` wrote to `key`, if it did.
    pub(super) fn write(&self, transaction: u32, key: u32) -> Option<&Write> {
        let writes = self.writes(transaction);
        writes.binary_search_by_key(&key, |write| write.key).ok().map(|place| &writes[place])
    }

    /// How many transactions there are, whatever their outcome.
    pub(super) fn transactions(&self) -> u32 {
        self.committed.len() as u32
    }

    /// All reads of all transactions, with their readers.
    pub(super) fn all_reads(&self) -> impl Iterator<Item = (u32, &Read)> {
        (0..self.transactions()).flat_map(|reader| self.reads(reader).iter().map(move |read| (reader, read)))
    }
}

fn of<'a, T>(items: &'a [T], ends: &[u32], transaction: u32) -> &'a [T] {
    let begin = transaction.checked_sub(1).map_or(0, |before| ends[before as usize]);
    &items[begin as usize..ends[transaction as usize] as usize]
}

/// Finds out who read from whom.
///
/// # Errors
/// If a value was written twice to a key.
pub(super) fn resolve(history: &TransactionHistory) -> Result<Resolved, Undecided> {
    let writes = Writes::of(history)?;
    let mut resolver = Resolver::new(history, &writes);
    resolver.find_longest_lists();
    (0..history.keys() as u32).for_each(|key| resolver.order_list(key));
    resolver.see_registers();
    resolver.place_writes();
    resolver.place_reads();
    Ok(resolver.resolved)
}

/// All micro-operations that write, by key and value.
struct Writes {
    sorted: Vec<Written>,
    /// By key, where those of the next begin.
    ends: Vec<u32>,
}

impl Writes {
    fn of(history: &TransactionHistory) -> Result<Self, Undecided> {
        let mut sorted = Vec::new();
        let mut own: Vec<Written> = Vec::new();
        for (id, _) in history.iter() {
            own.clear();
            own.extend((0..).zip(history.ops(id)).filter_map(|(op, micro_op)| {
                let value = micro_op.written()?;
                Some(Written { key: micro_op.key().0, value, transaction: id.0, op, before: 0, after: 0 })
            }));
            own.sort_by_key(|written| written.key);
            for of_key in own.chunk_by_mut(|a, b| a.key == b.key) {
                let count = of_key.len() as u32;
                (0..count).zip(of_key).for_each(|(before, written)| {
                    (written.before, written.after) = (before, count - 1 - before);
                });
            }
            sorted.extend_from_slice(&own);
        }
        sorted.sort_unstable_by_key(|written| (written.key, written.value, written.transaction, written.op));
        let twice = sorted.windows(2).find(|pair| (pair[0].key, pair[0].value) == (pair[1].key, pair[1].value));
        if let Some([one, other]) = twice {
            let (key, ids) = (history.name(Key(one.key)), [one, other].map(|it| TransactionId(it.transaction)));
            let what = format!("{} was written twice to {key}, by {} and {}", one.value, ids[0], ids[1]);
            return Err(Undecided::Ambiguous { what });
        }
        let end = |key| sorted.partition_point(|written| written.key <= key) as u32;
        let ends = (0..history.keys() as u32).map(end).collect();
        Ok(Self { sorted, ends })
    }

    fn of_key(&self, key: u32) -> &[Written] {
        of(&self.sorted, &self.ends, key)
    }

    fn find(&self, key: u32, value: i64) -> Option<&Written> {
        let of_key = self.of_key(key);
        of_key.binary_search_by_key(&value, |written| written.value).ok().map(|place| &of_key[place])
    }
}

/// A list that a committed transaction read.
#[derive(Clone, Copy)]
struct ListRead<'a> {
    reader: u32,
    values: &'a [i64],
}

/// What is known of the versions of a list.
#[derive(Default)]
struct ListOrder {
    /// By version, the length of the list.
    lengths: Vec<u32>,
    /// Whether the last transaction of the chain appended more than was read.
    is_cut: bool,
    /// Whether something is wrong, so that its reads tell nothing about order.
    is_broken: bool,
}

struct Resolver<'a> {
    history: &'a TransactionHistory,
    written: &'a Writes,
    longest: Vec<Option<ListRead<'a>>>,
    orders: Vec<ListOrder>,
    resolved: Resolved,
    /// By transaction, the last key whose chain it came into, and one more than zero.
    on_chain_of: Vec<u32>,
}

impl<'a> Resolver<'a> {
    fn new(history: &'a TransactionHistory, written: &'a Writes) -> Self {
        let is_committed = |outcome| outcome == TransactionOutcome::Committed;
        let committed = history.iter().map(|(_, transaction)| is_committed(transaction.outcome)).collect();
        let mut orders = Vec::new();
        orders.resize_with(history.keys(), ListOrder::default);
        let resolved = Resolved {
            committed,
            keys: vec![Versions::default(); history.keys()],
            reads: Vec::new(),
            read_ends: Vec::new(),
            writes: Vec::new(),
            write_ends: Vec::new(),
            found: Vec::new(),
        };
        let longest = vec![None; history.keys()];
        Self { history, written, longest, orders, resolved, on_chain_of: vec![0; history.len()] }
    }

    /// All micro-operations of transactions that say they committed.
    fn committed_ops(history: &'a TransactionHistory) -> impl Iterator<Item = (u32, u32, MicroOp<'a>)> {
        let committed = history.iter().filter(|(_, it)| it.outcome == TransactionOutcome::Committed);
        committed.flat_map(move |(id, _)| (0..).zip(history.ops(id)).map(move |(op, micro_op)| (id.0, op, micro_op)))
    }

    fn list_reads(history: &'a TransactionHistory) -> impl Iterator<Item = (u32, ListRead<'a>)> {
        Self::committed_ops(history).filter_map(|(reader, _, op)| match op {
            MicroOp::ReadList { key, values } => Some((key.0, ListRead { reader, values })),
            _ => None,
        })
    }

    fn report(&mut self, anomaly: Anomaly, reader: u32, key: u32, value: Option<i64>, writer: Option<u32>) {
        let (reader, writer) = (TransactionId(reader), writer.map(TransactionId));
        self.resolved.found.push(Evidence::Read { anomaly, reader, key: Key(key), value, writer });
    }

    /// Of each list the longest that was read, with which all others have to agree.
    fn find_longest_lists(&mut self) {
        for (key, read) in Self::list_reads(self.history) {
            let longest = &mut self.longest[key as usize];
            if longest.is_none_or(|longest| longest.values.len() < read.values.len()) {
                *longest = Some(read);
            }
        }
        for (key, read) in Self::list_reads(self.history) {
            let longest = self.longest[key as usize].expect("this is one");
            if !longest.values.starts_with(read.values) && !self.orders[key as usize].is_broken {
                self.orders[key as usize].is_broken = true;
                if !self.judge_elements(key, read) {
                    let (one, other) = (TransactionId(read.reader), TransactionId(longest.reader));
                    self.resolved.found.push(Evidence::Lists { key: Key(key), one, other });
                }
            }
        }
    }

    /// Reports elements that should not be in any list. Says whether there are some.
    fn judge_elements(&mut self, key: u32, read: ListRead<'_>) -> bool {
        let found = self.resolved.found.len();
        let mut seen = Vec::with_capacity(read.values.len());
        let mut aborted = None;
        for &value in read.values {
            seen.push(value);
            let Some(&written) = self.written.find(key, value) else {
                self.report(Anomaly::GarbageRead, read.reader, key, Some(value), None);
                continue;
            };
            match self.history.get(TransactionId(written.transaction)).outcome {
                TransactionOutcome::Aborted => {
                    aborted = aborted.or(Some(written.transaction));
                    self.report(Anomaly::AbortedRead, read.reader, key, Some(value), Some(written.transaction));
                }
                TransactionOutcome::Unknown => self.resolved.committed[written.transaction as usize] = true,
                TransactionOutcome::Committed => {
                    if let Some(aborted) = aborted.take() {
                        self.report(Anomaly::DirtyUpdate, written.transaction, key, Some(value), Some(aborted));
                    }
                }
            }
        }
        seen.sort_unstable();
        if let Some(twice) = seen.windows(2).find(|pair| pair[0] == pair[1]) {
            self.report(Anomaly::DuplicateElements, read.reader, key, Some(twice[0]), None);
        }
        self.resolved.found.len() > found
    }

    /// The first of the shortest lists read of `key` that are longer than `length`; `None` if so much is
    /// wrong already that it is not worth the search.
    fn shortest_beyond(&self, key: u32, length: usize) -> Option<ListRead<'a>> {
        const WORTHWHILE: usize = 16;
        if self.resolved.found.len() > WORTHWHILE {
            return None;
        }
        let of_key = Self::list_reads(self.history).filter(|&(other, read)| other == key && read.values.len() > length);
        of_key.map(|(_, read)| read).min_by_key(|read| read.values.len())
    }

    /// The chain of a list from the longest that was read.
    fn order_list(&mut self, key: u32) {
        let Some(longest) = self.longest[key as usize] else {
            return;
        };
        if self.judge_elements(key, longest) || self.orders[key as usize].is_broken {
            self.orders[key as usize].is_broken = true;
            return;
        }
        let mut chain: Vec<u32> = Vec::new();
        let mut lengths: Vec<u32> = Vec::new();
        // What the next element has to be for the transaction that appended the last.
        let mut last: Option<Written> = None;
        for (length, &value) in (1..).zip(longest.values) {
            let written = *self.written.find(key, value).expect("no element is garbage");
            let writer = written.transaction;
            let goes_on = last.is_some_and(|last| last.transaction == writer);
            let wrong = match last {
                Some(last) if !goes_on && last.after > 0 => Some(last),
                _ => None,
            };
            if let Some(cut) = wrong.filter(|cut| !longest.values.contains(&self.next_append(cut))) {
                // What was appended on top may come from whoever was read first.
                let read = self.shortest_beyond(key, length as usize - 1).unwrap_or(longest);
                self.report(Anomaly::IntermediateRead, read.reader, key, Some(cut.value), Some(cut.transaction));
                self.orders[key as usize].is_broken = true;
                return;
            }
            if !goes_on && self.on_chain_of[writer as usize] == key + 1 {
                self.report_interleaved(key, &chain, writer, longest.values);
                return;
            }
            let before = last.filter(|_| goes_on).map_or(0, |last| last.before + 1);
            if written.before != before {
                let (one, other) = (TransactionId(longest.reader), TransactionId(writer));
                self.resolved.found.push(Evidence::Lists { key: Key(key), one, other });
                self.orders[key as usize].is_broken = true;
                return;
            }
            if goes_on {
                lengths.pop();
            } else {
                chain.push(writer);
                self.on_chain_of[writer as usize] = key + 1;
            }
            lengths.push(length);
            last = Some(written);
        }
        self.orders[key as usize] =
            ListOrder { lengths, is_cut: last.is_some_and(|it| it.after > 0), is_broken: false };
        self.resolved.keys[key as usize].chain = chain;
    }

    /// What the transaction appended to the key after this.
    fn next_append(&self, written: &Written) -> i64 {
        let of_key = self.written.of_key(written.key);
        let is_next = |other: &&Written| other.transaction == written.transaction && other.before == written.before + 1;
        of_key.iter().find(is_next).expect("there is one after it").value
    }

    /// The elements of `writer` have those of others in between.
    fn report_interleaved(&mut self, key: u32, chain: &[u32], writer: u32, values: &[i64]) {
        self.orders[key as usize].is_broken = true;
        let begin = chain.iter().position(|&other| other == writer).expect("it is on the chain");
        let between = [chain.get(begin + 1), chain.last()].into_iter().flatten();
        let mut cycle = vec![writer];
        cycle.extend(between);
        cycle.dedup();
        let value = |of: u32| {
            let mut of_key = values.iter().filter(|&&value| self.appended_by(key, value) == Some(of));
            *of_key.next().expect("its elements are in the list")
        };
        let last = |of: u32| {
            let mut of_key = values.iter().rev().filter(|&&value| self.appended_by(key, value) == Some(of));
            *of_key.next().expect("its elements are in the list")
        };
        let links = (0..cycle.len()).map(|place| {
            let (from, to) = (cycle[place], cycle[(place + 1) % cycle.len()]);
            let later = if to == writer { last(to) } else { value(to) };
            let dependency = Dependency::WriteWrite { key: Key(key), earlier: value(from), later };
            Link { from: TransactionId(from), to: TransactionId(to), dependency, grounds: Grounds::Shown }
        });
        let evidence = Evidence::Cycle(links.collect());
        self.resolved.found.push(evidence);
    }

    fn appended_by(&self, key: u32, value: i64) -> Option<u32> {
        self.written.find(key, value).map(|written| written.transaction)
    }

    /// Of the registers, which transactions of unknown outcome were seen.
    fn see_registers(&mut self) {
        for (_, _, op) in Self::committed_ops(self.history) {
            if let MicroOp::ReadRegister { key, value: Some(value) } = op
                && let Some(written) = self.written.find(key.0, value)
                && self.history.get(TransactionId(written.transaction)).outcome == TransactionOutcome::Unknown
            {
                self.resolved.committed[written.transaction as usize] = true;
            }
        }
    }

    fn place_writes(&mut self) {
        let mut own: Vec<Write> = Vec::new();
        for (id, _) in self.history.iter() {
            if self.resolved.committed[id.index()] {
                own.clear();
                own.extend(
                    self.history
                        .ops(id)
                        .filter_map(|op| Some(Write { key: op.key().0, place: LOOSE, value: op.written()? })),
                );
                // The last write to each key counts.
                own.reverse();
                own.sort_by_key(|write| write.key);
                own.dedup_by_key(|write| write.key);
                self.resolved.writes.extend_from_slice(&own);
            }
            self.resolved.write_ends.push(self.resolved.writes.len() as u32);
        }
        for key in 0..self.history.keys() {
            for place in 0..self.resolved.keys[key].chain.len() {
                let writer = self.resolved.keys[key].chain[place];
                self.write_mut(writer, key as u32).place = place as u32 + 1;
            }
        }
        for transaction in 0..self.resolved.transactions() {
            for Write { key, place, .. } in of(&self.resolved.writes, &self.resolved.write_ends, transaction) {
                if *place == LOOSE && !self.orders[*key as usize].is_broken {
                    self.resolved.keys[*key as usize].loose.push(transaction);
                }
            }
        }
    }

    fn write_mut(&mut self, transaction: u32, key: u32) -> &mut Write {
        let begin = transaction.checked_sub(1).map_or(0, |before| self.resolved.write_ends[before as usize]) as usize;
        let own = &mut self.resolved.writes[begin..self.resolved.write_ends[transaction as usize] as usize];
        let place = own.binary_search_by_key(&key, |write| write.key).expect("it wrote the key");
        &mut own[place]
    }

    fn place_reads(&mut self) {
        let mut by_key: Vec<(u32, u32, MicroOp<'a>)> = Vec::new();
        let mut own: Vec<Read> = Vec::new();
        for (id, transaction) in self.history.iter() {
            if transaction.outcome == TransactionOutcome::Committed {
                by_key.clear();
                by_key.extend((0..).zip(self.history.ops(id)).map(|(place, op)| (op.key().0, place, op)));
                by_key.sort_by_key(|&(key, place, _)| (key, place));
                own.clear();
                for of_key in by_key.chunk_by(|a, b| a.0 == b.0) {
                    self.judge_internal(id.0, of_key);
                    own.extend(of_key.iter().filter_map(|&(_, place, op)| self.place_read(id.0, place, op)));
                }
                own.sort_unstable();
                own.dedup();
                self.resolved.reads.extend_from_slice(&own);
            }
            self.resolved.read_ends.push(self.resolved.reads.len() as u32);
        }
    }

    /// Which version a micro-operation read, if it read one of another transaction.
    fn place_read(&mut self, reader: u32, op: u32, micro_op: MicroOp<'_>) -> Option<Read> {
        match micro_op {
            MicroOp::ReadList { key, values } if !self.orders[key.0 as usize].is_broken => {
                self.place_list_read(reader, op, key.0, values)
            }
            MicroOp::ReadRegister { key, value } => self.place_register_read(reader, op, key.0, value),
            MicroOp::ReadList { .. } | MicroOp::Append { .. } | MicroOp::Write { .. } => None,
        }
    }

    fn place_list_read(&mut self, reader: u32, op: u32, key: u32, values: &[i64]) -> Option<Read> {
        let Some(&value) = values.last() else {
            return Some(Read { key, source: NOBODY, place: 0 });
        };
        let order = &self.orders[key as usize];
        let place = order.lengths.partition_point(|&length| (length as usize) < values.len());
        let is_whole = order.lengths[place] as usize == values.len();
        let is_whole = is_whole && !(order.is_cut && place + 1 == order.lengths.len());
        let source = self.resolved.keys[key as usize].chain[place];
        let own = self.resolved.write(reader, key).filter(|own| own.place as usize <= place + 1);
        if let Some(own) = own {
            // Its own appends stand together, so the last that was read, or its last of all, is the latest.
            let latest = if source == reader { value } else { own.value };
            if self.written.find(key, latest).is_some_and(|written| written.op > op) {
                self.report(Anomaly::FutureRead, reader, key, Some(latest), Some(reader));
                return None;
            }
        }
        if source == reader {
            return None;
        }
        if !is_whole {
            self.report(Anomaly::IntermediateRead, reader, key, Some(value), Some(source));
            return None;
        }
        Some(Read { key, source, place: place as u32 + 1 })
    }

    fn place_register_read(&mut self, reader: u32, op: u32, key: u32, value: Option<i64>) -> Option<Read> {
        let Some(number) = value else {
            return Some(Read { key, source: NOBODY, place: 0 });
        };
        let Some(&written) = self.written.find(key, number) else {
            self.report(Anomaly::GarbageRead, reader, key, value, None);
            return None;
        };
        let source = written.transaction;
        let wrong = if source == reader {
            (written.op > op).then_some(Anomaly::FutureRead)
        } else if self.history.get(TransactionId(source)).outcome == TransactionOutcome::Aborted {
            Some(Anomaly::AbortedRead)
        } else {
            (written.after > 0).then_some(Anomaly::IntermediateRead)
        };
        if let Some(anomaly) = wrong {
            self.report(anomaly, reader, key, value, Some(source));
        }
        (source != reader && wrong.is_none()).then_some(Read { key, source, place: LOOSE })
    }

    /// Holds the reads of one key against what the transaction read and wrote before.
    fn judge_internal(&mut self, reader: u32, of_key: &[(u32, u32, MicroOp<'_>)]) {
        let mut list: Option<&[i64]> = None;
        let mut appended: Vec<i64> = Vec::new();
        let mut register: Option<Option<i64>> = None;
        for &(key, _, op) in of_key {
            let (value, is_right) = match op {
                MicroOp::Append { value, .. } => {
                    appended.push(value);
                    continue;
                }
                MicroOp::Write { value, .. } => {
                    register = Some(Some(value));
                    continue;
                }
                MicroOp::ReadList { values, .. } => {
                    let is_right = match list {
                        Some(list) => {
                            values.len() == list.len() + appended.len()
                                && values.starts_with(list)
                                && values.ends_with(&appended)
                        }
                        None => values.ends_with(&appended),
                    };
                    list = Some(values);
                    appended.clear();
                    (values.last().copied(), is_right)
                }
                MicroOp::ReadRegister { value, .. } => {
                    let is_right = register.is_none_or(|register| register == value);
                    register = Some(value);
                    (value, is_right)
                }
            };
            if !is_right {
                self.report(Anomaly::Internal, reader, key, value, None);
            }
        }
    }
}
