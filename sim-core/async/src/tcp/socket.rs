//! One end of a connection, as a state machine.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Error, ErrorKind};
use std::task::Poll;

use sim_core::{Duration, NodeId, ms, secs};

use super::segment::{Connection, Content};
use crate::executor::Waiter;

/// How many bytes an end keeps: of those that were written and not acknowledged, and of those that came and were not
/// read.
const BUFFER: u64 = 64 * 1024;

/// The most bytes in one segment.
const MOST_BYTES: usize = 16 * 1024;

/// How long an end waits for an acknowledgement before it sends again: at first, and at most. It doubles each time.
const RETRY: (Duration, Duration) = (ms(200), secs(2));

/// How often an end sends again before it gives up: some eleven seconds.
const MOST_RETRIES: u32 = 8;

/// One end of a connection.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) connection: Connection,
    pub(super) peer: NodeId,
    state: State,
    /// What was written and is not acknowledged, from `acknowledged` on.
    outgoing: VecDeque<u8>,
    acknowledged: u64,
    /// Up to where it has sent.
    sent: u64,
    /// Up to where the other end has room.
    limit: u64,
    /// Nothing more will be written.
    is_shut: bool,
    is_fin_acknowledged: bool,
    retries: u32,
    /// What has come and is not read, up to `next`.
    incoming: VecDeque<u8>,
    next: u64,
    /// What has come too early, by its place.
    early: BTreeMap<u64, Vec<u8>>,
    /// Where the other end's stream ends.
    end: Option<u64>,
    /// Whether the other end was told that there is no room.
    was_full: bool,
    /// Nobody holds it any more: it lingers until the other end knows that all is over.
    pub(super) is_orphan: bool,
    pub(super) readers: Vec<Waiter>,
    pub(super) writers: Vec<Waiter>,
}

#[derive(Debug)]
enum State {
    Opening { port: u16 },
    Open,
    Broken(ErrorKind),
}

/// What a socket asks for.
#[derive(Debug, Default)]
pub(super) struct Wants {
    /// Segments to be sent.
    pub(super) send: Vec<Content>,
    /// Whether the timer is to run, and for how long; nothing leaves it as it is.
    pub(super) timer: Option<Option<Duration>>,
    /// Who can go on.
    pub(super) wake: Vec<Waiter>,
}

impl Socket {
    fn new(connection: Connection, peer: NodeId, state: State) -> Self {
        Self {
            connection,
            peer,
            state,
            outgoing: VecDeque::new(),
            acknowledged: 0,
            sent: 0,
            limit: BUFFER,
            is_shut: false,
            is_fin_acknowledged: false,
            retries: 0,
            incoming: VecDeque::new(),
            next: 0,
            early: BTreeMap::new(),
            end: None,
            was_full: false,
            is_orphan: false,
            readers: Vec::new(),
            writers: Vec::new(),
        }
    }

    /// The end that asks for a connection.
    pub(super) fn opening(connection: Connection, peer: NodeId, port: u16) -> (Self, Wants) {
        let mut socket = Self::new(connection, peer, State::Opening { port });
        let wants =
            Wants { send: vec![Content::Syn { port }], timer: Some(Some(socket.patience())), ..Wants::default() };
        socket.retries = 0;
        (socket, wants)
    }

    /// The end that was asked.
    pub(super) fn open(connection: Connection, peer: NodeId) -> Self {
        Self::new(connection, peer, State::Open)
    }

    /// Whether it is open.
    pub(super) fn opened(&self) -> Poll<Result<(), Error>> {
        match self.state {
            State::Opening { .. } => Poll::Pending,
            State::Open => Poll::Ready(Ok(())),
            State::Broken(kind) => Poll::Ready(Err(kind.into())),
        }
    }

    /// Whether neither end needs it any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_orphan && (matches!(self.state, State::Broken(_)) || self.is_fin_acknowledged)
    }

    /// A segment of the other end has come.
    pub(super) fn on_segment(&mut self, content: Content) -> Wants {
        let mut wants = Wants::default();
        match content {
            Content::Reset => {
                let is_opening = matches!(self.state, State::Opening { .. });
                self.fail(
                    if is_opening { ErrorKind::ConnectionRefused } else { ErrorKind::ConnectionReset },
                    &mut wants,
                );
            }
            // The answer was lost.
            Content::Syn { .. } => wants.send.push(Content::SynAck),
            Content::SynAck => {
                if matches!(self.state, State::Opening { .. }) {
                    self.state = State::Open;
                    self.retries = 0;
                    wants.timer = Some(None);
                    wants.wake.append(&mut self.writers);
                    self.send_more(&mut wants);
                }
            }
            Content::Data { at, bytes } if self.is_orphan && at + bytes.len() as u64 > self.next => {
                // Nobody will read it.
                wants.send.push(Content::Reset);
                self.fail(ErrorKind::ConnectionReset, &mut wants);
            }
            Content::Data { at, bytes } => {
                if at + bytes.len() as u64 <= self.next + self.room() {
                    self.early.insert(at, bytes);
                    self.take_early(&mut wants);
                }
                self.acknowledge(&mut wants);
            }
            Content::Fin { at } => {
                self.end = Some(at);
                wants.wake.append(&mut self.readers);
                self.acknowledge(&mut wants);
            }
            Content::Ack { next, limit } => self.on_ack(next, limit, &mut wants),
        }
        wants
    }

    fn on_ack(&mut self, next: u64, limit: u64, wants: &mut Wants) {
        let all = self.acknowledged + self.outgoing.len() as u64;
        if next < self.acknowledged || next > all + 1 {
            return;
        }
        let is_news = next > self.acknowledged || limit > self.limit;
        self.outgoing.drain(..(next.min(all) - self.acknowledged) as usize);
        self.acknowledged = next.min(all);
        self.sent = self.sent.max(self.acknowledged);
        self.limit = self.limit.max(limit);
        // The end of the stream counts as one byte more.
        self.is_fin_acknowledged |= self.is_shut && next == all + 1;
        // Whoever answers is there, even if there is no room.
        self.retries = 0;
        if is_news {
            wants.wake.append(&mut self.writers);
            wants.timer = Some(None);
        }
        self.send_more(wants);
    }

    /// Sends what it has not sent yet and the other end has room for.
    fn send_more(&mut self, wants: &mut Wants) {
        if !matches!(self.state, State::Open) {
            return;
        }
        let all = self.acknowledged + self.outgoing.len() as u64;
        while self.sent < all.min(self.limit) {
            let from = (self.sent - self.acknowledged) as usize;
            let count = MOST_BYTES.min((all.min(self.limit) - self.sent) as usize);
            let bytes: Vec<u8> = self.outgoing.range(from..from + count).copied().collect();
            wants.send.push(Content::Data { at: self.sent, bytes });
            self.sent += count as u64;
        }
        if self.is_shut && !self.is_fin_acknowledged && self.sent == all {
            wants.send.push(Content::Fin { at: all });
        }
        if self.awaits_answer() {
            wants.timer = Some(Some(self.patience()));
        }
    }

    fn awaits_answer(&self) -> bool {
        !self.outgoing.is_empty() || (self.is_shut && !self.is_fin_acknowledged)
    }

    fn patience(&self) -> Duration {
        (RETRY.0 * (1 << self.retries.min(10))).min(RETRY.1)
    }

    /// No answer has come for too long: sends again, or gives up.
    pub(super) fn on_timer(&mut self) -> Wants {
        let mut wants = Wants::default();
        self.retries += 1;
        if self.retries > MOST_RETRIES {
            self.fail(ErrorKind::TimedOut, &mut wants);
            return wants;
        }
        match self.state {
            State::Opening { port } => {
                wants.send.push(Content::Syn { port });
                wants.timer = Some(Some(self.patience()));
            }
            State::Open if self.awaits_answer() => {
                self.sent = self.acknowledged;
                if self.limit == self.acknowledged && !self.outgoing.is_empty() {
                    // Is there room now?
                    wants.send.push(Content::Data { at: self.sent, bytes: Vec::new() });
                }
                self.send_more(&mut wants);
            }
            State::Open | State::Broken(_) => {}
        }
        wants
    }

    fn fail(&mut self, kind: ErrorKind, wants: &mut Wants) {
        if !matches!(self.state, State::Broken(_)) {
            self.state = State::Broken(kind);
        }
        wants.timer = Some(None);
        wants.wake.append(&mut self.readers);
        wants.wake.append(&mut self.writers);
    }

    fn room(&self) -> u64 {
        BUFFER - self.incoming.len() as u64
    }

    fn take_early(&mut self, wants: &mut Wants) {
        while let Some(first) = self.early.first_entry()
            && *first.key() <= self.next
        {
            let (at, bytes) = first.remove_entry();
            let known = (self.next - at) as usize;
            if known < bytes.len() {
                self.incoming.extend(&bytes[known..]);
                self.next += (bytes.len() - known) as u64;
                wants.wake.append(&mut self.readers);
            }
        }
    }

    fn acknowledge(&mut self, wants: &mut Wants) {
        let limit = self.next + self.room();
        self.was_full = limit == self.next;
        // The end of the stream counts as one byte more.
        let next = if self.end == Some(self.next) { self.next + 1 } else { self.next };
        wants.send.push(Content::Ack { next, limit });
    }

    /// Reads what is there; nothing at the end of the stream.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> (Poll<Result<usize, Error>>, Wants) {
        let mut wants = Wants::default();
        let count = buffer.len().min(self.incoming.len());
        if count > 0 || buffer.is_empty() {
            for (place, byte) in buffer.iter_mut().zip(self.incoming.drain(..count)) {
                *place = byte;
            }
            if self.was_full {
                self.acknowledge(&mut wants);
            }
            return (Poll::Ready(Ok(count)), wants);
        }
        let poll = match self.state {
            _ if self.end == Some(self.next) => Poll::Ready(Ok(0)),
            State::Broken(kind) => Poll::Ready(Err(kind.into())),
            State::Open | State::Opening { .. } => Poll::Pending,
        };
        (poll, wants)
    }

    /// Writes as much as there is room for.
    pub(super) fn write(&mut self, bytes: &[u8]) -> (Poll<Result<usize, Error>>, Wants) {
        let mut wants = Wants::default();
        if let State::Broken(kind) = self.state {
            return (Poll::Ready(Err(kind.into())), wants);
        }
        if self.is_shut {
            return (Poll::Ready(Err(ErrorKind::BrokenPipe.into())), wants);
        }
        let count = bytes.len().min(BUFFER as usize - self.outgoing.len());
        if count == 0 && !bytes.is_empty() {
            return (Poll::Pending, wants);
        }
        self.outgoing.extend(&bytes[..count]);
        self.send_more(&mut wants);
        (Poll::Ready(Ok(count)), wants)
    }

    /// Whether all that was written has arrived.
    pub(super) fn flushed(&self) -> Poll<Result<(), Error>> {
        match self.state {
            State::Broken(kind) => Poll::Ready(Err(kind.into())),
            _ if self.outgoing.is_empty() => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        }
    }

    /// Nothing more will be written.
    pub(super) fn shut(&mut self) -> Wants {
        let mut wants = Wants::default();
        if !std::mem::replace(&mut self.is_shut, true) {
            self.send_more(&mut wants);
        }
        wants
    }

    /// Nobody holds it any more.
    pub(super) fn leave(&mut self) -> Wants {
        self.is_orphan = true;
        if self.incoming.is_empty() && !matches!(self.state, State::Opening { .. }) {
            return self.shut();
        }
        let mut wants = Wants { send: vec![Content::Reset], ..Wants::default() };
        self.fail(ErrorKind::ConnectionReset, &mut wants);
        wants
    }
}
