//! What is applied, as it was sent.

use purser_types::decode::FieldValidation;
use purser_types::{Map, Resource, Status, Value, yaml};

use super::go;

/// A configuration: an untyped tree that names its kind.
#[derive(Debug)]
pub(crate) struct Config {
    /// The fields, without `apiVersion` and `kind`.
    pub(super) fields: Map,
    /// `group/version, Kind=kind`, as it says itself.
    pub(super) kind: String,
    /// What is strictly wrong with it.
    repeated: Vec<String>,
}

impl Config {
    /// Reads YAML, and so JSON.
    ///
    /// # Errors
    /// 400 with upstream's sentence.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Status> {
        let refuse = |why: String| Status::bad_request(format!("error decoding YAML: {why}"));
        let (value, repeated) = yaml::parse_strictly(body)
            .map_err(|why| refuse(format!("error converting YAML to JSON: {why}")))?;
        let what = match &value {
            Value::Map(_) | Value::Null => "",
            Value::List(_) => "array",
            Value::String(_) | Value::Bytes(_) => "string",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::Float(_) => "number",
        };
        if !what.is_empty() {
            return Err(refuse(format!(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {what} into Go value of type \
                 map[string]interface {{}}"
            )));
        }
        let mut fields = match value {
            Value::Map(map) => map,
            _ => Map::new(),
        };
        let mut take = |name: &str| {
            fields
                .remove(name)
                .and_then(|value| Some(value.as_str()?.to_owned()))
        };
        let (version, kind) = (
            take("apiVersion").unwrap_or_default(),
            take("kind").unwrap_or_default(),
        );
        Ok(Self {
            kind: go::cut(spelled(&version, &kind)),
            fields,
            repeated,
        })
    }

    /// The warnings about keys that are there twice.
    ///
    /// # Errors
    /// 400 when they are to be refused. It is asked after the configuration was applied, as upstream does.
    pub(crate) fn judge(&self, validation: FieldValidation) -> Result<Vec<String>, Status> {
        if self.repeated.is_empty() || validation == FieldValidation::Ignore {
            return Ok(Vec::new());
        }
        let lines: Vec<String> = self.repeated.iter().map(|line| format!("\n  {line}")).collect();
        let sentence = format!(
            "error converting YAML to JSON: yaml: unmarshal errors:{}",
            lines.concat()
        );
        if validation == FieldValidation::Strict {
            return Err(Status::bad_request(format!(
                "error strict decoding YAML: {sentence}"
            )));
        }
        Ok(vec![sentence])
    }

    /// Checks that it is of `resource`'s kind and version.
    ///
    /// # Errors
    /// 400.
    pub(super) fn check_kind(&self, resource: &Resource) -> Result<(), Status> {
        if self.kind == spelled(&resource.api_version(), resource.kind) {
            return Ok(());
        }
        Err(Status::bad_request(format!("invalid object type: {}", self.kind)))
    }

    /// Checks that it does not say who manages what.
    ///
    /// # Errors
    /// 400.
    pub(super) fn check_managed_fields(&self) -> Result<(), Status> {
        match self.meta("managedFields") {
            Some(Value::List(_)) => Err(Status::bad_request("metadata.managedFields must be nil")),
            _ => Ok(()),
        }
    }

    /// How sentences name it: `namespace/name; group/version, Kind=kind`.
    pub(super) fn named(&self) -> String {
        let text = |field| self.meta(field).and_then(Value::as_str).unwrap_or_default();
        let name = format!("{}/{}", text("namespace"), text("name"));
        format!("{}; {}", go::cut(name), self.kind)
    }

    fn meta(&self, field: &str) -> Option<&Value> {
        self.fields.get("metadata")?.as_map()?.get(field)
    }
}

/// `schema.GroupVersionKind` as Go prints it.
fn spelled(api_version: &str, kind: &str) -> String {
    match api_version.split('/').collect::<Vec<_>>().as_slice() {
        [""] | ["", ""] => format!("/, Kind={kind}"),
        [version] => format!("/{version}, Kind={kind}"),
        [group, version] => format!("{group}/{version}, Kind={kind}"),
        _ => "/, Kind=".to_owned(),
    }
}
