//! What a canary makes of the beats of others.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Duration, NodeId, Time};

use super::{Beat, Event, INTERVAL};
use parts::quorums::Group;

/// Who has not been heard for so long is silent.
const SILENT: Duration = Duration::from_millis(150);
/// A beat that comes again after so many others is old.
const OLD: u64 = 10;
/// One that has come back so often flaps.
const FLAPS: u32 = 3;
/// How many beats it takes to tell how fast another beats.
const PACE: u64 = 25;
/// How much faster or more slowly it must beat, in percent.
const PACE_TOLERANCE: u64 = 6;

/// What is known of the others.
#[derive(Debug, Default)]
pub(super) struct Senses {
    peers: BTreeMap<NodeId, Peer>,
    /// When it began to listen.
    began: Option<Time>,
    alone: bool,
    has_majority: bool,
}

#[derive(Debug)]
struct Peer {
    sequence: u64,
    /// When that was sent, by its own clock: it tells one beat from another of the same number.
    sent: Time,
    heard: Time,
    silent: bool,
    returns: u32,
    version: u32,
    hears: BTreeSet<NodeId>,
    /// A beat, and when it came: from it the pace is told.
    paced: (u64, Time),
}

impl Senses {
    /// Whom it has heard within the time of silence.
    pub(super) fn heard_of_late(&self, now: Time) -> BTreeSet<NodeId> {
        let heard = self.peers.iter().filter(|(_, peer)| now.since(peer.heard) < SILENT);
        heard.map(|(id, _)| *id).collect()
    }

    /// Whether it has heard somebody and does not any more.
    pub(super) const fn is_alone(&self) -> bool {
        self.alone
    }

    /// Takes in a beat, and says what is strange about it.
    pub(super) fn hear(&mut self, from: NodeId, beat: &Beat, me: NodeId, now: Time) -> Vec<Event> {
        let began = *self.began.get_or_insert(now);
        let Some(peer) = self.peers.get_mut(&from) else {
            self.peers.insert(from, Peer::new(beat, now));
            return (now.since(began) > SILENT * 2).then_some(Event::PeerJoined).into_iter().collect();
        };
        let mut noticed = peer.count(beat, now);
        if beat.sequence >= peer.sequence {
            noticed.extend((peer.version != beat.version).then_some(Event::PeerUpgraded));
            peer.version = beat.version;
            peer.hears.clone_from(&beat.hears);
            (peer.sequence, peer.sent) = (beat.sequence, beat.sent);
        }
        peer.heard = now;
        let is_settled = now.since(began) > SILENT * 2;
        if is_settled && !beat.hears.contains(&me) {
            noticed.push(Event::OneWay);
        }
        if is_settled && self.is_between(from, &beat.hears, now) {
            noticed.push(Event::Between);
        }
        noticed
    }

    /// Whether another that it hears is not heard by the one that has just beaten, nor the other
    /// way round.
    fn is_between(&self, one: NodeId, hears: &BTreeSet<NodeId>, now: Time) -> bool {
        let heard = self.peers.iter().filter(|(id, peer)| **id != one && now.since(peer.heard) < SILENT / 2);
        heard.into_iter().any(|(id, peer)| !hears.contains(id) && !peer.hears.contains(&one))
    }

    /// Listens for silence.
    pub(super) fn listen(&mut self, nodes: &[NodeId], now: Time) -> Vec<Event> {
        let mut noticed = Vec::new();
        for peer in self.peers.values_mut() {
            if !peer.silent && now.since(peer.heard) > SILENT {
                peer.silent = true;
                noticed.push(Event::PeerSilent);
            }
        }
        let hears = self.heard_of_late(now).len();
        let has_majority = hears + 1 >= Group::crash_tolerant(nodes.len()).majority();
        if self.has_majority && !has_majority {
            noticed.push(Event::LostMajority);
        }
        let alone = hears == 0 && !self.peers.is_empty();
        if alone && !self.alone {
            noticed.push(Event::Alone);
        }
        (self.has_majority, self.alone) = (has_majority, alone);
        noticed
    }
}

impl Peer {
    fn new(beat: &Beat, now: Time) -> Self {
        Self {
            sequence: beat.sequence,
            sent: beat.sent,
            heard: now,
            silent: false,
            returns: 0,
            version: beat.version,
            hears: beat.hears.clone(),
            paced: (beat.sequence, now),
        }
    }

    /// What the number of a beat tells.
    fn count(&mut self, beat: &Beat, now: Time) -> Vec<Event> {
        let mut noticed = Vec::new();
        let is_back = self.silent;
        if is_back {
            self.silent = false;
            self.returns += 1;
            noticed.push(Event::PeerBack);
            noticed.extend((self.returns == FLAPS).then_some(Event::PeerFlaps));
        }
        let (last, this) = (self.sequence, beat.sequence);
        if is_back && this + OLD < last {
            noticed.push(Event::PeerForgot);
            self.sequence = this;
        } else if this + OLD < last {
            noticed.push(Event::MessageOld);
        } else if this == last && beat.sent != self.sent {
            noticed.push(Event::PeerContradicts);
        } else if this == last {
            noticed.push(Event::MessageDoubled);
        } else if this > last + 1 {
            noticed.push(Event::MessageMissing);
        }
        noticed.extend(self.pace(this, is_back || this != last + 1, now));
        noticed
    }

    /// Whether it beats at another pace than one's own.
    fn pace(&mut self, sequence: u64, interrupted: bool, now: Time) -> Option<Event> {
        let (first, since) = self.paced;
        if interrupted {
            self.paced = (sequence, now);
            return None;
        }
        if sequence < first + PACE {
            return None;
        }
        self.paced = (sequence, now);
        let (took, expected) = (now.since(since).as_nanos(), (INTERVAL * (sequence - first)).as_nanos());
        if took * 100 < expected * (100 - PACE_TOLERANCE) {
            Some(Event::PeerFast)
        } else if took * 100 > expected * (100 + PACE_TOLERANCE) {
            Some(Event::PeerSlow)
        } else {
            None
        }
    }
}
