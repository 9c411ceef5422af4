//! The rows of the recording.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// One request with what kube-apiserver answered.
#[derive(Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// Who asks: `admin`, `jane` (group devs), `nobody` (no identity), `x` (a token that is none).
    #[serde(rename = "as")]
    pub(crate) identity: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<String>,
    pub(crate) status: u16,
    #[serde(rename = "answerHeaders")]
    pub(crate) answer_headers: BTreeMap<String, Value>,
    pub(crate) answer: Value,
}

impl Row {
    /// Reads the recording: one row a line.
    pub(crate) fn read(text: &str) -> Vec<Self> {
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a row of the recording"))
            .collect()
    }
}
