//! The names of timers.

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::Mutex;

use serde::{Serialize, Serializer};

/// A timer of an async node, as faults, traces and recordings name it.
///
/// Its name is the user's ([`Sleep::named`](crate::Sleep::named)) or the call site (`lock.rs:42`). If several of one
/// name are armed at a time, each has the lowest number that is free, from 0 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    pub(crate) name: &'static str,
    pub(crate) number: u32,
    /// Whether it is one of a stream, and not of a future.
    pub(crate) is_of_stream: bool,
}

impl Timer {
    /// One of a future.
    pub(crate) const fn new(name: &'static str, number: u32) -> Self {
        Self { name, number, is_of_stream: false }
    }
}

/// As a variant of an enum, by whose name a fault can ask for it.
impl Serialize for Timer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.number {
            0 => serializer.serialize_unit_variant("Timer", 0, self.name),
            number => serializer.serialize_newtype_variant("Timer", 0, self.name, &number),
        }
    }
}

/// What a call site is called: its file, without directories, and its line. Of one site always the same string: there
/// are as many as there are sites in the program.
pub(crate) fn name_of_site(site: &'static Location<'static>) -> &'static str {
    static NAMES: Mutex<BTreeMap<(&'static str, u32), &'static str>> = Mutex::new(BTreeMap::new());
    let mut names = NAMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    names.entry((site.file(), site.line())).or_insert_with(|| {
        let file = site.file().rsplit(['/', '\\']).next().unwrap_or_default();
        Box::leak(format!("{file}:{}", site.line()).into_boxed_str())
    })
}
