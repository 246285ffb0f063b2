//! Operations seen as reads and writes of registers, by which the causal and the session levels
//! are judged.

use std::fmt::Debug;

use super::SequentialModel;

/// A model whose operations can be seen as reads and writes of registers, one register a key.
///
/// Which write a read saw is then told by its value, if no value is written twice to one key.
pub trait RegisterModel: SequentialModel {
    /// What a register holds, or as much of it as it takes to tell the writes apart.
    type Value: Ord + Clone + Debug;

    /// What the register holds before the first write.
    fn initial_value(&self, key: &Self::Key) -> Self::Value;

    /// What `op` with `reply` read and wrote; without a reply, what it did if it took effect.
    /// `None` if that cannot be said: then no violation will be told of, but nothing satisfied
    /// either.
    ///
    /// In every order of operations that the model permits, what is read must be what was written
    /// last before, or the initial value. If all accesses are [whole](Access::is_whole), every
    /// order of which that holds must be permitted.
    fn access(&self, op: &Self::Op, reply: Option<&Self::Reply>) -> Option<Access<Self::Key, Self::Value>>;
}

/// What an operation did to a register: read it, wrote it, or first the one and then the other at
/// one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access<K, V> {
    /// The register.
    pub key: K,
    /// The value it held before, if the operation tells.
    pub read: Option<V>,
    /// The value it holds after, if the operation set it.
    pub write: Option<V>,
    /// Whether this is all that the operation and its reply say.
    pub is_whole: bool,
}

impl<K, V> Access<K, V> {
    /// The register held `value`.
    pub const fn read(key: K, value: V) -> Self {
        Self { key, read: Some(value), write: None, is_whole: true }
    }

    /// The register holds `value` from now on.
    pub const fn write(key: K, value: V) -> Self {
        Self { key, read: None, write: Some(value), is_whole: true }
    }

    /// The register held `read` and holds `write` from now on.
    pub const fn update(key: K, read: V, write: V) -> Self {
        Self { key, read: Some(read), write: Some(write), is_whole: true }
    }

    /// Says nothing about the register, and does nothing to it.
    pub const fn nothing(key: K) -> Self {
        Self { key, read: None, write: None, is_whole: true }
    }

    /// The same, but the operation says more than that.
    #[must_use]
    pub fn in_part(self) -> Self {
        Self { is_whole: false, ..self }
    }
}
