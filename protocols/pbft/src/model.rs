//! The service as one client alone would see it: what histories of clients are compared with.

use sim_core::consistency::{Access, RegisterModel, SequentialModel};

use super::request::{Op, Reply};
use parts::kv::KvModel;

/// The sequential model of the key-value map, whatever way its replies came about.
#[derive(Clone, Copy, Debug, Default)]
pub struct PbftModel;

impl SequentialModel for PbftModel {
    type Op = Op;
    type Reply = Reply;
    type State = <KvModel as SequentialModel>::State;
    type Key = u32;

    fn initial(&self) -> Self::State {
        KvModel.initial()
    }

    fn apply(&self, state: &Self::State, op: &Op, reply: Option<&Reply>) -> Option<Self::State> {
        KvModel.apply(state, &op.op, reply.map(|reply| &reply.result))
    }

    fn key(&self, op: &Op) -> Option<u32> {
        KvModel.key(&op.op)
    }

    fn is_read(&self, op: &Op, reply: Option<&Reply>) -> bool {
        KvModel.is_read(&op.op, reply.map(|reply| &reply.result))
    }

    fn mark(&self, op: &Op) -> Option<u64> {
        KvModel.mark(&op.op)
    }

    fn name_marks(&self, op: &Op, reply: Option<&Reply>, name: &mut dyn FnMut(u64)) {
        KvModel.name_marks(&op.op, reply.map(|reply| &reply.result), name);
    }

    fn heap_bytes(&self, state: &Self::State) -> u64 {
        KvModel.heap_bytes(state)
    }
}

impl RegisterModel for PbftModel {
    type Value = <KvModel as RegisterModel>::Value;

    fn initial_value(&self, key: &u32) -> Self::Value {
        KvModel.initial_value(key)
    }

    fn access(&self, op: &Op, reply: Option<&Reply>) -> Option<Access<u32, Self::Value>> {
        KvModel.access(&op.op, reply.map(|reply| &reply.result))
    }
}
