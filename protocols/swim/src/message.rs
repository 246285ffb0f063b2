//! What travels between members, what they write down, wait for, and announce.

use serde::Serialize;
use sim_core::{Kinds, NodeId};

/// What is said of a member. Of two statements the greater one holds: the one under the higher incarnation, and under
/// the same one the later status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Statement {
    /// Of which incarnation of the member. Only the member itself begins a new one.
    pub incarnation: u32,
    /// What that is.
    pub status: Status,
}

/// What a member is held for, in the order in which one overrides another under the same incarnation (section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Status {
    /// It is a member.
    Alive,
    /// Somebody got no answer of it. It still is a member.
    Suspected,
    /// It was suspected for so long that it is held for crashed.
    Dead,
    /// It has said that it leaves.
    Left,
}

impl Status {
    /// Whether such a node is a member: it is pinged, and asked to ping others.
    pub const fn is_member(self) -> bool {
        matches!(self, Self::Alive | Self::Suspected)
    }
}

/// An update: what one member tells another of a third.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Update {
    /// Who it is about.
    pub member: NodeId,
    /// What is said of it.
    pub said: Statement,
    /// What it says of itself under this incarnation.
    pub metadata: u32,
    /// Who suspects it.
    pub accuser: Option<NodeId>,
}

/// Names a ping: no other has the same name, in whatever boot of whichever member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Probe {
    /// The incarnation under which the one who asks has booted.
    pub epoch: u32,
    /// Its number since then.
    pub number: u64,
}

/// The messages. All but [`Sync`](Self::Sync) carry a bounded number of updates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// Are you there?
    Ping {
        /// Its name.
        probe: Probe,
        /// What else is told.
        updates: Vec<Update>,
    },
    /// Yes. It goes to who has pinged, and from there to who has asked for that.
    Ack {
        /// The name of the ping.
        probe: Probe,
        /// What else is told.
        updates: Vec<Update>,
    },
    /// Ping this member for me.
    PingReq {
        /// The name of the ping that it has not answered.
        probe: Probe,
        /// Who has not answered.
        target: NodeId,
        /// What else is told.
        updates: Vec<Update>,
    },
    /// It has not answered me either (Lifeguard).
    Nack {
        /// The name of the ping of who has asked.
        probe: Probe,
    },
    /// All that is known: anti-entropy, and how a node joins.
    Sync {
        /// What is known, of the one who sends it too.
        updates: Vec<Update>,
        /// Whether it is the answer to another.
        is_reply: bool,
        /// Whether the one who asks knows nobody yet. It is then told of everybody, and else of what has changed.
        wants_all: bool,
    },
}

/// What is on a disk: what a node says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Its incarnation.
    pub incarnation: u32,
    /// Whether it is to be a member.
    pub is_member: bool,
    /// Its metadata under this incarnation.
    pub metadata: u32,
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// The next protocol period begins.
    Period,
    /// The target of this period should have answered.
    Unanswered,
    /// A member should have answered that was pinged for somebody else (Lifeguard).
    Relay(u64),
}

/// What a node has come to know of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct News {
    /// Who it is about.
    pub member: NodeId,
    /// What is said of it now.
    pub said: Statement,
    /// Its metadata under this incarnation.
    pub metadata: u32,
    /// What was said of it before, if anything.
    pub before: Option<Statement>,
    /// Who told. Nobody: it has found out by itself.
    pub from: Option<NodeId>,
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It is a member under this incarnation, and that is durable.
    Published {
        /// Which one.
        incarnation: u32,
        /// What it says of itself.
        metadata: u32,
        /// Whether it begins here, and knows no more of the others than its configuration says: at a boot, and when
        /// it has joined again.
        is_fresh: bool,
    },
    /// It leaves, and says so to others for a while.
    Leaving {
        /// Its incarnation.
        incarnation: u32,
    },
    /// It is no member any more, and silent.
    Gone,
    /// An operator wants it to be a member again.
    Returning,
    /// It pings this member in this period.
    Probed(NodeId),
    /// It knows that this member has answered in this period.
    Answered(NodeId),
    /// There is a member that it did not know, or that has come back.
    Joined(News),
    /// A member has a new incarnation.
    Updated(News),
    /// A member is suspected.
    Suspected(News),
    /// A suspected member is not suspected any more.
    Refuted(News),
    /// A member is held for dead.
    Failed {
        /// Who, and under which incarnation.
        news: News,
        /// Where it was suspected before: to how many others that was told.
        told: Option<u32>,
    },
    /// A member has left.
    Departed(News),
    /// One that is dead or has left is not told of any more.
    Forgot(NodeId),
}

impl Event {
    /// What it says of another member.
    pub(super) fn news(&self) -> Option<&News> {
        match self {
            Self::Joined(news)
            | Self::Updated(news)
            | Self::Suspected(news)
            | Self::Refuted(news)
            | Self::Departed(news)
            | Self::Failed { news, .. } => Some(news),
            Self::Published { .. }
            | Self::Leaving { .. }
            | Self::Gone
            | Self::Returning
            | Self::Probed(_)
            | Self::Answered(_)
            | Self::Forgot(_) => None,
        }
    }

    /// The announcement of news.
    pub(super) fn of(news: News, told: Option<u32>) -> Self {
        let before = news.before.map(|before| before.status);
        match (news.said.status, before) {
            (Status::Suspected, _) => Self::Suspected(news),
            (Status::Dead, _) => Self::Failed { news, told },
            (Status::Left, _) => Self::Departed(news),
            (Status::Alive, Some(Status::Alive)) => Self::Updated(news),
            (Status::Alive, Some(Status::Suspected)) => Self::Refuted(news),
            (Status::Alive, Some(Status::Dead | Status::Left) | None) => Self::Joined(news),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_override_each_other_as_in_section_4_2() {
        let overrides = |one: (u32, Status), other: (u32, Status)| {
            let statement = |(incarnation, status)| Statement { incarnation, status };
            statement(one) > statement(other)
        };
        assert!(!overrides((1, Status::Alive), (1, Status::Suspected)), "a suspicion is not refuted by what was known");
        assert!(overrides((2, Status::Alive), (1, Status::Suspected)));
        assert!(overrides((1, Status::Suspected), (1, Status::Alive)));
        assert!(!overrides((1, Status::Suspected), (2, Status::Alive)));
        assert!(overrides((1, Status::Dead), (1, Status::Suspected)));
        assert!(overrides((1, Status::Left), (1, Status::Dead)));
    }
}
