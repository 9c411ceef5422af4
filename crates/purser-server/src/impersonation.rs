//! Acting as somebody else: refused until there are rights for it.

use http::{HeaderMap, HeaderValue};
use purser_authz::{UnservedRequest, forbidden_unserved};
use purser_types::quote::quote;
use purser_types::{Status, User};

use crate::failure::Failure;
use crate::request_info::RequestInfo;

/// Refuses a request that carries any `Impersonate-*` header, as kube-apiserver refuses who may not impersonate.
///
/// # Errors
/// 403; 400 when no user is named.
pub(crate) fn refuse(headers: &HeaderMap, user: &User, info: &RequestInfo<'_>) -> Result<(), Failure> {
    let asks = headers
        .keys()
        .any(|name| name.as_str().starts_with("impersonate-"));
    if !asks {
        return Ok(());
    }
    let named = headers
        .get("impersonate-user")
        .is_some_and(|name| !name.is_empty());
    if !named {
        return Err(Status::bad_request(without_user(headers)).into());
    }
    let request = UnservedRequest {
        verb: &format!("impersonate-on:user-info:{}", info.verb),
        group: info.group,
        resource: info.resource,
        subresource: info.subresource,
        namespace: info.namespace,
        name: &info.name,
    };
    Err(forbidden_unserved(user, &request).into())
}

/// Upstream's sentence prints its own structure.
fn without_user(headers: &HeaderMap) -> String {
    let text = |value: &HeaderValue| quote(&String::from_utf8_lossy(value.as_bytes()));
    let groups: Vec<String> = headers.get_all("impersonate-group").iter().map(text).collect();
    let groups = if groups.is_empty() {
        "[]string(nil)".to_owned()
    } else {
        format!("[]string{{{}}}", groups.join(", "))
    };
    let uid = headers
        .get("impersonate-uid")
        .map_or_else(|| "\"\"".to_owned(), text);
    format!(
        "requested &user.DefaultInfo{{Name:\"\", UID:{uid}, Groups:{groups}, Extra:map[string][]string(nil)}} without \
         impersonating a user name"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;

    fn refusal(headers: &[(&'static str, &str)]) -> Option<(u16, String)> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        let user = User {
            name: "jane".to_owned(),
            ..User::default()
        };
        let info = RequestInfo::read(
            &http::Method::GET,
            "/api/v1/namespaces/rec/secrets",
            &Query::default(),
        );
        match refuse(&headers, &user, &info) {
            Err(Failure::Status(status)) => Some((status.code, status.message)),
            _ => None,
        }
    }

    #[test]
    fn impersonation_is_refused_as_recorded() {
        assert_eq!(refusal(&[]), None);
        let forbidden = "secrets is forbidden: User \"jane\" cannot impersonate-on:user-info:list resource \
            \"secrets\" in API group \"\" in the namespace \"rec\"";
        assert_eq!(
            refusal(&[("impersonate-user", "admin")]),
            Some((403, forbidden.to_owned()))
        );
        let nobody = "requested &user.DefaultInfo{Name:\"\", UID:\"\", Groups:[]string{\"devs\"}, \
            Extra:map[string][]string(nil)} without impersonating a user name";
        assert_eq!(
            refusal(&[("impersonate-group", "devs")]),
            Some((400, nobody.to_owned()))
        );
    }
}
