//! A stack: last in, first out.

use super::super::{Decision, SequentialModel};
use super::persistent::Chain;
use super::{Action, Datum, Op, Reply, elements, may_tell};
use crate::history::{History, OperationId};

/// One stack a key, empty at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stack;

impl SequentialModel for Stack {
    type Op = Op;
    type Reply = Reply;
    type State = Chain<Datum>;
    type Key = Datum;

    fn initial(&self) -> Chain<Datum> {
        Chain::new()
    }

    fn apply(&self, state: &Chain<Datum>, op: &Op, reply: Option<&Reply>) -> Option<Chain<Datum>> {
        match &op.action {
            Action::Push(element) => may_tell(reply, &Reply::Done).then(|| state.push(element.clone())),
            Action::Pop => match state.pop() {
                None => may_tell(reply, &Reply::Empty).then(|| state.clone()),
                Some((top, below)) => may_tell(reply, &Reply::Value(top.clone())).then(|| below.clone()),
            },
            _ => None,
        }
    }

    fn key(&self, op: &Op) -> Option<Datum> {
        Some(op.key.clone())
    }

    fn is_read(&self, _: &Op, reply: Option<&Reply>) -> bool {
        reply == Some(&Reply::Empty)
    }

    fn decide(&self, history: &History<Op, Reply>, operations: &[OperationId]) -> Decision {
        elements::decide(history, operations, &elements::STACK)
    }

    fn heap_bytes(&self, _: &Chain<Datum>) -> u64 {
        Chain::<Datum>::ELEMENT_BYTES
    }
}
