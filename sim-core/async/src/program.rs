//! What a program that runs as nodes says and keeps.

use std::fmt::Debug;

use serde::Serialize;
use sim_core::{State, kind_of};

use crate::async_node::AsyncNode;
use crate::tcp::Segment;

/// The types of an async program: what its nodes send, write, serve and announce. [`Nothing`](sim_core::Nothing)
/// stands for what there is none of.
pub trait Program: Sized + 'static {
    /// A message between nodes.
    type Message: Clone + Debug + Serialize;
    /// One durable record of the node's disk.
    type Record: Clone + Debug + Serialize;
    /// An operation that a client asks for.
    type Op: Clone + Debug + Serialize;
    /// The reply to an operation.
    type Reply: Clone + Debug + Serialize;
    /// What a node announces.
    type Event: Clone + Debug + Serialize;
    /// What a node lets properties see of its state, by [`Node::with_state`](crate::Node::with_state). It is as at the
    /// first boot after every crash, and may be ahead of what is durable.
    type State: Debug + Default;

    /// The actions that an operator can ask for.
    const ACTIONS: &'static [&'static str] = &[];

    /// States of a node that faults can wait for.
    const STATES: &'static [State<AsyncNode<Self>>] = &[];

    /// The kind of a message: see [`Protocol::kind`](sim_core::Protocol::kind).
    fn kind(message: &Self::Message) -> &'static str {
        kind_of(message)
    }

    /// The message that bears a segment of a [stream](crate::TcpStream). A program without streams has none.
    fn segment(segment: Segment) -> Self::Message {
        panic!("a program that uses streams must say in `Program::segment` which message bears {segment:?}");
    }

    /// The segment that a message bears.
    ///
    /// # Errors
    /// The message, if it bears none.
    fn into_segment(message: Self::Message) -> Result<Segment, Self::Message> {
        Err(message)
    }

    /// The round of a message: see [`Protocol::round`](sim_core::Protocol::round).
    fn round(message: &Self::Message) -> Option<u64> {
        let _ = message;
        None
    }
}
