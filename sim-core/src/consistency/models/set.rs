//! A set of values.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::SequentialModel;
use super::{Action, Datum, Op, Reply, may_tell, may_tell_or_acknowledge};
use crate::history::History;

/// One set a key, empty at the start. What was inserted or removed may be answered by whether that
/// changed the set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// Whether nobody ever reads a whole set, so that elements are independent.
    is_split: bool,
}

impl Set {
    /// The sets for this history. If nobody reads a whole set, each element is checked on its own.
    pub fn new(history: &History<Op, Reply>) -> Self {
        Self { is_split: !history.iter().any(|(_, operation)| operation.op.action == Action::Read) }
    }
}

impl SequentialModel for Set {
    type Op = Op;
    type Reply = Reply;
    type State = Rc<BTreeSet<Datum>>;
    /// The set, and the element if elements are independent.
    type Key = (Datum, Datum);

    fn initial(&self) -> Self::State {
        Rc::default()
    }

    fn apply(&self, state: &Self::State, op: &Op, reply: Option<&Reply>) -> Option<Self::State> {
        match &op.action {
            Action::Read => may_list(reply, state).then(|| Rc::clone(state)),
            Action::Contains(element) => {
                may_tell(reply, &Reply::Flag(state.contains(element))).then(|| Rc::clone(state))
            }
            Action::Insert(element) => {
                let is_new = !state.contains(element);
                may_tell_or_acknowledge(reply, &Reply::Flag(is_new))
                    .then(|| changed(state, is_new, |set| set.insert(element.clone())))
            }
            Action::Remove(element) => {
                let is_there = state.contains(element);
                may_tell_or_acknowledge(reply, &Reply::Flag(is_there))
                    .then(|| changed(state, is_there, |set| set.remove(element)))
            }
            _ => None,
        }
    }

    fn key(&self, op: &Op) -> Option<Self::Key> {
        let element = match &op.action {
            Action::Insert(element) | Action::Remove(element) | Action::Contains(element) if self.is_split => element,
            _ => &Datum::Nil,
        };
        Some((op.key.clone(), element.clone()))
    }

    fn is_read(&self, op: &Op, reply: Option<&Reply>) -> bool {
        matches!(op.action, Action::Read | Action::Contains(_)) || reply == Some(&Reply::Flag(false))
    }

    fn heap_bytes(&self, state: &Self::State) -> u64 {
        (state.len() * size_of::<Datum>()) as u64
    }
}

fn changed(
    set: &Rc<BTreeSet<Datum>>,
    is_change: bool,
    change: impl FnOnce(&mut BTreeSet<Datum>) -> bool,
) -> Rc<BTreeSet<Datum>> {
    let mut set = Rc::clone(set);
    if is_change {
        change(Rc::make_mut(&mut set));
    }
    set
}

/// Whether the reply lists exactly these elements, each once, in any order.
fn may_list(reply: Option<&Reply>, set: &BTreeSet<Datum>) -> bool {
    match reply {
        None => true,
        Some(Reply::Value(Datum::List(items))) => {
            items.len() == set.len() && items.iter().collect::<BTreeSet<_>>().into_iter().eq(set)
        }
        Some(_) => false,
    }
}
