//! No text, however broken, makes this module panic or point outside a text.

use proptest::prelude::*;

use super::super::{Diagnostic, Label, Override, Source};
use super::sample::{SAMPLE, Sample};

/// One edit of a byte string; positions are taken modulo its length.
#[derive(Clone, Debug)]
enum Edit {
    Delete { at: usize, length: usize },
    Insert { at: usize, bytes: Vec<u8> },
    Replace { at: usize, byte: u8 },
    Duplicate { from: usize, length: usize, to: usize },
}

impl Edit {
    fn apply(&self, text: &mut Vec<u8>) {
        let place = |at: usize| at % (text.len() + 1);
        match *self {
            Edit::Delete { at, length } => {
                let at = place(at);
                let end = (at + length).min(text.len());
                text.drain(at..end);
            }
            Edit::Insert { at, ref bytes } => {
                let at = place(at);
                text.splice(at..at, bytes.iter().copied());
            }
            Edit::Replace { at, byte } => {
                let at = place(at);
                let end = (at + 1).min(text.len());
                text.splice(at..end, [byte]);
            }
            Edit::Duplicate { from, length, to } => {
                let (from, to) = (place(from), place(to));
                let slice = text[from..(from + length).min(text.len())].to_vec();
                text.splice(to..to, slice);
            }
        }
    }
}

/// Bytes which mean something in a scenario, and any others.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        3 => prop::sample::select(&b"{}[]\",:/*\\\n\r\t -+.0159eEuntrf"[..]),
        1 => any::<u8>(),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = 0..2 * SAMPLE.len();
    let piece = prop_oneof![
        prop::collection::vec(byte(), 1..6),
        prop::sample::select(&["null", "-1", "1e999", "{}", "[]", "\"\\ud800\"", "é", "\u{2028}"][..])
            .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    prop_oneof![
        (at.clone(), 1_usize..40).prop_map(|(at, length)| Edit::Delete { at, length }),
        (at.clone(), piece).prop_map(|(at, bytes)| Edit::Insert { at, bytes }),
        (at.clone(), byte()).prop_map(|(at, byte)| Edit::Replace { at, byte }),
        (at.clone(), 1_usize..60, at).prop_map(|(from, length, to)| Edit::Duplicate { from, length, to }),
    ]
}

fn read(bytes: Vec<u8>) -> Result<Sample, Diagnostic> {
    let source = Source::from_bytes("raft.json", bytes)?;
    let document = source.parse()?;
    // What was parsed can be written and parsed again.
    let text = document.to_json_text();
    assert_eq!(Source::new("", text.clone()).parse()?.to_json_text(), text);
    document.deserialize()
}

fn override_sample(argument: &str) -> Result<Sample, Diagnostic> {
    let change = Override::parse(argument)?;
    let document = Source::new("raft.json", SAMPLE).parse()?;
    document.with_overrides(&[change])?.deserialize()
}

/// Every label can be sliced, both renderings work, and the plain one names the
/// position which machines are told. The words never come from Rust.
fn check_diagnostic(diagnostic: &Diagnostic) {
    for label in std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary) {
        assert!(label.source().text().get(label.range()).is_some());
    }
    assert!(diagnostic.render(true).contains("\u{1b}["));
    let rendered = diagnostic.render(false);
    let (line, column) = diagnostic.line_column();
    let arrow = rendered.lines().find(|line| line.trim_start().starts_with("-->")).unwrap();
    assert!(arrow.ends_with(&format!(":{line}:{column}")), "{rendered}");
    for word in ["struct ", "enum ", "u32"] {
        assert!(!diagnostic.message.contains(word), "{rendered}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn broken_files_are_diagnosed(edits in prop::collection::vec(edit(), 1..5)) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        edits.iter().for_each(|edit| edit.apply(&mut bytes));
        if let Err(diagnostic) = read(bytes) {
            check_diagnostic(&diagnostic);
        }
    }

    #[test]
    fn any_override_is_applied_or_diagnosed(
        path in "(description|protocol|faults|nodes|[a-z.0-9\\PC]){0,3}(\\.(name|0|9|at|[^=]?)){0,3}=?",
        value in "[\\[\\]{}\",:0-9a-z. \u{feff}é]{0,12}",
    ) {
        if let Err(diagnostic) = override_sample(&format!("{path}{value}")) {
            check_diagnostic(&diagnostic);
        }
    }

    #[test]
    fn any_range_of_any_text_can_be_shown(
        text in "[a\\t\\r\\n é選\u{0}\u{200b}\u{feff}\u{1f600}]{0,40}(x{150})?[ \\ra\\n選]{0,9}",
        start in 0_usize..300,
        length in 0_usize..300,
        other in 0_usize..300,
    ) {
        let source = Source::new("raft.json", text);
        let label = Label::new(source.clone(), start..start + length, "here");
        let second = Label::new(source, other..other + length / 4, "there");
        check_diagnostic(&Diagnostic::new("no good", label).with_secondary(second));
    }
}
