//! What clients see.

use std::collections::BTreeMap;

use parts::epoch_log::Entry;
use parts::kv::{KvOp, KvReply, Machine, check_level};
use sim_core::consistency::{Answer, Budget, Level};
use sim_core::{Breach, History, Judgement, Property, RequestId, Step, World};

use crate::config::ChainConfig;
use crate::message::Event;
use crate::node::ChainServer;

/// Clients see a linearizable map. Where reads are weak, what is not a read is linearizable, and a read returns what the
/// updates up to the version that it was answered with make of the map.
#[derive(Debug)]
pub struct DeclaredLevel {
    are_reads_weak: bool,
    /// What reads may return, where they are weak. One that is asked for again may be answered by another server, with
    /// another version. Nothing where somebody has crashed who has answered it: nobody can tell with what.
    versions: BTreeMap<RequestId, Option<Vec<KvReply>>>,
}

impl DeclaredLevel {
    pub(super) const fn new(config: &ChainConfig) -> Self {
        Self { are_reads_weak: config.reads.are_weak(), versions: BTreeMap::new() }
    }

    /// A read that no version explains.
    fn unexplained(&self, history: &History<KvOp, KvReply>) -> Option<String> {
        history.iter().find_map(|(id, operation)| {
            let (reply, versions) = (operation.reply()?, self.versions.get(&operation.request?)?.as_ref()?);
            (!versions.contains(reply)).then(|| format!("{} is answered with {reply:?}", history.name(id)))
        })
    }
}

impl Property<ChainServer> for DeclaredLevel {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        for event in step.events.iter().filter(|_| self.are_reads_weak) {
            let (position, request, read) = match event {
                Event::WeakRead { position, request, op, .. } | Event::Read { position, request, op, .. } => {
                    (position, request, op)
                }
                _ => continue,
            };
            let Some(node) = world.node(step.process) else {
                self.versions.insert(*request, None);
                continue;
            };
            let mut version = Machine::default();
            for Entry { request, op, .. } in &node.history.entries()[..position.end as usize] {
                version.apply(*request, op, true);
            }
            if let Some(versions) = self.versions.entry(*request).or_insert_with(|| Some(Vec::new())) {
                versions.extend(version.state.answer(read));
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, ChainServer>) -> Judgement {
        let history = world.history();
        if let Some(what) = self.unexplained(history) {
            return Judgement::Violated(Breach::new([], format!("{what}, which no version makes of the map")));
        }
        let answer = if self.are_reads_weak {
            let writes = history.of_some(|operation| !operation.op.is_read());
            check_level(Level::Linearizable, &writes, Budget::default())
        } else {
            check_level(Level::Linearizable, history, Budget::default())
        };
        match answer.expect("the map has a model") {
            Answer::Satisfied => Judgement::Holds,
            Answer::Violated(witness) => Judgement::Violated(Breach::new([], format!("not linearizable: {witness}"))),
            Answer::Unknown(why) => Judgement::Inconclusive(why.to_string()),
        }
    }
}
