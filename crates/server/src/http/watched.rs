//! A connection's two directions, watched: what the server waits for, and whether a request was read to its end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::room::Waiting;

/// A socket that says when its client takes nothing.
pub struct Socket<S> {
    inner: S,
    waiting: Arc<Waiting>,
}

impl<S> Socket<S> {
    pub fn new(inner: S, waiting: Arc<Waiting>) -> Socket<S> {
        Socket { inner, waiting }
    }

    fn noted<T>(&self, poll: Poll<T>) -> Poll<T> {
        self.waiting.to_be_taken(poll.is_pending());
        poll
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.noted(poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context,
        slices: &[io::IoSlice],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.noted(poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// A request's body, which knows whether it was read to its end.
pub struct Incoming<B> {
    inner: B,
    waiting: Arc<Waiting>,
    is_read: Arc<AtomicBool>,
}

impl<B: Body> Incoming<B> {
    /// The flag says whether all of it was read.
    pub fn new(inner: B, waiting: Arc<Waiting>) -> (Incoming<B>, Arc<AtomicBool>) {
        let is_read = Arc::new(AtomicBool::new(inner.is_end_stream()));
        (Incoming { inner, waiting, is_read: is_read.clone() }, is_read)
    }
}

impl<B: Body + Unpin> Body for Incoming<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let poll = Pin::new(&mut self.inner).poll_frame(context);
        self.waiting.for_input(poll.is_pending());
        let frame = ready!(poll);
        if frame.is_none() || self.inner.is_end_stream() {
            self.is_read.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> Drop for Incoming<B> {
    fn drop(&mut self) {
        // Nobody reads it any more: the server is what is waited for.
        self.waiting.for_input(false);
    }
}

/// An answer's body. When it is sent, or given up, the next request is waited for.
pub struct Outgoing<B> {
    inner: B,
    waiting: Arc<Waiting>,
}

impl<B> Outgoing<B> {
    pub fn new(inner: B, waiting: Arc<Waiting>) -> Outgoing<B> {
        Outgoing { inner, waiting }
    }
}

impl<B: Body + Unpin> Body for Outgoing<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> Drop for Outgoing<B> {
    fn drop(&mut self) {
        self.waiting.for_input(true);
    }
}
