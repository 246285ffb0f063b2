//! One end of a connection, as a state machine.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Error, ErrorKind};
use std::task::Poll;

use sim_core::{Duration, NodeId, ms, secs};

use super::segment::{Connection, Content};
use crate::executor::{Waiter, Waiters};

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
    /// Whether this is the end that opened the connection.
    pub(super) is_opener: bool,
    /// The boot of the other end: 0 until it has answered.
    pub(super) boot: u64,
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
    is_fin_sent: bool,
    is_fin_acknowledged: bool,
    /// Whether its timer runs: whatever is not acknowledged is sent again when it fires.
    is_timed: bool,
    retries: u32,
    /// What has come and is not read, up to `next`.
    incoming: VecDeque<u8>,
    next: u64,
    /// What has come too early, by its place.
    early: BTreeMap<u64, Vec<u8>>,
    /// Where the other end's stream ends.
    end: Option<u64>,
    /// Up to where the other end was told that there is room.
    told: u64,
    /// Nobody holds it any more: it lingers until the other end knows that all is over.
    is_orphan: bool,
    pub(super) readers: Waiters,
    pub(super) writers: Waiters,
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
    const fn new(connection: Connection, is_opener: bool, boot: u64, peer: NodeId, state: State) -> Self {
        Self {
            connection,
            is_opener,
            boot,
            peer,
            state,
            outgoing: VecDeque::new(),
            acknowledged: 0,
            sent: 0,
            limit: BUFFER,
            is_shut: false,
            is_fin_sent: false,
            is_fin_acknowledged: false,
            is_timed: false,
            retries: 0,
            incoming: VecDeque::new(),
            next: 0,
            early: BTreeMap::new(),
            end: None,
            told: BUFFER,
            is_orphan: false,
            readers: Waiters::new(),
            writers: Waiters::new(),
        }
    }

    /// The end that asks for a connection.
    pub(super) fn opening(connection: Connection, peer: NodeId, port: u16) -> (Self, Wants) {
        let mut socket = Self::new(connection, true, 0, peer, State::Opening { port });
        let mut wants = Wants { send: vec![Content::Syn { port }], ..Wants::default() };
        socket.time(&mut wants);
        (socket, wants)
    }

    /// The end that was asked, at this boot of its node.
    pub(super) const fn open(connection: Connection, boot: u64, peer: NodeId) -> Self {
        Self::new(connection, false, boot, peer, State::Open)
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

    /// A segment of the other end has come, which names this boot of the end that was asked.
    pub(super) fn on_segment(&mut self, boot: u64, content: Content) -> Wants {
        let mut wants = Wants::default();
        match (&self.state, content) {
            (State::Opening { .. }, Content::SynAck) => {
                self.boot = boot;
                self.state = State::Open;
                self.writers.take(&mut wants.wake);
                self.is_answered(&mut wants);
                self.send_more(&mut wants);
            }
            (State::Opening { .. }, Content::Reset) => self.fail(ErrorKind::ConnectionRefused, &mut wants),
            // It has overtaken the answer to the opening, and will come again.
            (State::Opening { .. }, _) => {}
            // The answer was lost.
            (State::Open, Content::Syn { .. }) if !self.is_opener => wants.send.push(Content::SynAck),
            // Of another boot of the other end, or what belongs to the opening and is late.
            (_, Content::Syn { .. } | Content::SynAck) => {}
            (_, _) if boot != self.boot && !self.is_from_opening(boot) => {}
            (_, Content::Reset) => self.fail(ErrorKind::ConnectionReset, &mut wants),
            // It has given up.
            (State::Broken(_), _) => wants.send.push(Content::Reset),
            (State::Open, Content::Data { at, bytes }) if self.is_orphan && at + bytes.len() as u64 > self.next => {
                // Nobody will read it.
                wants.send.push(Content::Reset);
                self.fail(ErrorKind::ConnectionReset, &mut wants);
            }
            (State::Open, Content::Data { at, bytes }) => {
                let is_longer = self.early.get(&at).is_none_or(|early| early.len() < bytes.len());
                if is_longer && at + bytes.len() as u64 <= self.next + self.room() {
                    self.early.insert(at, bytes);
                    self.take_early(&mut wants);
                }
                self.acknowledge(&mut wants);
            }
            (State::Open, Content::Fin { at }) => {
                self.end = Some(at);
                self.readers.take(&mut wants.wake);
                self.acknowledge(&mut wants);
            }
            (State::Open, Content::Ack { next, limit }) => self.on_ack(next, limit, &mut wants),
        }
        wants
    }

    /// An opener that has given up before it was answered knows no boot.
    const fn is_from_opening(&self, boot: u64) -> bool {
        !self.is_opener && boot == 0
    }

    fn on_ack(&mut self, next: u64, limit: u64, wants: &mut Wants) {
        let all = self.acknowledged + self.outgoing.len() as u64;
        if next < self.acknowledged || next > all + 1 {
            return;
        }
        // The end of the stream counts as one byte more.
        let ends = self.is_shut && next == all + 1 && !self.is_fin_acknowledged;
        let is_news = next.min(all) > self.acknowledged || limit > self.limit || ends;
        self.outgoing.drain(..(next.min(all) - self.acknowledged) as usize);
        self.acknowledged = next.min(all);
        self.sent = self.sent.max(self.acknowledged);
        self.limit = self.limit.max(limit);
        self.is_fin_acknowledged |= ends;
        if is_news {
            self.writers.take(&mut wants.wake);
            self.is_answered(wants);
            self.send_more(wants);
        } else if self.limit == self.acknowledged {
            // Whoever has no room is there.
            self.retries = 0;
        }
    }

    /// The other end is there, and what was sent arrives.
    fn is_answered(&mut self, wants: &mut Wants) {
        (self.is_timed, self.retries) = (false, 0);
        wants.timer = Some(None);
        if matches!(self.state, State::Open) && self.awaits_answer() {
            self.time(wants);
        }
    }

    /// Lets the timer run, if it does not.
    fn time(&mut self, wants: &mut Wants) {
        if !std::mem::replace(&mut self.is_timed, true) {
            wants.timer = Some(Some((RETRY.0 * (1 << self.retries.min(10))).min(RETRY.1)));
        }
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
        if self.is_shut && self.sent == all && !std::mem::replace(&mut self.is_fin_sent, true) {
            wants.send.push(Content::Fin { at: all });
        }
        if self.awaits_answer() {
            self.time(wants);
        }
    }

    fn awaits_answer(&self) -> bool {
        !self.outgoing.is_empty() || (self.is_shut && !self.is_fin_acknowledged)
    }

    /// No answer has come for too long: sends again, or gives up.
    pub(super) fn on_timer(&mut self) -> Wants {
        let mut wants = Wants::default();
        self.is_timed = false;
        self.retries += 1;
        if self.retries > MOST_RETRIES {
            self.fail(ErrorKind::TimedOut, &mut wants);
            return wants;
        }
        match self.state {
            State::Opening { port } => {
                wants.send.push(Content::Syn { port });
                self.time(&mut wants);
            }
            State::Open if self.awaits_answer() => {
                (self.sent, self.is_fin_sent) = (self.acknowledged, self.is_fin_acknowledged);
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
        self.is_timed = false;
        wants.timer = Some(None);
        self.readers.take(&mut wants.wake);
        self.writers.take(&mut wants.wake);
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
                self.readers.take(&mut wants.wake);
            }
        }
    }

    /// Up to where all has arrived. The end of the stream counts as one byte more.
    pub(super) fn arrived(&self) -> u64 {
        if self.end == Some(self.next) { self.next + 1 } else { self.next }
    }

    fn acknowledge(&mut self, wants: &mut Wants) {
        self.told = self.next + self.room();
        wants.send.push(Content::Ack { next: self.arrived(), limit: self.told });
    }

    /// Reads what is there; nothing at the end of the stream.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> (Poll<Result<usize, Error>>, Wants) {
        let mut wants = Wants::default();
        let count = buffer.len().min(self.incoming.len());
        if count > 0 || buffer.is_empty() {
            let was_full = self.told == self.next;
            for (place, byte) in buffer.iter_mut().zip(self.incoming.drain(..count)) {
                *place = byte;
            }
            // Nobody else would tell the other end that there is room again.
            let is_worth_telling = was_full || self.next + self.room() >= self.told + BUFFER / 2;
            if is_worth_telling && matches!(self.state, State::Open) {
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
            _ if self.outgoing.is_empty() => Poll::Ready(Ok(())),
            State::Broken(kind) => Poll::Ready(Err(kind.into())),
            State::Open | State::Opening { .. } => Poll::Pending,
        }
    }

    /// Nothing more will be written.
    pub(super) fn shut(&mut self) -> Wants {
        let mut wants = Wants::default();
        if !std::mem::replace(&mut self.is_shut, true) {
            // Who waits to write never will.
            self.writers.take(&mut wants.wake);
            self.send_more(&mut wants);
        }
        wants
    }

    /// Nobody holds it any more.
    pub(super) fn leave(&mut self) -> Wants {
        self.is_orphan = true;
        if matches!(self.state, State::Broken(_)) {
            return Wants::default();
        }
        if self.incoming.is_empty() && matches!(self.state, State::Open) {
            return self.shut();
        }
        let mut wants = Wants { send: vec![Content::Reset], ..Wants::default() };
        self.fail(ErrorKind::ConnectionReset, &mut wants);
        wants
    }
}
