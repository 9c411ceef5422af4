//! Acting as somebody else: what the headers ask for, and as whom the request goes on.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/filters/impersonation`.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use purser_audit::Trail;
use purser_authz::{Asked, Authorizer, NonResource};
use purser_types::quote::quote;
use purser_types::{Status, User};

use crate::failure::Failure;
use crate::query::escapes_are_whole;
use crate::request_info::RequestInfo;

const USER: &str = "impersonate-user";
const UID: &str = "impersonate-uid";
const GROUP: &str = "impersonate-group";
const EXTRA: &str = "impersonate-extra-";

/// As whom a request goes on.
pub(crate) struct Acting {
    /// Who decides from here on.
    pub(crate) user: Arc<User>,
    /// As the headers name them; `None`: nobody is impersonated.
    pub(crate) wanted: Option<Arc<User>>,
}

/// As whom the request goes on: `user`, or who the headers name, when `user` may be them.
///
/// # Errors
/// 400 when the headers do not say who; 403.
pub(crate) async fn acting(
    authorizer: &Authorizer,
    headers: &HeaderMap,
    user: &Arc<User>,
    info: &RequestInfo<'_>,
    trail: &mut Trail,
) -> Result<Acting, Failure> {
    let Some(wanted) = wanted(headers)? else {
        return Ok(Acting {
            user: Arc::clone(user),
            wanted: None,
        });
    };
    let (words, path);
    let deed = if info.is_resource {
        words = info.words();
        Asked::Objects(&words)
    } else {
        path = NonResource {
            verb: info.verb.clone().into_owned(),
            path: info.path.to_owned(),
        };
        Asked::Path(&path)
    };
    // Boxed: few requests ask for it, and it is large.
    let impersonated = Box::pin(authorizer.impersonate(user, &wanted, deed)).await;
    let impersonated = impersonated.map_err(|refused| Failure::from(*refused))?;
    trail.impersonated(&impersonated.user, &impersonated.constraint);
    Ok(Acting {
        user: Arc::new(impersonated.user),
        wanted: Some(Arc::new(wanted)),
    })
}

/// Who the headers name; `None`: nobody. Where upstream goes on as the caller (an empty name, headers it does not
/// know) or takes the first of several names, this refuses: nobody asks for that on purpose.
fn wanted(headers: &HeaderMap) -> Result<Option<User>, Status> {
    let asks = headers
        .keys()
        .any(|name| name.as_str().starts_with("impersonate-"));
    if !asks {
        return Ok(None);
    }
    let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        if let Some(key) = name.as_str().strip_prefix(EXTRA) {
            extra.entry(unescaped(key)?).or_default().push(text(value)?);
        }
    }
    let user = User {
        name: only(headers, USER)?,
        uid: only(headers, UID)?,
        groups: headers
            .get_all(GROUP)
            .iter()
            .map(text)
            .collect::<Result<_, _>>()?,
        extra,
    };
    match user.name.is_empty() {
        true => Err(Status::bad_request(nameless(&user))),
        false => Ok(Some(user)),
    }
}

/// The value of a header that may be there once; empty when it is not.
fn only(headers: &HeaderMap, name: &str) -> Result<String, Status> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().map(text).transpose()?;
    match values.next() {
        Some(_) => Err(Status::bad_request(format!("{name} is there more than once"))),
        None => Ok(first.unwrap_or_default()),
    }
}

fn text(value: &HeaderValue) -> Result<String, Status> {
    let text = std::str::from_utf8(value.as_bytes());
    text.map(str::to_owned).map_err(|_| not_text())
}

/// The key of an `extra`, of which headers carry in percent escapes what they cannot carry otherwise.
fn unescaped(key: &str) -> Result<String, Status> {
    if !escapes_are_whole(key.as_bytes()) {
        return Ok(key.to_owned());
    }
    let decoded = percent_decode_str(key).decode_utf8();
    decoded.map(String::from).map_err(|_| not_text())
}

fn not_text() -> Status {
    Status::bad_request("an Impersonate header is not UTF-8")
}

/// Upstream's sentence prints its own structure.
fn nameless(user: &User) -> String {
    let list = |values: &[String]| {
        let quoted: Vec<String> = values.iter().map(|value| quote(value)).collect();
        format!("[]string{{{}}}", quoted.join(", "))
    };
    let groups = match user.groups.as_slice() {
        [] => "[]string(nil)".to_owned(),
        groups => list(groups),
    };
    let entries = user.extra.iter();
    let entries: Vec<String> = entries
        .map(|(key, values)| format!("{}:{}", quote(key), list(values)))
        .collect();
    let extra = match entries.as_slice() {
        [] => "(nil)".to_owned(),
        entries => format!("{{{}}}", entries.join(", ")),
    };
    format!(
        "requested &user.DefaultInfo{{Name:\"\", UID:{}, Groups:{groups}, Extra:map[string][]string{extra}}} without \
         impersonating a user name",
        quote(&user.uid)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Result<Option<User>, (u16, String)> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        wanted(&headers).map_err(|status| (status.code, status.message))
    }

    #[test]
    fn headers_say_who() {
        assert_eq!(read(&[("accept", "x")]), Ok(None));
        let read = read(&[
            (USER, "jane"),
            (GROUP, "devs"),
            (GROUP, "ops"),
            (UID, "1"),
            ("impersonate-extra-acme.io%2fproject", "a"),
            ("impersonate-extra-acme.io%2fproject", "b"),
            ("impersonate-extra-50%", "d"),
        ]);
        let user = read.unwrap().unwrap();
        assert_eq!((user.name.as_str(), user.uid.as_str()), ("jane", "1"));
        assert_eq!(user.groups, ["devs", "ops"]);
        assert_eq!(user.extra["acme.io/project"], ["a", "b"]);
        assert_eq!(user.extra["50%"], ["d"]);
    }

    #[test]
    fn who_is_not_named_once_is_refused() {
        let recorded = "requested &user.DefaultInfo{Name:\"\", UID:\"\", Groups:[]string{\"devs\"}, \
            Extra:map[string][]string(nil)} without impersonating a user name";
        assert_eq!(read(&[(GROUP, "devs")]), Err((400, recorded.to_owned())));
        let extra = "requested &user.DefaultInfo{Name:\"\", UID:\"1\", Groups:[]string(nil), \
            Extra:map[string][]string{\"a\":[]string{\"b\"}}} without impersonating a user name";
        let asked = [(UID, "1"), ("impersonate-extra-a", "b")];
        assert_eq!(read(&asked), Err((400, extra.to_owned())));
        for headers in [
            vec![(USER, "")],
            vec![("impersonate-users", "jane")],
            vec![(USER, "jane"), (USER, "admin")],
            vec![(USER, ""), (USER, "admin")],
            vec![(USER, "jane"), (UID, "1"), (UID, "2")],
            vec![(USER, "jane"), ("impersonate-extra-%ff", "x")],
        ] {
            assert_eq!(read(&headers).unwrap_err().0, 400, "{headers:?}");
        }
    }
}
