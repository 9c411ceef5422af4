//! Many watches on one connection, read by one task.

use std::time::Duration;

use http::HeaderValue;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::client::dial;
use crate::drive::Window;
use crate::error::Error;
use crate::frames::{self, Frames, Piece, Used};
use crate::marker::Scanner;
use crate::tally::Latencies;
use crate::target::Target;

/// Bytes taken from the connection at once.
const READ: usize = 128 * 1024;
/// How long events may still arrive after the last write.
const STRAGGLERS: Duration = Duration::from_secs(5);

/// The number of the write that every watch has to see before anything is measured.
pub(crate) const ESTABLISHING: u64 = u64::MAX;

/// What the writers have done, as far as it concerns the watchers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stage {
    /// Set when the driving begins: which writes count.
    pub(crate) window: Option<Window>,
    /// Set when it is over: how many writes counted.
    pub(crate) written: Option<u64>,
}

/// What the watches of a connection saw.
pub(crate) struct Seen {
    /// From the sending of the write to the arrival of the event.
    pub(crate) latencies: Latencies,
    /// Events that did not arrive.
    pub(crate) missing: u64,
    /// Watches that ended before their time.
    pub(crate) ended: u64,
}

/// The connection.
pub(crate) struct Watchers<S> {
    connection: S,
    frames: Frames,
    used: Used,
    watches: Vec<Watch>,
    /// How many have not seen the establishing write.
    awaited: usize,
    latencies: Latencies,
    /// The connection is over: broken, refused, or not understood.
    gone: bool,
}

#[derive(Default)]
struct Watch {
    scanner: Scanner,
    used: Used,
    established: bool,
    count: u64,
    ended: bool,
}

/// Opens a connection with `count` watches of `path`.
///
/// # Errors
/// When the server cannot be reached.
pub(crate) async fn open(
    target: &Target,
    accept: &HeaderValue,
    path: &str,
    count: usize,
) -> Result<Watchers<impl AsyncRead + AsyncWrite + Unpin + Send + 'static>, Error> {
    let mut headers = vec![("accept", accept.as_bytes())];
    headers.extend(
        target
            .authorization
            .iter()
            .map(|value| ("authorization", value.as_bytes())),
    );
    let path = format!("{}{path}", target.prefix);
    let connection = dial(target, READ).await?;
    let opening = (0..count).map(|index| frames::get(stream_of(index), &target.authority(), &path, &headers));
    Watchers::begin(connection, opening.collect()).await
}

/// Streams of clients have the odd numbers.
fn stream_of(index: usize) -> u32 {
    u32::try_from(index).unwrap_or_default() * 2 + 1
}

impl<S: AsyncRead + AsyncWrite + Unpin> Watchers<S> {
    async fn begin(mut connection: S, requests: Vec<Vec<u8>>) -> Result<Self, Error> {
        let mut opening = frames::preface();
        opening.extend(requests.iter().flatten());
        connection.write_all(&opening).await?;
        connection.flush().await?;
        Ok(Self {
            connection,
            frames: Frames::default(),
            used: Used::default(),
            awaited: requests.len(),
            watches: requests.iter().map(|_| Watch::default()).collect(),
            latencies: Latencies::new(),
            gone: false,
        })
    }

    /// Reads until every event has arrived or is missing; `established` is told once every watch saw the first write,
    /// and dropped when one cannot any more. Markers count from `base`.
    pub(crate) async fn follow(
        mut self,
        base: Instant,
        mut stage: watch::Receiver<Stage>,
        established: oneshot::Sender<()>,
    ) -> Seen {
        let mut established = Some(established);
        let mut buffer = vec![0; READ];
        let mut deadline = None;
        let mut now = *stage.borrow_and_update();
        while !now.written.is_some_and(|written| self.is_complete(written)) && !self.gone {
            let read = tokio::select! {
                biased;
                changed = stage.changed(), if deadline.is_none() => {
                    now = *stage.borrow_and_update();
                    deadline = (changed.is_err() || now.written.is_some()).then(|| Instant::now() + STRAGGLERS);
                    continue;
                }
                read = self.connection.read(&mut buffer) => read,
                () = sleep_until(deadline.unwrap_or(base)), if deadline.is_some() => break,
            };
            let bytes = read
                .ok()
                .and_then(|length| buffer.get(..length))
                .unwrap_or_default();
            self.gone |= bytes.is_empty();
            self.take(bytes, base, now.window).await;
            if self.awaited == 0
                && let Some(established) = established.take()
            {
                // Whoever waited may have given up.
                let _ = established.send(());
            }
        }
        while now.written.is_none() && stage.changed().await.is_ok() {
            now = *stage.borrow_and_update();
        }
        let missing = |written: u64| {
            self.watches
                .iter()
                .map(|watch| written.saturating_sub(watch.count))
                .sum()
        };
        let ended = self
            .watches
            .iter()
            .filter(|watch| watch.ended || self.gone)
            .count();
        Seen {
            missing: missing(now.written.unwrap_or_default()),
            ended: u64::try_from(ended).unwrap_or(u64::MAX),
            latencies: self.latencies,
        }
    }

    /// Whether nothing is to come any more.
    fn is_complete(&self, written: u64) -> bool {
        self.watches
            .iter()
            .all(|watch| watch.ended || watch.count >= written)
    }

    async fn take(&mut self, bytes: &[u8], base: Instant, window: Option<Window>) {
        let now = Instant::now();
        let mut replies = Vec::new();
        let Self {
            frames,
            used,
            watches,
            awaited,
            latencies,
            gone,
            ..
        } = self;
        frames.feed(bytes, |piece| match piece {
            Piece::Data(stream, data) => {
                let Some(watch) = watch_of(watches, stream) else {
                    return;
                };
                let windows = [used.add(0, data.len()), watch.used.add(stream, data.len())];
                replies.extend(windows.into_iter().flatten().flatten());
                watch.scanner.feed(data, |sent| {
                    if sent == ESTABLISHING {
                        *awaited -= usize::from(!std::mem::replace(&mut watch.established, true));
                        return;
                    }
                    let sent = base + Duration::from_nanos(sent);
                    if window.is_some_and(|window| window.holds(sent)) {
                        watch.count += 1;
                        latencies.record(now.saturating_duration_since(sent));
                    }
                });
            }
            Piece::Head(_, ok) => *gone |= !ok,
            Piece::End(stream) => {
                if let Some(watch) = watch_of(watches, stream) {
                    watch.ended = true;
                    *gone |= !watch.established;
                }
            }
            Piece::Reply(reply) => replies.extend(reply),
            Piece::Gone => *gone = true,
        });
        if !replies.is_empty() {
            let sent = async {
                self.connection.write_all(&replies).await?;
                self.connection.flush().await
            };
            self.gone |= sent.await.is_err();
        }
    }
}

fn watch_of(watches: &mut [Watch], stream: u32) -> Option<&mut Watch> {
    watches.get_mut(usize::try_from(stream / 2).ok()?)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use http::{Request, Response, StatusCode};
    use http_body_util::Full;
    use hyper::service::service_fn;
    use hyper_util::rt::{TokioExecutor, TokioIo};

    use super::*;
    use crate::marker::MARKER;

    /// What `count` watches see of a server that answers each with these numbers, and whether they were established.
    async fn seen(count: usize, status: StatusCode, numbers: &[u64], written: u64) -> (Seen, bool) {
        let events = numbers.iter().map(|number| {
            // More than what opens a window again.
            let filler = "x".repeat(400_000);
            format!("{{\"object\":{{{MARKER}{number}\",\"data\":\"{filler}\"}}}}\n")
        });
        let body = Bytes::from(events.collect::<String>());
        let (ours, theirs) = tokio::io::duplex(50_000);
        tokio::spawn(async move {
            let answer = service_fn(move |request: Request<hyper::body::Incoming>| {
                assert_eq!(request.uri(), "https://a/watched?watch=true");
                assert_eq!(request.headers()["authorization"], "Bearer t".repeat(40).as_str());
                let mut response = Response::new(Full::new(body.clone()));
                *response.status_mut() = status;
                async move { Ok::<_, Infallible>(response) }
            });
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(theirs), answer)
                .await
        });
        let token = "Bearer t".repeat(40);
        let headers = [("authorization", token.as_bytes())];
        let requests =
            (0..count).map(|index| frames::get(stream_of(index), "a", "/watched?watch=true", &headers));
        let watchers = Watchers::begin(ours, requests.collect()).await.unwrap();
        let base = Instant::now();
        let window = Window {
            start: base,
            open: base + Duration::from_nanos(10),
            close: base + STRAGGLERS,
        };
        let stage = Stage {
            window: Some(window),
            written: Some(written),
        };
        let (_stages, stage) = watch::channel(stage);
        let (established, told) = oneshot::channel();
        let seen = watchers.follow(base, stage, established).await;
        (seen, told.await.is_ok())
    }

    #[tokio::test]
    async fn every_watch_counts_the_writes_of_the_window() {
        let (seen, established) = seen(3, StatusCode::OK, &[1, ESTABLISHING, 5, 10, 11, 12], 3).await;
        assert_eq!((seen.latencies.count(), seen.missing, established), (9, 0, true));
    }

    #[tokio::test]
    async fn what_did_not_come_is_missing() {
        let (seen, established) = seen(2, StatusCode::OK, &[ESTABLISHING, 10], 3).await;
        assert_eq!((seen.latencies.count(), seen.missing, seen.ended), (2, 4, 2));
        assert!(established);
    }

    #[tokio::test]
    async fn a_refused_watch_is_never_established() {
        let (seen, established) = seen(1, StatusCode::FORBIDDEN, &[ESTABLISHING], 0).await;
        assert_eq!((seen.ended, established), (0, false));
    }
}
