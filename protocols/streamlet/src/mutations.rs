//! What a Byzantine node could say instead of a message.

use sim_core::{Signed, Traitor};

use super::message::{Ballot, Block, BlockHash, Certified, Message};

/// How many of the latest proposals that it has sent a traitor goes back to.
const REMEMBERED: usize = 4;

pub(super) fn mutations(message: &Message, traitor: &Traitor<'_, Message>) -> Vec<Message> {
    match message {
        Message::Propose(proposal) => proposals(proposal, traitor).into_iter().map(Message::Propose).collect(),
        Message::Vote(vote) => votes(vote, traitor).into_iter().map(Message::Vote).collect(),
        Message::Fetch { tip, above } => [above.checked_sub(1), above.checked_add(1)]
            .into_iter()
            .flatten()
            .map(|above| Message::Fetch { tip: *tip, above })
            .collect(),
        Message::Chain(chain) => chains(chain, traitor).into_iter().map(Message::Chain).collect(),
    }
}

/// The latest blocks that the traitor has proposed or passed on.
fn known(traitor: &Traitor<'_, Message>) -> Vec<Block> {
    let blocks = traitor.past().iter().rev().filter_map(|message| match message {
        Message::Propose(proposal) => Some(*proposal.content()),
        _ => None,
    });
    let mut found: Vec<Block> = Vec::new();
    for block in blocks {
        if !found.contains(&block) {
            found.push(block);
        }
        if found.len() == REMEMBERED {
            break;
        }
    }
    found
}

/// Another payload, a stale parent, another epoch; nobody's signature. Of another's proposal only
/// forgeries can be made.
fn proposals(proposal: &Signed<Block>, traitor: &Traitor<'_, Message>) -> Vec<Signed<Block>> {
    let block = *proposal.content();
    let mut blocks = vec![Block { payload: block.payload ^ 1, ..block }];
    let known = known(traitor);
    let parents = known.iter().flat_map(|known| [known.parent, known.hash()]).chain([BlockHash::GENESIS]);
    for parent in parents.filter(|parent| *parent != block.parent && *parent != block.hash()) {
        let other = Block { parent, ..block };
        if !blocks.contains(&other) {
            blocks.push(other);
        }
    }
    blocks.push(Block { epoch: block.epoch.saturating_add(1), ..block });
    if block.epoch > 1 {
        blocks.push(Block { epoch: block.epoch - 1, ..block });
    }
    let signed = blocks.into_iter().map(|block| traitor.sign(proposal.signer(), block));
    signed.chain([traitor.unsigned(proposal)]).collect()
}

/// For another block, in another epoch, under another's name, without a signature.
fn votes(vote: &Signed<Ballot>, traitor: &Traitor<'_, Message>) -> Vec<Signed<Ballot>> {
    let ballot = *vote.content();
    let others = known(traitor).into_iter().map(|block| Ballot { epoch: block.epoch, block: block.hash() });
    let epochs = [
        Ballot { epoch: ballot.epoch.saturating_add(1), ..ballot },
        Ballot { epoch: ballot.epoch.saturating_sub(1), ..ballot },
    ];
    let mut made: Vec<Signed<Ballot>> = others
        .filter(|other| *other != ballot)
        .chain(epochs)
        .map(|ballot| traitor.sign(vote.signer(), ballot))
        .collect();
    let strangers = traitor.nodes().iter().filter(|node| **node != vote.signer() && **node != traitor.receiver());
    made.extend(strangers.map(|node| traitor.sign(*node, ballot)));
    made.push(traitor.unsigned(vote));
    made
}

/// Without its end, without its beginning, with too few votes.
fn chains(chain: &[Certified], traitor: &Traitor<'_, Message>) -> Vec<Vec<Certified>> {
    let Some((last, before)) = chain.split_last() else { return Vec::new() };
    let mut few = last.clone();
    few.votes.pop();
    let forged: Vec<Signed<Ballot>> = last.votes.iter().map(|vote| traitor.unsigned(vote)).collect();
    let forged = Certified { votes: forged, ..last.clone() };
    let with_last = |last: Certified| [before, &[last]].concat();
    vec![before.to_vec(), chain[1..].to_vec(), with_last(few), with_last(forged)]
}
