//! "Did you mean …?": the known name closest to a misspelt one.

use strsim::damerau_levenshtein;

use super::wording::{quoted, quoted_list};

/// Help for a `name` that is none of those `known`, which are called `word`s: what was perhaps
/// meant, and what there is.
pub(crate) fn help_with_name(word: &str, name: &str, known: &[&str]) -> Vec<String> {
    let suggestion = closest(name, known).map(|known| format!("did you mean {}?", quoted(known)));
    suggestion.into_iter().chain([valid_names(word, known)]).collect()
}

/// What is valid, in a line.
pub(super) fn valid_names(word: &str, known: &[&str]) -> String {
    match known {
        [] => format!("no {word} is valid here"),
        [only] => format!("the only valid {word} is {}", quoted(only)),
        _ => format!("valid {} are {}", plural(word), quoted_list(known)),
    }
}

fn plural(word: &str) -> String {
    match word.strip_suffix("ty") {
        Some(stem) => format!("{stem}ties"),
        None => format!("{word}s"),
    }
}

/// The name of `known` which the user most likely meant by `name`: the closest,
/// or else the first that has it as one of its words.
pub(crate) fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let has_word = |known: &&&str| known.split(['_', '-']).any(|word| word == name);
    nearly(name, known).or_else(|| known.iter().find(has_word).copied())
}

/// The name closest to `name`, if any is close: at most one slip of the
/// keyboard for each three characters, upper and lower case being the same.
/// Among equally close ones the first wins.
fn nearly<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let length = name.chars().count();
    known
        .iter()
        .filter_map(|candidate| {
            let candidate_length = candidate.chars().count();
            let allowed = (candidate_length / 3).max(1);
            // The distance is never below the difference in length. Looking at
            // that first keeps a key of a megabyte from costing anything.
            if length.abs_diff(candidate_length) > allowed {
                return None;
            }
            let distance = damerau_levenshtein(&name, &candidate.to_lowercase());
            (distance <= allowed && distance < candidate_length).then_some((distance, *candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[track_caller]
    fn check(name: &str, known: &[&'static str], expected: Option<&str>) {
        assert_eq!(closest(name, known), expected);
    }

    #[test]
    fn only_close_names_are_suggested() {
        check("netwrok", &["nodes", "network"], Some("network"));
        check("Crash", &["crash"], Some("crash"));
        check("ad", &["at", "after"], Some("at"));
        check("zz", &["at", "after"], None);
        check("x", &["y"], None);
        check("latency", &["loss", "protocol"], None);
        check("omission", &["loss", "send_omission", "receive_omission"], Some("send_omission"));
        check(&"n".repeat(1 << 20), &["nodes"], None);
    }

    #[test]
    fn the_first_of_equally_close_names_wins() {
        check("bat", &["cat", "hat"], Some("cat"));
    }
}
