//! What clients ask and are told.

use parts::clocks::Dot;
use parts::kv::WriteId;
use serde::{Deserialize, Serialize};
use sim_core::{Kinds, OperationKind};

use super::store::Store;
use super::types::{FieldChange, Kind, MapUpdate, Object, SequenceUpdate, SetUpdate, Update, Value};

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum CrdtOp {
    /// Reads an object.
    Read {
        /// Which: there is one of each type.
        object: Kind,
    },
    /// Updates an object.
    Update {
        /// Which.
        object: Kind,
        /// What becomes of it.
        change: Change,
    },
}

/// What a client wants to become of an object. Not every type can do all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Change {
    /// A counter goes up by this much. A PN-Counter also goes down.
    Count(i32),
    /// A set gets this element.
    Add(u32),
    /// A set, but for a G-Set, loses this element.
    Remove(u32),
    /// A register gets this value.
    Write(WriteId),
    /// What is under a key of a map changes.
    Field {
        /// The key.
        key: u32,
        /// What becomes of it.
        change: FieldChange,
    },
    /// A map loses a key.
    RemoveKey(u32),
    /// A sequence gets an element at this place, counted from 0 and modulo how many places there are.
    InsertAt(u32),
    /// A sequence loses the element at this place, modulo how many there are.
    DeleteAt(u32),
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum CrdtReply {
    /// To a read: what there is.
    Value(Value),
    /// To an update: its name.
    Done(Dot),
    /// To a deletion: nothing is there to delete.
    Nothing,
}

/// A type that cannot do what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unfit;

pub(super) const fn operation_kind(op: &CrdtOp) -> OperationKind {
    match op {
        CrdtOp::Read { .. } => OperationKind::Read,
        CrdtOp::Update { .. } => OperationKind::Write,
    }
}

/// What a change is in terms of this store; nothing if there is nothing to delete.
pub(super) fn resolve(kind: Kind, change: Change, store: &Store) -> Result<Option<Update>, Unfit> {
    Ok(Some(match (kind, change) {
        (Kind::GCounter, Change::Count(by)) => Update::Increment(u32::try_from(by).map_err(|_| Unfit)?),
        (Kind::PnCounter, Change::Count(by)) => Update::Count(by),
        (Kind::GSet, Change::Add(element)) => Update::Grow(element),
        (Kind::TwoPhaseSet | Kind::OrSet, Change::Add(element)) => Update::Set(SetUpdate::Add(element)),
        (Kind::TwoPhaseSet | Kind::OrSet, Change::Remove(element)) => Update::Set(SetUpdate::Remove(element)),
        (Kind::LwwRegister | Kind::MvRegister, Change::Write(write)) => Update::Write(write),
        (Kind::OrMap, Change::Field { key, change }) => Update::Map(MapUpdate::Change(key, change)),
        (Kind::OrMap, Change::RemoveKey(key)) => Update::Map(MapUpdate::Remove(key)),
        (Kind::Rga, Change::InsertAt(place)) => Update::Sequence(insertion(place as usize, store)),
        (Kind::Rga, Change::DeleteAt(place)) => match deletion(place as usize, store) {
            Some(deletion) => Update::Sequence(deletion),
            None => return Ok(None),
        },
        _ => return Err(Unfit),
    }))
}

fn insertion(place: usize, store: &Store) -> SequenceUpdate {
    let Some(Object::Rga(sequence)) = store.object(Kind::Rga) else { return SequenceUpdate::Insert(None) };
    let place = place % (sequence.present().count() + 1);
    SequenceUpdate::Insert(place.checked_sub(1).and_then(|before| sequence.present().nth(before)))
}

fn deletion(place: usize, store: &Store) -> Option<SequenceUpdate> {
    let Some(Object::Rga(sequence)) = store.object(Kind::Rga) else { return None };
    let count = sequence.present().count();
    let target = place.checked_rem(count).and_then(|place| sequence.present().nth(place));
    target.map(SequenceUpdate::Delete)
}
