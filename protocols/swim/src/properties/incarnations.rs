//! Incarnations, and what nodes say of themselves under each.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::{Event, News};
use crate::node::Swim;

/// Under which incarnations nodes have been members, and with which metadata.
#[derive(Debug, Default)]
struct Published {
    last: BTreeMap<NodeId, u32>,
    metadata: BTreeSet<(NodeId, u32, u32)>,
}

impl Published {
    /// What everybody knows at first: all are members under the first incarnation, or will be.
    fn last_of(&self, node: NodeId) -> u32 {
        self.last.get(&node).copied().unwrap_or(1)
    }

    fn note(&mut self, node: NodeId, incarnation: u32, metadata: u32) {
        self.last.insert(node, incarnation.max(self.last_of(node)));
        self.metadata.insert((node, incarnation, metadata));
    }

    fn has(&self, node: NodeId, incarnation: u32, metadata: u32) -> bool {
        (incarnation, metadata) == (1, 0) || self.metadata.contains(&(node, incarnation, metadata))
    }
}

/// A node is a member under an incarnation that is higher than all under which it was before.
#[derive(Debug, Default)]
pub struct IncarnationsGrow {
    last: BTreeMap<NodeId, u32>,
}

impl Property<Swim> for IncarnationsGrow {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Published { incarnation, .. } = event else { continue };
            let me = world.identity(step.process);
            if let Some(before) = self.last.insert(me, *incarnation).filter(|before| before >= incarnation) {
                let what = format!("{me} is a member under incarnation {incarnation}, and was under {before} before");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// Looks at what nodes learn of members, beside what these have said of themselves.
#[derive(Debug)]
pub struct NewsAreTheOwners {
    published: Published,
    judge: fn(&Published, NodeId, &News) -> Result<(), Breach>,
}

impl NewsAreTheOwners {
    /// Nobody knows of an incarnation that its member has not begun.
    pub(super) fn incarnations() -> Self {
        Self { published: Published::default(), judge: incarnation_was_begun }
    }

    /// What is known of an incarnation's metadata is what the member has said.
    pub(super) fn metadata() -> Self {
        Self { published: Published::default(), judge: metadata_was_said }
    }
}

impl Property<Swim> for NewsAreTheOwners {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        for event in step.events {
            let me = world.identity(step.process);
            if let Event::Published { incarnation, metadata, .. } = event {
                self.published.note(me, *incarnation, *metadata);
            }
            if let Some(news) = event.news() {
                (self.judge)(&self.published, me, news)?;
            }
        }
        Ok(())
    }
}

fn incarnation_was_begun(published: &Published, me: NodeId, news: &News) -> Result<(), Breach> {
    let (member, incarnation) = (news.member, news.said.incarnation);
    let last = published.last_of(member);
    if incarnation > last {
        let what = format!("{me} knows {member} under incarnation {incarnation}, and its last one is {last}");
        return Err(Breach::new([me, member], what));
    }
    Ok(())
}

fn metadata_was_said(published: &Published, me: NodeId, news: &News) -> Result<(), Breach> {
    let (member, incarnation, metadata) = (news.member, news.said.incarnation, news.metadata);
    // An incarnation that nobody has begun is another property's matter.
    if incarnation <= published.last_of(member) && !published.has(member, incarnation, metadata) {
        let what = format!("{me} knows metadata {metadata} of {member}, which it never had under {incarnation}");
        return Err(Breach::new([me, member], what));
    }
    Ok(())
}
