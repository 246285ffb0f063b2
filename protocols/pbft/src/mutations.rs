//! What a Byzantine replica could say instead of a message: small departures from it, each one
//! against a check that correct replicas make.

use std::rc::Rc;

use sim_core::{RequestId, Signed, Traitor};

use super::certificate::{
    Checkpoint, CheckpointCertificate, Commit, CommitCertificate, PrePrepare, Prepare, PreparedCertificate, Proposal,
};
use super::message::{Message, Status};
use super::request::{Batch, Digest, Op, Reply, Request};
use super::view::{NewView, ViewChange};
use parts::kv::Machine;
use parts::kv::{KvOp, KvReply, WriteId};
use parts::machine::StateMachine as _;

type Liar<'a> = Traitor<'a, Message>;

/// A place in the order that lies outside of every window.
const FAR: u64 = 1_000_000;

/// The write that nobody asked for.
const MADE_UP: WriteId = WriteId { client: u32::MAX, index: u32::MAX };

/// The variants of a message.
pub(super) fn mutations(message: &Message, liar: &Liar<'_>) -> Vec<Message> {
    match message {
        Message::Request(request) => requests(request, liar).into_iter().map(Message::Request).collect(),
        Message::PrePrepare(signed, batch) => pre_prepares(signed, batch, liar),
        Message::Prepare(signed) => {
            votes(signed, signed.content().0, Prepare, liar).into_iter().map(Message::Prepare).collect()
        }
        Message::Commit(signed) => {
            votes(signed, signed.content().0, Commit, liar).into_iter().map(Message::Commit).collect()
        }
        Message::Checkpoint(signed) => checkpoints(signed, liar).into_iter().map(Message::Checkpoint).collect(),
        Message::ViewChange(signed) => {
            let changes = view_changes(signed.content(), liar).into_iter();
            let signed_ones = changes.map(|change| liar.sign(signed.signer(), change));
            let all = signed_ones.chain([liar.unsigned(signed)]);
            all.map(|change| Message::ViewChange(Rc::new(change))).collect()
        }
        Message::NewView(signed) => {
            let views = new_views(signed.content(), liar).into_iter();
            let signed_ones = views.map(|view| liar.sign(signed.signer(), view));
            let all = signed_ones.chain([liar.unsigned(signed)]);
            all.map(|view| Message::NewView(Rc::new(view))).collect()
        }
        Message::Status(status) => statuses(*status).into_iter().map(Message::Status).collect(),
        Message::Committed(certificate, batch) => committed(certificate, batch, liar),
        Message::Stable(certificate) => {
            stables(certificate, liar).into_iter().map(|stable| Message::Stable(Rc::new(stable))).collect()
        }
        Message::State(certificate, state) => states(certificate, state, liar),
        Message::Batch(batch) => batches(batch, liar).into_iter().map(|batch| Message::Batch(Rc::new(batch))).collect(),
        Message::FetchState { .. } | Message::FetchBatch { .. } => Vec::new(),
    }
}

/// The variants of a reply: another result, another view, another kind of reply.
pub(super) fn replies(reply: &Reply) -> Vec<Reply> {
    let results = [
        KvReply::Value(Vec::new()),
        KvReply::Value(vec![MADE_UP]),
        KvReply::Mismatch(vec![MADE_UP]),
        KvReply::Done,
        KvReply::Swapped,
    ];
    let others = results.into_iter().filter(|result| *result != reply.result);
    let lies = others.map(|result| Reply { result, ..reply.clone() });
    let view = Reply { view: reply.view.saturating_add(1), ..reply.clone() };
    lies.chain([view, Reply { read_only: !reply.read_only, ..reply.clone() }]).collect()
}

/// A request that its client did not sign: another operation, or none of its signature.
fn requests(request: &Request, liar: &Liar<'_>) -> Vec<Request> {
    let signed = &request.0;
    let (id, op) = signed.content();
    let other = Op { op: KvOp::Put { key: op.op.key(), write: MADE_UP }, ..*op };
    let next = RequestId { sequence: id.sequence.saturating_add(1), ..*id };
    let forged = [(*id, other), (next, other)].map(|content| Request(liar.sign(signed.signer(), content)));
    forged.into_iter().chain([Request(liar.unsigned(signed))]).collect()
}

/// Other batches: a request twice, in another order, left out, made up, or what was proposed before.
fn batches(batch: &Batch, liar: &Liar<'_>) -> Vec<Batch> {
    let mut variants = Vec::new();
    if let Some(first) = batch.0.first() {
        variants.push(Batch([batch.0.as_slice(), std::slice::from_ref(first)].concat()));
        variants.extend(requests(first, liar).into_iter().map(|forged| Batch(vec![forged])));
    }
    if batch.0.len() > 1 {
        variants.push(Batch(batch.0.iter().rev().cloned().collect()));
        variants.push(Batch(batch.0[1..].to_vec()));
    }
    let earlier = liar.past().iter().rev().find_map(|message| match message {
        Message::PrePrepare(_, earlier) if **earlier != *batch => Some(Batch::clone(earlier)),
        _ => None,
    });
    variants.extend(earlier);
    variants.push(Batch::default());
    variants
}

/// Other places and views of a proposal.
fn proposals(proposal: Proposal) -> Vec<Proposal> {
    let Proposal { view, sequence, .. } = proposal;
    let mut variants = vec![
        Proposal { view: view.saturating_add(1), ..proposal },
        Proposal { sequence: sequence.saturating_add(1), ..proposal },
        Proposal { sequence: sequence.saturating_add(FAR), ..proposal },
        Proposal { sequence: 0, ..proposal },
    ];
    variants.extend(view.checked_sub(1).map(|view| Proposal { view, ..proposal }));
    variants.extend(sequence.checked_sub(1).map(|sequence| Proposal { sequence, ..proposal }));
    variants
}

fn pre_prepares(signed: &Signed<PrePrepare>, batch: &Rc<Batch>, liar: &Liar<'_>) -> Vec<Message> {
    let proposal = signed.content().0;
    let says = |proposal, batch: &Rc<Batch>| {
        Message::PrePrepare(liar.sign(signed.signer(), PrePrepare(proposal)), Rc::clone(batch))
    };
    let mut variants = vec![Message::PrePrepare(liar.unsigned(signed), Rc::clone(batch))];
    variants.extend(proposals(proposal).into_iter().map(|other| says(other, batch)));
    for other in batches(batch, liar) {
        let digest = other.digest();
        variants.push(says(Proposal { digest, ..proposal }, &Rc::new(other)));
    }
    // A batch that is not the one of the digest.
    variants.push(says(Proposal { digest: Digest(proposal.digest.0.wrapping_add(1)), ..proposal }, batch));
    variants
}

/// Votes for another proposal, or not signed.
fn votes<T: Clone>(
    signed: &Signed<T>,
    proposal: Proposal,
    vote: impl Fn(Proposal) -> T,
    liar: &Liar<'_>,
) -> Vec<Signed<T>> {
    let of_digest = |digest| Proposal { digest, ..proposal };
    let earlier = liar.past().iter().rev().find_map(|message| match message {
        Message::Prepare(earlier) => Some(earlier.content().0.digest).filter(|digest| *digest != proposal.digest),
        _ => None,
    });
    let others = [Digest::NULL, Digest(proposal.digest.0.wrapping_add(1))].into_iter().chain(earlier).map(of_digest);
    let all = proposals(proposal).into_iter().chain(others);
    all.map(|other| liar.sign(signed.signer(), vote(other))).chain([liar.unsigned(signed)]).collect()
}

fn checkpoints(signed: &Signed<Checkpoint>, liar: &Liar<'_>) -> Vec<Signed<Checkpoint>> {
    let Checkpoint { sequence, digest } = *signed.content();
    let others = [
        Checkpoint { sequence, digest: Digest(digest.0.wrapping_add(1)) },
        Checkpoint { sequence, digest: Digest::of(&Machine::default()) },
    ];
    let places = [sequence.checked_add(1), sequence.checked_sub(1)].into_iter().flatten();
    let others = others.into_iter().chain(places.map(|sequence| Checkpoint { sequence, digest }));
    others.map(|other| liar.sign(signed.signer(), other)).chain([liar.unsigned(signed)]).collect()
}

fn view_changes(change: &ViewChange, liar: &Liar<'_>) -> Vec<ViewChange> {
    let with = |prepared| ViewChange { prepared, ..change.clone() };
    let mut variants = vec![
        ViewChange { view: change.view.saturating_add(1), ..change.clone() },
        ViewChange { view: change.view.saturating_sub(1), ..change.clone() },
        with(Vec::new()),
        ViewChange { stable: Rc::new(bare(&change.stable)), ..change.clone() },
    ];
    variants.extend(stables(&change.stable, liar).into_iter().map(|stable| ViewChange {
        stable: Rc::new(stable),
        prepared: Vec::new(),
        ..change.clone()
    }));
    if let Some((_, rest)) = change.prepared.split_last() {
        variants.push(with(rest.to_vec()));
        let last_view = change.view.saturating_sub(1);
        let all = |of: &dyn Fn(&PreparedCertificate) -> PreparedCertificate| {
            change.prepared.iter().map(|certificate| Rc::new(of(certificate))).collect()
        };
        variants.push(with(all(&|certificate| forged(certificate, Digest::NULL, last_view, liar))));
        variants.push(with(all(&|certificate| {
            let digest = rest.first().map_or(Digest::NULL, |other| other.proposal().digest);
            forged(certificate, digest, last_view, liar)
        })));
        variants.push(with(all(&|certificate| {
            let prepares = certificate.prepares.iter().take(1).cloned().collect();
            PreparedCertificate { prepares, ..certificate.clone() }
        })));
    }
    // What it had prepared when it asked for an earlier view.
    let earlier = liar.past().iter().find_map(|message| match message {
        Message::ViewChange(earlier) if earlier.content().view < change.view => Some(earlier.content()),
        _ => None,
    });
    variants.extend(earlier.map(|earlier| ViewChange { view: change.view, ..earlier.clone() }));
    variants
}

/// A certificate for another batch, with the signatures that the liar can make.
fn forged(certificate: &PreparedCertificate, digest: Digest, view: u64, liar: &Liar<'_>) -> PreparedCertificate {
    let proposal = Proposal { view, digest, ..certificate.proposal() };
    PreparedCertificate {
        pre_prepare: liar.sign(liar.nodes()[(view % liar.nodes().len() as u64) as usize], PrePrepare(proposal)),
        prepares: liar.nodes().iter().map(|node| liar.sign(*node, Prepare(proposal))).collect(),
    }
}

/// A checkpoint without its proof.
fn bare(stable: &CheckpointCertificate) -> CheckpointCertificate {
    CheckpointCertificate { proof: Vec::new(), ..stable.clone() }
}

/// Checkpoints that are stable for all that a liar can show.
fn stables(stable: &CheckpointCertificate, liar: &Liar<'_>) -> Vec<CheckpointCertificate> {
    let Checkpoint { sequence, digest } = stable.checkpoint;
    let other = Digest(digest.0.wrapping_add(1));
    let checkpoints =
        [Checkpoint { sequence, digest: other }, Checkpoint { sequence: sequence.saturating_add(1), digest }];
    let claims = checkpoints.into_iter().map(|checkpoint| claim(checkpoint, liar));
    claims.chain([bare(stable)]).collect()
}

fn claim(checkpoint: Checkpoint, liar: &Liar<'_>) -> CheckpointCertificate {
    let proof = liar.nodes().iter().map(|node| liar.sign(*node, checkpoint)).collect();
    CheckpointCertificate { checkpoint, proof }
}

fn states(certificate: &Rc<CheckpointCertificate>, state: &Rc<Machine>, liar: &Liar<'_>) -> Vec<Message> {
    let mut other = Machine::clone(state);
    other.state.apply(&KvOp::Put { key: 0, write: MADE_UP });
    let digest = Digest::of(&other);
    let other = Rc::new(other);
    let claimed = claim(Checkpoint { digest, ..certificate.checkpoint }, liar);
    vec![
        Message::State(Rc::clone(certificate), Rc::clone(&other)),
        Message::State(Rc::new(claimed), Rc::clone(&other)),
        Message::State(Rc::new(bare(certificate)), Rc::clone(state)),
    ]
}

fn new_views(new_view: &NewView, liar: &Liar<'_>) -> Vec<NewView> {
    let me = liar.me();
    let with = |pre_prepares| NewView { pre_prepares, ..new_view.clone() };
    let null = |signed: &Signed<PrePrepare>| {
        liar.sign(me, PrePrepare(Proposal { digest: Digest::NULL, ..signed.content().0 }))
    };
    let mut variants = vec![
        NewView { view: new_view.view.saturating_add(1), ..new_view.clone() },
        NewView { view: new_view.view.saturating_sub(1), ..new_view.clone() },
        NewView { view_changes: new_view.view_changes.iter().skip(1).cloned().collect(), ..new_view.clone() },
    ];
    if !new_view.pre_prepares.is_empty() {
        variants.push(with(Vec::new()));
        variants.push(with(new_view.pre_prepares.iter().map(null).collect()));
        variants.push(with(new_view.pre_prepares[1..].to_vec()));
        // As if nobody had prepared anything.
        let emptied = |change: &Rc<Signed<ViewChange>>| {
            Rc::new(liar.sign(change.signer(), ViewChange { prepared: Vec::new(), ..change.content().clone() }))
        };
        let view_changes = new_view.view_changes.iter().map(emptied).collect();
        variants.push(NewView { view_changes, pre_prepares: Vec::new(), view: new_view.view });
    }
    variants
}

fn committed(certificate: &Rc<CommitCertificate>, batch: &Rc<Batch>, liar: &Liar<'_>) -> Vec<Message> {
    let mut variants: Vec<Message> = batches(batch, liar)
        .into_iter()
        .map(|other| {
            let proposal = Proposal { digest: other.digest(), ..certificate.proposal };
            let commits = liar.nodes().iter().map(|node| liar.sign(*node, Commit(proposal))).collect();
            Message::Committed(Rc::new(CommitCertificate { proposal, commits }), Rc::new(other))
        })
        .collect();
    let few = certificate.commits.iter().take(1).cloned().collect();
    let few = CommitCertificate { commits: few, ..CommitCertificate::clone(certificate) };
    variants.push(Message::Committed(Rc::new(few), Rc::clone(batch)));
    variants.push(Message::Committed(Rc::clone(certificate), Rc::new(Batch::default())));
    variants
}

fn statuses(status: Status) -> Vec<Status> {
    vec![
        Status { view: status.view.saturating_add(1), ..status },
        Status { view: status.view.saturating_sub(1), ..status },
        Status { is_active: !status.is_active, ..status },
        Status { stable: 0, executed: 0, is_stalled: true, ..status },
        Status { stable: status.stable.saturating_add(FAR), executed: status.executed.saturating_add(FAR), ..status },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_only_other_replies_as_variants() {
        let reply = Reply { view: 3, read_only: false, result: KvReply::Done };
        let variants = replies(&reply);
        assert!(!variants.contains(&reply));
        assert!(variants.iter().any(|lie| lie.result == KvReply::Swapped));
        assert!(variants.iter().any(|lie| lie.view == 4));
    }
}
