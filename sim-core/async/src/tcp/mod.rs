//! Streams of bytes between nodes, of the shapes that users of `tokio::net` know.
//!
//! They run over the links of the simulated network: segments are lost, doubled, reordered and delayed, and the streams
//! hide that by numbers, acknowledgements and repetitions, as TCP does. What TCP does not hide they do not hide either: a
//! crash of the other end is a reset, but only once something is sent to it; a partition that lasts is a
//! [`TimedOut`](std::io::ErrorKind::TimedOut) after some eleven seconds; where nobody listens a connection is refused.
//! A writer waits when 64 KiB are on their way, and so does one whose reader does not read.
//!
//! A program that uses them has a message for [`Segment`]s, and says so in [`Program::segment`] and
//! [`Program::into_segment`](crate::Program::into_segment).

mod segment;
mod socket;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::io::{Error, ErrorKind};
use std::rc::Rc;
use std::task::{Context, Poll};

use sim_core::NodeId;

use crate::executor::Waiters;
use crate::handle::Node;
use crate::program::Program;
use crate::shared::{Effect, Shared};
use crate::timer::Timer;

pub use segment::Segment;
use segment::{Connection, Content};
use socket::{Socket, Wants};

/// What the timers of sockets are called, by the number of the socket.
const TIMER: &str = "TcpRetry";

/// How many connections wait to be accepted, at most: who asks for one more is not answered, and asks again.
const BACKLOG: usize = 128;

/// How many connections that are over a node remembers.
const REMEMBERED: usize = 1024;

/// One end of a connection; whether it is that of the opener. A node that connects to itself has both.
type End = (Connection, bool);

/// All sockets of a node.
#[derive(Default)]
pub(crate) struct Sockets {
    by_end: RefCell<BTreeMap<End, usize>>,
    sockets: RefCell<Vec<Option<Socket>>>,
    over: RefCell<Over>,
    listeners: RefCell<BTreeMap<u16, Backlog>>,
}

/// The last connections that are over: what still comes for them does not open them anew.
#[derive(Default)]
struct Over {
    /// Up to where what the other end has sent had arrived.
    arrived: BTreeMap<End, u64>,
    oldest: VecDeque<End>,
}

impl Over {
    fn add(&mut self, end: End, arrived: u64) {
        self.arrived.insert(end, arrived);
        self.oldest.push_back(end);
        if self.oldest.len() > REMEMBERED
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.arrived.remove(&oldest);
        }
    }
}

/// Connections that nobody has accepted yet.
#[derive(Default)]
struct Backlog {
    sockets: VecDeque<usize>,
    waiters: Waiters,
}

impl<T: Program> Shared<T> {
    fn do_as(&self, index: usize, wants: Wants) {
        let (end, boot, peer, over) = {
            let sockets = self.sockets.sockets.borrow();
            let socket = sockets[index].as_ref().expect("it acts");
            (
                (socket.connection, socket.is_opener),
                socket.boot,
                socket.peer,
                socket.is_over().then(|| socket.arrived()),
            )
        };
        for content in wants.send {
            self.send_segment(peer, end, boot, content);
        }
        let timer = Timer { name: TIMER, number: index as u32, is_of_stream: true };
        match wants.timer {
            Some(Some(after)) => self.push(Effect::SetTimer(timer, after)),
            Some(None) => self.push(Effect::CancelTimer(timer)),
            None => {}
        }
        wants.wake.into_iter().for_each(|waiter| self.executor.wake(waiter));
        if let Some(arrived) = over {
            self.push(Effect::CancelTimer(timer));
            self.sockets.sockets.borrow_mut()[index] = None;
            self.sockets.by_end.borrow_mut().remove(&end);
            self.sockets.over.borrow_mut().add(end, arrived);
        }
    }

    fn send_segment(&self, to: NodeId, (connection, by_opener): End, boot: u64, content: Content) {
        self.push(Effect::Send(to, T::segment(Segment { connection, by_opener, boot, content })));
    }

    fn with_socket<R>(&self, index: usize, act: impl FnOnce(&mut Socket) -> (R, Wants)) -> R {
        let (result, wants) = act(self.sockets.sockets.borrow_mut()[index].as_mut().expect("it is held"));
        self.do_as(index, wants);
        result
    }

    fn add(&self, socket: Socket) -> usize {
        let mut sockets = self.sockets.sockets.borrow_mut();
        let index = sockets.iter().position(Option::is_none).unwrap_or_else(|| {
            sockets.push(None);
            sockets.len() - 1
        });
        self.sockets.by_end.borrow_mut().insert((socket.connection, socket.is_opener), index);
        sockets[index] = Some(socket);
        index
    }

    /// A segment has come.
    pub(crate) fn on_segment(&self, from: NodeId, segment: Segment) {
        let Segment { connection, by_opener, boot, content } = segment;
        let end = (connection, !by_opener);
        let known = self.sockets.by_end.borrow().get(&end).copied();
        if let Some(index) = known {
            let own = self.sockets.sockets.borrow()[index].as_ref().expect("it is known").boot;
            // The end that was asked has crashed since, and was asked again: either the opener does not know of the
            // crash yet, or it has not asked, and nobody needs what has been opened.
            let is_of_another = own != 0 && boot != 0 && boot != own;
            let is_for_another = is_of_another
                && match content {
                    Content::Reset => false,
                    Content::SynAck => true,
                    _ => by_opener,
                };
            if is_for_another {
                self.send_segment(from, end, boot, Content::Reset);
            } else {
                self.with_socket(index, |socket| ((), socket.on_segment(boot, content)));
            }
            return;
        }
        let arrived = self.sockets.over.borrow().arrived.get(&end).copied();
        match content {
            Content::Reset | Content::Ack { .. } => {}
            Content::Syn { port } if arrived.is_none() && self.has_room(port) => self.open(end, from, port),
            // Whoever listens is busy: it will come again.
            Content::Syn { port } if self.sockets.listeners.borrow().contains_key(&port) => {}
            // The acknowledgement was lost, and all is over here.
            Content::Data { at, ref bytes } if arrived.is_some_and(|arrived| at + bytes.len() as u64 <= arrived) => {
                self.acknowledge_again(from, end, boot, arrived);
            }
            Content::Fin { at } if arrived.is_some_and(|arrived| at < arrived) => {
                self.acknowledge_again(from, end, boot, arrived);
            }
            _ => self.send_segment(from, end, boot, Content::Reset),
        }
    }

    fn acknowledge_again(&self, to: NodeId, end: End, boot: u64, arrived: Option<u64>) {
        let next = arrived.unwrap_or_default();
        self.send_segment(to, end, boot, Content::Ack { next, limit: next });
    }

    fn has_room(&self, port: u16) -> bool {
        self.sockets.listeners.borrow().get(&port).is_some_and(|backlog| backlog.sockets.len() < BACKLOG)
    }

    /// Somebody asks for a connection, and somebody listens.
    fn open(&self, (connection, _): End, from: NodeId, port: u16) {
        let index = self.add(Socket::open(connection, self.boot.get(), from));
        let mut wants = Wants { send: vec![Content::SynAck], ..Wants::default() };
        if let Some(backlog) = self.sockets.listeners.borrow_mut().get_mut(&port) {
            backlog.sockets.push_back(index);
            backlog.waiters.take(&mut wants.wake);
        }
        self.do_as(index, wants);
    }

    /// The timer of a socket fires.
    pub(crate) fn on_socket_timer(&self, number: u32) {
        let index = number as usize;
        if self.sockets.sockets.borrow().get(index).is_some_and(Option::is_some) {
            self.with_socket(index, |socket| ((), socket.on_timer()));
        }
    }
}

/// Listens at a port of this node. Ports of different nodes have nothing to do with each other.
pub struct TcpListener<T: Program> {
    node: Node<T>,
    port: u16,
}

impl<T: Program> TcpListener<T> {
    /// Begins to listen.
    ///
    /// # Errors
    /// [`AddrInUse`](ErrorKind::AddrInUse) if a listener of this node has the port.
    pub fn bind(node: &Node<T>, port: u16) -> Result<Self, Error> {
        let mut listeners = node.shared.sockets.listeners.borrow_mut();
        if listeners.contains_key(&port) {
            return Err(ErrorKind::AddrInUse.into());
        }
        listeners.insert(port, Backlog::default());
        Ok(Self { node: node.clone(), port })
    }

    /// The next connection, and which node it comes from.
    ///
    /// # Errors
    /// None: it is a [`Result`] because that of `tokio` is one.
    pub async fn accept(&self) -> Result<(TcpStream<T>, NodeId), Error> {
        let shared = &self.node.shared;
        let index = poll_fn(|cx| {
            let mut listeners = shared.sockets.listeners.borrow_mut();
            let backlog = listeners.get_mut(&self.port).expect("it listens");
            match backlog.sockets.pop_front() {
                Some(index) => Poll::Ready(index),
                None => {
                    backlog.waiters.add(shared.executor.waiter(cx));
                    Poll::Pending
                }
            }
        })
        .await;
        let peer = shared.sockets.sockets.borrow()[index].as_ref().expect("nobody has taken it").peer;
        Ok((TcpStream::of(self.node.clone(), index), peer))
    }
}

impl<T: Program> Drop for TcpListener<T> {
    /// Those who were not accepted are reset.
    fn drop(&mut self) {
        let shared = &self.node.shared;
        let backlog = shared.sockets.listeners.borrow_mut().remove(&self.port);
        for index in backlog.map(|backlog| backlog.sockets).unwrap_or_default() {
            shared.with_socket(index, |socket| ((), socket.leave()));
        }
    }
}

impl<T: Program> fmt::Debug for TcpListener<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpListener").field("port", &self.port).finish_non_exhaustive()
    }
}

/// A stream of bytes to another node, and one from it.
///
/// [`poll_read`](Self::poll_read), [`poll_write`](Self::poll_write), [`poll_flush`](Self::poll_flush) and
/// [`poll_shutdown`](Self::poll_shutdown) are what `AsyncRead` and `AsyncWrite`, of tokio as of futures, are made of. Clones
/// are the same stream: one may read while the other writes.
///
/// When the last clone is dropped, what was written still arrives, and then the stream ends; if something has come that
/// was not read, the other end sees a reset instead.
pub struct TcpStream<T: Program> {
    held: Rc<Held<T>>,
}

struct Held<T: Program> {
    node: Node<T>,
    index: usize,
}

impl<T: Program> Drop for Held<T> {
    fn drop(&mut self) {
        self.node.shared.with_socket(self.index, |socket| ((), socket.leave()));
    }
}

impl<T: Program> Clone for TcpStream<T> {
    fn clone(&self) -> Self {
        Self { held: Rc::clone(&self.held) }
    }
}

impl<T: Program> TcpStream<T> {
    fn of(node: Node<T>, index: usize) -> Self {
        Self { held: Rc::new(Held { node, index }) }
    }

    /// Connects to a port of a node.
    ///
    /// # Errors
    /// [`ConnectionRefused`](ErrorKind::ConnectionRefused) if nobody listens there, and [`TimedOut`](ErrorKind::TimedOut) if
    /// no answer comes.
    pub async fn connect(node: &Node<T>, (peer, port): (NodeId, u16)) -> Result<Self, Error> {
        let connection = Connection { opener: node.me(), number: node.rng().bits() };
        let (socket, wants) = Socket::opening(connection, peer, port);
        let index = node.shared.add(socket);
        node.shared.do_as(index, wants);
        let stream = Self::of(node.clone(), index);
        poll_fn(|cx| stream.poll(cx, |socket| (socket.opened(), Wants::default()), |socket| &socket.writers)).await?;
        Ok(stream)
    }

    /// The node at the other end.
    pub fn peer(&self) -> NodeId {
        self.held.node.shared.sockets.sockets.borrow()[self.held.index].as_ref().expect("it is held").peer
    }

    fn poll<R>(
        &self,
        cx: &Context<'_>,
        act: impl FnOnce(&mut Socket) -> (Poll<R>, Wants),
        waiters: impl FnOnce(&Socket) -> &Waiters,
    ) -> Poll<R> {
        let shared = &self.held.node.shared;
        shared.with_socket(self.held.index, |socket| {
            let (poll, wants) = act(socket);
            if poll.is_pending() {
                waiters(socket).add(shared.executor.waiter(cx));
            }
            (poll, wants)
        })
    }

    /// Reads some bytes; none at the end of the stream.
    pub fn poll_read(&self, cx: &Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize, Error>> {
        self.poll(cx, |socket| socket.read(buffer), |socket| &socket.readers)
    }

    /// Writes some of these bytes.
    pub fn poll_write(&self, cx: &Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        self.poll(cx, |socket| socket.write(bytes), |socket| &socket.writers)
    }

    /// Waits until what was written has arrived. (What is written is sent at once in any case.)
    pub fn poll_flush(&self, cx: &Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, |socket| (socket.flushed(), Wants::default()), |socket| &socket.writers)
    }

    /// Ends the stream to the other node; the one from it goes on.
    pub fn poll_shutdown(&self, _: &Context<'_>) -> Poll<Result<(), Error>> {
        self.held.node.shared.with_socket(self.held.index, |socket| ((), socket.shut()));
        Poll::Ready(Ok(()))
    }

    /// Reads some bytes; none at the end of the stream.
    ///
    /// # Errors
    /// The connection is broken.
    pub async fn read(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        poll_fn(|cx| self.poll_read(cx, buffer)).await
    }

    /// Fills the buffer.
    ///
    /// # Errors
    /// The connection is broken, or the stream ends before: [`UnexpectedEof`](ErrorKind::UnexpectedEof).
    pub async fn read_exact(&self, buffer: &mut [u8]) -> Result<(), Error> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..]).await? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => filled += count,
            }
        }
        Ok(())
    }

    /// Writes all of these bytes.
    ///
    /// # Errors
    /// The connection is broken, or was shut down.
    pub async fn write_all(&self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            let count = poll_fn(|cx| self.poll_write(cx, bytes)).await?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Waits until what was written has arrived.
    ///
    /// # Errors
    /// The connection is broken.
    pub async fn flush(&self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Ends the stream to the other node; the one from it goes on.
    pub fn shutdown(&self) {
        self.held.node.shared.with_socket(self.held.index, |socket| ((), socket.shut()));
    }
}

impl<T: Program> fmt::Debug for TcpStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpStream").field("peer", &self.peer()).finish_non_exhaustive()
    }
}
