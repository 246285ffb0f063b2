//! The `serde` deserialiser over the tree.
//!
//! It follows the usual mapping of JSON, and is strict where a slip of the user
//! could pass unseen: no array for a struct, no left-over elements. Each place
//! where it hands a node to a type adds the node's span to the problem that may
//! come back, so the innermost node wins. The problem itself is kept aside: what
//! comes back through a type that is erased is nothing but its message.

use std::cell::RefCell;
use std::slice;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::problem::Problem;
use super::tree::{Entry, Key, Node, NodeValue, NumberValue, Span};
use super::wording::{quoted, values};

/// Reads the tree under `root` into a typed value; `key` is where the key of the root stands, if it has
/// one.
pub(super) fn read<'de, T: Deserialize<'de>>(root: &'de Node, key: Option<Span>) -> Result<T, Problem> {
    let place = |problem: Problem| match key {
        Some(key) => problem.at_value_of(key, root),
        None => problem.at(root),
    };
    let first = FirstProblem::default();
    T::deserialize(NodeDeserializer { node: root, first: &first })
        .map_err(|problem| place(first.take().unwrap_or(problem)))
}

/// Reads the tree under `root` with a function that knows its type; `key` is as for [`read`].
pub(super) fn read_erased<T>(
    root: &Node,
    key: Option<Span>,
    read: impl FnOnce(&mut dyn erased_serde::Deserializer<'_>) -> Result<T, erased_serde::Error>,
) -> Result<T, Problem> {
    let first = FirstProblem::default();
    let key = Key { name: "it".to_owned(), span: key.unwrap_or(root.span) };
    let object = Node { value: NodeValue::Object(vec![Entry { key, value: root.clone() }]), span: root.span };
    let mut deserializer =
        <dyn erased_serde::Deserializer<'_>>::erase(NodeDeserializer { node: &object, first: &first });
    read(&mut deserializer)
        .map_err(|error| first.take().unwrap_or_else(|| Problem::message(error.to_string())).at(root))
}

/// Where a problem stands.
#[derive(Clone, Copy)]
enum Place<'a> {
    Unknown,
    Key(Span),
    Value(&'a Node),
    /// At the key if something is missing in the value.
    Entry(&'a Entry),
}

/// The problem that is on its way to whoever reads, if there is one.
#[derive(Debug, Default)]
struct FirstProblem(RefCell<Option<Problem>>);

impl FirstProblem {
    /// Keeps the problem that a type has found aside, unless it is one that comes back.
    fn note<T>(&self, read: Result<T, Problem>) -> Result<T, Problem> {
        self.settle(read, Place::Unknown)
    }

    /// The problem, if there is one, gets its place. Where there is none, whoever read has got over those
    /// that there were.
    // There is a copy of this for each type that is read, and so it is small.
    fn settle<T>(&self, read: Result<T, Problem>, place: Place<'_>) -> Result<T, Problem> {
        match read {
            Ok(value) => {
                self.forget();
                Ok(value)
            }
            Err(problem) => Err(self.pass_on(problem, place)),
        }
    }

    #[inline(never)]
    fn forget(&self) {
        self.0.take();
    }

    #[inline(never)]
    fn pass_on(&self, problem: Problem, place: Place<'_>) -> Problem {
        let first = self.take().unwrap_or(problem);
        let first = match place {
            Place::Unknown => first,
            Place::Key(key) => first.at_key(key),
            Place::Value(node) => first.at(node),
            Place::Entry(entry) => first.at_value_of(entry.key.span, &entry.value),
        };
        let passed_on = Problem::message(first.to_string());
        self.0.replace(Some(first));
        passed_on
    }

    fn take(&self) -> Option<Problem> {
        self.0.take()
    }
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'de, 'f> {
    node: &'de Node,
    first: &'f FirstProblem,
}

impl<'de> Deserializer<'de> for NodeDeserializer<'de, '_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let read = match &self.node.value {
            NodeValue::Null => visitor.visit_unit(),
            NodeValue::Boolean(boolean) => visitor.visit_bool(*boolean),
            NodeValue::Number(number) => match number.value {
                NumberValue::Unsigned(number) => visitor.visit_u64(number),
                NumberValue::Negative(number) => visitor.visit_i64(number),
                NumberValue::Float(number) => visitor.visit_f64(number),
            },
            NodeValue::String(string) => visitor.visit_borrowed_str(string),
            NodeValue::Array(elements) => visit_array(elements, self.first, visitor),
            NodeValue::Object(entries) => visit_object(entries, self.first, visitor),
        };
        self.first.note(read)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.node.value {
            NodeValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match self.node.value {
            // A derived visitor would take an array for the fields in order.
            NodeValue::Array(_) => self.first.note(Err(Problem::invalid_type(Unexpected::Seq, &visitor))),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let read = match &self.node.value {
            NodeValue::String(name) => visitor.visit_enum(NameAccess { name, span: self.node.span, first: self.first }),
            NodeValue::Object(entries) if entries.len() == 1 => {
                visitor.visit_enum(EntryAccess { entry: &entries[0], first: self.first })
            }
            _ => Err(Problem::no_form(self.node, variants)),
        };
        self.first.note(read)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier
    }
}

fn visit_array<'de, V: Visitor<'de>>(
    elements: &'de [Node],
    first: &FirstProblem,
    visitor: V,
) -> Result<V::Value, Problem> {
    let mut access = ArrayAccess { elements: elements.iter(), first };
    let value = visitor.visit_seq(&mut access)?;
    let taken = elements.len() - access.elements.len();
    if taken < elements.len() {
        let expected = format!("an array of {}", values(taken));
        return Err(Problem::invalid_length(elements.len(), &expected.as_str()));
    }
    Ok(value)
}

struct ArrayAccess<'de, 'f> {
    elements: slice::Iter<'de, Node>,
    first: &'f FirstProblem,
}

impl<'de> SeqAccess<'de> for &mut ArrayAccess<'de, '_> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Problem> {
        let element = self.elements.next();
        element.map(|node| read_seed(seed, node, self.first)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.len())
    }
}

fn read_seed<'de, T: DeserializeSeed<'de>>(
    seed: T,
    node: &'de Node,
    first: &FirstProblem,
) -> Result<T::Value, Problem> {
    let value = seed.deserialize(NodeDeserializer { node, first });
    first.settle(value, Place::Value(node))
}

fn read_entry<'de, T: DeserializeSeed<'de>>(
    seed: T,
    entry: &'de Entry,
    first: &FirstProblem,
) -> Result<T::Value, Problem> {
    let value = seed.deserialize(NodeDeserializer { node: &entry.value, first });
    first.settle(value, Place::Entry(entry))
}

fn visit_object<'de, V: Visitor<'de>>(
    entries: &'de [Entry],
    first: &FirstProblem,
    visitor: V,
) -> Result<V::Value, Problem> {
    let mut access = ObjectAccess { entries: entries.iter(), current: None, first };
    let value = visitor.visit_map(&mut access)?;
    match access.entries.next() {
        Some(Entry { key, .. }) => {
            let message = format!("unexpected key {}", quoted(&key.name));
            Err(Problem::message(message).at_key(key.span))
        }
        None => Ok(value),
    }
}

struct ObjectAccess<'de, 'f> {
    entries: slice::Iter<'de, Entry>,
    first: &'f FirstProblem,
    /// The entry whose key was read last.
    current: Option<&'de Entry>,
}

impl<'de> MapAccess<'de> for &mut ObjectAccess<'de, '_> {
    type Error = Problem;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Problem> {
        self.current = self.entries.next();
        let Some(Entry { key, .. }) = self.current else {
            return Ok(None);
        };
        let name = seed.deserialize(NameDeserializer { name: &key.name, span: key.span, first: self.first });
        self.first.settle(name, Place::Key(key.span)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Problem> {
        let entry = self.current.take().expect("a value is read after its key");
        read_entry(seed, entry, self.first)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A name: the key of an object, or that of a variant.
#[derive(Clone, Copy)]
struct NameDeserializer<'de, 'f> {
    name: &'de str,
    span: Span,
    first: &'f FirstProblem,
}

impl<'de> Deserializer<'de> for NameDeserializer<'de, '_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.first.note(visitor.visit_borrowed_str(self.name))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_enum(NameAccess { name: self.name, span: self.span, first: self.first })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A variant written as nothing but its name.
struct NameAccess<'de, 'f> {
    name: &'de str,
    span: Span,
    first: &'f FirstProblem,
}

impl<'de> EnumAccess<'de> for NameAccess<'de, '_> {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Problem> {
        let Self { name, span, first } = self;
        Ok((seed.deserialize(NameDeserializer { name, span, first })?, self))
    }
}

impl NameAccess<'_, '_> {
    fn needs_a_value<T>(self) -> Result<T, Problem> {
        let message = format!("{} needs a value", quoted(self.name));
        self.first.note(Err(Problem::message(message).at_span(self.span)))
    }
}

impl<'de> VariantAccess<'de> for NameAccess<'de, '_> {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value, Problem> {
        self.needs_a_value()
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value, Problem> {
        self.needs_a_value()
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Problem> {
        self.needs_a_value()
    }
}

/// A variant written as an object whose only key is its name.
struct EntryAccess<'de, 'f> {
    entry: &'de Entry,
    first: &'f FirstProblem,
}

impl<'de> EnumAccess<'de> for EntryAccess<'de, '_> {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Problem> {
        let key = &self.entry.key;
        let variant = seed.deserialize(NameDeserializer { name: &key.name, span: key.span, first: self.first });
        Ok((self.first.settle(variant, Place::Key(key.span))?, self))
    }
}

impl<'de> VariantAccess<'de> for EntryAccess<'de, '_> {
    type Error = Problem;

    fn unit_variant(self) -> Result<(), Problem> {
        match self.entry.value.value {
            NodeValue::Null => Ok(()),
            _ => {
                let name = &self.entry.key.name;
                let message = format!("{} takes no value: write \"{name}\" alone", quoted(name));
                self.first.note(Err(Problem::message(message).at(&self.entry.value)))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Problem> {
        read_entry(seed, self.entry, self.first)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Problem> {
        let node = &self.entry.value;
        let value = NodeDeserializer { node, first: self.first }.deserialize_any(visitor);
        self.first.settle(value, Place::Value(node))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Problem> {
        let node = &self.entry.value;
        let value = NodeDeserializer { node, first: self.first }.deserialize_struct("", fields, visitor);
        self.first.settle(value, Place::Entry(self.entry))
    }
}
