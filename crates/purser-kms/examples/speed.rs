//! How many Encrypts and Decrypts a second go over the socket, and how long they take, with keys in files.
//!
//! The plugin has one thread on one core, and the client another one. Its CPU time a call is the figure that other work
//! on the machine changes least. It ends with 1 when a row misses [`RATE`] or [`LONGEST`].
//!
//! ```sh
//! cargo run --release -p purser-kms --example speed -- [seconds, 3] [calls at once, 1 2 4 8 16]
//! ```

#![expect(clippy::print_stdout, reason = "it is what it is for")]

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use purser_encryption::kms::{Endpoint, PluginV2};
use purser_encryption::{KeyFiles, KeyHolder as _, LocalKeyHolder, Wrapped};
use purser_kms::{Layered, Listening, Plugin, serve};
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// Longest call.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a seed.
const SEED: usize = 32;
/// Calls a second that one core has to do.
const RATE: f64 = 10_000.0;
/// What 99 of 100 calls take at most, ms.
const LONGEST: f64 = 1.0;
/// The core of the plugin, and the one of the client.
const CORES: [usize; 2] = [0, 1];

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Clone, Copy)]
enum What {
    Encrypt,
    Decrypt,
}

fn main() -> Outcome<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let mut at_once = Vec::new();
    for text in arguments {
        at_once.push(text.parse()?);
    }
    if at_once.is_empty() {
        at_once.extend([1, 2, 4, 8, 16]);
    }
    println!("| operation | at once | calls/s | p50 ms | p99 ms | p99.9 ms | plugin's CPU µs/call |");
    println!("| --- | --: | --: | --: | --: | --: | --: |");
    let mut fast = true;
    for (name, what) in [("Encrypt", What::Encrypt), ("Decrypt", What::Decrypt)] {
        for at_once in &at_once {
            fast &= measure(name, what, *at_once, Duration::from_secs(seconds))?;
        }
    }
    Ok(if fast {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Keeps this thread on one core, where the machine has as many.
fn stay_on(core: usize) {
    let mut cores = CpuSet::new();
    cores.set(core);
    let _ = sched_setaffinity(None, &cores);
}

fn single() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Prints a row; whether it is as fast as it has to be.
fn measure(name: &str, what: What, at_once: usize, lasting: Duration) -> Outcome<bool> {
    let home = tempfile::tempdir()?;
    let keys = home.path().join("keys");
    LocalKeyHolder::generate(&keys)?;
    let endpoint = Endpoint::parse(&format!("unix://{}/kms.sock", home.path().display()))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, is_ready) = std::sync::mpsc::channel();
    let served: JoinHandle<Outcome<Duration>> = std::thread::spawn({
        let endpoint = endpoint.clone();
        move || {
            let [core, _] = CORES;
            stay_on(core);
            let plugin = Plugin::new(Arc::new(Layered::new(Arc::new(KeyFiles::open(&keys)?))));
            single()?.block_on(async {
                let listening = Listening::at(&endpoint, None).await?;
                ready.send(())?;
                let stopped = async { drop(stopped.await) };
                serve(Arc::new(plugin), listening, stopped, Duration::ZERO).await;
                let used = clock_gettime(ClockId::ThreadCPUTime);
                let used = Duration::new(used.tv_sec.try_into()?, used.tv_nsec.try_into()?);
                Ok(used)
            })
        }
    });
    is_ready.recv()?;
    let [_, core] = CORES;
    stay_on(core);
    let mut took = single()?.block_on(async {
        let client = Arc::new(PluginV2::new(&endpoint, PATIENCE));
        drive(client, what, at_once, lasting).await
    })?;
    let _ = stop.send(());
    let used = served.join().map_err(|_| "the plugin panicked")??;
    took.sort_unstable();
    let calls = took.len();
    let at = |permille: usize| {
        let took = took.get(calls * permille / 1000).copied();
        took.unwrap_or_default().as_secs_f64() * 1e3
    };
    let rate = f64::from(u32::try_from(calls)?) / lasting.as_secs_f64();
    let cpu = used.as_secs_f64() * 1e6 / f64::from(u32::try_from(calls)?);
    println!(
        "| {name} | {at_once} | {rate:.0} | {:.2} | {:.2} | {:.2} | {cpu:.1} |",
        at(500),
        at(990),
        at(999)
    );
    Ok(rate >= RATE && at(990) <= LONGEST)
}

/// Calls one after the other in so many tasks; how long each call took.
async fn drive(
    client: Arc<PluginV2>,
    what: What,
    at_once: usize,
    lasting: Duration,
) -> Outcome<Vec<Duration>> {
    let wrapped: Arc<Wrapped> = Arc::new(client.wrap(&[1; SEED]).await?);
    let ends = Instant::now() + lasting;
    let tasks: Vec<_> = (0..at_once)
        .map(|_| {
            let (client, wrapped) = (Arc::clone(&client), Arc::clone(&wrapped));
            tokio::spawn(async move {
                let mut took = Vec::new();
                while Instant::now() < ends {
                    let began = Instant::now();
                    match what {
                        What::Encrypt => drop(client.wrap(&[1; SEED]).await?),
                        What::Decrypt => drop(client.unwrap(&wrapped).await?),
                    }
                    took.push(began.elapsed());
                }
                Outcome::Ok(took)
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(all)
}
