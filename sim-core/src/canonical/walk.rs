//! The walk through a value that hashing, weighing and ordering share.
//!
//! serde asks a serializer for some forty methods. Three of our ends agree on
//! nearly all of them: names do not count, a variant is its index, a struct is
//! its fields in order. [`Walk`] says this once and leaves to a [`Sink`] the few
//! things in which they differ. All is inlined: the walk leaves no trace in
//! the compiled code.

use super::{Never, bits_of_f32, bits_of_f64};
use serde::ser::{self, Serialize, Serializer};

/// What receives the primitives of a value, in the order of its fields.
pub(super) trait Sink {
    /// What is remembered from one key of a map to the next.
    type Keys: Default;

    /// An unsigned integer of `bytes` bytes, a bool, a char, or a tag.
    fn unsigned(&mut self, value: u64, bytes: u64);
    /// A signed integer of `bytes` bytes.
    fn signed(&mut self, value: i64, bytes: u64);
    /// An unsigned integer of sixteen bytes.
    fn wide_unsigned(&mut self, value: u128);
    /// A signed integer of sixteen bytes.
    fn wide_signed(&mut self, value: i128);
    /// A single precision float, by its bits.
    fn float32(&mut self, bits: u32);
    /// A double precision float, by its bits.
    fn float64(&mut self, bits: u64);
    /// A string in UTF-8, or a byte string.
    fn bytes(&mut self, bytes: &[u8]);
    /// A field which its struct left out this time.
    fn skipped(&mut self);
    /// The start of a sequence or map, with its length when that is known.
    fn open(&mut self, length: Option<u64>);
    /// The start of an element or entry; `known` tells whether the length was.
    fn element(&mut self, known: bool);
    /// The end of a sequence or map; `known` tells whether the length was.
    fn close(&mut self, known: bool);
    /// A key of a map, just before it is walked itself.
    fn inspect_key<K: Serialize + ?Sized>(keys: &mut Self::Keys, key: &K);
}

/// Feeds the whole of `value` to `sink`.
#[inline(always)]
pub(super) fn walk<T: Serialize + ?Sized, S: Sink>(value: &T, sink: &mut S) {
    let Ok(()) = value.serialize(Walk { sink });
}

/// The serializer, and also what receives the parts of tuples and structs:
/// they need no state beyond the sink.
struct Walk<'s, S> {
    sink: &'s mut S,
}

/// Receives the elements of a sequence.
struct Elements<'s, S> {
    sink: &'s mut S,
    known: bool,
}

/// Receives the entries of a map.
struct Entries<'s, S: Sink> {
    elements: Elements<'s, S>,
    keys: S::Keys,
}

impl<'s, S: Sink> Walk<'s, S> {
    #[inline(always)]
    fn part<T: Serialize + ?Sized>(&mut self, part: &T) -> Result<(), Never> {
        part.serialize(Walk { sink: self.sink })
    }

    #[inline(always)]
    fn variant(self, index: u32) -> Self {
        self.sink.unsigned(u64::from(index), 4);
        self
    }

    #[inline(always)]
    fn elements(self, length: Option<usize>) -> Elements<'s, S> {
        self.sink.open(length.map(|length| length as u64));
        Elements { sink: self.sink, known: length.is_some() }
    }
}

/// Writes the methods of integers, each as `method(type, bytes)`.
macro_rules! integers {
    ($sink_method:ident as $wide:ty: $($method:ident($ty:ty, $bytes:literal))*) => {$(
        #[inline(always)]
        fn $method(self, value: $ty) -> Result<(), Never> {
            self.sink.$sink_method(<$wide>::from(value), $bytes);
            Ok(())
        }
    )*};
}

/// Writes the methods that hand over one value, each as
/// `method(value: type) = sink_method(expression)`.
macro_rules! primitives {
    ($($method:ident($value:ident: $ty:ty) = $sink_method:ident($sent:expr))*) => {$(
        #[inline(always)]
        fn $method(self, $value: $ty) -> Result<(), Never> {
            self.sink.$sink_method($sent);
            Ok(())
        }
    )*};
}

impl<'s, S: Sink> Serializer for Walk<'s, S> {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Elements<'s, S>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Entries<'s, S>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    integers! { unsigned as u64:
        serialize_bool(bool, 1) serialize_char(char, 4)
        serialize_u8(u8, 1) serialize_u16(u16, 2) serialize_u32(u32, 4) serialize_u64(u64, 8)
    }
    integers! { signed as i64:
        serialize_i8(i8, 1) serialize_i16(i16, 2) serialize_i32(i32, 4) serialize_i64(i64, 8)
    }
    primitives! {
        serialize_u128(value: u128) = wide_unsigned(value)
        serialize_i128(value: i128) = wide_signed(value)
        serialize_f32(value: f32) = float32(bits_of_f32(value))
        serialize_f64(value: f64) = float64(bits_of_f64(value))
        serialize_str(value: &str) = bytes(value.as_bytes())
        serialize_bytes(value: &[u8]) = bytes(value)
    }

    #[inline(always)]
    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline(always)]
    fn serialize_unit(self) -> Result<(), Never> {
        Ok(())
    }

    #[inline(always)]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Never> {
        Ok(())
    }

    #[inline(always)]
    fn serialize_none(self) -> Result<(), Never> {
        self.sink.unsigned(0, 1);
        Ok(())
    }

    #[inline(always)]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Never> {
        self.sink.unsigned(1, 1);
        value.serialize(self)
    }

    #[inline(always)]
    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Result<(), Never> {
        self.variant(index);
        Ok(())
    }

    #[inline(always)]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    #[inline(always)]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        value.serialize(self.variant(index))
    }

    #[inline(always)]
    fn serialize_seq(self, length: Option<usize>) -> Result<Elements<'s, S>, Never> {
        Ok(self.elements(length))
    }

    #[inline(always)]
    fn serialize_map(self, length: Option<usize>) -> Result<Entries<'s, S>, Never> {
        Ok(Entries { elements: self.elements(length), keys: S::Keys::default() })
    }

    #[inline(always)]
    fn serialize_tuple(self, _: usize) -> Result<Self, Never> {
        Ok(self)
    }

    #[inline(always)]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self)
    }

    #[inline(always)]
    fn serialize_tuple_variant(self, _: &'static str, index: u32, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self.variant(index))
    }

    #[inline(always)]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self)
    }

    #[inline(always)]
    fn serialize_struct_variant(self, _: &'static str, index: u32, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self.variant(index))
    }
}

/// Writes the three traits of unnamed parts and the two of named ones.
macro_rules! parts {
    (unnamed: $($unnamed:ident::$element:ident)*; named: $($named:ident)*) => {
        $(impl<S: Sink> ser::$unnamed for Walk<'_, S> {
            type Ok = ();
            type Error = Never;

            #[inline(always)]
            fn $element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
                self.part(value)
            }

            #[inline(always)]
            fn end(self) -> Result<(), Never> {
                Ok(())
            }
        })*
        $(impl<S: Sink> ser::$named for Walk<'_, S> {
            type Ok = ();
            type Error = Never;

            #[inline(always)]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _: &'static str,
                value: &T,
            ) -> Result<(), Never> {
                self.part(value)
            }

            #[inline(always)]
            fn skip_field(&mut self, _: &'static str) -> Result<(), Never> {
                self.sink.skipped();
                Ok(())
            }

            #[inline(always)]
            fn end(self) -> Result<(), Never> {
                Ok(())
            }
        })*
    };
}

parts! {
    unnamed:
        SerializeTuple::serialize_element
        SerializeTupleStruct::serialize_field
        SerializeTupleVariant::serialize_field;
    named: SerializeStruct SerializeStructVariant
}

impl<S: Sink> ser::SerializeSeq for Elements<'_, S> {
    type Ok = ();
    type Error = Never;

    #[inline(always)]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.sink.element(self.known);
        value.serialize(Walk { sink: self.sink })
    }

    #[inline(always)]
    fn end(self) -> Result<(), Never> {
        self.sink.close(self.known);
        Ok(())
    }
}

impl<S: Sink> ser::SerializeMap for Entries<'_, S> {
    type Ok = ();
    type Error = Never;

    #[inline]
    fn serialize_key<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<(), Never> {
        S::inspect_key(&mut self.keys, key);
        ser::SerializeSeq::serialize_element(&mut self.elements, key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        value.serialize(Walk { sink: self.elements.sink })
    }

    #[inline]
    fn end(self) -> Result<(), Never> {
        ser::SerializeSeq::end(self.elements)
    }
}
