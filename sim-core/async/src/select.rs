//! Waits for whichever of several futures is done first.

use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Which of several futures was done first: for [`select!`](crate::select).
#[doc(hidden)]
#[derive(Debug)]
pub enum First<A, B, C, D, E> {
    A(A),
    B(B),
    C(C),
    D(D),
    E(E),
}

/// Takes the place of a future in [`first_of`].
#[doc(hidden)]
pub fn nothing() -> impl Future<Output = Infallible> {
    pending()
}

/// Looks at the first `count` of these futures, in their order from number `first` on.
#[doc(hidden)]
pub async fn first_of<A: Future, B: Future, C: Future, D: Future, E: Future>(
    (first, count): (u64, u64),
    (a, b, c, d, e): (A, B, C, D, E),
) -> First<A::Output, B::Output, C::Output, D::Output, E::Output> {
    let (mut a, mut b, mut c, mut d, mut e) = (pin!(a), pin!(b), pin!(c), pin!(d), pin!(e));
    poll_fn(|cx| {
        for place in 0..count {
            let done = match (first + place) % count {
                0 => a.as_mut().poll(cx).map(First::A),
                1 => b.as_mut().poll(cx).map(First::B),
                2 => c.as_mut().poll(cx).map(First::C),
                3 => d.as_mut().poll(cx).map(First::D),
                _ => e.as_mut().poll(cx).map(First::E),
            };
            if done.is_ready() {
                return done;
            }
        }
        Poll::Pending
    })
    .await
}

/// Waits for whichever of two to five futures is done first, drops the others, and goes on with what follows its arrow.
///
/// They are looked at in their order, so if several are done, the first of them wins: always the same one, unlike
/// `tokio::select!` without `biased`, which asks a generator that no seed decides. With a node and a name before a
/// semicolon, the future that is looked at first is drawn, by a [named choice](crate::Node::choose), and the others follow in
/// their order; so runs explore what wins, and a recording tells.
///
/// ```
/// # use async_nodes::{Node, Program, select, sleep};
/// # use sim_core::ms;
/// # async fn wait<T: Program<Message = u64>>(node: Node<T>) -> Option<u64> {
/// select! {
///     (_from, message) = node.recv() => Some(message),
///     () = sleep(ms(50)).named("Answer") => None,
/// }
/// # }
/// # async fn draw<T: Program<Message = u64>>(node: Node<T>) -> Option<u64> {
/// select! { node, "first";
///     (_from, message) = node.recv() => Some(message),
///     () = sleep(ms(50)).named("Answer") => None,
/// }
/// # }
/// ```
#[macro_export]
macro_rules! select {
    ($node:expr, $name:expr; $($pattern:pat = $future:expr => $result:expr),+ $(,)?) => {{
        let count = [$(stringify!($pattern)),+].len() as u64;
        let first = $node.choose($name, 0..count).await;
        $crate::select!(@from (first, count); $($pattern = $future => $result,)+)
    }};
    (@from $from:expr; $a:pat = $fa:expr => $ra:expr, $b:pat = $fb:expr => $rb:expr,) => {{
        let futures = ($fa, $fb, $crate::nothing(), $crate::nothing(), $crate::nothing());
        match $crate::first_of($from, futures).await {
            $crate::First::A($a) => $ra,
            $crate::First::B($b) => $rb,
            $crate::First::C(never) | $crate::First::D(never) | $crate::First::E(never) => match never {},
        }
    }};
    (@from $from:expr; $a:pat = $fa:expr => $ra:expr, $b:pat = $fb:expr => $rb:expr, $c:pat = $fc:expr => $rc:expr,) => {{
        let futures = ($fa, $fb, $fc, $crate::nothing(), $crate::nothing());
        match $crate::first_of($from, futures).await {
            $crate::First::A($a) => $ra,
            $crate::First::B($b) => $rb,
            $crate::First::C($c) => $rc,
            $crate::First::D(never) | $crate::First::E(never) => match never {},
        }
    }};
    (@from $from:expr; $a:pat = $fa:expr => $ra:expr, $b:pat = $fb:expr => $rb:expr, $c:pat = $fc:expr => $rc:expr,
     $d:pat = $fd:expr => $rd:expr,) => {{
        let futures = ($fa, $fb, $fc, $fd, $crate::nothing());
        match $crate::first_of($from, futures).await {
            $crate::First::A($a) => $ra,
            $crate::First::B($b) => $rb,
            $crate::First::C($c) => $rc,
            $crate::First::D($d) => $rd,
            $crate::First::E(never) => match never {},
        }
    }};
    (@from $from:expr; $a:pat = $fa:expr => $ra:expr, $b:pat = $fb:expr => $rb:expr, $c:pat = $fc:expr => $rc:expr,
     $d:pat = $fd:expr => $rd:expr, $e:pat = $fe:expr => $re:expr,) => {
        match $crate::first_of($from, ($fa, $fb, $fc, $fd, $fe)).await {
            $crate::First::A($a) => $ra,
            $crate::First::B($b) => $rb,
            $crate::First::C($c) => $rc,
            $crate::First::D($d) => $rd,
            $crate::First::E($e) => $re,
        }
    };
    ($($pattern:pat = $future:expr => $result:expr),+ $(,)?) => {
        $crate::select!(@from (0, [$(stringify!($pattern)),+].len() as u64); $($pattern = $future => $result,)+)
    };
}
