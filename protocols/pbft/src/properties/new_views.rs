//! New View Of A Quorum, and New View Keeps Committed.

use std::collections::BTreeMap;
use std::rc::Rc;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Signed, Step, World};

use crate::certificate::Proposal;
use crate::node::Pbft;
use crate::request::Digest;
use crate::view::NewView;

/// What began views, told once for each replica and view.
#[derive(Debug, Default)]
struct Begun {
    seen: PerProcess<u64>,
}

impl Begun {
    fn observe<'a>(&mut self, world: &World<'a, Pbft>, step: &Step<'_, Pbft>) -> Option<&'a Rc<Signed<NewView>>> {
        let new_view = world.node(step.process)?.new_view()?;
        let view = new_view.content().view;
        (std::mem::replace(self.seen.of(step.process), view) != view).then_some(new_view)
    }
}

/// A primary begins a view "when \[it\] receives 2f valid view-change messages for view v + 1 from other
/// replicas", and its own makes 2f + 1; a backup looks whether it did (OSDI 4.4).
#[derive(Debug)]
pub struct NewViewOfAQuorum {
    begun: Begun,
    faulty: usize,
}

impl NewViewOfAQuorum {
    /// For groups in which this many replicas may be faulty.
    pub fn new(faulty: u32) -> Self {
        Self { begun: Begun::default(), faulty: faulty as usize }
    }
}

impl Property<Pbft> for NewViewOfAQuorum {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        let Some(new_view) = self.begun.observe(world, step).map(|signed| signed.content()) else {
            return Ok(());
        };
        let asks = new_view
            .view_changes
            .iter()
            .filter(|change| change.verify().is_some_and(|asked| asked.view == new_view.view));
        let mut askers: Vec<NodeId> = asks.map(|change| change.signer()).collect();
        askers.sort_unstable();
        askers.dedup();
        if askers.len() > 2 * self.faulty {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what =
            format!("view {} has begun for {me}, and {} replicas have asked for it", new_view.view, askers.len());
        Err(Breach::new([me], what))
    }
}

/// "Any correct replica that accepts the new-view message" for a later view learns of what is
/// committed, for 2f + 1 have prepared it and 2f + 1 have asked for the view (OSDI 4.5.1): it is
/// proposed again, or lies up to a stable checkpoint. That holds whether it is known to be committed
/// before the view begins or later. It is what Raft calls leader completeness.
#[derive(Debug, Default)]
pub struct NewViewKeepsCommitted {
    begun: Begun,
    /// In which views each place is committed, and who knew first.
    committed: BTreeMap<u64, Committed>,
    /// What began views, by view; a faulty primary can begin one in several ways.
    views: BTreeMap<u64, Vec<KnownView>>,
}

/// What began a view, and who took it for valid first.
type KnownView = (Rc<Signed<NewView>>, NodeId);

/// The first view in which a place is known to be committed.
#[derive(Clone, Copy, Debug)]
struct Committed {
    view: u64,
    digest: Digest,
    by: NodeId,
}

impl Property<Pbft> for NewViewKeepsCommitted {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let me = world.identity(step.process);
        if let Some(new_view) = self.begun.observe(world, step) {
            self.learn_view(new_view, me)?;
        }
        node.acts().committed.iter().try_for_each(|proposal| self.learn_committed(*proposal, me))
    }
}

impl NewViewKeepsCommitted {
    fn learn_view(&mut self, new_view: &Rc<Signed<NewView>>, me: NodeId) -> Result<(), Breach> {
        let of_view = self.views.entry(new_view.content().view).or_default();
        if of_view.iter().any(|(known, _)| Rc::ptr_eq(known, new_view) || known == new_view) {
            return Ok(());
        }
        of_view.push((Rc::clone(new_view), me));
        let behind = self.committed.range(stable(new_view.content()) + 1..);
        let mut earlier = behind.filter(|(_, committed)| committed.view < new_view.content().view);
        earlier.try_for_each(|(sequence, committed)| check(new_view.content(), me, *sequence, committed))
    }

    fn learn_committed(&mut self, proposal: Proposal, me: NodeId) -> Result<(), Breach> {
        let Proposal { view, sequence, digest } = proposal;
        let known = self.committed.entry(sequence).or_insert(Committed { view: u64::MAX, digest, by: me });
        if known.view <= view {
            return Ok(());
        }
        let looked_at = std::mem::replace(known, Committed { view, digest, by: me }).view;
        let committed = *known;
        let later = self.views.range(view + 1..=looked_at).flat_map(|(_, begun)| begun);
        let mut later = later.filter(|(new_view, _)| stable(new_view.content()) < sequence);
        later.try_for_each(|(new_view, whose)| check(new_view.content(), *whose, sequence, &committed))
    }
}

/// The last stable checkpoint that a view begins with.
fn stable(new_view: &NewView) -> u64 {
    new_view.view_changes.iter().map(|change| change.content().stable.sequence()).max().unwrap_or_default()
}

/// Whether a view begins with what is committed at a place behind its stable checkpoint.
fn check(new_view: &NewView, me: NodeId, sequence: u64, committed: &Committed) -> Result<(), Breach> {
    let proposals = new_view.pre_prepares.iter().map(|signed| signed.content().0);
    let found = proposals.into_iter().find(|proposal| proposal.sequence == sequence).map(|proposal| proposal.digest);
    if found == Some(committed.digest) {
        return Ok(());
    }
    let Committed { view, digest, by } = committed;
    let instead = found.map_or("nothing".to_owned(), |digest| format!("batch {digest}"));
    let what = format!(
        "view {} begins for {me} with {instead} at place {sequence}, where {by} knows batch {digest} to be committed in \
         view {view}",
        new_view.view
    );
    Err(Breach::new([*by, me], what))
}
