//! What a Byzantine replica could send instead of what it should: small departures, of which
//! each breaks one rule.

use std::rc::Rc;

use sim_core::{NodeId, RequestId, Signed, Traitor};

use super::block::{Block, BlockHash, Command, Content};
use super::certificate::{Certificate, Vote};
use super::checkpoint::Checkpoint;
use super::message::{Fetch, Message, NewView};
use parts::kv::Machine;
use parts::kv::{KvOp, KvReply, WriteId};

/// How many earlier messages are drawn upon.
const RECENT: usize = 3;

/// A view too late for anybody to be in it soon.
const FAR: u64 = 1000;

/// What no client writes.
const FORGED: WriteId = WriteId { client: u32::MAX, index: u32::MAX };

type Liar<'a> = Traitor<'a, Message>;

/// All departures from a message, in an order that is always the same.
pub(super) fn of(message: &Message, liar: &Liar<'_>) -> Vec<Message> {
    match message {
        Message::Proposal(block) => of_proposal(block, liar),
        Message::Vote(vote) => of_vote(vote, liar),
        Message::NewView(new_view) => of_new_view(new_view, liar),
        Message::Fetch(fetch) => {
            vec![Message::Fetch(Fetch { above: 0, ..*fetch }), Message::Fetch(Fetch { above: u64::MAX, ..*fetch })]
        }
        Message::Blocks(blocks) => of_blocks(blocks),
        Message::State(state) => of_state(state),
    }
}

/// Another answer of the same kind to a client.
pub(super) fn of_reply(reply: &KvReply) -> Vec<KvReply> {
    match reply {
        KvReply::Value(value) if value.is_empty() => vec![KvReply::Value(vec![FORGED])],
        KvReply::Value(value) => vec![KvReply::Value(Vec::new()), KvReply::Value(value[1..].to_vec())],
        KvReply::Done => vec![KvReply::Swapped],
        KvReply::Swapped => vec![KvReply::Mismatch(Vec::new())],
        KvReply::Mismatch(_) => vec![KvReply::Swapped],
        KvReply::At { reply, .. } | KvReply::AtMost { reply, .. } => of_reply(reply),
        KvReply::Values(values) => {
            let other = |value: &Vec<WriteId>| if value.is_empty() { vec![FORGED] } else { Vec::new() };
            vec![KvReply::Values(values.iter().map(other).collect())]
        }
    }
}

/// The proposals that the liar made before, the latest first.
fn past_proposals<'a>(view: u64, liar: &'a Liar<'_>) -> impl Iterator<Item = &'a Rc<Block>> {
    let proposals = liar.past().iter().rev().filter_map(move |message| match message {
        Message::Proposal(block) if block.view() < view => Some(block),
        _ => None,
    });
    let mut last = view;
    proposals.filter(move |block| std::mem::replace(&mut last, block.view()) != block.view()).take(RECENT)
}

fn of_proposal(block: &Block, liar: &Liar<'_>) -> Vec<Message> {
    let base = block.content();
    let view = base.view;
    let mut contents = vec![
        Content { view: view.saturating_add(1), ..base.clone() },
        Content { view: view.saturating_sub(1), ..base.clone() },
    ];
    for past in past_proposals(view, liar) {
        // Behind an older certificate; behind another block than that of its certificate.
        let Content { height, parent, justify, .. } = past.content().clone();
        contents.push(Content { height, parent, justify, ..base.clone() });
        contents.push(Content { parent: past.hash(), ..base.clone() });
        if !past.commands().is_empty() {
            contents.push(Content { commands: past.commands().to_vec(), ..base.clone() });
        }
    }
    if !base.commands.is_empty() {
        contents.push(Content { commands: Vec::new(), ..base.clone() });
        contents.push(Content { commands: [&base.commands[..], &base.commands[..1]].concat(), ..base.clone() });
    }
    contents.push(Content { commands: vec![forged_command(block, liar)], ..base.clone() });
    let certificates = of_certificate(&base.justify, liar);
    contents.extend(certificates.into_iter().map(|justify| Content { justify, ..base.clone() }));
    contents.into_iter().map(|content| Message::Proposal(Rc::new(Block::new(content)))).collect()
}

fn forged_command(block: &Block, liar: &Liar<'_>) -> Command {
    let (client, content) = forged(block.commands().first());
    liar.sign(client, content)
}

/// What no client has asked, under the name of one, and instead of what it did ask if that is
/// known; to be signed by whoever is at hand.
pub(super) fn forged(asked: Option<&Command>) -> (NodeId, (RequestId, KvOp)) {
    let nobody = RequestId { client: NodeId::client(0), session: 0, sequence: 0 };
    let request = asked.map_or(nobody, |command| command.content().0);
    (request.client, (request, KvOp::Put { key: 0, write: FORGED }))
}

/// A vote is missing, bears no signature, or is for another view.
fn of_certificate(certificate: &Certificate, liar: &Liar<'_>) -> Vec<Rc<Certificate>> {
    let Some((last, others)) = certificate.votes.split_last() else { return Vec::new() };
    let with = |vote: Signed<Vote>| [others, &[vote]].concat();
    let too_few = Certificate { votes: others.to_vec(), ..certificate.clone() };
    let unsigned = Certificate { votes: with(liar.unsigned(last)), ..certificate.clone() };
    let twice = Certificate { votes: with(others.first().unwrap_or(last).clone()), ..certificate.clone() };
    let later = Certificate { view: certificate.view.saturating_add(1), ..certificate.clone() };
    [too_few, unsigned, twice, later].map(Rc::new).into()
}

fn of_vote(vote: &Signed<Vote>, liar: &Liar<'_>) -> Vec<Message> {
    let Vote { view, block } = *vote.content();
    let mut votes = vec![
        liar.sign(liar.me(), Vote { view: view.saturating_add(1), block }),
        liar.sign(liar.me(), Vote { view: view.saturating_sub(1), block }),
        liar.unsigned(vote),
    ];
    let past = liar.past().iter().rev().filter_map(|message| match message {
        Message::Vote(vote) if vote.content().block != block => Some(vote),
        _ => None,
    });
    for past in past.take(RECENT) {
        votes.push(past.clone());
        votes.push(liar.sign(liar.me(), Vote { view, block: past.content().block }));
    }
    votes.into_iter().map(Message::Vote).collect()
}

fn of_new_view(new_view: &NewView, liar: &Liar<'_>) -> Vec<Message> {
    let NewView { view, high } = new_view;
    let mut variants = vec![
        NewView { view: view.saturating_add(1), high: Rc::clone(high) },
        NewView { view: view.saturating_sub(1), high: Rc::clone(high) },
        NewView { view: view.saturating_add(FAR), high: Rc::clone(high) },
    ];
    let nothing = Rc::new(Certificate { view: 0, block: BlockHash::NOTHING, votes: Vec::new() });
    let stale = past_proposals(high.view, liar).map(|block| Rc::clone(block.justify()));
    let certificates = stale.chain(of_certificate(high, liar)).chain([nothing]);
    variants.extend(certificates.map(|high| NewView { view: *view, high }));
    variants.into_iter().map(Message::NewView).collect()
}

/// The end, the beginning or the middle is missing; or there is another block at the end.
fn of_blocks(blocks: &[Rc<Block>]) -> Vec<Message> {
    let Some((last, others)) = blocks.split_last() else { return Vec::new() };
    let other = Rc::new(Block::new(Content { view: last.view().saturating_add(1), ..last.content().clone() }));
    let with_other = others.iter().cloned().chain([other]).collect();
    let without_middle = blocks.iter().step_by(2).cloned().collect();
    vec![
        Message::Blocks(others.to_vec()),
        Message::Blocks(blocks[1..].to_vec()),
        Message::Blocks(without_middle),
        Message::Blocks(with_other),
    ]
}

/// The state of another block, or another state of the block.
fn of_state(state: &Checkpoint) -> Vec<Message> {
    let empty = Checkpoint { block: Rc::clone(&state.block), machine: Machine::default() };
    let later = Content { height: state.block.height().saturating_add(1), ..state.block.content().clone() };
    let moved = Checkpoint { block: Rc::new(Block::new(later)), machine: state.machine.clone() };
    [empty, moved].map(|state| Message::State(Rc::new(state))).into()
}
