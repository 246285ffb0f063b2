//! The `serde` deserialiser over the tree.
//!
//! It follows the usual mapping of JSON, and is strict where a slip of the user
//! could pass unseen: no array for a struct, no left-over elements. Each place
//! where it hands a node to a type adds the node's span to the problem that may
//! come back, so the innermost node wins. The first problem is kept aside: what
//! comes back through a type that is erased has lost its place.

use std::cell::RefCell;
use std::slice;

use serde::de::value::StrDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
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
    T::deserialize(NodeDeserializer { node: root, first: &first }).map_err(|problem| first.or(place(problem)))
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
    read(&mut deserializer).map_err(|error| first.or(Problem::message(error.to_string()).at(root)))
}

/// The first problem that had a place.
#[derive(Debug, Default)]
struct FirstProblem(RefCell<Option<Problem>>);

impl FirstProblem {
    /// Keeps a problem aside, if it is the first, and passes on that there is one.
    fn keep(&self, problem: Problem) -> Problem {
        let passed_on = Problem::message(problem.to_string());
        self.0.borrow_mut().get_or_insert(problem);
        passed_on
    }

    /// A problem, if there is one, gets its place and is kept aside. Where there is none, whoever read has
    /// got over those that there were.
    fn settle<T>(&self, read: Result<T, Problem>, place: impl FnOnce(Problem) -> Problem) -> Result<T, Problem> {
        if read.is_ok() {
            self.0.take();
        }
        read.map_err(|problem| self.keep(place(problem)))
    }

    /// What was kept aside, or else this.
    fn or(&self, problem: Problem) -> Problem {
        self.0.take().unwrap_or(problem)
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
        match &self.node.value {
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
        }
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
            NodeValue::Array(_) => Err(Problem::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match &self.node.value {
            NodeValue::String(name) => visitor.visit_enum(NameAccess { name, span: self.node.span }),
            NodeValue::Object(entries) if entries.len() == 1 => {
                visitor.visit_enum(EntryAccess { entry: &entries[0], first: self.first })
            }
            _ => Err(Problem::no_form(self.node, variants)),
        }
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
    first.settle(value, |problem| problem.at(node))
}

fn read_entry<'de, T: DeserializeSeed<'de>>(
    seed: T,
    entry: &'de Entry,
    first: &FirstProblem,
) -> Result<T::Value, Problem> {
    let value = seed.deserialize(NodeDeserializer { node: &entry.value, first });
    first.settle(value, |problem| problem.at_value_of(entry.key.span, &entry.value))
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
            Err(first.keep(Problem::message(message).at_key(key.span)))
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
        let key_value = seed.deserialize(KeyDeserializer { key });
        key_value.map(Some).map_err(|problem| self.first.keep(problem.at_key(key.span)))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Problem> {
        let entry = self.current.take().expect("a value is read after its key");
        read_entry(seed, entry, self.first)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// The key of an object: a string which may also name a variant.
#[derive(Clone, Copy)]
struct KeyDeserializer<'de> {
    key: &'de Key,
}

impl<'de> Deserializer<'de> for KeyDeserializer<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_borrowed_str(&self.key.name)
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
        visitor.visit_enum(NameAccess { name: &self.key.name, span: self.key.span })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A variant written as nothing but its name.
struct NameAccess<'de> {
    name: &'de str,
    span: Span,
}

impl<'de> EnumAccess<'de> for NameAccess<'de> {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Problem> {
        let name: StrDeserializer<'_, Problem> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl NameAccess<'_> {
    fn needs_a_value<T>(self) -> Result<T, Problem> {
        let message = format!("{} needs a value", quoted(self.name));
        Err(Problem::message(message).at_span(self.span))
    }
}

impl<'de> VariantAccess<'de> for NameAccess<'de> {
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
        let variant = seed.deserialize(KeyDeserializer { key });
        let variant = variant.map_err(|problem| self.first.keep(problem.at_key(key.span)))?;
        Ok((variant, self))
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
                Err(Problem::message(message).at(&self.entry.value))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Problem> {
        read_entry(seed, self.entry, self.first)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Problem> {
        let node = &self.entry.value;
        let value = NodeDeserializer { node, first: self.first }.deserialize_any(visitor);
        value.map_err(|problem| self.first.keep(problem.at(node)))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Problem> {
        let Entry { key, value: node } = self.entry;
        let value = NodeDeserializer { node, first: self.first }.deserialize_struct("", fields, visitor);
        value.map_err(|problem| self.first.keep(problem.at_value_of(key.span, node)))
    }
}
