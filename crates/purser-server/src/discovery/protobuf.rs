//! Discovery documents in protobuf, from their JSON.

use bytes::Bytes;
use purser_types::proto;
use purser_types::schema::{
    API_GROUP, API_GROUP_DISCOVERY_LIST, API_GROUP_LIST, API_RESOURCE_LIST, API_VERSIONS, Message,
};
use serde_json::{Value, json};

/// The document in protobuf; `None` for what is no API object.
pub(super) fn document(text: &str) -> Option<Bytes> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    let (message, api_version): (&'static Message, _) = match value.get("kind")?.as_str()? {
        "APIVersions" => (&API_VERSIONS, "v1"),
        "APIGroup" => (&API_GROUP, "v1"),
        "APIGroupList" => (&API_GROUP_LIST, "v1"),
        "APIResourceList" => (&API_RESOURCE_LIST, "v1"),
        "APIGroupDiscoveryList" => (&API_GROUP_DISCOVERY_LIST, ""),
        _ => return None,
    };
    if !api_version.is_empty() {
        *value.as_object_mut()?.entry("apiVersion").or_insert(Value::Null) = json!(api_version);
    }
    if std::ptr::eq(message, &raw const API_RESOURCE_LIST) {
        for resource in value.get_mut("resources")?.as_array_mut()? {
            let verbs = resource.get_mut("verbs")?;
            *verbs = json!({ "items": verbs.take() });
        }
    }
    proto::document_protobuf(message, value.to_string().as_bytes())
        .ok()
        .map(Bytes::from)
}
