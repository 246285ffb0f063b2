//! Shifts of ordinals: what an edit does to the names of a link or a timer when it adds or removes a few.

use std::collections::BTreeSet;

use sim_core::{ChoiceName, Deviation, NameParts};

use super::Entry;

/// By how much ordinals are shifted, the likeliest first.
const BY: [i64; 8] = [1, -1, 2, -2, 3, -3, 4, -4];

/// So many proposals are more than can be tried.
const ENOUGH: usize = 4 * super::MOST_RUNS as usize;

/// All ordinals of some links or timers, from one on, become others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shift {
    stems: BTreeSet<String>,
    from: u64,
    by: i64,
}

/// What may have happened to these names, the likeliest first. Names that were not asked for come before
/// the others, and of these the ones that stand last before the first that was not: the run went another
/// way somewhere before it.
pub(super) fn proposals(entries: &[Entry], unused: &BTreeSet<ChoiceName>) -> Vec<Shift> {
    let groups = groups(entries, unused);
    let starts: Vec<Vec<u64>> = groups.iter().map(|group| starts(group, entries, unused)).collect();
    let most = starts.iter().map(Vec::len).max().unwrap_or(0);
    let mut shifts = Vec::new();
    for place in 0..most {
        if shifts.len() > ENOUGH {
            break;
        }
        for by in BY {
            let at_this_place =
                groups.iter().zip(&starts).filter_map(|(group, starts)| Some((group, *starts.get(place)?)));
            shifts.extend(at_this_place.map(|(group, from)| Shift { stems: group.clone(), from, by }));
        }
    }
    shifts
}

/// What an edit may have shifted alike: one link or timer, what one process sends to all others, or all that
/// is called so.
fn groups(entries: &[Entry], unused: &BTreeSet<ChoiceName>) -> Vec<BTreeSet<String>> {
    let stems: BTreeSet<&str> = entries.iter().filter_map(stem_of).collect();
    let mut groups = Vec::new();
    for stem in suspects(entries, unused) {
        let (who, what) = split(stem);
        let alike = |is_alike: &dyn Fn(&str) -> bool| {
            let of_kind = stems.iter().filter(|stem| split(stem).1 == what && is_alike(split(stem).0));
            of_kind.map(|stem| (*stem).to_owned()).collect::<BTreeSet<String>>()
        };
        for group in [alike(&|other| other == who), alike(&|other| sender(other) == sender(who)), alike(&|_| true)] {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
    }
    groups
}

/// The links and timers, the likeliest to have shifted first.
fn suspects<'e>(entries: &'e [Entry], unused: &BTreeSet<ChoiceName>) -> Vec<&'e str> {
    let is_unused = |entry: &&Entry| unused.contains(&entry.now.name);
    let first = entries.iter().position(|entry| is_unused(&entry)).unwrap_or(entries.len());
    let not_asked = entries.iter().filter(is_unused);
    let in_order = not_asked.chain(entries[..first].iter().rev()).chain(&entries[first..]);
    let mut suspects = Vec::new();
    for stem in in_order.filter_map(stem_of) {
        if !suspects.contains(&stem) {
            suspects.push(stem);
        }
    }
    suspects
}

/// From where on a group may have shifted: as a whole, from the first that was not asked for, or from any.
fn starts(group: &BTreeSet<String>, entries: &[Entry], unused: &BTreeSet<ChoiceName>) -> Vec<u64> {
    let of_group = entries.iter().filter(|entry| stem_of(entry).is_some_and(|stem| group.contains(stem)));
    let ordinals: BTreeSet<u64> = of_group.clone().filter_map(|entry| Some(parts(entry)?.ordinal)).collect();
    let first_unused =
        of_group.filter(|entry| unused.contains(&entry.now.name)).find_map(|entry| Some(parts(entry)?.ordinal));
    let mut starts: Vec<u64> = Vec::new();
    for ordinal in ordinals.first().copied().into_iter().chain(first_unused).chain(ordinals.iter().copied()) {
        if !starts.contains(&ordinal) {
            starts.push(ordinal);
        }
    }
    starts
}

impl Shift {
    /// The entries under other names; nothing if two would have the same or one none.
    pub(super) fn applied_to(&self, entries: &[Entry]) -> Option<Vec<Entry>> {
        let shifted: Vec<Entry> = entries.iter().map(|entry| self.applied_to_one(entry)).collect::<Option<_>>()?;
        let names: BTreeSet<&ChoiceName> = shifted.iter().map(|entry| &entry.now.name).collect();
        (names.len() == entries.len()).then_some(shifted)
    }

    fn applied_to_one(&self, entry: &Entry) -> Option<Entry> {
        let Some(parts) = parts(entry).filter(|parts| parts.ordinal >= self.from && self.stems.contains(parts.stem))
        else {
            return Some(entry.clone());
        };
        let ordinal = parts.ordinal.checked_add_signed(self.by)?;
        let name = ChoiceName::new(NameParts { ordinal, ..parts }.to_string()).about(entry.now.name.content());
        Some(Entry { recorded: entry.recorded.clone(), now: Deviation { name, value: entry.now.value } })
    }
}

fn parts(entry: &Entry) -> Option<NameParts<'_>> {
    entry.now.name.parts()
}

fn stem_of(entry: &Entry) -> Option<&str> {
    Some(parts(entry)?.stem)
}

/// Of `n0>n1 Put` the link and the kind, of `n2 election timeout` the process and what it draws.
fn split(stem: &str) -> (&str, &str) {
    stem.split_once(' ').unwrap_or((stem, ""))
}

/// Who sends over a link.
fn sender(who: &str) -> &str {
    who.split('>').next().unwrap_or(who)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(names: &[&str]) -> Vec<Entry> {
        let entry = |name: &&str| {
            let name = ChoiceName::new(*name);
            Entry { recorded: name.clone(), now: Deviation { name, value: 1 } }
        };
        names.iter().map(entry).collect()
    }

    fn names(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.now.name.as_str()).collect()
    }

    const NAMES: [&str; 5] =
        ["n0>n1 Put#3 delay", "n0>n2 Put#3 delay", "n0 pause#1", "n0>n1 Put#7 delay", "fault 0 target#0"];

    #[test]
    fn what_was_not_asked_for_is_shifted_first() {
        let entries = entries(&NAMES);
        let unused = [ChoiceName::new("n0 pause#1")].into();
        assert_eq!(suspects(&entries, &unused), ["n0 pause", "n0>n2 Put", "n0>n1 Put", "fault 0 target"]);
        let shifted = proposals(&entries, &unused)[0].applied_to(&entries).unwrap();
        assert_eq!(names(&shifted)[2], "n0 pause#2");
    }

    #[test]
    fn what_one_process_sends_to_all_is_shifted_together() {
        let entries = entries(&NAMES);
        let unused = [ChoiceName::new("n0>n1 Put#7 delay")].into();
        let shifts = proposals(&entries, &unused);
        let shifted: Vec<Vec<Entry>> = shifts.iter().filter_map(|shift| shift.applied_to(&entries)).collect();
        let is_there = |wanted: [&str; 5]| shifted.iter().any(|entries| names(entries) == wanted);
        let [one, two, pause, three, target] = NAMES;
        assert!(is_there(["n0>n1 Put#4 delay", "n0>n2 Put#4 delay", pause, "n0>n1 Put#8 delay", target]));
        assert!(is_there([one, two, pause, "n0>n1 Put#8 delay", target]));
        assert!(is_there(["n0>n1 Put#2 delay", two, pause, "n0>n1 Put#6 delay", target]));
        assert!(!is_there([one, two, pause, three, target]));
    }

    #[test]
    fn no_two_names_become_one_and_none_is_below_zero() {
        let both = entries(&["n0 pause#0", "n0 pause#1"]);
        let shift = |from, by| Shift { stems: ["n0 pause".to_owned()].into(), from, by };
        assert!(shift(0, -1).applied_to(&both).is_none());
        assert!(shift(1, -1).applied_to(&both).is_none());
        assert_eq!(names(&shift(1, 2).applied_to(&both).unwrap()), ["n0 pause#0", "n0 pause#3"]);
    }
}
