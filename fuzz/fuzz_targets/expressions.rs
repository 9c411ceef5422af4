//! Any text as an expression, in each environment: compiled or refused, evaluated or failed.

#![no_main]

use std::sync::LazyLock;

use purser_cel::{Bindings, Environment, Program, Value};

static ENVIRONMENTS: LazyLock<[Environment; 3]> = LazyLock::new(|| {
    [
        Environment::claims(),
        Environment::user(),
        Environment::subject_access_review(),
    ]
});

static BINDINGS: LazyLock<Bindings> = LazyLock::new(|| {
    let json = r#"{"sub": "jane", "groups": ["a", "b"], "exp": 3600, "user": "jane", "username": "jane",
        "extra": {"example.com/x": ["1"]}, "resourceAttributes": {"namespace": "default", "verb": "get"}}"#;
    let value = serde_json::from_str(json)
        .ok()
        .and_then(|json: serde_json::Value| Value::try_from(&json).ok());
    let value = value.unwrap_or(Value::Null);
    ["claims", "user", "request"]
        .into_iter()
        .fold(Bindings::new(), |bindings, name| {
            bindings.with(name, value.clone())
        })
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for environment in &*ENVIRONMENTS {
        if let Ok(program) = Program::compile(text, environment) {
            let _ = program.evaluate(&BINDINGS).map(|value| value.to_json());
        }
    }
});
