//! A kubeconfig: complete in itself, so that it can be copied to another machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// How the server is called in it.
const CLUSTER: &str = "purser";
/// What YAML 1.1 takes for something else than text.
const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// What it says.
pub(crate) struct Login<'a> {
    /// The URL of the server.
    pub(crate) server: &'a str,
    /// Another name that its certificate is for.
    pub(crate) server_name: Option<&'a str>,
    /// The CA, PEM; `None`: those that the system trusts.
    pub(crate) ca: Option<&'a str>,
    /// The name of its context.
    pub(crate) context: &'a str,
    /// Whose login it is.
    pub(crate) user: &'a str,
    /// The namespace of its context.
    pub(crate) namespace: Option<&'a str>,
    /// What proves it.
    pub(crate) credential: Credential<'a>,
}

/// What proves who somebody is.
pub(crate) enum Credential<'a> {
    /// A client certificate and its key, PEM.
    Certificate { certificate: &'a str, key: &'a str },
    /// A bearer token.
    Token(&'a str),
}

/// The URL at which a client on this machine reaches a server that listens on `address`.
pub(crate) fn url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("https://{}", SocketAddr::new(ip, address.port()))
}

/// The text of the kubeconfig.
pub(crate) fn text(login: &Login<'_>) -> Zeroizing<String> {
    let (context, user) = (scalar(login.context), scalar(login.user));
    let line = |field: &str, value: Option<String>| {
        value.map_or_else(String::new, |value| format!("    {field}: {value}\n"))
    };
    let server = line("server", Some(scalar(login.server)));
    let name = line("tls-server-name", login.server_name.map(scalar));
    let ca = line(
        "certificate-authority-data",
        login.ca.map(|ca| STANDARD.encode(ca)),
    );
    let namespace = line("namespace", login.namespace.map(scalar));
    let credential = Zeroizing::new(match login.credential {
        Credential::Certificate { certificate, key } => {
            let key = Zeroizing::new(STANDARD.encode(key));
            format!(
                "    client-certificate-data: {}\n    client-key-data: {}\n",
                STANDARD.encode(certificate),
                key.as_str()
            )
        }
        Credential::Token(token) => format!("    token: {}\n", scalar(token)),
    });
    let credential = credential.as_str();
    Zeroizing::new(format!(
        "\
apiVersion: v1
kind: Config
current-context: {context}
clusters:
- name: {CLUSTER}
  cluster:
{server}{name}{ca}contexts:
- name: {context}
  context:
    cluster: {CLUSTER}
    user: {user}
{namespace}users:
- name: {user}
  user:
{credential}"
    ))
}

/// A text in YAML: as it is where that cannot be taken for anything else, else quoted as JSON has it.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(plain)
        && !text.ends_with(':')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    match is_plain {
        true => text.to_owned(),
        false => serde_json::Value::from(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_one_that_a_client_can_use() {
        let url = |text: &str| url(text.parse().unwrap());
        assert_eq!(url("127.0.0.1:6443"), "https://127.0.0.1:6443");
        assert_eq!(url("0.0.0.0:1"), "https://127.0.0.1:1");
        assert_eq!(url("[::]:1"), "https://[::1]:1");
        assert_eq!(url("[2001:db8::1]:1"), "https://[2001:db8::1]:1");
    }

    fn login(user: &str, credential: Credential<'_>) -> Zeroizing<String> {
        text(&Login {
            server: "https://127.0.0.1:7",
            server_name: None,
            ca: Some("CA\n"),
            context: "purser",
            user,
            namespace: Some("shop"),
            credential,
        })
    }

    #[test]
    fn everything_is_embedded() {
        let credential = Credential::Certificate {
            certificate: "CERT\n",
            key: "KEY\n",
        };
        let text = login("admin", credential);
        for line in [
            "current-context: purser",
            "    server: https://127.0.0.1:7",
            "    certificate-authority-data: Q0EK",
            "    namespace: shop",
            "- name: admin",
            "    client-certificate-data: Q0VSVAo=",
            "    client-key-data: S0VZCg==",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {}", *text);
        }
    }

    #[test]
    fn names_are_names_whatever_is_in_them() {
        let names = [
            "jane",
            "yes",
            "12",
            "a b: c\n- d",
            "\"'",
            "ü",
            "#",
            "null",
            "system:node:a",
            "",
        ];
        for name in names {
            let text = login(name, Credential::Token("t.t-_"));
            let read = purser_types::yaml::parse(text.as_bytes()).unwrap().value;
            let user = |list: &str, at: &[&str]| {
                let first = read.as_map()?.get(list)?.as_list()?.first()?.as_map()?;
                let mut value = first.get(at[0])?;
                for part in &at[1..] {
                    value = value.as_map()?.get(*part)?;
                }
                value.as_str().map(str::to_owned)
            };
            assert_eq!(user("users", &["name"]).as_deref(), Some(name), "{name:?}");
            assert_eq!(
                user("contexts", &["context", "user"]).as_deref(),
                Some(name),
                "{name:?}"
            );
            assert_eq!(user("users", &["user", "token"]).as_deref(), Some("t.t-_"));
        }
    }
}
