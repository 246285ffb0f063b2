//! Writes and their tags belong together.

use std::collections::BTreeMap;

use parts::kv::WriteId;
use sim_core::{Breach, Property, Step, World};

use crate::message::{Event, Tag, Tagged};
use crate::node::Abd;

/// The write that an event says a tag was given to, with its register and the tag.
fn tagged(event: &Event) -> Option<((u32, Tag), WriteId)> {
    match *event {
        Event::Tagged { key, latest: Tagged { tag, write } }
        | Event::Resumed { key, latest: Tagged { tag, write } } => Some(((key, tag), write?)),
        Event::Began { .. } | Event::Wrote { .. } | Event::Read { .. } => None,
    }
}

/// No two writes to a register have the same tag.
#[derive(Debug, Default)]
pub struct OneWriteATag {
    writes: BTreeMap<(u32, Tag), WriteId>,
}

impl Property<Abd> for OneWriteATag {
    fn after_step(&mut self, world: &World<'_, Abd>, step: &Step<'_, Abd>) -> Result<(), Breach> {
        for ((key, tag), write) in step.events.iter().filter_map(tagged) {
            let other = *self.writes.entry((key, tag)).or_insert(write);
            if other != write {
                let what = format!("tag {tag:?} of register {key} was given to {other:?} and to {write:?}");
                return Err(Breach::new([world.identity(step.process)], what));
            }
        }
        Ok(())
    }
}

/// A write has one tag, however often it is asked for.
#[derive(Debug, Default)]
pub struct OneTagAWrite {
    tags: BTreeMap<WriteId, (u32, Tag)>,
}

impl Property<Abd> for OneTagAWrite {
    fn after_step(&mut self, world: &World<'_, Abd>, step: &Step<'_, Abd>) -> Result<(), Breach> {
        for ((key, tag), write) in step.events.iter().filter_map(tagged) {
            let (_, other) = *self.tags.entry(write).or_insert((key, tag));
            if other != tag {
                let what = format!("{write:?} to register {key} has tag {other:?} and tag {tag:?}");
                return Err(Breach::new([world.identity(step.process)], what));
            }
        }
        Ok(())
    }
}

/// A read returns the value that was written under its tag.
#[derive(Debug, Default)]
pub struct ReadsReturnWrites {
    writes: BTreeMap<(u32, Tag), WriteId>,
}

impl Property<Abd> for ReadsReturnWrites {
    fn after_step(&mut self, world: &World<'_, Abd>, step: &Step<'_, Abd>) -> Result<(), Breach> {
        for event in step.events {
            self.writes.extend(tagged(event));
            if let Event::Read { key, latest: Tagged { tag, write }, .. } = *event {
                let written = self.writes.get(&(key, tag)).copied();
                if write != written {
                    let [read, written] = [write, written]
                        .map(|write| write.map_or_else(|| "nothing".to_owned(), |write| format!("{write:?}")));
                    let what = format!(
                        "a read of register {key} returns {read} with tag {tag:?}, under which {written} was written"
                    );
                    return Err(Breach::new([world.identity(step.process)], what));
                }
            }
        }
        Ok(())
    }
}
