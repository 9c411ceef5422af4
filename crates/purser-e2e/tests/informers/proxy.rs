//! A network that can be broken: a TCP proxy on loopback that cuts, refuses, slows down and stalls.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the proxy's socket towards the server buffers, bytes: little, so that a client that does not read is felt.
const RECEIVE_BUFFER: u32 = 16 * 1024;
/// Bytes that are passed on at once.
const PIECE: usize = 4 * 1024;
/// The pause after each piece while it is slow.
const PAUSE: Duration = Duration::from_millis(20);

/// What the network does now.
#[derive(Clone, Copy, Default)]
struct Weather {
    /// How often every connection was cut.
    cuts: u64,
    /// New connections are closed at once.
    shut: bool,
    /// Answers come in small pieces with pauses.
    slow: bool,
    /// Answers do not come at all; connections stay.
    stalled: bool,
}

/// A way to one server. Its address stays when the server moves.
pub(crate) struct Proxy {
    address: SocketAddr,
    target: Arc<Mutex<String>>,
    weather: watch::Sender<Weather>,
    listener: JoinHandle<()>,
}

impl Proxy {
    /// A proxy towards `target` (`host:port`).
    pub(crate) async fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let target = Arc::new(Mutex::new(target.to_owned()));
        let weather = watch::Sender::new(Weather::default());
        let (towards, seen) = (Arc::clone(&target), weather.subscribe());
        let listener = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let target = towards.lock().expect("nobody panics with it").clone();
                tokio::spawn(carry(client, target, seen.clone()));
            }
        });
        Self {
            address,
            target,
            weather,
            listener,
        }
    }

    /// `https://host:port` of this end.
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// From now on connections go to another server.
    pub(crate) fn retarget(&self, target: &str) {
        target.clone_into(&mut self.target.lock().expect("nobody panics with it"));
    }

    /// Cuts every connection, in the middle of whatever it carries.
    pub(crate) fn cut(&self) {
        self.weather.send_modify(|weather| weather.cuts += 1);
    }

    /// Cuts every connection and takes no more until it is opened.
    pub(crate) fn shut(&self, shut: bool) {
        self.weather.send_modify(|weather| {
            weather.shut = shut;
            weather.cuts += u64::from(shut);
        });
    }

    /// Whether answers come in small pieces with pauses.
    pub(crate) fn slow(&self, slow: bool) {
        self.weather.send_modify(|weather| weather.slow = slow);
    }

    /// Whether answers do not come at all.
    pub(crate) fn stall(&self, stalled: bool) {
        self.weather.send_modify(|weather| weather.stalled = stalled);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// One connection, until an end closes it or the weather cuts it.
async fn carry(client: TcpStream, target: String, mut weather: watch::Receiver<Weather>) {
    let Weather { cuts, shut, .. } = *weather.borrow_and_update();
    let Some(server) = connect(&target).await.filter(|_| !shut) else {
        return;
    };
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    tokio::select! {
        () = pass(server_read, client_write, Some(weather.clone())) => {}
        () = pass(client_read, server_write, None) => {}
        _ = weather.wait_for(|now| now.cuts != cuts) => {}
    }
}

async fn connect(target: &str) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER).ok()?;
    let server = socket.connect(target.parse().ok()?).await.ok()?;
    server.set_nodelay(true).ok()?;
    Some(server)
}

/// Passes bytes on until an end closes; with a weather, as it allows.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut weather: Option<watch::Receiver<Weather>>,
) {
    let mut piece = [0; PIECE];
    loop {
        let mut slow = false;
        if let Some(weather) = &mut weather {
            let Ok(now) = weather.wait_for(|now| !now.stalled).await else {
                return;
            };
            slow = now.slow;
        }
        let Ok(read @ 1..) = from.read(&mut piece).await else {
            return;
        };
        if to.write_all(&piece[..read]).await.is_err() {
            return;
        }
        if slow {
            tokio::time::sleep(PAUSE).await;
        }
    }
}
