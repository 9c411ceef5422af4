//! How values are kept, under kube-apiserver's names, with its sentences and labels.
//!
//! Sources: `metrics.go` of `k8s.io/apiserver/pkg/storage/value`, of `.../storage/value/encrypt/envelope/metrics` and of
//! `.../server/options/encryptionconfig/metrics`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws_lc_rs::digest::{SHA256, digest};
use purser_encryption::tally::{Direction, Distribution, ProviderTally, Tallies, hashed};
use purser_server::{MetricFamily, MetricKind, Sample, SampleValue, Server};

use crate::at_rest::AtRest;
use crate::reload::Counters;

/// The label that tells servers apart.
const SERVER: &str = "apiserver_id_hash";

/// Has `server` tell it.
pub(super) fn tell(server: &Server, at_rest: &AtRest) {
    let (tallies, reloads) = (Arc::clone(at_rest.tallies()), at_rest.reloads());
    let id = server_id();
    server.observe_families(move || {
        let mut families = transformations(&tallies);
        families.extend(envelopes(&tallies, &id));
        if let Some(reloads) = &reloads {
            families.extend(self::reloads(&reloads.counters, reloads.digest().as_deref(), &id));
        }
        families
    });
}

/// The hash of what kube-apiserver on this machine would call itself.
///
/// Source: `NewConfig` of `k8s.io/apiserver/pkg/server/config.go`.
fn server_id() -> String {
    hashed(&name_of(&gethostname::gethostname().to_string_lossy()))
}

/// What kube-apiserver on a machine of that name calls itself.
fn name_of(host: &str) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut hashed_of = Vec::new();
    for part in [host.as_bytes(), b"kube-apiserver"] {
        hashed_of.extend_from_slice(&u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
        hashed_of.extend_from_slice(part);
    }
    let hash = digest(&SHA256, &hashed_of);
    // Base32 of the first 16 bytes, without padding.
    let first = hash.as_ref().first_chunk::<16>().copied().unwrap_or_default();
    let first = u128::from_be_bytes(first);
    let letter = |at: u32| {
        let bits = match 123_u32.checked_sub(5 * at) {
            Some(after) => first >> after,
            None => first << 2,
        };
        usize::try_from(bits & 31).ok().and_then(|at| ALPHABET.get(at))
    };
    let letters = (0..26).filter_map(letter).map(|letter| char::from(*letter));
    format!("apiserver-{}", letters.collect::<String>())
}

fn transformations(tallies: &Tallies) -> Vec<MetricFamily> {
    let all = tallies.transformations();
    let mut operations = Vec::new();
    let mut took: Vec<((Direction, String), Distribution)> = Vec::new();
    for told in all {
        for (status, count) in told.statuses.iter().filter(|(_, count)| *count > 0) {
            let labels = vec![
                ("resource", told.resource.clone()),
                ("status", (*status).to_owned()),
                ("transformation_type", told.direction.as_str().to_owned()),
                ("transformer_prefix", told.prefix.clone()),
            ];
            operations.push(count_of(labels, *count));
        }
        let key = (told.direction, told.prefix);
        match took.iter_mut().find(|(known, _)| *known == key) {
            Some((_, sum)) => sum.add(&told.took),
            None => took.push((key, told.took)),
        }
    }
    let took = took.into_iter().filter(|(_, took)| took.count() > 0);
    let durations = took.map(|((direction, prefix), took)| {
        let labels = vec![
            ("transformation_type", direction.as_str().to_owned()),
            ("transformer_prefix", prefix),
        ];
        buckets_of(labels, took)
    });
    vec![
        MetricFamily {
            name: "apiserver_storage_transformation_duration_seconds",
            help: "[ALPHA] Latencies in seconds of value transformation operations.",
            kind: MetricKind::Histogram,
            samples: durations.collect(),
        },
        MetricFamily {
            name: "apiserver_storage_transformation_operations",
            help: "[ALPHA] Total number of transformations. Successful transformation will have a status 'OK' and a varied status string when the transformation fails. The status, resource, and transformation_type fields can be used for alerting purposes. For example, you can monitor for encryption/decryption failures using the transformation_type (e.g., from_storage for decryption and to_storage for encryption). Additionally, these fields can be used to ensure that the correct transformers are applied to each resource.",
            kind: MetricKind::Counter,
            samples: operations,
        },
    ]
}

fn envelopes(tallies: &Tallies, id: &str) -> Vec<MetricFamily> {
    let providers = tallies.providers();
    let mut families = keys(&providers, id);
    families.extend(calls(&providers));
    families.extend(data_keys(&providers));
    families.extend(of_v1(&providers));
    families
}

/// Which keys were used, by the hashes of their ids.
fn keys(providers: &[Arc<ProviderTally>], id: &str) -> Vec<MetricFamily> {
    let (mut counts, mut last, mut statuses) = (Vec::new(), Vec::new(), Vec::new());
    for provider in providers {
        let labels = |hash: &str| {
            vec![
                (SERVER, id.to_owned()),
                ("key_id_hash", hash.to_owned()),
                ("provider_name", provider.name().to_owned()),
            ]
        };
        for used in provider.keys() {
            let mut labels = labels(&used.hash);
            labels.push(("transformation_type", used.direction.as_str().to_owned()));
            counts.push(count_of(labels.clone(), used.count));
            last.push(level_of(labels, used.last));
        }
        let given = provider.statuses();
        statuses.extend(given.iter().map(|(hash, last)| level_of(labels(hash), *last)));
    }
    vec![
        MetricFamily {
            name: "apiserver_envelope_encryption_key_id_hash",
            help: "[ALPHA] Number of times a keyID is used split by transformation type, provider, and apiserver identity.",
            kind: MetricKind::Counter,
            samples: counts,
        },
        MetricFamily {
            name: "apiserver_envelope_encryption_key_id_hash_last_timestamp_seconds",
            help: "[ALPHA] The last time in seconds when a keyID was used.",
            kind: MetricKind::Gauge,
            samples: last,
        },
        MetricFamily {
            name: "apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds",
            help: "[ALPHA] The last time in seconds when a keyID was returned by the Status RPC call.",
            kind: MetricKind::Gauge,
            samples: statuses,
        },
    ]
}

/// What plugins were asked, and what they answered.
fn calls(providers: &[Arc<ProviderTally>]) -> Vec<MetricFamily> {
    let (mut invalid, mut latencies, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for provider in providers {
        let name = || ("provider_name", provider.name().to_owned());
        for (error, count) in provider.bad_key_ids().into_iter().filter(|(_, count)| *count > 0) {
            invalid.push(count_of(vec![("error", error.to_owned()), name()], count));
        }
        for (method, code, took) in provider.calls() {
            let labels = vec![
                ("grpc_status_code", code.to_owned()),
                ("method_name", method.to_owned()),
                name(),
            ];
            latencies.push(buckets_of(labels, took));
        }
        // KMS v1 has another one.
        kept.extend(provider.kept().map(|kept| level_of(vec![name()], real(kept))));
    }
    vec![
        MetricFamily {
            name: "apiserver_envelope_encryption_dek_source_cache_size",
            help: "[ALPHA] Number of records in data encryption key (DEK) source cache. On a restart, this value is an approximation of the number of decrypt RPC calls the server will make to the KMS plugin.",
            kind: MetricKind::Gauge,
            samples: kept,
        },
        MetricFamily {
            name: "apiserver_envelope_encryption_invalid_key_id_from_status",
            help: "[ALPHA] Number of times an invalid keyID is returned by the Status RPC call split by error.",
            kind: MetricKind::Counter,
            samples: invalid,
        },
        MetricFamily {
            name: "apiserver_envelope_encryption_kms_operations_latency_seconds",
            help: "[ALPHA] KMS operation duration with gRPC error code status total.",
            kind: MetricKind::Histogram,
            samples: latencies,
        },
    ]
}

/// The making of seeds and keys, and how often one was not at hand. These have no labels and are always told.
fn data_keys(providers: &[Arc<ProviderTally>]) -> Vec<MetricFamily> {
    let mut generated = Tallies::default().provider("").generated();
    let (mut failures, mut misses) = (0, 0);
    for provider in providers {
        generated.add(&provider.generated());
        failures += provider.not_generated();
        misses += provider.misses();
    }
    vec![
        MetricFamily {
            name: "apiserver_storage_data_key_generation_duration_seconds",
            help: "[ALPHA] Latencies in seconds of data encryption key(DEK) generation operations.",
            kind: MetricKind::Histogram,
            samples: vec![buckets_of(Vec::new(), generated)],
        },
        MetricFamily {
            name: "apiserver_storage_data_key_generation_failures",
            help: "[ALPHA] Total number of failed data encryption key(DEK) generation operations.",
            kind: MetricKind::Counter,
            samples: vec![count_of(Vec::new(), failures)],
        },
        MetricFamily {
            name: "apiserver_storage_envelope_transformation_cache_misses",
            help: "[ALPHA] Total number of cache misses while accessing key decryption key(KEK).",
            kind: MetricKind::Counter,
            samples: vec![count_of(Vec::new(), misses)],
        },
    ]
}

/// What is counted of KMS v1 alone.
fn of_v1(providers: &[Arc<ProviderTally>]) -> Vec<MetricFamily> {
    let mut fullest = 0.0_f64;
    let mut apart: [(Direction, Distribution); 2] = Direction::BOTH.map(|way| (way, Distribution::default()));
    for provider in providers {
        let (filled, arrivals) = provider.of_v1();
        fullest = fullest.max(filled);
        for ((_, sum), (_, more)) in apart.iter_mut().zip(&arrivals) {
            sum.add(more);
        }
    }
    let apart = apart.into_iter().filter(|(_, apart)| apart.count() > 0);
    let apart =
        apart.map(|(way, apart)| buckets_of(vec![("transformation_type", way.as_str().to_owned())], apart));
    vec![
        MetricFamily {
            name: "apiserver_envelope_encryption_dek_cache_fill_percent",
            help: "[ALPHA] Percent of the cache slots currently occupied by cached DEKs.",
            kind: MetricKind::Gauge,
            samples: vec![level_of(Vec::new(), fullest)],
        },
        MetricFamily {
            name: "apiserver_envelope_encryption_dek_cache_inter_arrival_time_seconds",
            help: "[ALPHA] Time (in seconds) of inter arrival of transformation requests.",
            kind: MetricKind::Histogram,
            samples: apart.collect(),
        },
    ]
}

/// How the file with the configuration was taken anew, and the hash of what is in effect.
fn reloads(counters: &Counters, in_effect: Option<&str>, id: &str) -> Vec<MetricFamily> {
    let (mut counts, mut last) = (Vec::new(), Vec::new());
    for (status, count, at) in [
        ("failure", &counters.refused, &counters.refused_at),
        ("success", &counters.taken, &counters.taken_at),
    ] {
        let count = count.load(Ordering::Relaxed);
        if count > 0 {
            let labels = vec![(SERVER, id.to_owned()), ("status", status.to_owned())];
            counts.push(count_of(labels.clone(), count));
            last.push(level_of(labels, real(at.load(Ordering::Relaxed))));
        }
    }
    let info = in_effect.map(|hash| {
        let labels = vec![(SERVER, id.to_owned()), ("hash", format!("sha256:{hash}"))];
        level_of(labels, 1.0)
    });
    vec![
        MetricFamily {
            name: "apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds",
            help: "[ALPHA] Timestamp of the last successful or failed automatic reload of encryption configuration split by apiserver identity.",
            kind: MetricKind::Gauge,
            samples: last,
        },
        MetricFamily {
            name: "apiserver_encryption_config_controller_automatic_reloads",
            help: "[ALPHA] Total number of reload successes and failures of encryption configuration split by apiserver identity.",
            kind: MetricKind::Counter,
            samples: counts,
        },
        MetricFamily {
            name: "apiserver_encryption_config_controller_last_config_info",
            help: "[ALPHA] Information about the last applied encryption configuration with hash as label, split by apiserver identity.",
            kind: MetricKind::Gauge,
            samples: info.into_iter().collect(),
        },
    ]
}

fn count_of(labels: Vec<(&'static str, String)>, count: u64) -> Sample {
    Sample {
        labels,
        value: SampleValue::Count(count),
    }
}

fn level_of(labels: Vec<(&'static str, String)>, level: f64) -> Sample {
    Sample {
        labels,
        value: SampleValue::Level(level),
    }
}

fn buckets_of(labels: Vec<(&'static str, String)>, told: Distribution) -> Sample {
    Sample {
        labels,
        value: SampleValue::Buckets {
            buckets: told.buckets,
            beyond: told.beyond,
            sum: told.sum,
        },
    }
}

/// Exact up to 2^32; beyond it stays there.
fn real(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_server_is_called_as_kube_apiserver_on_the_machine_would_be() {
        // hashlib.sha256(b"\0\4host\0\x0ekube-apiserver"), its first 16 bytes in base32.
        assert_eq!(name_of("host"), "apiserver-dd6egxogzxmivwqge6rcnj6rwi");
    }
}
