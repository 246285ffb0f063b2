//! The storage: accounts, and the fence before them.

use std::collections::BTreeMap;

use parts::journal::Journal;
use sim_core::{NodeId, RequestId};

use super::config::LockConfig;
use super::flaws::LockFlaw;
use super::message::{Access, Event, Message, Outcome, Record, SectionId};
use super::node::{Ctx, open};

/// The storage.
#[derive(Debug)]
pub struct Storage {
    config: LockConfig,
    journal: Journal,
    /// What accounts have.
    values: BTreeMap<u32, i64>,
    /// The highest token that has come to each account.
    tokens: BTreeMap<u32, u64>,
    /// The requests that are carried out, with the account, what it had after that, and the amount; in this order.
    carried: Vec<(u32, RequestId, i64, u32)>,
}

/// What a section asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) account: u32,
    pub(super) section: SectionId,
    pub(super) request: RequestId,
    pub(super) token: Option<u64>,
    pub(super) access: Access,
}

impl Storage {
    pub(super) fn new(config: &LockConfig) -> Self {
        Self {
            config: config.clone(),
            journal: Journal::default(),
            values: BTreeMap::new(),
            tokens: BTreeMap::new(),
            carried: Vec::new(),
        }
    }

    fn has(&self, flaw: LockFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    fn value(&self, account: u32) -> i64 {
        self.values.get(&account).copied().unwrap_or(0)
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        // Where the disk is broken, the node has been stopped.
        let Some(records) = open(&mut self.journal, ctx) else { return };
        for record in records {
            match *record {
                Record::Token { lock, token } => _ = self.tokens.insert(lock, token),
                Record::Carried { account, request, value, amount } => self.carry(account, request, value, amount),
                // Those of other roles.
                Record::Boot(_) | Record::Key { .. } | Record::Raft(_) => {}
            }
        }
        if self.has(LockFlaw::RequestsInMemory) {
            self.carried.clear();
        }
        ctx.emit(Event::Recovered {
            tokens: self.tokens.iter().map(|(account, token)| (*account, *token)).collect(),
            carried: self.carried.iter().map(|(account, request, _, amount)| (*account, *request, *amount)).collect(),
            values: self.values.iter().map(|(account, value)| (*account, *value)).collect(),
        });
    }

    fn carry(&mut self, account: u32, request: RequestId, value: i64, amount: u32) {
        self.values.insert(account, value);
        self.carried.push((account, request, value, amount));
    }

    /// What the account had after a request, if that is carried out.
    fn carried(&self, account: u32, request: RequestId) -> Option<i64> {
        if self.has(LockFlaw::RequestsUnknown) {
            return None;
        }
        let known = self.carried.iter().rev().find(|known| (known.0, known.1) == (account, request));
        known.map(|(_, _, value, _)| *value)
    }

    /// The higher token that turns a section away, if there is one. From now on this one turns away lower ones.
    fn fence(&mut self, asked: &Asked, ctx: &mut Ctx<'_>) -> Option<u64> {
        let token = asked.token?;
        let is_read = asked.access == Access::Read;
        if is_read && self.has(LockFlaw::FencesWritesOnly) {
            return None;
        }
        let highest = self.tokens.get(&asked.account).copied().unwrap_or(0);
        if token < highest {
            return (!self.has(LockFlaw::NoFence)).then_some(highest);
        }
        if token > highest && !(is_read && self.has(LockFlaw::ReadsRaiseNothing)) {
            self.tokens.insert(asked.account, token);
            if !self.has(LockFlaw::FenceInMemory) {
                self.journal.append(Record::Token { lock: asked.account, token }, ctx);
            }
        }
        None
    }

    pub(super) fn access(&mut self, from: NodeId, asked: Asked, ctx: &mut Ctx<'_>) {
        let Asked { account, section, request, token, access } = asked;
        if let Some(highest) = self.fence(&asked, ctx) {
            let token = token.unwrap_or(0);
            ctx.emit(Event::Fenced { account, section, token, highest });
            return ctx.send(from, Message::AccessReply { section, outcome: Outcome::TooLow });
        }
        let known = self.carried(account, request);
        let mut carried = None;
        let outcome = match (known, access) {
            (Some(value), _) => Outcome::Done(value),
            (None, Access::Read) => Outcome::Value(self.value(account)),
            (None, Access::Write { value, amount }) => {
                self.carry(account, request, value, amount);
                self.journal.append(Record::Carried { account, request, value, amount }, ctx);
                carried = Some((request, amount));
                Outcome::Done(value)
            }
        };
        if !self.has(LockFlaw::AnswersBeforeSync) {
            self.journal.make_durable(ctx);
        }
        ctx.emit(Event::Served { account, section, token, carried, value: self.value(account) });
        ctx.send(from, Message::AccessReply { section, outcome });
    }
}
