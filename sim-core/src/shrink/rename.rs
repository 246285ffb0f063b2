//! Runs without a node or a client that others are counted after.

use super::Parts;
use crate::choices::{ChoiceName, Deviation};
use crate::fault::{Fault, Selector, Trigger};
use crate::process::NodeId;

/// The parts without this node, whom no fault names: those after it have a number less. Nothing if one does.
pub(super) fn without_node(parts: &Parts, node: u32) -> Option<Parts> {
    without(parts, NodeId::node(node))
}

/// The parts without this client, who asks for nothing: those after it have a number less. Nothing if a fault
/// names it.
pub(super) fn without_client(parts: &Parts, client: u32) -> Option<Parts> {
    let mut fewer = without(parts, NodeId::client(client))?;
    fewer.operations.remove(client as usize);
    Some(fewer)
}

fn without(parts: &Parts, gone: NodeId) -> Option<Parts> {
    let mut fewer = parts.clone();
    for fault in &mut fewer.faults {
        for id in named_by(fault) {
            *id = renamed(*id, gone)?;
        }
    }
    let answer = |of: &Deviation| {
        let name = renamed_in(of.name.as_str(), gone)?.about(of.name.content());
        Some(Deviation { name, value: of.value })
    };
    fewer.deviations = parts.deviations.iter().filter_map(answer).collect();
    Some(fewer)
}

/// The processes that a fault names.
fn named_by(fault: &mut Fault) -> Vec<&mut NodeId> {
    let by_trigger = match &mut fault.trigger {
        Trigger::After(milestone) => milestone.nodes_mut(),
        Trigger::At(_) | Trigger::Wait(_) | Trigger::InStep(_) => Vec::new(),
    };
    let id = |selector| match selector {
        &mut Selector::Node(ref mut id) => Some(id),
        _ => None,
    };
    fault.kind.selectors_mut().into_iter().filter_map(id).chain(by_trigger).collect()
}

/// Its name when `gone` is gone; nothing if that is its own, or its twin's.
fn renamed(id: NodeId, gone: NodeId) -> Option<NodeId> {
    if id.is_client() != gone.is_client() || id.index() < gone.index() {
        return Some(id);
    }
    let number = if id.index() == gone.index() { None } else { Some(id.index() - 1) }?;
    let before = if id.is_client() { NodeId::client(number) } else { NodeId::node(number) };
    Some(if id.is_twin() { before.twin() } else { before })
}

/// The name of a question with all processes in it renamed.
fn renamed_in(name: &str, gone: NodeId) -> Option<ChoiceName> {
    let is_of_a_name = |c: char| c.is_alphanumeric() || c == '\'';
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let end = if is_of_a_name(first) {
            rest.find(|c: char| !is_of_a_name(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        match word.parse::<NodeId>() {
            Ok(id) => text.push_str(&renamed(id, gone)?.to_string()),
            Err(_) => text.push_str(word),
        }
        rest = after;
    }
    Some(ChoiceName::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(name: &str, gone: &str) -> Option<String> {
        renamed_in(name, gone.parse().expect("a name")).map(|name| name.to_string())
    }

    #[test]
    fn those_after_the_one_that_is_gone_have_a_number_less() {
        assert_eq!(after("n0>n2 Ping#3 delay", "n1").as_deref(), Some("n0>n1 Ping#3 delay"));
        assert_eq!(after("n2' n3 boot", "n1").as_deref(), Some("n1' n2 boot"));
        assert_eq!(after("c2>n2 Put#1 delay", "c0").as_deref(), Some("c1>n2 Put#1 delay"));
        assert_eq!(after("n0>n2 Ping#3 delay", "n2"), None);
        assert_eq!(after("fault 2 target#0", "n1").as_deref(), Some("fault 2 target#0"));
    }
}
