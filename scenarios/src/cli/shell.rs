//! Commands as a user can paste them into a shell.

/// This program as it was called, so that what it prints can be pasted where it was called.
pub(crate) fn program() -> String {
    let called = std::env::args_os().next().and_then(|name| name.into_string().ok());
    called.unwrap_or_else(|| "faultbed".to_owned())
}

/// The words with a space between them, quoted where a shell would read something into them.
pub(crate) fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_it_is_needed() {
        let words = ["faultbed", "replay", "my file.json", "--set", r#"protocol.flaws=["x"]"#, "it's", ""];
        assert_eq!(command(words), r#"faultbed replay 'my file.json' --set 'protocol.flaws=["x"]' 'it'\''s' ''"#);
    }
}
