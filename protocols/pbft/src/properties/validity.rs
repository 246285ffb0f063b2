//! Validity.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Operation, OperationOutcome, Property, RequestId, Step, StepKind, World};

use crate::node::Pbft;
use crate::request::{Op, Reply};
use parts::kv::{KvOp, KvReply};

/// What correct replicas execute a client has asked for: its signature says so (OSDI 4.1). And what a
/// client believes is the result of a correct replica, for of f + 1 that say the same one is correct.
/// Reads that were not ordered have no place at which they were executed; linearizability judges them.
///
/// A replica that answers and crashes in the same step is never seen to have executed the request. Then
/// the answer is compared with what comes of it when it is executed again.
#[derive(Debug, Default)]
pub struct Validity {
    /// What was asked.
    asked: BTreeMap<RequestId, KvOp>,
    /// The results of correct replicas.
    results: BTreeMap<RequestId, KvReply>,
    /// What clients believe that no correct replica was seen to say.
    believed: BTreeMap<RequestId, KvReply>,
    /// How many operations of the history are known.
    known: usize,
    /// Of each client the operation that it waits for.
    open: BTreeMap<u32, Open>,
}

#[derive(Debug)]
struct Open {
    request: RequestId,
    place: usize,
}

impl Property<Pbft> for Validity {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        if step.kind == StepKind::Client {
            let client = (step.process.index() - world.node_ids().len()) as u32;
            self.check_believed(world, client)?;
            self.learn_asked(world);
        } else if let Some(node) = world.node(step.process) {
            for act in &node.acts().applied {
                self.check_executed(world.identity(step.process), act.request, &act.op)?;
                let result = self.results.entry(act.request).or_insert_with(|| act.result.clone());
                if let Some(told) = self.believed.remove(&act.request).filter(|told| told != result) {
                    return Err(wrong_answer(act.request, &told, result));
                }
            }
        }
        Ok(())
    }
}

impl Validity {
    fn check_executed(&self, me: NodeId, request: RequestId, op: &KvOp) -> Result<(), Breach> {
        if self.asked.get(&request) == Some(op) {
            return Ok(());
        }
        Err(Breach::new([me], format!("{me} executed {request}, {op:?}, which no client has asked for")))
    }

    /// Whether what the client was told in this step, if it was, is what a correct replica has said.
    fn check_believed(&mut self, world: &World<'_, Pbft>, client: u32) -> Result<(), Breach> {
        let Some(Open { request, place }) = self.open.get(&client) else { return Ok(()) };
        let operation = world.history().iter().nth(*place).map(|(_, operation)| operation);
        let Some(OperationOutcome::Ok { reply, .. }) = operation.map(|operation| &operation.outcome) else {
            return Ok(());
        };
        let (request, told) = (*request, reply.result.clone());
        let is_ordered = !reply.read_only;
        self.open.remove(&client);
        match self.results.get(&request) {
            Some(result) if is_ordered && *result != told => return Err(wrong_answer(request, &told, result)),
            None if is_ordered => {
                self.believed.insert(request, told);
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes note of operations that clients have begun.
    fn learn_asked(&mut self, world: &World<'_, Pbft>) {
        while self.known < world.history().len() {
            if let Some((_, operation)) = world.history().iter().nth(self.known) {
                self.learn(operation);
            }
            self.known += 1;
        }
    }

    /// The name of an operation's request follows from the one before: the next of the same session, or
    /// the first of another.
    fn learn(&mut self, operation: &Operation<Op, Reply>) {
        let (client, session) = (NodeId::client(operation.client), operation.session as u32);
        let before = RequestId { client, session, sequence: u32::MAX };
        let last = self.asked.range(..=before).next_back().map(|(request, _)| *request);
        let sequence =
            last.filter(|last| (last.client, last.session) == (client, session)).map_or(0, |last| last.sequence + 1);
        let request = RequestId { client, session, sequence };
        self.asked.insert(request, operation.op.op);
        self.open.insert(operation.client, Open { request, place: self.known });
    }
}

fn wrong_answer(request: RequestId, told: &KvReply, result: &KvReply) -> Breach {
    Breach::new([], format!("{request} was answered {told:?}, and correct replicas say {result:?}"))
}
