//! What encoding costs: a Secret of 1 kB, each way.
//!
//! `cargo bench -p purser-types --bench codec`

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run should stop")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use purser_types::decode::{self, BodyFormat, FieldValidation};
use purser_types::resource::SECRETS;
use purser_types::{json, proto};

/// A Secret with 1 kB in two values, and the metadata that every stored object has.
fn document() -> String {
    let value = base64_simd::STANDARD.encode_to_string([0x5a; 512]);
    format!(
        r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"database","namespace":"shop","uid":"359db15c-c2f8-40ac-b867-4744f62ab3d2","creationTimestamp":"2026-11-23T23:41:11Z","labels":{{"app":"shop","tier":"back"}},"managedFields":[{{"manager":"kubectl-create","operation":"Update","apiVersion":"v1","time":"2026-11-23T23:41:11Z","fieldsType":"FieldsV1","fieldsV1":{{"f:data":{{".":{{}},"f:password":{{}},"f:username":{{}}}},"f:type":{{}}}}}}]}},"data":{{"password":"{value}","username":"{value}"}},"type":"Opaque"}}"#
    )
}

fn codec(c: &mut Criterion) {
    let document = document();
    let read = || {
        decode::object(
            &SECRETS,
            BodyFormat::Json,
            document.as_bytes(),
            FieldValidation::Warn,
        )
        .unwrap()
        .0
    };
    let object = read();
    let stored = proto::encode(&object);
    let mut out = Vec::new();
    c.bench_function("transcode_json", |b| {
        b.iter(|| {
            out.clear();
            proto::transcode_json(&SECRETS, black_box(stored.expose()), 5, &mut out).unwrap();
        });
    });
    c.bench_function("write_object", |b| {
        b.iter(|| {
            out.clear();
            json::write_object(black_box(&object), &mut out);
        });
    });
    c.bench_function("decode", |b| {
        b.iter(|| proto::decode(&SECRETS, black_box(stored.expose())).unwrap());
    });
    c.bench_function("encode", |b| b.iter(|| proto::encode(black_box(&object))));
    c.bench_function("parse_and_conform", |b| b.iter(|| black_box(read())));
}

criterion_group!(benches, codec);
criterion_main!(benches);
