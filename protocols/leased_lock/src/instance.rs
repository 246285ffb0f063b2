//! An instance of the lock service: keys that expire.

use std::collections::BTreeMap;

use parts::journal::Journal;
use sim_core::{NodeId, Time};

use super::config::{LockConfig, Restart};
use super::flaws::LockFlaw;
use super::message::{Event, Message, Record, SectionId};
use super::node::{Ctx, open};

/// An instance of the lock service.
#[derive(Debug)]
pub struct Instance {
    config: LockConfig,
    journal: Journal,
    /// The keys of locks.
    keys: BTreeMap<u32, Key>,
    /// The highest token of each lock.
    tokens: BTreeMap<u32, u64>,
    /// From when on it grants locks, by its monotonic clock.
    grants_from: Time,
}

/// The key of a lock.
#[derive(Clone, Copy, Debug)]
struct Key {
    /// Its value.
    section: SectionId,
    /// When it expires, by the instance's monotonic clock.
    until: Time,
}

impl Instance {
    pub(super) fn new(config: &LockConfig) -> Self {
        Self {
            config: config.clone(),
            journal: Journal::default(),
            keys: BTreeMap::new(),
            tokens: BTreeMap::new(),
            grants_from: Time::ZERO,
        }
    }

    fn has(&self, flaw: LockFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// Whether it waits for keys to expire that it has lost.
    pub(super) fn waits(&self, now: Time) -> bool {
        now < self.grants_from
    }

    pub(super) fn boot(&mut self, ctx: &mut Ctx<'_>) {
        // Where the disk is broken, the node has been stopped.
        let Some(records) = open(&mut self.journal, ctx) else { return };
        let until = ctx.now() + self.config.ttl;
        for record in records {
            match *record {
                Record::Key { lock, section: Some(section) } => _ = self.keys.insert(lock, Key { section, until }),
                Record::Key { lock, section: None } => _ = self.keys.remove(&lock),
                Record::Token { lock, token } => _ = self.tokens.insert(lock, token),
                // Those of other roles.
                Record::Boot(_) | Record::Carried { .. } | Record::Raft(_) => {}
            }
        }
        if self.has(LockFlaw::RestartsWithoutKeys) {
            self.keys.clear();
        } else if self.config.restart == Restart::Delayed {
            // Whoever was granted a lock before the crash has at most the whole time left, counted from now.
            self.grants_from = until;
            ctx.emit(Event::Waits);
        }
    }

    /// The key of a lock, if it has not expired.
    fn key(&mut self, lock: u32, ctx: &mut Ctx<'_>) -> Option<Key> {
        let key = *self.keys.get(&lock)?;
        if key.until <= ctx.now() {
            self.keys.remove(&lock);
            self.note_key(lock, None, ctx);
            ctx.emit(Event::Expired { lock, of: key.section });
            return None;
        }
        Some(key)
    }

    /// Writes down who has the key of a lock, where that outlives a crash.
    fn note_key(&mut self, lock: u32, section: Option<SectionId>, ctx: &mut Ctx<'_>) {
        if self.config.restart == Restart::Durable {
            self.journal.append(Record::Key { lock, section }, ctx);
        }
    }

    fn token(&self, lock: u32) -> u64 {
        self.tokens.get(&lock).copied().unwrap_or(0)
    }

    /// Knows of a higher token.
    fn raise_token(&mut self, lock: u32, token: u64, ctx: &mut Ctx<'_>) {
        self.tokens.insert(lock, token);
        if !self.has(LockFlaw::TokensInMemory) {
            self.journal.append(Record::Token { lock, token }, ctx);
        }
    }

    pub(super) fn set(&mut self, from: NodeId, lock: u32, section: SectionId, ctx: &mut Ctx<'_>) {
        if self.waits(ctx.now()) {
            return;
        }
        let is_granted = self.key(lock, ctx).is_none();
        if is_granted {
            self.keys.insert(lock, Key { section, until: ctx.now() + self.config.ttl });
            self.note_key(lock, Some(section), ctx);
            if self.config.instance_numbers() {
                self.raise_token(lock, self.token(lock) + 1, ctx);
            }
            if !self.has(LockFlaw::GrantsBeforeSync) {
                self.journal.make_durable(ctx);
            }
            ctx.emit(Event::Granted { lock, section });
        }
        ctx.send(from, Message::SetReply { section, is_granted, token: self.token(lock) });
    }

    pub(super) fn raise(&mut self, from: NodeId, lock: u32, section: SectionId, token: u64, ctx: &mut Ctx<'_>) {
        // Who gets the lock next has its key from one of those that have confirmed this, and hears of it there.
        let has_key = self.key(lock, ctx).is_some_and(|key| key.section == section);
        let is_raised = has_key && token >= self.token(lock);
        if is_raised && token > self.token(lock) {
            self.raise_token(lock, token, ctx);
            self.journal.make_durable(ctx);
        }
        ctx.send(from, Message::RaiseReply { section, is_raised });
    }

    /// Whether a key has the value that somebody names.
    fn is_of(&self, key: Key, section: SectionId) -> bool {
        if self.has(LockFlaw::ValueIsTheHolder) { key.section.holder == section.holder } else { key.section == section }
    }

    pub(super) fn extend(&mut self, from: NodeId, lock: u32, (section, round): (SectionId, u64), ctx: &mut Ctx<'_>) {
        let known = self.key(lock, ctx);
        let extended = known.filter(|key| self.is_of(*key, section) || self.has(LockFlaw::RenewsAnyKey));
        if let Some(Key { section: of, .. }) = extended {
            self.keys.insert(lock, Key { section: of, until: ctx.now() + self.config.ttl });
            ctx.emit(Event::Extended { lock, of, by: section });
        }
        ctx.send(from, Message::ExtendReply { section, round, is_extended: extended.is_some() });
    }

    pub(super) fn delete(&mut self, lock: u32, section: SectionId, ctx: &mut Ctx<'_>) {
        let known = self.key(lock, ctx);
        let deleted = known.filter(|key| self.is_of(*key, section) || self.has(LockFlaw::ReleasesAnyKey));
        if let Some(Key { section: of, .. }) = deleted {
            self.keys.remove(&lock);
            // Should that be lost, the key expires.
            self.note_key(lock, None, ctx);
            ctx.emit(Event::Deleted { lock, of, by: section });
        }
    }
}
