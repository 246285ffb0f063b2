//! Anti-entropy: replicas compare what they have by Merkle trees, and send each other what the other lacks (Dynamo,
//! section 4.7; Demers et al. 1987).

use parts::merkle::{Exchange, MerkleTree};
use parts::placement::{Token, TokenRange};
use sim_core::{NodeId, TraceHasher};

use super::flaws::QuorumFlaw;
use super::message::{Event, Message, Timer};
use super::node::{Ctx, QuorumStore};
use super::version::{Cell, Version};

/// A tree has 2 to the power of that many leaves.
const DEPTH: u32 = 4;

const EMPTY: MerkleTree<u32> = MerkleTree::new(TokenRange::ALL, DEPTH);

/// Trees.
impl QuorumStore {
    /// Makes trees of all that it has.
    pub(super) fn plant_trees(&mut self) {
        self.trees.clear();
        let keys: Vec<u32> = self.memory.cells.keys().copied().collect();
        keys.into_iter().for_each(|key| self.update_tree(key));
    }

    /// After what it has of this key has changed.
    pub(super) fn update_tree(&mut self, key: u32) {
        let mut replicas = self.replicas(key);
        replicas.sort_unstable();
        let tree = self.trees.entry(replicas).or_insert(EMPTY);
        match self.memory.cells.get(&key) {
            Some(cell) if cell.is_deleted() && self.config.flaws.has(QuorumFlaw::StaleTree) => {}
            Some(cell) => _ = tree.set(Token::of(&key), key, hash(cell)),
            None => _ = tree.remove(Token::of(&key), &key),
        }
    }

    /// The first key of which its tree does not tell what it has.
    pub(super) fn out_of_tree(&self) -> Option<u32> {
        let is_told = |key: u32, cell: &Cell| {
            let mut replicas = self.replicas(key);
            replicas.sort_unstable();
            // To set what a tree says already changes nothing.
            self.trees.get(&replicas).is_some_and(|tree| {
                let mut same = tree.clone();
                same.set(Token::of(&key), key, hash(cell));
                same.root() == tree.root()
            })
        };
        self.memory.cells.iter().find(|(key, cell)| !is_told(**key, cell)).map(|(key, _)| *key)
    }
}

/// Comparisons.
impl QuorumStore {
    /// Begins to compare itself with the next one of the others.
    pub(super) fn begin_comparison(&mut self, ctx: &mut Ctx<'_>) {
        self.next = (self.next + 1) % ctx.nodes().len();
        let with = ctx.nodes()[self.next];
        if with != self.me && !self.has(QuorumFlaw::NoAntiEntropy) {
            for (replicas, tree) in self.trees.iter().filter(|(replicas, _)| replicas.contains(&with)) {
                ctx.send(with, Message::Compare { replicas: replicas.clone(), exchange: tree.opening() });
            }
        }
        ctx.set_timer(Timer::AntiEntropy, self.config.anti_entropy_interval);
    }

    /// Another has told a part of its tree.
    pub(super) fn compare(&self, with: NodeId, replicas: Vec<NodeId>, exchange: &Exchange<u32>, ctx: &mut Ctx<'_>) {
        let answer = self.trees.get(&replicas).unwrap_or(&EMPTY).answer(exchange);
        if !answer.differing.is_empty() {
            let cells = answer.differing.into_iter().map(|key| (key, self.versions_of(key))).collect();
            ctx.emit(Event::Differs { with });
            ctx.send(with, Message::Exchange { cells, wants: true });
        }
        if !answer.reply.is_empty() {
            ctx.send(with, Message::Compare { replicas, exchange: answer.reply });
        }
    }

    /// Takes in what it lacks, and sends back what the other does.
    pub(super) fn exchange(&mut self, with: NodeId, cells: &[(u32, Vec<Version>)], wants: bool, ctx: &mut Ctx<'_>) {
        let mut lacking = Vec::new();
        for (key, versions) in cells {
            if !self.is_replica(*key) {
                continue;
            }
            let others: Cell = versions.iter().collect();
            let mine = self.versions_of(*key);
            if wants && !mine.iter().all(|version| others.covers(version)) {
                lacking.push((*key, mine));
            }
            self.take_all(*key, versions, ctx);
        }
        if !lacking.is_empty() {
            ctx.send(with, Message::Exchange { cells: lacking, wants: false });
        }
    }

    fn versions_of(&self, key: u32) -> Vec<Version> {
        self.memory.cells.get(&key).map(|cell| cell.versions().to_vec()).unwrap_or_default()
    }
}

fn hash(cell: &Cell) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(&cell.dots().collect::<Vec<_>>());
    hasher.finish()
}
