//! A connection's socket.
//!
//! HTTP/2 flushes after every frame of a body, which would be a call of the system for each answer. While a
//! connection works ([`Gathered`]), what it sends is gathered, and leaves with one call when it has done all it can.
//! What tasks make for it (the events of watches, the answers to writes) waits one turn more, so that what others
//! make at the same time leaves with it.
//! What waits here is what TLS made of it: sealed.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::stall::StallGuard;

/// How many bytes are gathered before they are sent all the same.
const GATHERED: usize = 64 * 1024;
/// From this size a write that finds nothing gathered is passed on without a copy.
const LARGE: usize = 16 * 1024;
/// The largest room that a connection keeps between two calls.
const KEPT: usize = 32 * 1024;

/// A socket whose writes can be gathered.
pub(super) struct Wire {
    reading: OwnedReadHalf,
    sending: Sending,
}

/// The sending half, for [`Wire`] and for [`Gathered`]: only one of them works at a time.
#[derive(Clone)]
pub(super) struct Sending(Arc<Mutex<Outgoing>>);

struct Outgoing {
    /// Whether the peer has sent something since this was last set to `false`.
    heard: bool,
    half: StallGuard<OwnedWriteHalf>,
    waiting: Vec<u8>,
    /// How much of `waiting` has been sent.
    sent: usize,
    gathering: bool,
}

impl Wire {
    /// `stream`, given up when the peer takes nothing for `stalled_after`.
    pub(super) fn new(stream: TcpStream, stalled_after: Duration) -> Self {
        let (reading, half) = stream.into_split();
        Self {
            reading,
            sending: Sending(Arc::new(Mutex::new(Outgoing {
                heard: false,
                half: StallGuard::new(half, stalled_after),
                waiting: Vec::new(),
                sent: 0,
                gathering: false,
            }))),
        }
    }

    /// The half to gather.
    pub(super) fn sending(&self) -> Sending {
        self.sending.clone()
    }
}

impl Outgoing {
    /// Sends what waits.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.waiting.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.half).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        self.sent = 0;
        self.waiting.clear();
        if self.waiting.capacity() > KEPT {
            self.waiting = Vec::new();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.gathering || self.waiting.len() >= GATHERED {
            ready!(self.poll_send(context))?;
        }
        let length = slices.iter().map(|slice| slice.len()).sum();
        if self.waiting.is_empty() && (!self.gathering || length >= LARGE) {
            return Pin::new(&mut self.half).poll_write_vectored(context, slices);
        }
        for slice in slices {
            self.waiting.extend_from_slice(slice);
        }
        Poll::Ready(Ok(length))
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.gathering {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.half).poll_flush(context)
    }

    fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.half).poll_shutdown(context)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.reading).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.sending.0.lock().heard = true;
        }
        if read.is_pending() {
            // TLS opens what it receives in place, reads into the same room next, and keeps it as long as the
            // connection. While the peer says nothing, the last request must not stay there in the clear.
            buffer.initialize_unfilled().fill(0);
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.sending
            .0
            .lock()
            .poll_write(context, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.sending.0.lock().poll_write(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.sending.0.lock().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.sending.0.lock().poll_shutdown(context)
    }
}

/// A connection whose writes are gathered each time it is polled. Done when the connection is, or when it cannot
/// send any more.
pub(super) struct Gathered<C> {
    connection: Pin<Box<C>>,
    sending: Sending,
    /// Whether what is gathered has waited its turn.
    waited: bool,
}

impl<C> Gathered<C> {
    /// `connection`, which writes to the [`Wire`] of `sending`.
    pub(super) fn new(connection: C, sending: Sending) -> Self {
        Self {
            connection: Box::pin(connection),
            sending,
            waited: false,
        }
    }

    /// The connection.
    pub(super) fn connection(&mut self) -> Pin<&mut C> {
        self.connection.as_mut()
    }
}

impl<C: Future> Future for Gathered<C> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut outgoing = this.sending.0.lock();
        (outgoing.gathering, outgoing.heard) = (true, false);
        drop(outgoing);
        let connection = this.connection.as_mut().poll(context);
        let mut outgoing = this.sending.0.lock();
        outgoing.gathering = false;
        let made_by_tasks = connection.is_pending() && !outgoing.heard && !outgoing.waiting.is_empty();
        if made_by_tasks && !std::mem::replace(&mut this.waited, true) {
            // Behind the tasks that are ready to run.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        this.waited = false;
        let sent = outgoing.poll_send(context);
        match (connection, sent) {
            (Poll::Pending, Poll::Pending | Poll::Ready(Ok(()))) => Poll::Pending,
            (Poll::Ready(_), _) | (_, Poll::Ready(Err(_))) => Poll::Ready(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (Wire, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let theirs = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (ours, _) = listener.accept().await.unwrap();
        (Wire::new(ours, Duration::from_secs(5)), theirs)
    }

    #[tokio::test]
    async fn while_nothing_comes_what_was_in_the_buffer_is_wiped() {
        let (mut wire, mut theirs) = pair().await;
        let mut bytes = [7; 64];
        let mut buffer = ReadBuf::new(&mut bytes);
        theirs.write_all(b"new").await.unwrap();
        std::future::poll_fn(|context| Pin::new(&mut wire).poll_read(context, &mut buffer))
            .await
            .unwrap();
        let mut nobody = Context::from_waker(std::task::Waker::noop());
        assert!(
            Pin::new(&mut wire)
                .poll_read(&mut nobody, &mut buffer)
                .is_pending()
        );
        assert_eq!(buffer.filled(), b"new");
        assert_eq!(bytes[3..], [0; 61]);
    }

    #[tokio::test]
    async fn what_is_gathered_leaves_when_the_connection_waits() {
        let (mut wire, mut theirs) = pair().await;
        let sending = wire.sending();
        let talk = async move {
            wire.write_all(b"one ").await.unwrap();
            wire.flush().await.unwrap();
            assert_eq!(wire.sending.0.lock().waiting, b"one ");
            wire.write_all(b"two").await.unwrap();
            wire.flush().await.unwrap();
            wire.read_u8().await.unwrap();
        };
        let gathered = tokio::spawn(Gathered::new(talk, sending));
        let mut read = [0; 7];
        theirs.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"one two");
        theirs.write_u8(0).await.unwrap();
        gathered.await.unwrap();
    }

    #[tokio::test]
    async fn much_is_sent_in_order_and_with_bounded_room() {
        let (mut wire, mut theirs) = pair().await;
        let sending = wire.sending();
        let all: Vec<u8> = (0..=250).cycle().take(3_000_000).collect();
        let expected = all.clone();
        let talk = async move {
            for (piece, size) in [7, 30_000, 900].into_iter().cycle().scan(0, |at, size| {
                let start = *at;
                *at += size;
                (start < all.len()).then(|| (start..all.len().min(*at), size))
            }) {
                wire.write_all(&all[piece]).await.unwrap();
                wire.flush().await.unwrap();
                assert!(wire.sending.0.lock().waiting.len() < GATHERED + size.max(LARGE));
            }
            wire.shutdown().await.unwrap();
        };
        let gathered = tokio::spawn(Gathered::new(talk, sending));
        let mut read = Vec::new();
        theirs.read_to_end(&mut read).await.unwrap();
        assert!(read == expected);
        gathered.await.unwrap();
    }
}
