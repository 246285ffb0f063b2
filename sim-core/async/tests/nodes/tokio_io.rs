//! Streams as the traits of tokio want them: with this, codecs of other crates run over simulated links unchanged.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_nodes::{Program, TcpStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(crate) struct Tokio<T: Program>(pub(crate) TcpStream<T>);

impl<T: Program> AsyncRead for Tokio<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.0.poll_read(cx, buffer.initialize_unfilled()).map_ok(|count| buffer.advance(count))
    }
}

impl<T: Program> AsyncWrite for Tokio<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_shutdown(cx)
    }
}
