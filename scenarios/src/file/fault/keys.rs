//! Which keys of a fault go together.

use super::FaultEntry;
use crate::file::place::{Mistakes, Place};
use crate::source::{quoted, quoted_list};

/// The keys that say when a fault begins.
pub(super) const TRIGGERS: [&str; 2] = ["at", "after"];

/// The keys that say what a fault does, each with the keys that may stand beside it.
pub(crate) const KINDS: [(&str, &[&str]); 37] = [
    ("crash", &["restart_after", "mid_step", "wiped", "repeat", "for", "one_by_one"]),
    ("power_loss", &["restart_after", "mid_step", "reordered", "repeat", "for", "one_by_one"]),
    ("restart", &["repeat", "for", "one_by_one"]),
    ("join", &[]),
    ("partition", &["hold", "rounds", "for", "repeat"]),
    ("isolate", &["hold", "rounds", "for", "repeat"]),
    ("bridge", &["hold", "for", "repeat"]),
    ("majority_ring", &["hold", "for", "repeat"]),
    ("random_links", &["hold", "for", "repeat"]),
    ("swizzle", &["hold", "for"]),
    ("one_way", &["hold", "for", "repeat"]),
    ("send_omission", &["rate", "nth", "kind", "rounds", "for", "repeat"]),
    ("receive_omission", &["rate", "nth", "kind", "rounds", "for", "repeat"]),
    ("link_omission", &["rate", "nth", "kind", "rounds", "for", "repeat"]),
    (
        "links",
        &[
            "loss",
            "duplicate",
            "delay",
            "replay",
            "replay_after",
            "hold",
            "bandwidth",
            "corrupt",
            "checksum",
            "rate",
            "nth",
            "kind",
            "rounds",
            "for",
            "repeat",
            "one_by_one",
        ],
    ),
    (
        "link",
        &[
            "loss",
            "duplicate",
            "delay",
            "replay",
            "replay_after",
            "hold",
            "bandwidth",
            "corrupt",
            "checksum",
            "rate",
            "nth",
            "kind",
            "rounds",
            "for",
            "repeat",
        ],
    ),
    ("deliver", &["kind", "repeat", "for"]),
    ("fire", &["timer", "repeat", "for", "one_by_one"]),
    ("end", &["repeat", "for"]),
    ("pause", &["for", "repeat", "one_by_one"]),
    ("slow", &["step_takes", "for", "repeat", "one_by_one"]),
    ("clock_jump", &["forward", "backward", "for", "repeat", "one_by_one"]),
    ("drift", &["ppm", "for", "repeat", "one_by_one"]),
    ("late_timers", &["by", "timer", "for", "repeat", "one_by_one"]),
    ("slow_disk", &["sync_takes", "for", "repeat", "one_by_one"]),
    ("corrupt_record", &["repeat", "for", "one_by_one"]),
    ("failing_sync", &["rate", "writes", "restart_after", "for", "repeat", "one_by_one"]),
    ("read_error", &["rate", "restart_after", "for", "repeat", "one_by_one"]),
    ("full_disk", &["restart_after", "for", "repeat", "one_by_one"]),
    ("operate", &["on", "nodes", "repeat", "for", "one_by_one"]),
    ("upgrade", &["to", "restart_after", "repeat", "for", "one_by_one"]),
    ("twin", &["for", "repeat"]),
    ("mutate", &["toward", "rate", "nth", "kind", "rounds", "for", "repeat", "one_by_one"]),
    ("silence", &["toward", "rate", "nth", "kind", "rounds", "for", "repeat", "one_by_one"]),
    ("stall", &["by", "toward", "rate", "nth", "kind", "rounds", "for", "repeat", "one_by_one"]),
    ("stale", &["toward", "rate", "nth", "kind", "rounds", "for", "repeat", "one_by_one"]),
    ("adversary", &["nodes", "for"]),
];

/// What a kind of fault does, in a line: what the schema says of its key.
///
/// # Panics
/// If it is not the name of a kind.
pub(crate) fn fault_summary(kind: &str) -> String {
    let schema = schemars::schema_for!(FaultEntry);
    let summary = schema.pointer(&format!("/properties/{kind}/description")).and_then(serde_json::Value::as_str);
    summary.expect("every kind of fault is described").trim_end_matches('.').to_owned()
}

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

/// The only key of `KINDS` that is there, if nothing stands beside it that belongs to others.
pub(super) fn kind(place: &Place<'_>, mistakes: &mut Mistakes) -> Option<&'static str> {
    let kinds = KINDS.map(|(kind, _)| kind);
    let kind = one_of(place, "kind", &kinds, mistakes)?;
    check_modifiers(place, kind, &KINDS, "fault", mistakes);
    Some(kind)
}

/// Whether a modifier may stand beside a kind.
pub(super) fn goes_with(kind: &str, modifier: &str) -> bool {
    KINDS.iter().any(|(name, modifiers)| *name == kind && modifiers.contains(&modifier))
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
