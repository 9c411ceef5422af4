//! Sealing and opening through every provider, beside its bare cipher: the same calls of the same library with as much
//! randomness, on buffers that are there, and nothing around them. With the allocator of the `purser` binary.
//!
//! ```sh
//! cargo bench -p purser-encryption --bench providers            # and at its end the table of docs/benchmarks.md
//! cargo bench -p purser-encryption --bench providers -- none    # the table alone
//! ```

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot run has to stop, and what it found is to be read"
)]

mod bare;
mod table;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bare::Bare;
use criterion::{BenchmarkId, Criterion, Throughput};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use purser_encryption::{
    Algorithm, Envelope, EnvelopeV1, Identity, KeyHolder, Keyed, LOCAL_PROVIDER, LocalKeyHolder, NamedKey,
    OpenError, SealError, Transformer, Wrapped,
};
use zeroize::Zeroizing;

#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

const KEY: &str = "/registry/secrets/default/some-secret";
const SIZES: [usize; 5] = [100, 1000, 10_000, 100_000, 1 << 20];
const SECRET: [u8; 32] = [7; 32];
const WARM_UP: Duration = Duration::from_millis(200);
const MEASURED: Duration = Duration::from_millis(800);
const SAMPLES: usize = 40;

/// A plugin that takes no time: what is between it and an API server is not what is measured.
struct Instant;

impl KeyHolder for Instant {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        ready(Ok("key-1".to_owned())).boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        ready(Ok(Wrapped {
            ciphertext: secret.to_vec(),
            key_id: "key-1".to_owned(),
            annotations: BTreeMap::new(),
        }))
        .boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        ready(Ok(Zeroizing::new(wrapped.ciphertext.clone()))).boxed()
    }
}

struct Case {
    name: &'static str,
    transformer: Arc<dyn Transformer>,
    bare: Bare,
}

fn cases(home: &std::path::Path) -> Vec<Case> {
    let keyed = |algorithm| -> Arc<dyn Transformer> {
        let key = NamedKey {
            name: "key1".to_owned(),
            secret: Zeroizing::new(SECRET.to_vec()),
        };
        Arc::new(Keyed::new(algorithm, vec![key]).expect("a key of the right length"))
    };
    let directory = home.join("keys");
    LocalKeyHolder::generate(&directory).expect("a key");
    let local = LocalKeyHolder::load(&directory).expect("the key");
    let case = |name, transformer, bare| Case {
        name,
        transformer,
        bare,
    };
    vec![
        case("identity", Arc::new(Identity::in_the_clear()), Bare::Copy),
        case("aescbc", keyed(Algorithm::AesCbc), Bare::cbc(&SECRET)),
        case("aesgcm", keyed(Algorithm::AesGcm), Bare::gcm(&SECRET)),
        case("secretbox", keyed(Algorithm::Secretbox), Bare::Secretbox(SECRET)),
        case(
            "kms v1",
            Arc::new(EnvelopeV1::new("plugin", Arc::new(Instant), 1000)),
            Bare::new_key(&SECRET),
        ),
        case(
            "kms v2",
            Arc::new(Envelope::new("plugin", Arc::new(Instant))),
            Bare::derived(&SECRET),
        ),
        case(
            LOCAL_PROVIDER,
            Arc::new(Envelope::new(LOCAL_PROVIDER, Arc::new(local))),
            Bare::derived(&SECRET),
        ),
    ]
}

fn measure(c: &mut Criterion, case: &Case, size: usize) {
    let plaintext = vec![7; size];
    let seal = || {
        let sealed = case.transformer.seal(KEY, &plaintext).now_or_never();
        sealed.expect("at once").expect("sealed")
    };
    let sealed = seal();
    let asked = case.transformer.open(KEY, &sealed).now_or_never();
    asked.expect("at once").expect("opened");
    let open = || {
        let opened = case.transformer.open_now(KEY, &sealed);
        opened.expect("at once").expect("opened")
    };
    let mut room = case.bare.room(size);
    let mut group = c.benchmark_group(case.name);
    group
        .warm_up_time(WARM_UP)
        .measurement_time(MEASURED)
        .sample_size(SAMPLES)
        .throughput(Throughput::Bytes(size as u64));
    group.bench_function(BenchmarkId::new("seal", size), |b| b.iter(|| black_box(seal())));
    group.bench_function(BenchmarkId::new("seal, bare", size), |b| {
        b.iter(|| case.bare.seal(KEY, &plaintext, black_box(&mut room)));
    });
    group.bench_function(BenchmarkId::new("open", size), |b| b.iter(|| black_box(open())));
    let made = case.bare.seal_to_open(KEY, &plaintext, &mut room);
    let from = room.clone();
    group.bench_function(BenchmarkId::new("open, bare", size), |b| {
        b.iter(|| case.bare.open(KEY, &made, &from, black_box(&mut room)));
    });
    group.finish();
}

/// What sealing and opening take beside the bare cipher, for each size.
fn compare(case: &Case) -> [Vec<table::Compared>; 2] {
    let mut found = [Vec::new(), Vec::new()];
    for size in SIZES {
        let plaintext = vec![7; size];
        let seal = || {
            let sealed = case.transformer.seal(KEY, &plaintext).now_or_never();
            sealed.expect("at once").expect("sealed")
        };
        let mut room = case.bare.room(size);
        let [sealing, opening] = &mut found;
        sealing.push(table::compare(
            || {
                black_box(seal());
            },
            || {
                black_box(case.bare.seal(KEY, &plaintext, &mut room));
            },
        ));
        let sealed = seal();
        // A key that was asked for once is at hand.
        let asked = case.transformer.open(KEY, &sealed).now_or_never();
        asked.expect("at once").expect("opened");
        let made = case.bare.seal_to_open(KEY, &plaintext, &mut room);
        let from = room.clone();
        opening.push(table::compare(
            || {
                let opened = case.transformer.open_now(KEY, &sealed).expect("at hand");
                black_box(opened.expect("opened"));
            },
            || case.bare.open(KEY, &made, &from, black_box(&mut room)),
        ));
    }
    found
}

fn main() {
    let mut criterion = Criterion::default()
        .output_directory(&PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../target/criterion"
        )))
        .configure_from_args();
    let home = tempfile::tempdir().expect("a directory");
    let mut cases = cases(home.path());
    for case in &cases {
        for size in SIZES {
            measure(&mut criterion, case, size);
        }
    }
    criterion.final_summary();
    // What a key of its own for each value costs: beside a cipher whose key is at hand.
    if let Some(local) = cases.last() {
        cases.push(Case {
            name: "purser-local, to bare AES-GCM",
            transformer: Arc::clone(&local.transformer),
            bare: Bare::gcm(&SECRET),
        });
    }
    println!("{}", table::head(&SIZES));
    for case in &cases {
        for (operation, found) in ["seal", "open"].into_iter().zip(compare(case)) {
            println!("{}", table::row(case.name, operation, &found));
        }
    }
}
