//! How values read in sentences that are structs of upstream's own: JSON with Go's names, every field there.
//!
//! Source: `Error.ErrorBody` in `k8s.io/apimachinery/pkg/util/validation/field/errors.go`; the structs are those of
//! `pkg/apis/core/types.go`, which have no names for JSON.

use purser_types::{Map, Value, json};

/// A field: its name in Go, its name in the API, and what it holds.
pub(super) type Field = (&'static str, &'static str, Holds);

/// What a field holds, which decides how it reads when it is missing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holds {
    /// A string: empty.
    Text,
    /// A pointer, a list or a time: null.
    Pointer,
    /// A struct of its own, behind a pointer.
    Struct(&'static [Field]),
    /// A list of structs.
    Structs(&'static [Field]),
}
use Holds::{Pointer, Struct, Structs, Text};

/// Upstream's `ObjectReference`.
pub(super) const OBJECT_REFERENCE: &[Field] = &[
    ("Kind", "kind", Text),
    ("Namespace", "namespace", Text),
    ("Name", "name", Text),
    ("UID", "uid", Text),
    ("APIVersion", "apiVersion", Text),
    ("ResourceVersion", "resourceVersion", Text),
    ("FieldPath", "fieldPath", Text),
];
/// Upstream's `EventSource`.
pub(super) const EVENT_SOURCE: &[Field] = &[("Component", "component", Text), ("Host", "host", Text)];
/// Upstream's `ScopeSelector`.
pub(super) const SCOPE_SELECTOR: &[Field] = &[(
    "MatchExpressions",
    "matchExpressions",
    Structs(&[
        ("ScopeName", "scopeName", Text),
        ("Operator", "operator", Text),
        ("Values", "values", Pointer),
    ]),
)];
/// Upstream's `PodResourceClaim`.
pub(super) const RESOURCE_CLAIM: &[Field] = &[
    ("Name", "name", Text),
    ("ResourceClaimName", "resourceClaimName", Pointer),
    ("ResourceClaimTemplateName", "resourceClaimTemplateName", Pointer),
];
/// Upstream's `SeccompProfile`, and `AppArmorProfile` too.
pub(super) const PROFILE: &[Field] = &[
    ("Type", "type", Text),
    ("LocalhostProfile", "localhostProfile", Pointer),
];
/// Upstream's `SecurityContext`.
pub(super) const SECURITY_CONTEXT: &[Field] = &[
    (
        "Capabilities",
        "capabilities",
        Struct(&[("Add", "add", Pointer), ("Drop", "drop", Pointer)]),
    ),
    ("Privileged", "privileged", Pointer),
    (
        "SELinuxOptions",
        "seLinuxOptions",
        Struct(&[
            ("User", "user", Text),
            ("Role", "role", Text),
            ("Type", "type", Text),
            ("Level", "level", Text),
        ]),
    ),
    (
        "WindowsOptions",
        "windowsOptions",
        Struct(&[
            ("GMSACredentialSpecName", "gmsaCredentialSpecName", Pointer),
            ("GMSACredentialSpec", "gmsaCredentialSpec", Pointer),
            ("RunAsUserName", "runAsUserName", Pointer),
            ("HostProcess", "hostProcess", Pointer),
        ]),
    ),
    ("RunAsUser", "runAsUser", Pointer),
    ("RunAsGroup", "runAsGroup", Pointer),
    ("RunAsNonRoot", "runAsNonRoot", Pointer),
    ("ReadOnlyRootFilesystem", "readOnlyRootFilesystem", Pointer),
    ("AllowPrivilegeEscalation", "allowPrivilegeEscalation", Pointer),
    ("ProcMount", "procMount", Pointer),
    ("SeccompProfile", "seccompProfile", Struct(PROFILE)),
    ("AppArmorProfile", "appArmorProfile", Struct(PROFILE)),
];

/// A struct as it reads in a sentence.
pub(super) fn shown(fields: &[Field], map: &Map) -> String {
    let members = fields
        .iter()
        .map(|(name, field, holds)| format!("\"{name}\":{}", value(*holds, map.get(*field))));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn value(holds: Holds, value: Option<&Value>) -> String {
    match (holds, value) {
        (Text, None) => "\"\"".to_owned(),
        (_, None) => "null".to_owned(),
        (Struct(fields), Some(Value::Map(map))) => shown(fields, map),
        (Structs(fields), Some(Value::List(items))) => {
            let items = items.iter().filter_map(Value::as_map);
            let items: Vec<String> = items.map(|map| shown(fields, map)).collect();
            format!("[{}]", items.join(","))
        }
        (_, Some(plain)) => {
            let mut out = Vec::new();
            json::write(plain, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        }
    }
}
