//! What overrides what.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::{Event, Statement, Status};
use crate::node::Swim;

/// What each node knows of others, since it began.
type Known<T> = PerProcess<BTreeMap<NodeId, T>>;

/// What is known of a member is overridden by a higher incarnation, or a later status, alone.
#[derive(Debug, Default)]
pub struct StatementsOverrideInOrder {
    known: Known<Statement>,
}

impl Property<Swim> for StatementsOverrideInOrder {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let known = self.known.of(step.process);
        for event in step.events {
            if let Event::Published { is_fresh: true, .. } = event {
                known.clear();
            }
            // Whether it may come back is another property's matter.
            if let Event::Forgot(member) = event {
                known.remove(member);
            }
            let Some(news) = event.news() else { continue };
            let before = known.insert(news.member, news.said);
            if let Some(before) = before.filter(|before| *before >= news.said) {
                let me = world.identity(step.process);
                let what = format!("{me} knew {} as {before:?}, and now as {:?}", news.member, news.said);
                return Err(Breach::new([me, news.member], what));
            }
        }
        Ok(())
    }
}

/// Who was forgotten comes back only under a higher incarnation.
#[derive(Debug, Default)]
pub struct TheForgottenStayForgotten {
    /// Under which incarnation.
    forgotten: Known<u32>,
    known: Known<u32>,
}

impl Property<Swim> for TheForgottenStayForgotten {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let (forgotten, known) = (self.forgotten.of(step.process), self.known.of(step.process));
        for event in step.events {
            if let Event::Published { is_fresh: true, .. } = event {
                forgotten.clear();
                known.clear();
            }
            if let Event::Forgot(member) = event
                && let Some(incarnation) = known.get(member)
            {
                forgotten.insert(*member, *incarnation);
            }
            let Some(news) = event.news() else { continue };
            let (member, said) = (news.member, news.said);
            known.insert(member, said.incarnation);
            let forgotten = forgotten.get(&member).copied().unwrap_or(0);
            if said.status.is_member() && said.incarnation <= forgotten {
                let me = world.identity(step.process);
                let incarnation = said.incarnation;
                let what =
                    format!("{me} has forgotten incarnation {forgotten} of {member}, and {incarnation} is a member");
                return Err(Breach::new([me, member], what));
            }
        }
        Ok(())
    }
}

/// Who leaves stays a member for nobody who knows, and nobody who knows holds it for dead.
#[derive(Debug, Default)]
pub struct WhoLeftHasNotFailed {
    /// Who knows of whom that it has left, and under which incarnation.
    departed: Known<u32>,
    /// Who is leaving, or has left.
    leaving: BTreeMap<NodeId, u32>,
}

impl Property<Swim> for WhoLeftHasNotFailed {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let departed = self.departed.of(step.process);
        for event in step.events {
            let me = world.identity(step.process);
            match event {
                Event::Leaving { incarnation } => _ = self.leaving.insert(me, *incarnation),
                Event::Published { is_fresh: true, .. } => {
                    departed.clear();
                    self.leaving.remove(&me);
                }
                Event::Published { incarnation, .. } => {
                    if let Some(left) = self.leaving.get(&me) {
                        let what = format!(
                            "{me} leaves under incarnation {left}, and says that it is a member under {incarnation}"
                        );
                        return Err(Breach::new([me], what));
                    }
                }
                _ => {}
            }
            let Some(news) = event.news() else { continue };
            let (member, said) = (news.member, news.said);
            if said.status == Status::Left {
                departed.insert(member, said.incarnation);
            } else if let Some(left) = departed.get(&member).filter(|left| **left >= said.incarnation)
                && said.status == Status::Dead
            {
                let what = format!("{me} knew that {member} has left under incarnation {left}, and holds it for dead");
                return Err(Breach::new([me, member], what));
            }
        }
        Ok(())
    }
}

/// A node that has left is a member again only when an operator wants it.
#[derive(Debug, Default)]
pub struct WhoLeftStaysAway {
    left: PerProcess<bool>,
}

impl Property<Swim> for WhoLeftStaysAway {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        for event in step.events {
            let left = self.left.of(step.process);
            match event {
                Event::Leaving { .. } => *left = true,
                Event::Returning => *left = false,
                Event::Published { is_fresh: true, .. } if *left => {
                    let me = world.identity(step.process);
                    return Err(Breach::new([me], format!("{me} has left, and is a member after a boot")));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
