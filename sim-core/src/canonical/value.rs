//! A message as a tree, for whatever must take it apart without its type.
//!
//! A trace outlives the types of the messages in it: it is printed, written as
//! JSON, and compared with the trace of another run. [`Value`] keeps all that
//! serde is told of a message, names included. It is made when a trace is
//! looked at and not while the simulation runs, so it may allocate.

use super::{Never, bits_of_f32, bits_of_f64};
use serde::Serialize;
use serde::ser::{self, SerializeMap, SerializeStruct, SerializeStructVariant, Serializer};
use std::fmt::Display;

/// Anything that can be serialized, in an owned form without its type.
///
/// Two are equal when all is equal that serde was told of them: names of types
/// as well as content, floats by their bits (but every NaN equals every
/// other), maps in the order of their entries. How one prints is told at its
/// [`Display`].
///
/// It serializes as the original does in a self-describing, human-readable
/// format: `serde_json::to_string(&Value::of(&x))` is
/// `serde_json::to_string(&x)`. That goes for keys of maps as well. JSON writes
/// those that are integers, bools or floats as strings, and fails for those
/// that are sequences, tuples or structs, with the same error for both. Only
/// the widths of integers are forgotten, which a binary format would notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `()`.
    Unit,
    /// A bool.
    Bool(bool),
    /// An integer of any width.
    Int(i128),
    /// An integer greater than `i128::MAX`.
    BigInt(u128),
    /// A single precision float, as its IEEE 754 bits.
    Float32(u32),
    /// A double precision float, as its IEEE 754 bits.
    Float64(u64),
    /// A char.
    Char(char),
    /// A string.
    Text(String),
    /// What shows itself as text, such as an identity or a duration: whatever passes through
    /// [`Serializer::collect_str`].
    Shown(String),
    /// A byte string. A `Vec<u8>` is a list, unless serde is told otherwise.
    Bytes(Vec<u8>),
    /// An `Option` without a value.
    None,
    /// An `Option` with one.
    Some(Box<Value>),
    /// A sequence.
    List(Vec<Value>),
    /// A tuple or an array.
    Tuple(Vec<Value>),
    /// A map, its entries in the order in which they came.
    Map(Vec<(Value, Value)>),
    /// A struct.
    Struct {
        /// The name of the struct.
        name: &'static str,
        /// What is in it.
        body: Body,
    },
    /// An enum.
    Variant {
        /// The name of the enum.
        family: &'static str,
        /// The place of the variant in the enum, from 0.
        index: u32,
        /// The name of the variant.
        name: &'static str,
        /// What is in it.
        body: Body,
    },
}

/// What follows the name of a struct or of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing: `Name`.
    Unit,
    /// One part without a name: `Name(1)`.
    Newtype(Box<Value>),
    /// Any other number of parts without names: `Name(1, 2)`.
    Tuple(Vec<Value>),
    /// Fields with their names: `Name { a: 1 }`. Skipped ones are missing.
    Fields(Vec<(&'static str, Value)>),
}

impl Value {
    /// The tree of `value`, in its human-readable form.
    ///
    /// # Panics
    ///
    /// When `value` reports an error while it is serialized.
    #[must_use]
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        let Ok(value) = value.serialize(Builder);
        value
    }
}

/// The name that a body is being built for.
enum Head {
    Struct(&'static str),
    Variant(&'static str, u32, &'static str),
}

impl Head {
    fn with(self, body: Body) -> Value {
        match self {
            Self::Struct(name) => Value::Struct { name, body },
            Self::Variant(family, index, name) => Value::Variant { family, index, name, body },
        }
    }
}

/// Makes a [`Value`] of whatever is serialized into it.
struct Builder;

/// The elements so far of a sequence or tuple, and which of the two it is.
struct Elements {
    elements: Vec<Value>,
    finish: fn(Vec<Value>) -> Value,
}

/// The parts so far of a struct or variant: values, or pairs with names.
struct Parts<P> {
    head: Head,
    parts: Vec<P>,
}

impl<P> Parts<P> {
    fn new(head: Head) -> Self {
        let parts = Vec::new();
        Self { head, parts }
    }
}

/// The entries so far of a map, and the key that still lacks its value.
#[derive(Default)]
struct Entries {
    entries: Vec<(Value, Value)>,
    key: Option<Value>,
}

type Built<T = Value> = Result<T, Never>;

/// Writes the methods that make one value, each as
/// `method(value: type) = expression`.
macro_rules! primitives {
    ($($method:ident($value:ident: $ty:ty) = $made:expr;)*) => {$(
        fn $method(self, $value: $ty) -> Built {
            Ok($made)
        }
    )*};
}

impl Serializer for Builder {
    type Ok = Value;
    type Error = Never;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Parts<Value>;
    type SerializeTupleVariant = Parts<Value>;
    type SerializeMap = Entries;
    type SerializeStruct = Parts<(&'static str, Value)>;
    type SerializeStructVariant = Parts<(&'static str, Value)>;

    primitives! {
        serialize_bool(value: bool) = Value::Bool(value);
        serialize_i8(value: i8) = Value::Int(value.into());
        serialize_i16(value: i16) = Value::Int(value.into());
        serialize_i32(value: i32) = Value::Int(value.into());
        serialize_i64(value: i64) = Value::Int(value.into());
        serialize_i128(value: i128) = Value::Int(value);
        serialize_u8(value: u8) = Value::Int(value.into());
        serialize_u16(value: u16) = Value::Int(value.into());
        serialize_u32(value: u32) = Value::Int(value.into());
        serialize_u64(value: u64) = Value::Int(value.into());
        serialize_u128(value: u128) = i128::try_from(value).map_or(Value::BigInt(value), Value::Int);
        serialize_f32(value: f32) = Value::Float32(bits_of_f32(value));
        serialize_f64(value: f64) = Value::Float64(bits_of_f64(value));
        serialize_char(value: char) = Value::Char(value);
        serialize_str(value: &str) = Value::Text(value.to_owned());
        serialize_bytes(value: &[u8]) = Value::Bytes(value.to_owned());
        serialize_unit_struct(name: &'static str) = Head::Struct(name).with(Body::Unit);
    }

    fn is_human_readable(&self) -> bool {
        true
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Built {
        Ok(Value::Shown(value.to_string()))
    }

    fn serialize_unit(self) -> Built {
        Ok(Value::Unit)
    }

    fn serialize_none(self) -> Built {
        Ok(Value::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Built {
        Ok(Value::Some(Box::new(Value::of(value))))
    }

    fn serialize_unit_variant(self, family: &'static str, index: u32, name: &'static str) -> Built {
        Ok(Head::Variant(family, index, name).with(Body::Unit))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Built {
        Ok(Head::Struct(name).with(Body::Newtype(Box::new(Value::of(value)))))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        family: &'static str,
        index: u32,
        name: &'static str,
        value: &T,
    ) -> Built {
        let body = Body::Newtype(Box::new(Value::of(value)));
        Ok(Head::Variant(family, index, name).with(body))
    }

    fn serialize_seq(self, _: Option<usize>) -> Built<Elements> {
        Ok(Elements { elements: Vec::new(), finish: Value::List })
    }

    fn serialize_tuple(self, _: usize) -> Built<Elements> {
        Ok(Elements { elements: Vec::new(), finish: Value::Tuple })
    }

    fn serialize_map(self, _: Option<usize>) -> Built<Entries> {
        Ok(Entries::default())
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Built<Parts<Value>> {
        Ok(Parts::new(Head::Struct(name)))
    }

    fn serialize_tuple_variant(
        self,
        family: &'static str,
        index: u32,
        name: &'static str,
        _: usize,
    ) -> Built<Parts<Value>> {
        Ok(Parts::new(Head::Variant(family, index, name)))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Built<Self::SerializeStruct> {
        Ok(Parts::new(Head::Struct(name)))
    }

    fn serialize_struct_variant(
        self,
        family: &'static str,
        index: u32,
        name: &'static str,
        _: usize,
    ) -> Built<Self::SerializeStructVariant> {
        Ok(Parts::new(Head::Variant(family, index, name)))
    }
}

/// Writes the traits that receive elements, unnamed parts and named parts.
macro_rules! collectors {
    (
        elements: $($elements:ident)*;
        unnamed: $($unnamed:ident)*;
        named: $($named:ident)*
    ) => {
        $(impl ser::$elements for Elements {
            type Ok = Value;
            type Error = Never;

            fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Built<()> {
                self.elements.push(Value::of(value));
                Ok(())
            }

            fn end(self) -> Built {
                Ok((self.finish)(self.elements))
            }
        })*
        $(impl ser::$unnamed for Parts<Value> {
            type Ok = Value;
            type Error = Never;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Built<()> {
                self.parts.push(Value::of(value));
                Ok(())
            }

            fn end(self) -> Built {
                Ok(self.head.with(Body::Tuple(self.parts)))
            }
        })*
        $(impl ser::$named for Parts<(&'static str, Value)> {
            type Ok = Value;
            type Error = Never;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Built<()> {
                self.parts.push((name, Value::of(value)));
                Ok(())
            }

            fn end(self) -> Built {
                Ok(self.head.with(Body::Fields(self.parts)))
            }
        })*
    };
}

collectors! {
    elements: SerializeSeq SerializeTuple;
    unnamed: SerializeTupleStruct SerializeTupleVariant;
    named: SerializeStruct SerializeStructVariant
}

impl SerializeMap for Entries {
    type Ok = Value;
    type Error = Never;

    fn serialize_key<K: Serialize + ?Sized>(&mut self, key: &K) -> Built<()> {
        self.key = Some(Value::of(key));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Built<()> {
        let key = self.key.take().expect("serde gives a key before a value");
        self.entries.push((key, Value::of(value)));
        Ok(())
    }

    fn end(self) -> Built {
        Ok(Value::Map(self.entries))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unit => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serialize_int(*value, serializer),
            Self::BigInt(value) => serializer.serialize_u128(*value),
            Self::Float32(bits) => serializer.serialize_f32(f32::from_bits(*bits)),
            Self::Float64(bits) => serializer.serialize_f64(f64::from_bits(*bits)),
            Self::Char(value) => serializer.serialize_char(*value),
            Self::Text(value) | Self::Shown(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::None => serializer.serialize_none(),
            Self::Some(value) => serializer.serialize_some(value),
            Self::List(elements) => serializer.collect_seq(elements),
            Self::Tuple(elements) => serialize_tuple(elements, serializer),
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
            Self::Struct { name, body } => serialize_struct(name, body, serializer),
            Self::Variant { family, index, name, body } => serialize_variant((family, *index, name), body, serializer),
        }
    }
}

/// Serializes an integer in 64 bits if they hold it: many formats know no more.
fn serialize_int<S: Serializer>(value: i128, serializer: S) -> Result<S::Ok, S::Error> {
    if let Ok(value) = i64::try_from(value) {
        serializer.serialize_i64(value)
    } else if let Ok(value) = u64::try_from(value) {
        serializer.serialize_u64(value)
    } else {
        serializer.serialize_i128(value)
    }
}

fn serialize_tuple<S: Serializer>(elements: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    use ser::SerializeTuple;
    let mut tuple = serializer.serialize_tuple(elements.len())?;
    for element in elements {
        tuple.serialize_element(element)?;
    }
    tuple.end()
}

fn serialize_struct<S: Serializer>(name: &'static str, body: &Body, serializer: S) -> Result<S::Ok, S::Error> {
    match body {
        Body::Unit => serializer.serialize_unit_struct(name),
        Body::Newtype(value) => serializer.serialize_newtype_struct(name, value),
        Body::Tuple(parts) => {
            use ser::SerializeTupleStruct;
            let mut tuple = serializer.serialize_tuple_struct(name, parts.len())?;
            for part in parts {
                tuple.serialize_field(part)?;
            }
            tuple.end()
        }
        Body::Fields(fields) => {
            let mut fielded = serializer.serialize_struct(name, fields.len())?;
            for (field, value) in fields {
                fielded.serialize_field(field, value)?;
            }
            fielded.end()
        }
    }
}

fn serialize_variant<S: Serializer>(
    (family, index, name): (&'static str, u32, &'static str),
    body: &Body,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match body {
        Body::Unit => serializer.serialize_unit_variant(family, index, name),
        Body::Newtype(value) => serializer.serialize_newtype_variant(family, index, name, value),
        Body::Tuple(parts) => {
            use ser::SerializeTupleVariant;
            let length = parts.len();
            let mut tuple = serializer.serialize_tuple_variant(family, index, name, length)?;
            for part in parts {
                tuple.serialize_field(part)?;
            }
            tuple.end()
        }
        Body::Fields(fields) => {
            let length = fields.len();
            let mut fielded = serializer.serialize_struct_variant(family, index, name, length)?;
            for (field, value) in fields {
                fielded.serialize_field(field, value)?;
            }
            fielded.end()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Newtype(u8);
    #[derive(Serialize)]
    struct Pair(u8, String);
    #[derive(Serialize)]
    struct Fields {
        #[serde(rename = "first")]
        one: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        two: Option<u8>,
    }
    #[derive(Serialize)]
    struct Flat {
        zero: u8,
        #[serde(flatten)]
        rest: Fields,
    }

    #[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
    enum External {
        Unit,
        Newtype(u8),
        Pair(u8, u8),
        Fields { a: Option<u8>, b: () },
    }
    #[derive(Serialize)]
    #[serde(tag = "type")]
    enum Internal {
        Unit,
        Fields { a: u8 },
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Untagged {
        Newtype(u8),
        Fields { a: u8 },
    }

    struct Raw(&'static [u8]);

    impl Serialize for Raw {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }

    #[track_caller]
    fn check<T: Serialize>(value: T) {
        let json = |result: serde_json::Result<String>| result.map_err(|error| error.to_string());
        let expected = json(serde_json::to_string(&value));
        assert_eq!(json(serde_json::to_string(&Value::of(&value))), expected);
        let again = Value::of(&Value::of(&value));
        assert_eq!(again, Value::of(&value));
    }

    #[test]
    fn primitives_have_the_json_of_the_original() {
        check(((), true, 'é', "a\"\n\u{1}", Raw(&[0, 255])));
        check((i8::MIN, u8::MAX, i16::MIN, u16::MAX, i32::MIN, u32::MAX));
        check((i64::MIN, u64::MAX, i128::MIN, i128::MAX, u128::MAX));
        check((0.1f32, 0.1f64, -0.0f64, 1e300, f32::NAN, f64::INFINITY));
        check((Ipv4Addr::LOCALHOST, Duration::from_millis(150)));
    }

    #[test]
    fn compounds_have_the_json_of_the_original() {
        check((None::<u8>, Some(Some(1)), vec![[1, 2]], Vec::<u8>::new()));
        check((Unit, Newtype(1), Pair(1, "b".to_string())));
        check([Some(2), None].map(|two| Fields { one: 1, two }));
        let rest = Fields { one: 1, two: None };
        check(Flat { zero: 0, rest });
        check((External::Unit, External::Newtype(1), External::Pair(1, 2)));
        check(External::Fields { a: None, b: () });
        check((Internal::Unit, Internal::Fields { a: 1 }));
        check((Untagged::Newtype(1), Untagged::Fields { a: 1 }));
    }

    #[test]
    fn maps_have_the_json_or_the_error_of_the_original() {
        check(BTreeMap::from([("a", 1), ("b", 2)]));
        check(BTreeMap::<String, u8>::new());
        check(BTreeMap::from([(-1i8, 1), (5, 2)]));
        check(BTreeMap::from([(u128::MAX, 1)]));
        check(BTreeMap::from([(false, 'x'), (true, 'y')]));
        check(BTreeMap::from([('a', 1)]));
        check(BTreeMap::from([(External::Unit, 1)]));
        check(BTreeMap::from([(External::Newtype(1), 1)]));
        check(BTreeMap::from([((1, 2), 3)]));
        check(BTreeMap::from([(None, 1), (Some(2), 3)]));
    }

    #[test]
    fn floats_are_compared_by_bits() {
        assert_ne!(Value::of(&0.0), Value::of(&-0.0));
        assert_eq!(Value::of(&f64::NAN), Value::of(&-f64::NAN));
    }
}
