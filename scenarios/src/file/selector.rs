//! Whom a fault hits, in text.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use sim_core::{NodeId, Selector};

use super::place::{Mistakes, Place};
use super::terms::Terms;
use crate::source::{closest, help_with_name, quoted, quoted_list};

/// A selector as it is written: `n0`, `c1`, `others`, `random:2`, `zone:a`, or a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SelectorText(String);

/// What all selectors but roles look like.
const PATTERN: &str =
    "^(n[0-9]+'?|c[0-9]+|others|minority|majority|quorum|all|correct|clients|random(:[0-9]+)?|zone:.+|same)$";

impl SelectorText {
    /// What it names, if that exists in a scenario on these terms.
    pub(crate) fn read(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> Selector {
        let selector = self.parse();
        if let Err((message, help)) = check(&selector, terms) {
            let mut mistake = place.mistake(message);
            mistake.help = help;
            mistakes.push(mistake);
        }
        selector
    }

    /// The node or client that it names, where nothing but that makes sense.
    pub(crate) fn read_id(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> Option<NodeId> {
        if let Selector::Node(id) = self.parse() {
            self.read(place, terms, mistakes);
            return Some(id);
        }
        let mistake = place.mistake(format!("{} is not the name of one node or client", quoted(&self.0)));
        mistakes.push(mistake.with_help("names are `n0`, `n1`, …, and of clients `c0`, `c1`, …"));
        None
    }

    /// The one node that it names.
    pub(crate) fn node(&self) -> Option<NodeId> {
        match self.parse() {
            Selector::Node(id) if !id.is_client() => Some(id),
            _ => None,
        }
    }

    /// Whether it is whom the step before in a sequence has hit.
    pub(crate) fn is_same(&self) -> bool {
        self.parse() == Selector::Same
    }

    fn parse(&self) -> Selector {
        Selector::from(self.0.as_str())
    }
}

/// The message and the help for a selector that names nobody.
fn check(selector: &Selector, terms: &Terms) -> Result<(), (String, Vec<String>)> {
    let (nodes, clients) = (terms.nodes, terms.clients);
    let wrong = |message: String, help: String| Err((message, vec![help]));
    match selector {
        Selector::Node(id) if id.is_client() && id.index() >= clients => {
            wrong(format!("there is no client {id}"), range("client", 'c', clients))
        }
        Selector::Node(id) if !id.is_client() && id.index() >= nodes => {
            wrong(format!("there is no node {id}"), range("node", 'n', nodes))
        }
        Selector::Node(id) if id.is_twin() && !terms.twins.contains(id) => {
            let original = id.identity();
            wrong(
                format!("there is no {id}"),
                format!("add a fault that gives {original} a twin: `\"twin\": \"{original}\"`"),
            )
        }
        Selector::Random(count) if !(1..=nodes).contains(count) => {
            wrong(format!("{count} random nodes of {nodes} cannot be drawn"), format!("draw from 1 to {nodes}"))
        }
        Selector::Clients if clients == 0 => {
            wrong("there are no clients".to_owned(), "add `clients` to the scenario".to_owned())
        }
        Selector::Minority if nodes < 3 => {
            wrong(format!("a minority of {nodes} is nobody"), "name the node itself, as in `n0`".to_owned())
        }
        Selector::Quorum if !terms.heals_core => wrong(
            "a quorum is what a heal repairs".to_owned(),
            "a fault hits a `majority`, or a `minority`; `heal_core` takes a `quorum`".to_owned(),
        ),
        Selector::Zone(name) if !terms.zones.contains(name) => Err(unknown_zone(name, terms)),
        Selector::Same if !terms.follows => wrong(
            "`same` as whom?".to_owned(),
            "it names whom the step before has hit: only later steps of a `sequence` have one".to_owned(),
        ),
        Selector::Role(role) if !terms.roles.contains(&role.as_str()) => Err(unknown(role, terms)),
        _ => Ok(()),
    }
}

fn range(what: &str, letter: char, count: u32) -> String {
    match count {
        0 => format!("there are no {what}s"),
        1 => format!("the only {what} is `{letter}0`"),
        _ => format!("the {what}s are `{letter}0` to `{letter}{}`", count - 1),
    }
}

fn unknown_zone(name: &str, terms: &Terms) -> (String, Vec<String>) {
    let known: Vec<&str> = terms.zones.iter().map(String::as_str).collect();
    let help = match &known[..] {
        [] => vec!["add `zones` to the scenario".to_owned()],
        known => help_with_name("zone", name, known),
    };
    (format!("unknown zone {}", quoted(name)), help)
}

fn unknown(name: &str, terms: &Terms) -> (String, Vec<String>) {
    let known: Vec<&str> = terms.roles.iter().copied().chain(Selector::words()).collect();
    let suggestion = closest(name, &known).map(|known| format!("did you mean {}?", quoted(known)));
    let roles = match &terms.roles[..] {
        [] => format!("nodes of {} have no roles", quoted(terms.protocol)),
        roles => format!("the roles of {} are {}", quoted(terms.protocol), quoted_list(roles)),
    };
    let others = "targets are also `n0`, `c0`, `others`, `minority`, `majority`, `all`, `correct`, `clients`, `random`, \
                  `random:2`, `zone:NAME`, and in a sequence `same`";
    let help = suggestion.into_iter().chain([roles, others.to_owned()]).collect();
    (format!("unknown target {}", quoted(name)), help)
}

impl From<NodeId> for SelectorText {
    fn from(id: NodeId) -> Self {
        Self(id.to_string())
    }
}

impl From<&Selector> for SelectorText {
    fn from(selector: &Selector) -> Self {
        Self(selector.to_string())
    }
}

impl JsonSchema for SelectorText {
    fn schema_name() -> Cow<'static, str> {
        "Target".into()
    }

    /// Roles depend on the protocol: the registry adds them.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A node `n0`, a client `c0`, some or all nodes, those of a zone, all clients, or whoever has a role.",
            "anyOf": [{ "type": "string", "pattern": PATTERN }],
        })
    }
}
