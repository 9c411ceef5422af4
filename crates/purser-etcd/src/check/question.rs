//! The smallest questions: over HTTP/1, what version are you of? etcd answers it on both ports to whoever gets that far.
//! Over HTTP/2, nothing but the beginning: a port for gRPC alone answers with its settings.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The most bytes of an answer that are read.
const MAX_ANSWER: usize = 4096;
/// The longest first line that is repeated.
const MAX_LINE: usize = 100;
/// A frame of HTTP/2 with no settings.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/// How an alert of TLS begins.
const ALERT: &[u8] = &[21, 3];
/// How a refusal begins.
const REFUSAL: &[u8] = b"HTTP/1.1 400";
/// What Go's servers of HTTPS say to a question in the clear.
const WRONG_DOOR: &[u8] = b"HTTP request to an HTTPS server";

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It was answered: the first line.
    Answered(String),
    /// It was not: how that showed.
    Refused(String),
    /// Nothing came of it in time, which tells nothing.
    Silent(String),
}

impl Answer {
    /// What there is to say of it.
    pub(super) fn said(&self) -> &str {
        match self {
            Self::Answered(said) | Self::Refused(said) | Self::Silent(said) => said,
        }
    }
}

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// `GET /version` over HTTP/1.1.
    Http1,
    /// The beginning of HTTP/2 (RFC 9113, 3.4), without a question.
    Http2,
}

impl Speech {
    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Http1, Self::Http2];

    /// Its name in a handshake of TLS.
    pub(super) fn protocol(self) -> &'static [u8] {
        match self {
            Self::Http1 => b"http/1.1",
            Self::Http2 => b"h2",
        }
    }

    fn said(self, host: &str) -> Vec<u8> {
        match self {
            Self::Http1 => {
                format!("GET /version HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes()
            }
            Self::Http2 => [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &SETTINGS].concat(),
        }
    }
}

/// Asks, and waits for the first line.
pub(super) async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    speech: Speech,
    host: &str,
    timeout: Duration,
) -> Answer {
    let mut answer = Vec::new();
    let question = speech.said(host);
    let exchanging = exchange(stream, &question, &mut answer);
    let ended = tokio::time::timeout(timeout, exchanging).await;
    match (answer.is_empty(), ended) {
        // What came before the connection broke is an answer; etcd leaves that of peers open.
        (false, _) | (true, Ok(Ok(()))) => judge(&answer),
        (true, Ok(Err(error))) => Answer::Refused(error.to_string()),
        (true, Err(_)) => Answer::Silent(format!("no answer within {timeout:?}")),
    }
}

async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    question: &[u8],
    answer: &mut Vec<u8>,
) -> io::Result<()> {
    stream.write_all(question).await?;
    stream.flush().await?;
    let mut part = [0; 512];
    while answer.len() < MAX_ANSWER && !is_enough(answer) {
        match stream.read(&mut part).await? {
            0 => break,
            read => answer.extend_from_slice(part.get(..read).unwrap_or_default()),
        }
    }
    Ok(())
}

/// The head; of a refusal also what it says, until the connection ends. Of HTTP/2, a frame's head.
fn is_enough(answer: &[u8]) -> bool {
    if !answer.starts_with(b"HTTP") {
        return answer.len() >= SETTINGS.len();
    }
    let line = answer.get(..REFUSAL.len()).unwrap_or_default();
    answer.windows(4).any(|part| part == b"\r\n\r\n") && !line.ends_with(b" 400")
}

fn judge(bytes: &[u8]) -> Answer {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line: String = String::from_utf8_lossy(line)
        .chars()
        .filter(|one| !one.is_control())
        .take(MAX_LINE)
        .collect();
    let wrong_door = bytes.windows(WRONG_DOOR.len()).any(|part| part == WRONG_DOOR);
    if bytes.is_empty() {
        Answer::Refused("the connection was closed".to_owned())
    } else if wrong_door || bytes.starts_with(ALERT) {
        Answer::Refused("it said that it wants TLS".to_owned())
    } else if line.starts_with("HTTP/1.") {
        Answer::Answered(line)
    } else if bytes.get(3) == SETTINGS.get(3) {
        Answer::Answered("settings of HTTP/2".to_owned())
    } else {
        // Whoever is told anything was let in.
        Answer::Answered(format!("{} bytes that are not HTTP", bytes.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_wants_tls_did_not_answer() {
        let said = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
        assert!(matches!(judge(said), Answer::Refused(_)));
        assert!(matches!(judge(b""), Answer::Refused(_)));
        assert!(matches!(
            judge(b"\x15\x03\x01\x00\x02\x02\x46"),
            Answer::Refused(_)
        ));
        assert_eq!(
            judge(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            Answer::Answered("HTTP/1.1 200 OK".to_owned())
        );
    }
}
