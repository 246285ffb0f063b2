//! The numbers under which a history has the clients of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use reports::Client;

/// A client that is a number is known by it, unless a name has taken it. Names take numbers from the highest
/// down, where no file has any.
#[derive(Debug, Default)]
pub(super) struct Clients {
    /// The numbers of names, and of numbers that were taken.
    others: BTreeMap<Client, u32>,
    /// Numbers that are those of other clients.
    taken: BTreeSet<u32>,
    /// Numbers of clients that are known by them.
    own: BTreeSet<u32>,
}

impl Clients {
    /// The number of a client.
    pub(super) fn number(&mut self, client: &Client) -> u32 {
        match client {
            Client::Number(number) if !self.taken.contains(number) => {
                self.own.insert(*number);
                *number
            }
            _ => match self.others.get(client) {
                Some(number) => *number,
                None => self.take(client.clone()),
            },
        }
    }

    fn take(&mut self, client: Client) -> u32 {
        let is_free = |number: &u32| !self.taken.contains(number) && !self.own.contains(number);
        let number = (0..=u32::MAX).rev().find(is_free).unwrap_or_default();
        self.taken.insert(number);
        self.others.insert(client, number);
        number
    }

    /// What the clients are called that are not known by their numbers.
    pub(super) fn names(&self) -> impl Iterator<Item = (u32, Arc<str>)> {
        self.others.iter().map(|(client, number)| match client {
            Client::Name(name) => (*number, Arc::clone(name)),
            Client::Number(own) => (*number, own.to_string().into()),
        })
    }
}
