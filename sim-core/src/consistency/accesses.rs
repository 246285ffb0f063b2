//! A history seen as reads and writes of registers, with the write that each read saw.

use std::fmt::Debug;

use super::{Access, RegisterModel, SequentialModel, Undecided};
use crate::history::{History, Operation, OperationId, OperationOutcome};

/// The accesses of a history that certainly took effect, in order of invocation.
///
/// Left out are failed operations, those that neither read nor wrote, and those of unknown outcome
/// that no one is known to have seen: whether they took effect is open, and if they did not, they
/// restrict nothing.
pub(super) struct Accesses<K> {
    pub(super) entries: Vec<Entry>,
    /// The registers, in order of their keys.
    pub(super) registers: Vec<Register<K>>,
}

/// One register.
pub(super) struct Register<K> {
    pub(super) key: K,
    /// Why its entries do not tell all there is to tell, if so.
    pub(super) doubt: Option<Doubt>,
}

/// What keeps a history in which nothing is wrong from being called satisfied.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doubt {
    /// A value was read that the first of these wrote, and also the second, or nobody.
    Doubled(OperationId, Option<OperationId>),
    /// An operation that said more than its access.
    Partial(OperationId),
}

/// What one operation did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) id: OperationId,
    /// Of which register.
    pub(super) register: u32,
    pub(super) read: Source,
    pub(super) writes: bool,
}

/// Where a value read came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Nothing was read, or nobody can say from where.
    Unsaid,
    /// The register had not been written.
    Initial,
    /// The write with this number among the entries.
    Write(u32),
    /// Nobody wrote it.
    Nowhere,
}

/// A register that an entry speaks of, and what it says.
struct Mention<K, V> {
    key: K,
    value: Option<V>,
    entry: u32,
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Reads,
    Writes,
    SaysSomethingElse,
}

impl<K: Ord + Clone> Accesses<K> {
    /// Sees `history` as `model` says.
    ///
    /// # Errors
    /// If the model cannot say what some operation did.
    pub(super) fn of<M: RegisterModel<Key = K>>(
        model: &M,
        history: &History<M::Op, M::Reply>,
    ) -> Result<Self, Undecided> {
        let mut accesses = Self { entries: Vec::new(), registers: Vec::new() };
        let mut mentions = Vec::new();
        let mut is_certain = Vec::new();
        for (id, operation) in history.iter() {
            let Some(access) = access_of(model, id, operation)? else {
                continue;
            };
            let entry = accesses.entries.len() as u32;
            accesses.entries.push(Entry { id, register: 0, read: Source::Unsaid, writes: access.write.is_some() });
            is_certain.push(operation.reply().is_some());
            let Access { key, read, write, is_whole } = access;
            let mut mention = |value, role| mentions.push(Mention { key: key.clone(), value, entry, role });
            if read.is_some() {
                mention(read, Role::Reads);
            }
            if write.is_some() {
                mention(write, Role::Writes);
            }
            if !is_whole {
                mention(None, Role::SaysSomethingElse);
            }
        }
        accesses.find_registers(model, mentions);
        accesses.leave_out(is_certain);
        Ok(accesses)
    }

    /// Why nothing can be called satisfied even if nothing is wrong, if so.
    pub(super) fn doubt<O: Debug, R: Debug>(&self, history: &History<O, R>) -> Option<Undecided> {
        self.registers.iter().find_map(|register| register.doubt).map(|doubt| doubt.tell(history))
    }

    fn find_registers<M: RegisterModel<Key = K>>(&mut self, model: &M, mut mentions: Vec<Mention<K, M::Value>>) {
        mentions.sort_unstable_by(|a, b| (&a.key, &a.value, a.entry).cmp(&(&b.key, &b.value, b.entry)));
        for of_key in mentions.chunk_by(|a, b| a.key == b.key) {
            let register = self.registers.len() as u32;
            let initial = Some(model.initial_value(&of_key[0].key));
            let mut doubt = None;
            for alike in of_key.chunk_by(|a, b| a.value == b.value) {
                alike.iter().for_each(|mention| self.entries[mention.entry as usize].register = register);
                let found = self.find_sources(alike, alike[0].value == initial);
                doubt = doubt.or(found);
            }
            self.registers.push(Register { key: of_key[0].key.clone(), doubt });
        }
    }

    /// Finds the source of all reads of one value. Tells what is doubtful about it.
    fn find_sources<V>(&mut self, alike: &[Mention<K, V>], is_initial: bool) -> Option<Doubt> {
        let id = |entry: u32, entries: &[Entry]| entries[entry as usize].id;
        let with = |role| alike.iter().filter(move |mention| mention.role == role).map(|mention| mention.entry);
        // Whoever reads what he writes himself reads it from another.
        let writers: Vec<u32> = with(Role::Writes).take(3).collect();
        let mut doubt = with(Role::SaysSomethingElse).next().map(|entry| Doubt::Partial(id(entry, &self.entries)));
        for reader in with(Role::Reads) {
            let mut others = writers.iter().copied().filter(|&writer| writer != reader);
            let read = match (others.next(), others.next(), is_initial) {
                (None, _, true) => Source::Initial,
                (None, _, false) => Source::Nowhere,
                (Some(writer), None, false) => Source::Write(writer),
                (Some(one), other, _) => {
                    let other = other.map(|other| id(other, &self.entries));
                    doubt.get_or_insert(Doubt::Doubled(id(one, &self.entries), other));
                    Source::Unsaid
                }
            };
            self.entries[reader as usize].read = read;
        }
        doubt
    }

    /// Leaves out what has no reply and was not seen by anything that counts.
    fn leave_out(&mut self, mut is_certain: Vec<bool>) {
        let mut to_follow: Vec<u32> = (0..).zip(&is_certain).filter(|(_, certain)| **certain).map(|(i, _)| i).collect();
        while let Some(entry) = to_follow.pop() {
            if let Source::Write(writer) = self.entries[entry as usize].read
                && !std::mem::replace(&mut is_certain[writer as usize], true)
            {
                to_follow.push(writer);
            }
        }
        let number = |kept: &mut u32, &certain: &bool| {
            let number = *kept;
            *kept += u32::from(certain);
            Some(number)
        };
        let numbers: Vec<u32> = is_certain.iter().scan(0, number).collect();
        let mut certain = is_certain.into_iter();
        self.entries.retain(|_| certain.next() == Some(true));
        for entry in &mut self.entries {
            if let Source::Write(writer) = &mut entry.read {
                *writer = numbers[*writer as usize];
            }
        }
    }
}

impl Doubt {
    fn tell<O: Debug, R: Debug>(self, history: &History<O, R>) -> Undecided {
        let show = |id: OperationId| format!("{} `{:?}`", history.name(id), history.get(id).op);
        match self {
            Self::Doubled(one, Some(other)) => {
                let what =
                    format!("a value was read that had been written twice, by {} and {}", show(one), show(other));
                Undecided::Ambiguous { what }
            }
            Self::Doubled(one, None) => {
                let what = format!("a value was read that was there from the start, and also written by {}", show(one));
                Undecided::Ambiguous { what }
            }
            Self::Partial(id) => {
                let outcome = &history.get(id).outcome;
                let what = format!("{} -> {outcome} says more than a read or a write of a register does", show(id));
                Undecided::Unclear { what }
            }
        }
    }
}

/// What the operation did, if it may have done or said anything.
fn access_of<M: RegisterModel>(
    model: &M,
    id: OperationId,
    operation: &Operation<M::Op, M::Reply>,
) -> Result<Option<AccessOf<M>>, Undecided> {
    if matches!(operation.outcome, OperationOutcome::Failed { .. }) {
        return Ok(None);
    }
    let reply = operation.reply();
    let Some(access) = model.access(&operation.op, reply) else {
        let what = format!(
            "{} `{:?}` -> {} is no read or write of a register",
            operation.name(id),
            operation.op,
            operation.outcome
        );
        return Err(Undecided::Unclear { what });
    };
    let says_something = access.read.is_some() || !access.is_whole;
    let matters = access.write.is_some() || reply.is_some() && says_something;
    Ok(matters.then_some(access))
}

type AccessOf<M> = Access<<M as SequentialModel>::Key, <M as RegisterModel>::Value>;
