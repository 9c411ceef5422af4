//! The smallest question over HTTP/1: what version are you of? etcd answers it on both ports to whoever gets that far.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The most bytes of an answer that are read.
const MAX_ANSWER: usize = 4096;
/// The longest first line that is repeated.
const MAX_LINE: usize = 100;
/// What Go's servers of HTTPS say to a question in the clear.
const WRONG_DOOR: &[u8] = b"HTTP request to an HTTPS server";

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It was answered: the first line.
    Answered(String),
    /// It was not: how that showed.
    Refused(String),
}

/// Asks, and waits for the first line.
pub(super) async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    host: &str,
    timeout: Duration,
) -> Answer {
    match tokio::time::timeout(timeout, exchange(stream, host)).await {
        Ok(Ok(bytes)) => judge(&bytes),
        Ok(Err(error)) => Answer::Refused(error.to_string()),
        Err(_) => Answer::Refused(format!("no answer within {timeout:?}")),
    }
}

async fn exchange(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), host: &str) -> io::Result<Vec<u8>> {
    let question = format!("GET /version HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    let mut part = [0; 512];
    while answer.len() < MAX_ANSWER {
        match stream.read(&mut part).await {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(part.get(..read).unwrap_or_default()),
            // What came before the connection broke is an answer.
            Err(_) if !answer.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(answer)
}

fn judge(bytes: &[u8]) -> Answer {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line: String = String::from_utf8_lossy(line)
        .chars()
        .filter(|one| !one.is_control())
        .take(MAX_LINE)
        .collect();
    let wrong_door = bytes.windows(WRONG_DOOR.len()).any(|part| part == WRONG_DOOR);
    match line.starts_with("HTTP/1.") && !wrong_door {
        true => Answer::Answered(line),
        false if bytes.is_empty() => Answer::Refused("the connection was closed".to_owned()),
        false if wrong_door => Answer::Refused("it said that it wants TLS".to_owned()),
        false => Answer::Refused("it answered something that is not HTTP".to_owned()),
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
