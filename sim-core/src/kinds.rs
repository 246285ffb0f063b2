//! The kinds of what nodes send and announce, by name.

use crate::protocol::Nothing;

/// A type whose values are of kinds that have names: an enum, whose kinds are its variants, or a
/// struct, which is of one kind. Scenario files name events and messages by them.
///
/// Derive it, so that no variant can be forgotten:
///
/// ```
/// use sim_core::Kinds;
///
/// #[derive(Kinds)]
/// enum Event {
///     Elected { term: u64 },
///     SteppedDown,
/// }
///
/// assert_eq!(Event::KINDS, ["Elected", "SteppedDown"]);
/// assert_eq!(Event::Elected { term: 1 }.kind(), "Elected");
/// ```
///
/// `serde` must not call anything by another name:
///
/// ```compile_fail
/// #[derive(serde::Serialize, sim_core::Kinds)]
/// enum Event {
///     #[serde(rename = "elected")]
///     Elected,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the kinds of `{Self}` are not known",
    note = "derive `sim_core::Kinds`: it lists the variants of an enum by name"
)]
pub trait Kinds {
    /// All of them, in the order of their declaration.
    const KINDS: &'static [&'static str];

    /// That of this value: one of [`KINDS`](Self::KINDS), and the same as
    /// [`kind_of`](crate::kind_of).
    fn kind(&self) -> &'static str;
}

impl Kinds for Nothing {
    const KINDS: &'static [&'static str] = &[];

    fn kind(&self) -> &'static str {
        match *self {}
    }
}

/// What is sent where only the sending counts.
impl Kinds for () {
    const KINDS: &'static [&'static str] = &["unit"];

    fn kind(&self) -> &'static str {
        Self::KINDS[0]
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use crate::{Kinds, kind_of};

    #[derive(Serialize, Kinds)]
    enum Message<T> {
        Ping,
        Pong(T),
        #[serde(alias = "Copies")]
        Copy {
            value: T,
        },
    }

    #[derive(Serialize, Kinds)]
    struct Request {
        key: u8,
    }

    #[test]
    fn a_kind_is_called_what_faults_call_it() {
        let messages = [Message::Ping, Message::Pong(1), Message::Copy { value: 2 }];
        assert_eq!(messages.each_ref().map(Kinds::kind), Message::<u8>::KINDS);
        assert_eq!(messages.each_ref().map(kind_of), Message::<u8>::KINDS);
        assert_eq!((Request::KINDS, Request { key: 1 }.kind()), (&["Request"][..], kind_of(&Request { key: 1 })));
        assert_eq!(().kind(), kind_of(&()));
    }
}
