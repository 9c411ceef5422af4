//! Refusals read as kube-apiserver's, row by row.

// Inside a `cfg(test)` module, so that what is allowed in tests is allowed in their helpers.
#[cfg(test)]
mod recorded {
    use std::sync::Arc;

    use futures_util::FutureExt as _;
    use purser_authn::{Authenticator, Presented};
    use purser_authz::{Authorizer, NonResource, ResourceRequest, UnservedRequest, Verb};
    use purser_types::resource::{CONFIG_MAPS, NAMESPACES, SECRETS, SERVICE_ACCOUNTS};
    use purser_types::{Resource, Status, User};
    use serde_json::Value;

    fn user(name: &str) -> Arc<User> {
        match name {
            "nobody" => {
                let authenticator = Authenticator::new();
                let presented = Presented::default();
                let identity = authenticator.authenticate(&presented).now_or_never();
                identity.unwrap().unwrap().user
            }
            name => Arc::new(User {
                name: name.to_owned(),
                groups: vec!["devs".to_owned()],
                ..User::default()
            }),
        }
    }

    fn verb(method: &str, named: bool, watch: bool) -> Verb {
        match (method, named) {
            ("GET", _) if watch => Verb::Watch,
            ("GET", true) => Verb::Get,
            ("GET", false) => Verb::List,
            ("POST", _) => Verb::Create,
            ("PUT", _) => Verb::Update,
            ("PATCH", _) => Verb::Patch,
            ("DELETE", true) => Verb::Delete,
            ("DELETE", false) => Verb::DeleteCollection,
            other => panic!("{other:?}"),
        }
    }

    /// What the server will say, after reading the path as the API's conventions have it.
    fn refusal(user: &Arc<User>, method: &str, uri: &str) -> Status {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (group, rest) = match parts.as_slice() {
            ["api", "v1", rest @ ..] => ("", rest),
            ["apis", group, _, rest @ ..] => (*group, rest),
            _ => {
                let request = NonResource {
                    verb: method.to_lowercase(),
                    path: path.to_owned(),
                };
                return Authorizer::new()
                    .authorize_path(user, &request)
                    .now_or_never()
                    .unwrap()
                    .unwrap_err()
                    .into();
            }
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
            rest => ("", rest),
        };
        let part = |index: usize| rest.get(index).copied().unwrap_or_default();
        let (plural, name, subresource) = (part(0), part(1), part(2));
        let verb = verb(method, !name.is_empty(), query.contains("watch=1"));
        let served: [&'static Resource; 4] = [&SECRETS, &CONFIG_MAPS, &NAMESPACES, &SERVICE_ACCOUNTS];
        match served
            .into_iter()
            .find(|resource| resource.plural == plural && resource.group == group)
        {
            Some(resource) => {
                let request = ResourceRequest {
                    verb,
                    resource,
                    subresource: subresource.to_owned(),
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                    selectors: None,
                };
                Arc::new(Authorizer::new())
                    .authorize(user, request)
                    .now_or_never()
                    .unwrap()
                    .unwrap_err()
                    .into()
            }
            None => {
                let verb = verb.as_str();
                let request = UnservedRequest {
                    verb,
                    group,
                    resource: plural,
                    subresource,
                    namespace,
                    name,
                    ..UnservedRequest::default()
                };
                Authorizer::new()
                    .authorize_unserved(user, &request)
                    .now_or_never()
                    .unwrap()
                    .unwrap_err()
                    .into()
            }
        }
    }

    #[test]
    fn every_recorded_refusal_is_repeated_word_for_word() {
        let rows = include_str!("data/forbidden.jsonl").lines();
        let mut compared = 0;
        for row in rows {
            let row: Value = serde_json::from_str(row).unwrap();
            let text = |field: &str| row[field].as_str().unwrap().to_owned();
            let status = refusal(&user(&text("as")), &text("method"), &text("path"));
            let ours: Value = serde_json::from_slice(&status.to_json()).unwrap();
            assert_eq!(ours, row["answer"], "{} {}", text("method"), text("path"));
            compared += 1;
        }
        assert_eq!(compared, 17);
    }
}
