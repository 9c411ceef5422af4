//! A line to a server that can be cut, and can lose what comes back.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Whole,
    /// Nothing goes through, and connections end.
    Cut,
    /// What the server says is lost; what it is told goes through.
    Deaf,
}

/// A line on a port of its own.
pub(crate) struct Line {
    pub(crate) endpoint: String,
    state: Arc<watch::Sender<State>>,
}

impl Line {
    /// Lays a line to `http://host:port`.
    pub(crate) async fn to(endpoint: &str) -> Self {
        let server: SocketAddr = endpoint.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(watch::channel(State::Whole).0);
        let ours = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, ours.subscribe()));
            }
        });
        Self { endpoint, state }
    }

    pub(crate) fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

async fn carry(client: TcpStream, server: SocketAddr, state: watch::Receiver<State>) {
    if *state.borrow() == State::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let heard = state.clone();
    let back = async {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            let lost = *heard.borrow() == State::Deaf;
            if !lost && to_client.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    let mut cut = state.clone();
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        () = back => {}
        _ = cut.wait_for(|state| *state == State::Cut) => {}
    }
}
