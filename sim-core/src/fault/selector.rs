//! Whom a fault hits, and how that is written.

use std::fmt;

use crate::process::NodeId;

/// Names processes, some of them only at the moment when the fault begins.
///
/// It is made from text as scenario files have it: a node `n0`, its twin `n0'`, a client `c1`, one of the
/// [words](Self::words), `random:2`, `zone:east`; whatever is none of these is a role.
///
/// ```
/// use sim_core::{NodeId, Selector};
///
/// assert_eq!(Selector::from("n2"), Selector::Node(NodeId::node(2)));
/// assert_eq!(Selector::from("random:2"), Selector::Random(2));
/// assert_eq!(Selector::from("leader"), Selector::Role("leader".to_owned()));
/// assert_eq!(Selector::from("zone:east").to_string(), "zone:east");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// This node, or this client.
    Node(NodeId),
    /// Whoever announced last that it has this role. If nobody has it, the fault waits.
    Role(String),
    /// All nodes that no other selector of the fault names.
    Others,
    /// This many nodes, drawn from those that no earlier selector of the fault names.
    Random(u32),
    /// As many random nodes as can fail while a majority is left.
    Minority,
    /// The smallest majority, of random nodes.
    Majority,
    /// A random majority, and as many more random nodes as it takes for them to have, by the
    /// protocol's own account, what it takes to make progress alone. Only for the core of a heal.
    Quorum,
    /// All nodes and clients that this zone names.
    Zone(String),
    /// All nodes, twins among them.
    All,
    /// All nodes that no fault has made Byzantine.
    Correct,
    /// All clients.
    Clients,
    /// Whom the step before in the sequence has hit.
    Same,
}

/// Selectors that are words of their own.
const WORDS: [(&str, Selector); 9] = [
    ("others", Selector::Others),
    ("minority", Selector::Minority),
    ("majority", Selector::Majority),
    ("quorum", Selector::Quorum),
    ("all", Selector::All),
    ("correct", Selector::Correct),
    ("clients", Selector::Clients),
    ("random", Selector::Random(1)),
    ("same", Selector::Same),
];

/// What comes before the name of a zone.
const ZONE: &str = "zone:";
/// What comes before the number of random nodes.
const RANDOM: &str = "random:";

impl Selector {
    /// The words that are selectors by themselves, such as `others`. No role can be called like one.
    pub fn words() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(word, _)| *word)
    }
}

/// What is no other selector is taken as a role. Whether a simulation has what is named is told by
/// [`validate`](crate::Simulation::validate).
impl From<&str> for Selector {
    fn from(text: &str) -> Self {
        if let Some((_, selector)) = WORDS.iter().find(|(word, _)| *word == text) {
            return selector.clone();
        }
        if let Some(zone) = text.strip_prefix(ZONE) {
            return Self::Zone(zone.to_owned());
        }
        match (text.parse(), text.strip_prefix(RANDOM).and_then(plain_number)) {
            (Ok(id), _) => Self::Node(id),
            (_, Some(count)) => Self::Random(count),
            _ => Self::Role(text.to_owned()),
        }
    }
}

impl From<NodeId> for Selector {
    fn from(id: NodeId) -> Self {
        Self::Node(id)
    }
}

/// A number below 2^31 in decimal, without signs or superfluous zeros.
fn plain_number(digits: &str) -> Option<u32> {
    let number: u32 = digits.parse().ok()?;
    (number < 1 << 31 && number.to_string() == digits).then_some(number)
}

/// What is printed reads back as what it was.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((word, _)) = WORDS.iter().find(|(_, selector)| selector == self) {
            return f.pad(word);
        }
        match self {
            Self::Node(id) => id.fmt(f),
            Self::Role(role) => f.pad(role),
            Self::Random(count) => f.pad(&format!("{RANDOM}{count}")),
            Self::Zone(name) => f.pad(&format!("{ZONE}{name}")),
            other => unreachable!("{other:?} is a word"),
        }
    }
}

/// Whom a fault is aimed at.
pub(crate) enum Aim<'k> {
    /// All nodes.
    Everybody,
    /// All whom these name.
    At(&'k [Selector]),
    /// Groups that are kept apart.
    Groups(&'k [Vec<Selector>]),
    /// Links from some to others; nothing is everybody.
    Sides(Option<&'k Selector>, Option<&'k Selector>),
    /// Some, in what concerns others: those are lied to, or an operator's action is about them. That does
    /// not hit them.
    About(&'k Selector, &'k [Selector]),
}

impl<'k> Aim<'k> {
    /// Everything that it names, in the order in which random targets are drawn.
    pub(crate) fn selectors(&self) -> Vec<&'k Selector> {
        match *self {
            Self::Everybody => Vec::new(),
            Self::At(targets) => targets.iter().collect(),
            Self::Groups(groups) => groups.iter().flatten().collect(),
            Self::Sides(from, to) => from.into_iter().chain(to).collect(),
            Self::About(targets, others) => [targets].into_iter().chain(others).collect(),
        }
    }

    /// Those of them that name whom it hits.
    pub(crate) fn hit(&self) -> Vec<&'k Selector> {
        match *self {
            Self::About(targets, _) => vec![targets],
            _ => self.selectors(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back() {
        let (twin, client) = (NodeId::node(3).twin(), NodeId::client(1));
        let named = [Selector::Node(NodeId::node(2)), Selector::Node(twin), Selector::Node(client)];
        let drawn = [Selector::Random(3), Selector::Zone("east".to_owned()), Selector::Role("leader".to_owned())];
        for selector in WORDS.into_iter().map(|(_, selector)| selector).chain(named).chain(drawn) {
            assert_eq!(Selector::from(selector.to_string().as_str()), selector, "{selector}");
        }
    }

    #[test]
    fn what_is_nothing_else_is_a_role() {
        for role in ["n01", "random:", "random:+2", "random:02", "N1", "primary"] {
            assert_eq!(Selector::from(role), Selector::Role(role.to_owned()));
        }
    }
}
