//! Consistent hashing with virtual nodes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize, Serializer};
use sim_core::NodeId;

use super::{Token, TokenRange};

/// A node that keeps data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Member {
    /// Which node.
    pub node: NodeId,
    /// What fails together with it, such as its rack or its data centre. A node without one is in a zone of its own.
    pub zone: Option<u32>,
    /// In how many places of the circle it stands. Its share of the keys grows with it; with 0 it has none.
    pub virtual_nodes: u32,
}

impl Member {
    /// Where its virtual nodes stand.
    fn tokens(self) -> impl Iterator<Item = Token> {
        (0..self.virtual_nodes).map(move |number| Token::of(&(self.node, number)))
    }
}

/// What is known of a node: the last change of its membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Entry {
    /// How often it has joined or left since the first ring.
    changes: u64,
    /// As what it is in; nothing if it has left.
    member: Option<Member>,
}

/// Which nodes keep which keys, by consistent hashing (Karger, Lehman, Leighton, Panigrahy, Levine and Lewin,
/// *Consistent Hashing and Random Trees*, STOC 1997), with virtual nodes and lists of replicas (DeCandia et al.,
/// *Dynamo*, SOSP 2007, sections 4.2 and 4.3).
///
/// Every node stands in several places of a circle, at its virtual nodes. A key is kept by the first *nodes* that
/// one comes to who goes on from the key's own place, that place included: several virtual nodes of one node are one
/// replica. Where a hash puts two nodes in one place, both stand there, the one with the smaller number first.
///
/// # Zones
/// As few replicas of a key as possible are in one zone: none shares it with another while there are enough zones.
/// The first node in each zone is taken, in the order of the circle, then the second in each, and so on. (Taking
/// nodes in the order of the circle unless their zone is full would not do: how many a zone may have depends on how
/// many zones there are, so a zone more would move keys between nodes that were there before.)
///
/// # Changes
/// A node that joins takes keys, and one that leaves gives its own away; no key moves between others. Of each node
/// the ring knows how often it joined or left. Their sum is the [version](Self::version), and so two rings that
/// changed apart can be [merged](Self::merge).
///
/// # Example
///
/// ```
/// use parts::placement::{Member, Ring, Token};
/// use sim_core::NodeId;
///
/// let member = |number| Member { node: NodeId::node(number), zone: Some(number % 3), virtual_nodes: 16 };
/// let mut ring = Ring::new((0..6).map(member));
/// let key = Token::of("apple");
/// let before = ring.preference(key, 3);
/// assert_eq!(before.len(), 3);
/// // One that is none of them leaves: nothing changes for this key.
/// let other = (0..6).map(NodeId::node).find(|node| !before.contains(node)).unwrap();
/// ring.leave(other);
/// assert_eq!((ring.version(), ring.preference(key, 3)), (1, before));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<NodeId, Entry>")]
pub struct Ring {
    entries: BTreeMap<NodeId, Entry>,
    /// The virtual nodes in the order of the circle: those of all members, and nothing else.
    points: Vec<(Token, NodeId)>,
}

/// What one goes on with from a place: the nodes in the order in which a key at that place is offered to them.
struct Walk<'r> {
    ring: &'r Ring,
    /// The number of the next virtual node.
    next: usize,
    /// How many are left.
    left: usize,
}

impl Iterator for Walk<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        self.left = self.left.checked_sub(1)?;
        let (_, node) = self.ring.points[self.next];
        self.next = (self.next + 1) % self.ring.points.len();
        Some(node)
    }
}

impl Ring {
    /// The first ring, of version 0. Of several members with one node, the last counts.
    pub fn new(members: impl IntoIterator<Item = Member>) -> Self {
        let entry = |member: Member| (member.node, Entry { changes: 0, member: Some(member) });
        members.into_iter().map(entry).collect::<BTreeMap<_, _>>().into()
    }

    /// How many changes led to it from the first ring. Where changes are made one after another, it names the ring;
    /// rings that changed apart may have the same version, and differ.
    pub fn version(&self) -> u64 {
        self.entries.values().map(|entry| entry.changes).sum()
    }

    /// Its members, in the order of their nodes.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        self.entries.values().filter_map(|entry| entry.member)
    }

    /// This node, if it is a member.
    pub fn member(&self, node: NodeId) -> Option<Member> {
        self.entries.get(&node).and_then(|entry| entry.member)
    }

    /// A node joins, or a member goes on as this one: in another zone, or with more or fewer virtual nodes. Of one
    /// that is a member already as it is, nothing changes, and the answer is no.
    pub fn join(&mut self, member: Member) -> bool {
        self.change(member.node, Some(member))
    }

    /// A node leaves. Of one that is no member nothing changes, and the answer is no.
    pub fn leave(&mut self, node: NodeId) -> bool {
        self.change(node, None)
    }

    fn change(&mut self, node: NodeId, member: Option<Member>) -> bool {
        if self.member(node) == member {
            return false;
        }
        let changes = self.entries.get(&node).map_or(0, |entry| entry.changes) + 1;
        self.entries.insert(node, Entry { changes, member });
        self.stand();
        true
    }

    /// Takes in what another ring knows of changes, and tells whether any of it was new: of each node, the state
    /// after more changes; after as many, that of the one which stayed, or the greater one. In whichever order rings
    /// are merged, the outcome is the same.
    pub fn merge(&mut self, other: &Self) -> bool {
        let is_new = |(node, theirs): &(&NodeId, &Entry)| self.entries.get(node).is_none_or(|ours| ours < theirs);
        let new: Vec<_> = other.entries.iter().filter(is_new).map(|(&node, &entry)| (node, entry)).collect();
        let any = !new.is_empty();
        if any {
            self.entries.extend(new);
            self.stand();
        }
        any
    }

    /// Puts the virtual nodes in their places.
    fn stand(&mut self) {
        let points = self.members().flat_map(|member| member.tokens().map(move |token| (token, member.node)));
        self.points = points.collect();
        self.points.sort_unstable();
    }

    /// The virtual nodes from this place on, all around the circle.
    fn walk(&self, from: Token) -> Walk<'_> {
        let next = self.points.partition_point(|(token, _)| *token < from);
        Walk { ring: self, next: next % self.points.len().max(1), left: self.points.len() }
    }

    /// The nodes that keep a key at this place, the one that is asked first in front: as many as there are to be
    /// replicas, or all, if there are fewer. With more replicas, the list goes on and does not change in front.
    pub fn preference(&self, key: Token, replicas: usize) -> Vec<NodeId> {
        let mut seen = BTreeSet::new();
        let mut in_zone: BTreeMap<u32, usize> = BTreeMap::new();
        // Which of its zone a node is, and when it comes.
        let mut found: Vec<(usize, usize, NodeId)> = Vec::new();
        let mut alone = 0;
        for node in self.walk(key) {
            if alone == replicas {
                break;
            }
            if !seen.insert(node) {
                continue;
            }
            let zone = self.member(node).and_then(|member| member.zone);
            let before = zone.map_or(0, |zone| {
                let count = in_zone.entry(zone).or_default();
                *count += 1;
                *count - 1
            });
            alone += usize::from(before == 0);
            found.push((before, found.len(), node));
        }
        found.sort_unstable();
        found.into_iter().take(replicas).map(|(_, _, node)| node).collect()
    }

    /// The parts of the circle, in order, each with the nodes that keep its keys: every place is in exactly one.
    /// Nothing if nobody keeps anything.
    pub fn ranges(&self, replicas: usize) -> Vec<(TokenRange, Vec<NodeId>)> {
        let tokens = self.points.iter().map(|(token, _)| *token).collect();
        between(&tokens).map(|range| (range, self.preference(range.to, replicas))).collect()
    }

    /// Where the replicas change when this ring is followed by another: the ranges in which nodes gain or lose the
    /// keys, each as long as can be. Nothing where only the order changes in which replicas are asked.
    pub fn moves(&self, next: &Self, replicas: usize) -> Vec<Move> {
        let tokens = self.points.iter().chain(&next.points).map(|(token, _)| *token).collect();
        let mut moves: Vec<Move> = Vec::new();
        for range in between(&tokens) {
            let [before, after] =
                [self, next].map(|ring| ring.preference(range.to, replicas).into_iter().collect::<BTreeSet<_>>());
            match moves.last_mut() {
                _ if before == after => {}
                Some(last) if last.range.to == range.after && (&last.before, &last.after) == (&before, &after) => {
                    last.range.to = range.to;
                }
                _ => moves.push(Move { range, before, after }),
            }
        }
        moves
    }
}

/// The ranges that end at these tokens.
fn between(tokens: &BTreeSet<Token>) -> impl Iterator<Item = TokenRange> {
    let before = tokens.last().into_iter().chain(tokens);
    before.zip(tokens).map(|(&after, &to)| TokenRange { after, to })
}

impl From<BTreeMap<NodeId, Entry>> for Ring {
    fn from(entries: BTreeMap<NodeId, Entry>) -> Self {
        let mut ring = Self { entries, points: Vec::new() };
        ring.stand();
        ring
    }
}

/// By what is known of each node: the places of virtual nodes follow from it.
impl Serialize for Ring {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries.serialize(serializer)
    }
}

/// Keys that get other replicas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Which keys, by their places.
    pub range: TokenRange,
    /// Who kept them.
    pub before: BTreeSet<NodeId>,
    /// Who keeps them from now on.
    pub after: BTreeSet<NodeId>,
}

impl Move {
    /// The nodes that must get the keys.
    pub fn gained(&self) -> impl Iterator<Item = NodeId> {
        self.after.difference(&self.before).copied()
    }

    /// The nodes that need not keep them.
    pub fn lost(&self) -> impl Iterator<Item = NodeId> {
        self.before.difference(&self.after).copied()
    }
}

/// Whether the replicas of a key change only as far as nodes have joined and left: of the nodes that did neither, no
/// more get the key than replicas have left, and no more lose it than replicas have joined. A member that goes on as
/// another one has both left and joined.
pub fn moves_only_with(
    (joined, left): (&BTreeSet<NodeId>, &BTreeSet<NodeId>),
    before: &BTreeSet<NodeId>,
    after: &BTreeSet<NodeId>,
) -> bool {
    let others = |of: &BTreeSet<NodeId>, without: &BTreeSet<NodeId>, moved: &BTreeSet<NodeId>| {
        of.difference(without).filter(|node| !moved.contains(node)).count()
    };
    others(after, before, joined) <= before.intersection(left).count()
        && others(before, after, left) <= after.intersection(joined).count()
}

#[cfg(test)]
mod tests {
    use sim_core::SimRng;

    use super::*;

    fn n(number: u32) -> NodeId {
        NodeId::node(number)
    }

    /// A ring whose virtual nodes stand where the test says.
    fn standing(points: &[(u64, u32)]) -> Ring {
        let member = |&(_, node): &(u64, u32)| Member { node: n(node), zone: None, virtual_nodes: 1 };
        let mut ring = Ring::new(points.iter().map(member));
        ring.points = points.iter().map(|&(token, node)| (Token(token), n(node))).collect();
        ring
    }

    fn check(points: &[(u64, u32)], key: u64, replicas: usize, expected: &[u32]) {
        let preference = standing(points).preference(Token(key), replicas);
        let expected: Vec<_> = expected.iter().copied().map(n).collect();
        assert_eq!(preference, expected, "{replicas} for {key} on {points:?}");
    }

    #[test]
    fn a_key_belongs_to_the_first_node_from_its_place_on() {
        let points = [(10, 0), (20, 1), (30, 2)];
        check(&points, 11, 2, &[1, 2]);
        check(&points, 9, 1, &[0]);
        check(&points, 31, 1, &[0]);
    }

    #[test]
    fn a_node_that_stands_exactly_at_the_key_is_not_skipped() {
        check(&[(10, 0), (20, 1)], 10, 1, &[0]);
        check(&[(10, 0), (20, 1)], 20, 1, &[1]);
        check(&[(0, 0), (u64::MAX, 1)], u64::MAX, 1, &[1]);
    }

    #[test]
    fn virtual_nodes_of_one_node_are_one_replica() {
        check(&[(10, 0), (11, 0), (12, 0), (20, 1), (30, 0), (40, 2)], 5, 3, &[0, 1, 2]);
    }

    #[test]
    fn two_nodes_in_one_place_both_stand_there() {
        check(&[(10, 0), (10, 1)], 10, 2, &[0, 1]);
        let ranges = standing(&[(10, 0), (10, 1), (20, 0)]).ranges(2);
        assert_eq!(ranges.iter().map(|(range, _)| range.width()).sum::<u128>(), 1 << 64);
        assert!(ranges.iter().all(|(_, nodes)| nodes.len() == 2));
    }

    #[test]
    fn there_are_no_more_replicas_than_nodes() {
        check(&[(10, 0), (20, 1)], 5, 3, &[0, 1]);
        check(&[(10, 0), (20, 1)], 5, 0, &[]);
        check(&[], 5, 3, &[]);
        assert_eq!(Ring::default().ranges(3), []);
        let idle = Ring::new([Member { node: n(0), zone: None, virtual_nodes: 0 }]);
        assert_eq!(idle.preference(Token(1), 3), []);
    }

    #[test]
    fn with_too_few_zones_they_share_the_replicas() {
        let mut ring = standing(&[(10, 0), (20, 1), (30, 2), (40, 3), (50, 4), (60, 5)]);
        for (&node, entry) in &mut ring.entries {
            let zone = Some(u32::from(node.index() >= 4));
            entry.member = entry.member.map(|member| Member { zone, ..member });
        }
        assert_eq!(ring.preference(Token(1), 4), [0, 4, 1, 5].map(n));
    }

    /// Some six nodes in up to four zones, or in none.
    fn member(node: u32, rng: &mut SimRng) -> Member {
        let zone = Some(rng.below(5) as u32).filter(|zone| *zone < 4);
        Member { node: n(node), zone, virtual_nodes: rng.between(1, 8) as u32 }
    }

    fn some_ring(rng: &mut SimRng) -> Ring {
        let count = rng.below(8) as u32;
        Ring::new((0..count).map(|node| member(node, rng)).collect::<Vec<_>>())
    }

    /// The rule as it is written, without a circle: the nodes by how far away they are.
    fn by_distance(ring: &Ring, key: Token, replicas: usize) -> Vec<NodeId> {
        let distance = |member: Member| member.tokens().map(|token| token.0.wrapping_sub(key.0)).min();
        let mut nodes: Vec<_> =
            ring.members().filter_map(|member| Some((distance(member)?, member.node, member.zone))).collect();
        nodes.sort_unstable();
        let rank = |place: usize| {
            nodes[..place].iter().filter(|(_, _, zone)| zone.is_some() && *zone == nodes[place].2).count()
        };
        let mut ranked: Vec<_> = (0..nodes.len()).map(|place| (rank(place), place)).collect();
        ranked.sort_unstable();
        ranked.into_iter().take(replicas).map(|(_, place)| nodes[place].1).collect()
    }

    #[test]
    fn the_preference_list_is_that_of_the_rule_as_it_is_written() {
        for seed in 0..2000 {
            let rng = &mut SimRng::new(seed, 0);
            let ring = some_ring(rng);
            let key = match ring.points.len() as u64 {
                0 => Token(rng.bits()),
                count => [Token(rng.bits()), ring.points[rng.below(count) as usize].0][rng.below(2) as usize],
            };
            let replicas = rng.below(5) as usize;
            assert_eq!(ring.preference(key, replicas), by_distance(&ring, key, replicas), "seed {seed}: {ring:?}");
            assert!(ring.preference(key, replicas + 1).starts_with(&ring.preference(key, replicas)), "seed {seed}");
        }
    }

    #[test]
    fn every_key_is_in_one_range_with_its_replicas() {
        for seed in 0..500 {
            let rng = &mut SimRng::new(seed, 1);
            let ring = some_ring(rng);
            let ranges = ring.ranges(3);
            for _ in 0..20 {
                let key = Token(rng.bits());
                let of_key: Vec<_> = ranges.iter().filter(|(range, _)| range.contains(key)).collect();
                match of_key[..] {
                    [] => assert_eq!(ring.points, [], "seed {seed}: {key:?} is in no range"),
                    [(_, nodes)] => assert_eq!(*nodes, ring.preference(key, 3), "seed {seed}: {key:?}"),
                    _ => panic!("seed {seed}: {key:?} is in {of_key:?}"),
                }
            }
        }
    }

    /// Some nodes join, some leave, some go on in another zone. The nodes that do neither give no more keys away
    /// than those that join take, and take no more than those that leave give.
    #[test]
    fn keys_move_only_to_nodes_that_joined_and_from_nodes_that_left() {
        for seed in 0..2000 {
            let rng = &mut SimRng::new(seed, 2);
            let before = some_ring(rng);
            let (mut after, mut joined, mut left) = (before.clone(), BTreeSet::new(), BTreeSet::new());
            for _ in 0..rng.between(1, 3) {
                let node = rng.below(10) as u32;
                let was_in = before.member(n(node)).is_some();
                if rng.below(2) == 0 {
                    left.extend(after.leave(n(node)).then_some(n(node)));
                } else if after.join(member(node, rng)) {
                    joined.insert(n(node));
                    left.extend(was_in.then_some(n(node)));
                }
            }
            for replicas in 1..=4 {
                for Move { range, before, after } in before.moves(&after, replicas) {
                    assert!(
                        moves_only_with((&joined, &left), &before, &after),
                        "seed {seed}: {replicas} at {range:?}, from {before:?} to {after:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_move_between_nodes_that_stayed_is_noticed() {
        let set = |nodes: &[u32]| nodes.iter().copied().map(n).collect::<BTreeSet<_>>();
        let check = |joined: &[u32], left: &[u32], before: &[u32], after: &[u32]| {
            moves_only_with((&set(joined), &set(left)), &set(before), &set(after))
        };
        assert!(check(&[3], &[], &[0, 1], &[0, 3]) && !check(&[3], &[], &[0, 1], &[0, 2]));
        assert!(check(&[], &[1], &[0, 1], &[0, 2]) && !check(&[], &[1], &[0, 1], &[2, 3]));
        assert!(!check(&[], &[3], &[0, 1], &[0, 2]));
    }

    #[test]
    fn the_moves_are_where_replicas_change_and_nowhere_else() {
        for seed in 0..500 {
            let rng = &mut SimRng::new(seed, 3);
            let [before, after] = [some_ring(rng), some_ring(rng)];
            let moves = before.moves(&after, 3);
            for _ in 0..20 {
                let key = Token(rng.bits());
                let [old, new] =
                    [&before, &after].map(|ring| ring.preference(key, 3).into_iter().collect::<BTreeSet<_>>());
                let of_key: Vec<_> = moves.iter().filter(|one| one.range.contains(key)).collect();
                match of_key[..] {
                    [] => assert_eq!(old, new, "seed {seed}: {key:?}"),
                    [one] => assert_eq!((&one.before, &one.after), (&old, &new), "seed {seed}: {key:?}"),
                    _ => panic!("seed {seed}: {key:?} moves twice: {of_key:?}"),
                }
                if let [one] = of_key[..] {
                    assert_ne!(old, new);
                    assert_eq!(one.gained().collect::<BTreeSet<_>>(), &new - &old);
                    assert_eq!(one.lost().collect::<BTreeSet<_>>(), &old - &new);
                }
            }
        }
    }

    #[test]
    fn after_the_loss_of_a_zone_every_key_has_its_quorum() {
        for seed in 0..300 {
            let rng = &mut SimRng::new(seed, 4);
            let zones = rng.between(3, 5) as u32;
            let nodes = zones * rng.between(1, 3) as u32;
            let member = |node| Member { node: n(node), zone: Some(node % zones), virtual_nodes: 4 };
            let ring = Ring::new((0..nodes).map(member));
            for (_, replicas) in ring.ranges(3) {
                let zones: BTreeSet<_> = replicas.iter().map(|node| node.index() % zones).collect();
                assert_eq!(zones.len(), 3, "seed {seed}: {replicas:?}");
            }
            for (_, replicas) in ring.ranges(5).iter().filter(|(_, replicas)| replicas.len() == 5) {
                for lost in 0..zones {
                    let left = replicas.iter().filter(|node| node.index() % zones != lost).count();
                    assert!(left >= 3, "seed {seed}: without zone {lost}, {left} of {replicas:?} are left");
                }
            }
        }
    }

    #[test]
    fn rings_that_changed_apart_merge_to_one_in_any_order() {
        for seed in 0..500 {
            let rng = &mut SimRng::new(seed, 5);
            let first = some_ring(rng);
            let rings: Vec<_> = (0..3)
                .map(|_| {
                    let mut ring = first.clone();
                    for _ in 0..rng.below(4) {
                        let node = rng.below(8) as u32;
                        if rng.below(2) == 0 {
                            ring.leave(n(node));
                        } else {
                            ring.join(member(node, rng));
                        }
                    }
                    ring
                })
                .collect();
            let merged = |order: [usize; 3]| {
                let mut ring = first.clone();
                order.into_iter().for_each(|place| {
                    ring.merge(&rings[place]);
                });
                ring
            };
            let all = merged([0, 1, 2]);
            for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
                assert_eq!(merged(order), all, "seed {seed}");
            }
            assert!(!all.clone().merge(&rings[0]), "seed {seed}: nothing is new the second time");
            assert!(rings.iter().all(|ring| ring.version() <= all.version()), "seed {seed}");
            let read: Ring = serde_json::from_str(&serde_json::to_string(&all).unwrap()).unwrap();
            assert_eq!(read, all, "seed {seed}");
        }
    }

    #[test]
    fn a_version_counts_the_changes_that_changed_anything() {
        let member = |zone| Member { node: n(1), zone, virtual_nodes: 2 };
        let mut ring = Ring::new([]);
        assert!(ring.join(member(None)) && !ring.join(member(None)));
        assert_eq!(ring.version(), 1);
        assert!(ring.join(member(Some(1))) && ring.leave(n(1)) && !ring.leave(n(1)) && !ring.leave(n(2)));
        assert_eq!((ring.version(), ring.members().count()), (3, 0));
    }
}
