//! The name of a message, by which faults and traces speak of it.
//!
//! "Drop every third `AppendEntries`" needs the name of a message and nothing
//! else of it, for each message sent. The very first call which a value makes
//! to its serializer tells it; the answer is then returned as an error, so
//! that the value stops there and its content is never walked.

use super::refuse;
use serde::Serialize;
use serde::ser::{Error, Impossible, Serializer};
use std::convert::Infallible;
use std::fmt::{self, Display};

/// The kind of `value`: the name of its variant if it is an enum, the name of
/// the struct if it is one (a newtype has its own, not that of its content).
///
/// `Some(x)` is of the kind of `x`, as are references and boxes. For the rest
/// the kind is one of `"unit"`, `"bool"`, `"integer"`, `"float"`, `"char"`,
/// `"string"`, `"bytes"`, `"none"`, `"sequence"`, `"tuple"` and `"map"`.
///
/// Names are those which serde is told, after `#[serde(rename)]`. Under
/// `#[serde(tag)]` or `#[serde(untagged)]` serde is not told the variant, and
/// the kind is that of what is written in its place.
#[inline]
pub fn kind_of<T: Serialize + ?Sized>(value: &T) -> &'static str {
    let Err(Kind(kind)) = value.serialize(KindSerializer);
    kind
}

/// The answer, on its way out as an error.
#[derive(Debug)]
struct Kind(&'static str);

impl Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for Kind {}

impl Error for Kind {
    fn custom<T: Display>(message: T) -> Self {
        refuse(message)
    }
}

/// No value is ever wholly serialized.
type Answer<T = Infallible> = Result<T, Kind>;
type Parts = Impossible<Infallible, Kind>;

struct KindSerializer;

/// Writes the methods whose kind does not depend on the value.
macro_rules! fixed_kinds {
    ($($kind:literal: $($method:ident($ty:ty) -> $ok:ty),*;)*) => {$($(
        #[inline]
        fn $method(self, _: $ty) -> Answer<$ok> {
            Err(Kind($kind))
        }
    )*)*};
}

impl Serializer for KindSerializer {
    type Ok = Infallible;
    type Error = Kind;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Parts;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    fixed_kinds! {
        "bool": serialize_bool(bool) -> Infallible;
        "integer":
            serialize_i8(i8) -> Infallible, serialize_u8(u8) -> Infallible,
            serialize_i16(i16) -> Infallible, serialize_u16(u16) -> Infallible,
            serialize_i32(i32) -> Infallible, serialize_u32(u32) -> Infallible,
            serialize_i64(i64) -> Infallible, serialize_u64(u64) -> Infallible,
            serialize_i128(i128) -> Infallible, serialize_u128(u128) -> Infallible;
        "float": serialize_f32(f32) -> Infallible, serialize_f64(f64) -> Infallible;
        "char": serialize_char(char) -> Infallible;
        "string": serialize_str(&str) -> Infallible;
        "bytes": serialize_bytes(&[u8]) -> Infallible;
        "sequence": serialize_seq(Option<usize>) -> Parts;
        "tuple": serialize_tuple(usize) -> Parts;
        "map": serialize_map(Option<usize>) -> Parts;
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    /// Spares the formatting of a value that is shown as a string.
    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Answer {
        Err(Kind("string"))
    }

    fn serialize_unit(self) -> Answer {
        Err(Kind("unit"))
    }

    fn serialize_none(self) -> Answer {
        Err(Kind("none"))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Answer {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit_struct(self, name: &'static str) -> Answer {
        Err(Kind(name))
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, _: &T) -> Answer {
        Err(Kind(name))
    }

    #[inline]
    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Answer<Parts> {
        Err(Kind(name))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Answer<Parts> {
        Err(Kind(name))
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Answer {
        Err(Kind(variant))
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Answer {
        Err(Kind(variant))
    }

    #[inline]
    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Answer<Parts> {
        Err(Kind(variant))
    }

    #[inline]
    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Answer<Parts> {
        Err(Kind(variant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Fails the test if anything looks inside.
    struct Untouchable;

    impl Serialize for Untouchable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("the content was walked")
        }
    }

    #[derive(Serialize)]
    enum Message {
        Ping,
        Ack(Untouchable),
        Move(Untouchable, u8),
        #[serde(rename = "PUT")]
        Put {
            key: Untouchable,
        },
    }

    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Newtype(Untouchable);
    #[derive(Serialize)]
    struct Tuple(Untouchable, u8);
    #[derive(Serialize)]
    struct Struct {
        key: Untouchable,
    }

    #[track_caller]
    fn check<T: Serialize>(value: T, expected: &str) {
        assert_eq!(kind_of(&value), expected);
    }

    #[test]
    fn enums_are_of_the_kind_of_their_variant() {
        check(Message::Ping, "Ping");
        check(Message::Ack(Untouchable), "Ack");
        check(Some(Message::Move(Untouchable, 1)), "Move");
        check(Box::new(Message::Put { key: Untouchable }), "PUT");
    }

    #[test]
    fn structs_are_of_their_own_kind() {
        check(Unit, "Unit");
        check(Newtype(Untouchable), "Newtype");
        check(Tuple(Untouchable, 1), "Tuple");
        check(Struct { key: Untouchable }, "Struct");
    }

    #[test]
    fn the_rest_is_of_the_kind_of_its_shape() {
        check((), "unit");
        check(true, "bool");
        check((1u128, 2), "tuple");
        check(1usize, "integer");
        check(-1i128, "integer");
        check(1.0f32, "float");
        check('a', "char");
        check("text", "string");
        check(format_args!("{}", 1), "string");
        check(None::<u8>, "none");
        check(vec![Untouchable], "sequence");
        check(BTreeMap::from([(1, Untouchable)]), "map");
    }
}
