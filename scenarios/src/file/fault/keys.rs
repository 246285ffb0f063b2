//! Which keys of a fault go together.

use super::row::{FaultRow, kinds, owners};
use crate::file::place::{Mistakes, Place};
use crate::source::{quoted, quoted_list};

/// The keys that say when a fault begins.
pub(super) const TRIGGERS: [&str; 3] = ["at", "after", "in_step"];

/// The only key of `keys` that is there; `what` it is counts in the message.
pub(super) fn one_of<'k>(place: &Place<'_>, what: &str, keys: &[&'k str], mistakes: &mut Mistakes) -> Option<&'k str> {
    let given: Vec<&str> = keys.iter().copied().filter(|key| place.key(key).exists()).collect();
    match given[..] {
        [only] => Some(only),
        [] => {
            let mistake = place.mistake(format!("this fault has no {what}"));
            mistakes.push(mistake.with_help(format!("a {what} is one of {}", quoted_list(keys))));
            None
        }
        [first, second, ..] => {
            let message = format!("this fault has two {what}s: {} and {}", quoted(first), quoted(second));
            let mistake = place.key(second).key_mistake(message);
            mistakes.push(mistake.with_help("write two faults, one for each"));
            None
        }
    }
}

/// The kind whose key is there, if it is the only one and nothing stands beside it that belongs to others.
pub(super) fn kind(place: &Place<'_>, mistakes: &mut Mistakes) -> Option<&'static FaultRow> {
    let keys: Vec<&str> = kinds().map(|row| row.key).collect();
    let key = one_of(place, "kind", &keys, mistakes)?;
    check_modifiers(place, key, &owners(), "fault", mistakes);
    kinds().find(|row| row.key == key)
}

/// Refuses keys that go with other kinds. `owners` says which go with which.
pub(super) fn check_modifiers(
    place: &Place<'_>,
    kind: &str,
    owners: &[(&str, &[&str])],
    what: &str,
    mistakes: &mut Mistakes,
) {
    let own = owners.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, modifiers)| modifiers);
    let mut foreign: Vec<&str> = owners.iter().flat_map(|(_, modifiers)| *modifiers).copied().collect();
    foreign.sort_unstable();
    foreign.dedup();
    foreign.retain(|modifier| !own.contains(modifier));
    for modifier in foreign.into_iter().filter(|modifier| place.key(modifier).exists()) {
        let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        let message = format!("{} has no effect on {article} {} {what}", quoted(modifier), quoted(kind));
        let help = match own {
            [] => format!("{} stands alone", quoted(kind)),
            own => format!("{} goes with {}", quoted(kind), quoted_list(own)),
        };
        mistakes.push(place.key(modifier).key_mistake(message).with_help(help));
    }
}
