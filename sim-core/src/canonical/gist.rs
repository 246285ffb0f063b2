//! What a message says, in few bits and for as long as possible the same.
//!
//! A fingerprint ([`hash_of_value`](super::hash_of_value)) tells any two values of one type apart.
//! A gist tells most of them apart, and outlives an edit of the type: a recording finds a message
//! by it again after the protocol has been changed.
//!
//! | it survives | it does not |
//! |---|---|
//! | a new field that is empty or zero, and the end of such a field | one with a content |
//! | fields in another order | another name of a field |
//! | another name of a struct, a struct around a struct | another name of a variant |
//! | a new variant of an enum, variants in another order | |
//! | another width of an integer; `Option<T>` instead of `T` | a list instead of one value |

use super::value::{Body, Value};

/// The gist of a value.
pub(crate) fn gist_of(value: &Value) -> u32 {
    let gist = gist(value);
    (gist >> 32) as u32 ^ gist as u32
}

/// The gist of nothing: what has it may as well not be there.
const EMPTY: u64 = 0;

fn gist(value: &Value) -> u64 {
    match value {
        Value::Unit | Value::None => EMPTY,
        Value::Bool(value) => u64::from(*value),
        Value::Int(0) | Value::BigInt(0) => EMPTY,
        Value::Int(value) => of_bytes(&value.to_le_bytes()),
        Value::BigInt(value) => of_bytes(&value.to_le_bytes()),
        Value::Float32(bits) => u64::from(*bits),
        Value::Float64(bits) => *bits,
        Value::Char(value) => u64::from(*value),
        Value::Text(text) | Value::Shown(text) => of_bytes(text.as_bytes()),
        Value::Bytes(bytes) => of_bytes(bytes),
        Value::Some(value) => gist(value),
        Value::List(parts) | Value::Tuple(parts) => in_order(parts.iter().map(gist)),
        Value::Map(entries) => in_order(entries.iter().flat_map(|(key, value)| [gist(key), gist(value)])),
        Value::Struct { body, .. } => of_body(body),
        Value::Variant { name, body, .. } => join(of_bytes(name.as_bytes()), of_body(body)),
    }
}

fn of_body(body: &Body) -> u64 {
    match body {
        Body::Unit => EMPTY,
        Body::Newtype(value) => gist(value),
        Body::Tuple(parts) => in_order(parts.iter().map(gist)),
        // A sum does not depend on the order.
        Body::Fields(fields) => fields.iter().fold(EMPTY, |sum, (name, value)| match gist(value) {
            EMPTY => sum,
            gist => sum.wrapping_add(join(of_bytes(name.as_bytes()), gist)),
        }),
    }
}

fn in_order(gists: impl Iterator<Item = u64>) -> u64 {
    gists.fold(EMPTY, |all, gist| join(all, gist.wrapping_add(1)))
}

fn of_bytes(bytes: &[u8]) -> u64 {
    bytes.iter().fold(EMPTY, |all, byte| join(all, u64::from(*byte) + 1))
}

/// Spreads all bits of both (the end of `SplitMix64`).
const fn join(first: u64, second: u64) -> u64 {
    let sum = first.rotate_left(23).wrapping_add(second).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    fn of(value: &impl Serialize) -> u32 {
        gist_of(&Value::of(value))
    }

    #[derive(Serialize)]
    enum Before {
        Put(Put),
        Get { key: u32 },
    }

    #[derive(Serialize)]
    struct Put {
        key: u32,
        value: &'static str,
    }

    #[derive(Serialize)]
    enum After {
        #[expect(dead_code, reason = "a variant that is new")]
        New,
        Get {
            key: u64,
            quorum: Option<u8>,
        },
        Put(Store),
    }

    #[derive(Serialize)]
    struct Store {
        value: &'static str,
        tags: Vec<u32>,
        key: Option<u64>,
    }

    #[test]
    fn it_outlives_edits_of_the_type() {
        let put = of(&Before::Put(Put { key: 7, value: "x" }));
        let store = |tags| After::Put(Store { value: "x", tags, key: Some(7) });
        assert_eq!(put, of(&store(vec![])));
        assert_ne!(put, of(&store(vec![1])), "a new field that says something");
        let get = of(&Before::Get { key: 3 });
        assert_eq!(get, of(&After::Get { key: 3, quorum: None }));
        assert_ne!(get, of(&After::Get { key: 3, quorum: Some(2) }));
    }

    #[test]
    fn it_tells_messages_apart_and_never_changes() {
        let put = |key, value| of(&Before::Put(Put { key, value }));
        let others = [put(8, "x"), put(7, "y"), put(7, ""), put(0, ""), of(&Before::Get { key: 7 })];
        let lists = [of(&vec![0, 0]), of(&vec![0]), of(&vec![0_u32; 0]), of(&(1, 2)), of(&(2, 1))];
        let all: std::collections::BTreeSet<u32> = others.into_iter().chain(lists).chain([put(7, "x")]).collect();
        assert_eq!(all.len(), 11);
        assert_eq!(format!("{:08x}", put(7, "x")), "1409782d", "recordings hold it");
    }
}
