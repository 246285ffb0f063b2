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
/// A pattern must match whatever its future gives: take an `Option` as it is, and look at it behind the arrow.
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
    // Each branch into parentheses, with or without a comma behind a block.
    (@branches $from:tt [$($done:tt)*]) => {
        $crate::select!(@wait $from [$($done)*])
    };
    (@branches $from:tt [$($done:tt)*] $pattern:pat = $future:expr => $result:block, $($rest:tt)*) => {
        $crate::select!(@branches $from [$($done)* ($pattern, $future, $result)] $($rest)*)
    };
    (@branches $from:tt [$($done:tt)*] $pattern:pat = $future:expr => $result:block $($rest:tt)*) => {
        $crate::select!(@branches $from [$($done)* ($pattern, $future, $result)] $($rest)*)
    };
    (@branches $from:tt [$($done:tt)*] $pattern:pat = $future:expr => $result:expr, $($rest:tt)*) => {
        $crate::select!(@branches $from [$($done)* ($pattern, $future, $result)] $($rest)*)
    };
    (@branches $from:tt [$($done:tt)*] $pattern:pat = $future:expr => $result:expr) => {
        $crate::select!(@wait $from [$($done)* ($pattern, $future, $result)])
    };
    (@branches $($rest:tt)*) => {
        compile_error!("a branch of `select!` is `pattern = future => expression`, without `if` and `else`")
    };
    (@first $count:literal ()) => { 0 };
    (@first $count:literal ($node:expr, $name:expr)) => { $node.choose($name, 0..$count).await };
    (@wait $from:tt [($a:pat, $fa:expr, $ra:expr) ($b:pat, $fb:expr, $rb:expr)]) => {{
        let from = $crate::select!(@first 2 $from);
        match $crate::first_of((from, 2), ($fa, $fb, $crate::nothing(), $crate::nothing(), $crate::nothing())).await {
            $crate::First::A($a) => $ra,
            $crate::First::B($b) => $rb,
            $crate::First::C(never) | $crate::First::D(never) | $crate::First::E(never) => match never {},
        }
    }};
    (@wait $from:tt [($a:pat, $fa:expr, $ra:expr) ($b:pat, $fb:expr, $rb:expr) ($c:pat, $fc:expr, $rc:expr)]) => {{
        let from = $crate::select!(@first 3 $from);
        match $crate::first_of((from, 3), ($fa, $fb, $fc, $crate::nothing(), $crate::nothing())).await {
            $crate::First::A($a) => $ra,
            $crate::First::B($b) => $rb,
            $crate::First::C($c) => $rc,
            $crate::First::D(never) | $crate::First::E(never) => match never {},
        }
    }};
    (@wait $from:tt [($a:pat, $fa:expr, $ra:expr) ($b:pat, $fb:expr, $rb:expr) ($c:pat, $fc:expr, $rc:expr) ($d:pat, $fd:expr, $rd:expr)]) => {{
        let from = $crate::select!(@first 4 $from);
        match $crate::first_of((from, 4), ($fa, $fb, $fc, $fd, $crate::nothing())).await {
            $crate::First::A($a) => $ra,
            $crate::First::B($b) => $rb,
            $crate::First::C($c) => $rc,
            $crate::First::D($d) => $rd,
            $crate::First::E(never) => match never {},
        }
    }};
    (@wait $from:tt [($a:pat, $fa:expr, $ra:expr) ($b:pat, $fb:expr, $rb:expr) ($c:pat, $fc:expr, $rc:expr) ($d:pat, $fd:expr, $rd:expr) ($e:pat, $fe:expr, $re:expr)]) => {{
        let from = $crate::select!(@first 5 $from);
        match $crate::first_of((from, 5), ($fa, $fb, $fc, $fd, $fe)).await {
            $crate::First::A($a) => $ra,
            $crate::First::B($b) => $rb,
            $crate::First::C($c) => $rc,
            $crate::First::D($d) => $rd,
            $crate::First::E($e) => $re,
        }
    }};
    (@wait $($rest:tt)*) => {
        compile_error!("`select!` waits for two to five futures: put another `select!` into an `async` block")
    };
    (biased; $($branches:tt)+) => {
        $crate::select!(@branches () [] $($branches)+)
    };
    ($node:expr, $name:expr; $($branches:tt)+) => {
        $crate::select!(@branches ($node, $name) [] $($branches)+)
    };
    ($($branches:tt)+) => {
        $crate::select!(@branches () [] $($branches)+)
    };
}
