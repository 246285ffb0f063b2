//! What the names of questions begin with, as numbers.

use crate::process::NodeId;

use super::name::parts_of;
use super::slots::{Hashed, Slots, finish, mix};

/// The beginning of names, up to the ordinal: `n0>n1 AppendEntries`, `n2 sync`. A name without an ordinal is
/// one whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StemId(pub(super) u32);

/// What a run knows a stem by, before it is put into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Messages of a kind on a link.
    Messages(NodeId, NodeId, &'static str),
    /// What a process numbers under this name.
    Numbered(NodeId, &'static str),
    /// Timers of a process, by a hash of what they are.
    Timers(NodeId, u64),
}

/// All stems that have come up, each put into words once.
#[derive(Debug, Default)]
pub(super) struct Stems {
    stems: Vec<Stem>,
    by_text: Slots,
    keys: Vec<(Key, StemId)>,
    by_key: Slots,
}

#[derive(Debug)]
struct Stem {
    text: String,
    hash: u64,
    /// How many there have been, if it is not the engine that counts them.
    count: u64,
    /// Whether names with this stem read back as such: it has no ordinal in itself.
    is_plain: bool,
}

impl Stems {
    /// The stem with this text, if it has come up.
    #[inline]
    pub(super) fn find(&self, stem: Hashed<'_>) -> Option<StemId> {
        let is = |place: usize| self.stems[place].hash == stem.hash;
        self.by_text.find(stem.hash, is).map(|place| StemId(place as u32))
    }

    /// The stem with this text.
    #[inline]
    pub(super) fn of_text(&mut self, stem: Hashed<'_>) -> StemId {
        self.find(stem).unwrap_or_else(|| self.add(stem))
    }

    #[cold]
    fn add(&mut self, Hashed { text, hash }: Hashed<'_>) -> StemId {
        // Mostly nothing in it could be an ordinal.
        let is_plain = !text.contains('#') || parts_of(&format!("{text}#0")).is_some_and(|parts| parts.stem == text);
        let place = self.stems.len();
        self.stems.push(Stem { text: text.to_owned(), hash, count: 0, is_plain });
        self.by_text.add(place, |place| self.stems[place].hash);
        StemId(place as u32)
    }

    /// The stem with this key, which is put into words only the first time.
    #[inline]
    pub(super) fn of_key(&mut self, key: Key, text: impl FnOnce() -> String) -> StemId {
        match self.by_key.find(key.hash(), |place| self.keys[place].0 == key) {
            Some(place) => self.keys[place].1,
            None => self.add_key(key, &text()),
        }
    }

    #[cold]
    fn add_key(&mut self, key: Key, text: &str) -> StemId {
        let (place, stem) = (self.keys.len(), self.of_text(Hashed::new(text)));
        self.keys.push((key, stem));
        self.by_key.add(place, |place| self.keys[place].0.hash());
        stem
    }

    /// How many there have been with this stem; there is one more now.
    #[inline]
    pub(super) fn count(&mut self, stem: StemId) -> u64 {
        let count = &mut self.stems[stem.0 as usize].count;
        *count += 1;
        *count - 1
    }

    /// How many have come up.
    pub(super) fn len(&self) -> usize {
        self.stems.len()
    }

    /// Its text.
    pub(super) fn text(&self, stem: StemId) -> &str {
        &self.stems[stem.0 as usize].text
    }

    /// Whether names with this stem read back as such.
    #[inline]
    pub(super) fn is_plain(&self, stem: StemId) -> bool {
        self.stems[stem.0 as usize].is_plain
    }
}

impl Key {
    #[inline]
    fn hash(self) -> u64 {
        finish(match self {
            // Few kinds and few words are of one length.
            Self::Messages(from, to, kind) => mix(mix(0, kind.len() as u64), from.bits() << 32 | to.bits()),
            Self::Numbered(who, what) => mix(mix(1, what.len() as u64), who.bits()),
            Self::Timers(who, hash) => mix(hash, who.bits()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_is_one_whatever_it_is_found_by() {
        let mut stems = Stems::default();
        let [n0, n1] = [0, 1].map(NodeId::node);
        let text = |text: &'static str| move || text.to_owned();
        let find = |stems: &Stems, text: &str| stems.find(Hashed::new(text));
        let ping = stems.of_text(Hashed::new("n0>n1 Ping"));
        assert_eq!(stems.of_key(Key::Messages(n0, n1, "Ping"), text("n0>n1 Ping")), ping);
        assert_eq!(stems.of_key(Key::Messages(n0, n1, "Ping"), || unreachable!("it is known")), ping);
        let back = stems.of_key(Key::Messages(n1, n0, "Ping"), text("n1>n0 Ping"));
        assert_eq!((back == ping, find(&stems, "n1>n0 Ping"), find(&stems, "n1>n0")), (false, Some(back), None));
        // Two timers that read alike are counted together.
        let timers = [7, 8].map(|hash| stems.of_key(Key::Timers(n0, hash), text("n0 Retry")));
        assert_eq!(timers.map(|timer| stems.count(timer)), [0, 1]);
        assert_eq!(stems.text(timers[0]), "n0 Retry");
    }

    #[test]
    fn a_stem_with_an_ordinal_in_it_is_not_plain() {
        let mut stems = Stems::default();
        for (text, is_plain) in [("n0 sync", true), ("n0 Retry{id=c1#4}", true), ("n0 Retry #4 now", false)] {
            let stem = stems.of_text(Hashed::new(text));
            assert_eq!(stems.is_plain(stem), is_plain, "{text}");
        }
    }
}
