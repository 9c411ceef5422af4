//! What a kubeconfig file says of the server that it describes.
//!
//! Sources: `k8s.io/client-go/tools/clientcmd/api/v1/types.go`, `client_config.go` and `loader.go` there, and
//! `k8s.io/client-go/rest/config.go`. What a webhook has no use for (`exec`, `auth-provider`, basic authentication,
//! impersonation) or that is not supported (`proxy-url`) is refused rather than left out silently.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_types::{Map, Text, Value, yaml};
use reqwest::Url;
use zeroize::Zeroizing;

use crate::call;
use crate::error::Error;
use crate::tls::{self, Credential, Trust};

/// The largest kubeconfig that is read, bytes.
const MAX_BYTES: usize = 1 << 20;

/// Reads a file that holds a credential, unless others may read it too; the error says why not, in words.
pub type PrivateReader = fn(&Path) -> Result<Zeroizing<String>, String>;

/// The server that a kubeconfig file describes, and how it is spoken to.
pub(crate) struct Described {
    pub(crate) server: Url,
    /// Another name that the server's certificate is for.
    pub(crate) server_name: Option<String>,
    pub(crate) trust: Trust,
    pub(crate) credential: Option<Credential>,
    pub(crate) token: Token,
}

/// The bearer token.
pub(crate) enum Token {
    None,
    Given(Text),
    /// In a file that is read for every call.
    File(PathBuf),
}

/// Reads the file; `private` reads those that hold credentials.
///
/// # Errors
/// When something is missing, cannot be read or is not supported.
pub(crate) fn read(path: &Path, private: PrivateReader) -> Result<Described, Error> {
    let text = fs::read(path).map_err(|error| Error::File {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    let text = Zeroizing::new(text);
    if text.len() > MAX_BYTES {
        return Err(Error::content(
            path,
            format!("it is larger than {MAX_BYTES} bytes"),
        ));
    }
    // The sentence of the parser may quote what it cannot read.
    let parsed = yaml::parse(&text).map_err(|_| Error::content(path, "it is not YAML"))?;
    let file = File { path, private };
    let top = parsed
        .value
        .as_map()
        .ok_or_else(|| file.wrong("it is not a kubeconfig"))?;
    let current = file.text(top, "current-context")?.ok_or_else(|| {
        file.wrong("it has no current-context: say which of its contexts describes the server")
    })?;
    let context = file.named(top, ("contexts", "context"), current)?;
    let cluster = file
        .text(context, "cluster")?
        .ok_or_else(|| file.wrong(format!("context {current:?} names no cluster")))?;
    let cluster = file.named(top, ("clusters", "cluster"), cluster)?;
    let empty = Map::new();
    let user = match file.text(context, "user")? {
        Some(user) => file.named(top, ("users", "user"), user)?,
        None => &empty,
    };
    file.described(cluster, user)
}

struct File<'a> {
    path: &'a Path,
    private: PrivateReader,
}

impl File<'_> {
    fn described(&self, cluster: &Map, user: &Map) -> Result<Described, Error> {
        for (part, fields) in [
            (cluster, &["proxy-url"][..]),
            (
                user,
                &[
                    "exec",
                    "auth-provider",
                    "username",
                    "password",
                    "as",
                    "as-uid",
                    "as-groups",
                    "as-user-extra",
                ],
            ),
        ] {
            let unsupported = fields.iter().find(|field| is_set(part.get(**field)));
            if let Some(field) = unsupported {
                return Err(self.wrong(format!("{field} is not supported here")));
            }
        }
        Ok(Described {
            server: self.server(cluster)?,
            server_name: self.server_name(cluster)?,
            trust: self.trust(cluster)?,
            credential: self.credential(user)?,
            token: self.token(user)?,
        })
    }

    fn server(&self, cluster: &Map) -> Result<Url, Error> {
        let text = self
            .text(cluster, "server")?
            .ok_or_else(|| self.wrong("the cluster has no server"))?;
        let url = Url::parse(text).map_err(|error| self.wrong(format!("server is not a URL: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(self.wrong("server holds a user or a password: use token or tokenFile"));
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if call::is_this_machine(&url) => Ok(url),
            "http" => Err(self.wrong(
                "server is http: and not on this machine, so that everybody on the way could read and change what is \
                 said: use https:, or a proxy on 127.0.0.1",
            )),
            other => Err(self.wrong(format!("server begins with {other}: and not with https:"))),
        }
    }

    fn server_name(&self, cluster: &Map) -> Result<Option<String>, Error> {
        let Some(name) = self.text(cluster, "tls-server-name")? else {
            return Ok(None);
        };
        let is_name = matches!(
            rustls_pki_types::ServerName::try_from(name),
            Ok(rustls_pki_types::ServerName::DnsName(_))
        );
        match is_name {
            true => Ok(Some(name.to_owned())),
            false => Err(self.wrong("tls-server-name is not the name of a server")),
        }
    }

    fn trust(&self, cluster: &Map) -> Result<Trust, Error> {
        let insecure = cluster
            .get("insecure-skip-tls-verify")
            .and_then(Value::as_bool)
            .unwrap_or_default();
        let authorities = self.bytes(cluster, "certificate-authority")?;
        match (insecure, authorities) {
            (false, None) => Ok(Trust::System),
            (false, Some(pem)) => Ok(Trust::Authorities(pem.to_vec())),
            (true, None) => Ok(Trust::Anybody),
            (true, Some(_)) => Err(self.wrong(
                "certificate-authority and insecure-skip-tls-verify exclude each other: leave out the second",
            )),
        }
    }

    fn credential(&self, user: &Map) -> Result<Option<Credential>, Error> {
        let certificate = self.bytes(user, "client-certificate")?;
        let key = match self.text(user, "client-key-data")? {
            Some(_) => {
                self.be_private()?;
                self.bytes(user, "client-key")?
            }
            None => match self.text(user, "client-key")? {
                Some(path) => Some(Zeroizing::new(self.secret(path)?.as_bytes().to_vec())),
                None => None,
            },
        };
        match (certificate, key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => tls::credential(&certificate, &key)
                .map(Some)
                .map_err(|reason| self.wrong(reason)),
            (Some(_), None) => Err(self.wrong("there is a client-certificate, but no client-key")),
            (None, Some(_)) => Err(self.wrong("there is a client-key, but no client-certificate")),
        }
    }

    fn token(&self, user: &Map) -> Result<Token, Error> {
        if let Some(path) = self.text(user, "tokenFile")? {
            // Read now so that a wrong path is told at start.
            self.secret(path)?;
            return Ok(Token::File(self.beside(path)));
        }
        let Some(token) = self.text(user, "token")? else {
            return Ok(Token::None);
        };
        self.be_private()?;
        Ok(Token::Given(Text::new(token.to_owned())))
    }

    /// What `FIELD-data` holds in base64, or the file that `FIELD` names.
    fn bytes(&self, part: &Map, field: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        if let Some(data) = self.text(part, &format!("{field}-data"))? {
            let bytes = STANDARD.decode(data);
            let bytes = bytes.map_err(|_| self.wrong(format!("{field}-data is not base64")))?;
            return Ok(Some(Zeroizing::new(bytes)));
        }
        let Some(path) = self.text(part, field)? else {
            return Ok(None);
        };
        let path = self.beside(path);
        let bytes = fs::read(&path).map_err(|error| Error::File {
            path,
            reason: error.to_string(),
        })?;
        Ok(Some(Zeroizing::new(bytes)))
    }

    /// The text of a file that holds a credential.
    fn secret(&self, path: &str) -> Result<Zeroizing<String>, Error> {
        let path = self.beside(path);
        (self.private)(&path).map_err(|reason| Error::File { path, reason })
    }

    /// Refuses a kubeconfig that holds a credential and can be read by others.
    fn be_private(&self) -> Result<(), Error> {
        let read = (self.private)(self.path);
        read.map(drop).map_err(|reason| Error::File {
            path: self.path.to_owned(),
            reason,
        })
    }

    /// A path as the file means it: relative ones are relative to the file.
    fn beside(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// The part of the entry `name` of a list.
    fn named<'m>(&self, top: &'m Map, (list, part): (&str, &str), name: &str) -> Result<&'m Map, Error> {
        let entries = top.get(list).and_then(Value::as_list).unwrap_or_default();
        let entry = entries
            .iter()
            .filter_map(Value::as_map)
            .find(|entry| entry.get("name").and_then(Value::as_str) == Some(name));
        entry
            .and_then(|entry| entry.get(part))
            .and_then(Value::as_map)
            .ok_or_else(|| self.wrong(format!("there is no {part} {name:?} in {list}")))
    }

    /// A text that is not empty.
    fn text<'m>(&self, part: &'m Map, field: &str) -> Result<Option<&'m str>, Error> {
        match part.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.expose()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.wrong(format!("{field} is not a text"))),
        }
    }

    fn wrong(&self, reason: impl Into<String>) -> Error {
        Error::content(self.path, reason)
    }
}

/// Whether a field says something.
fn is_set(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.expose().is_empty(),
        Some(Value::List(list)) => !list.is_empty(),
        Some(Value::Map(map)) => !map.is_empty(),
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private(path: &Path) -> Result<Zeroizing<String>, String> {
        fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|error| error.to_string())
    }

    fn open_to_others(_: &Path) -> Result<Zeroizing<String>, String> {
        Err("it is open to others".to_owned())
    }

    fn of(cluster: &str, user: &str, private: PrivateReader) -> Result<Described, String> {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("hook.kubeconfig");
        let text = format!(
            "current-context: main\ncontexts:\n- name: main\n  context: {{cluster: hook, user: us}}\nclusters:\n\
             - name: other\n  cluster: {{server: 'https://other'}}\n- name: hook\n  cluster: {{{cluster}}}\nusers:\n\
             - name: us\n  user: {{{user}}}\n"
        );
        fs::write(&path, text).unwrap();
        fs::write(top.path().join("token"), "abc\n").unwrap();
        read(&path, private).map_err(|error| {
            let text = error.to_string();
            text.replace(&top.path().display().to_string(), "DIR")
        })
    }

    const SERVER: &str = "server: 'https://hook.example/review'";

    #[test]
    fn the_current_context_says_which_server_it_is() {
        let described = of(SERVER, "", private).unwrap();
        assert_eq!(described.server.as_str(), "https://hook.example/review");
        assert!(matches!(described.trust, Trust::System));
        assert!(matches!(described.token, Token::None));
        assert!(described.credential.is_none() && described.server_name.is_none());
    }

    #[test]
    fn a_token_file_goes_before_a_token_and_lies_beside_the_kubeconfig() {
        let described = of(SERVER, "token: abc, tokenFile: token", private).unwrap();
        let Token::File(path) = described.token else {
            panic!("a file")
        };
        assert!(path.is_absolute() && path.ends_with("token"));
        assert!(matches!(
            of(SERVER, "token: abc", private).unwrap().token,
            Token::Given(_)
        ));
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name_and_never_shown() {
        let secret = "hunter2";
        for (cluster, user, says) in [
            ("", "", "the cluster has no server"),
            (
                "server: 'hook.example'",
                "",
                "server is not a URL: relative URL without a base",
            ),
            (
                "server: 'ftp://hook.example'",
                "",
                "server begins with ftp: and not with https:",
            ),
            (
                "server: 'http://hook.example'",
                "",
                "server is http: and not on this machine",
            ),
            (
                "server: 'https://a:hunter2@hook.example'",
                "",
                "server holds a user or a password",
            ),
            (
                SERVER,
                "username: a, password: hunter2",
                "username is not supported",
            ),
            (SERVER, "exec: {command: a}", "exec is not supported"),
            (SERVER, "as: hunter2", "as is not supported"),
            (
                SERVER,
                "client-key-data: 'hunter2!'",
                "client-key-data is not base64",
            ),
            (
                SERVER,
                "client-key-data: aHVudGVyMg==",
                "there is a client-key, but no client-certificate",
            ),
            (
                SERVER,
                "client-key-data: aHVudGVyMg==, client-certificate-data: aHVudGVyMg==",
                "the client certificate is not PEM",
            ),
            (SERVER, "tokenFile: nowhere", "cannot read DIR/nowhere"),
            (
                "server: 'https://a', proxy-url: 'http://b'",
                "",
                "proxy-url is not supported",
            ),
            (
                "server: 'https://a', tls-server-name: '1.2.3.4'",
                "",
                "tls-server-name is not the name",
            ),
            (
                "server: 'https://a', insecure-skip-tls-verify: true, certificate-authority-data: YQ==",
                "",
                "exclude each other",
            ),
        ] {
            let refused = of(cluster, user, private).err().unwrap();
            assert!(refused.contains(says), "{refused}");
            assert!(!refused.contains(secret), "{refused}");
        }
    }

    #[test]
    fn http_is_for_this_machine_alone() {
        for server in [
            "http://127.0.0.1:8080/",
            "http://[::1]:8080/",
            "http://localhost/",
        ] {
            assert!(
                of(&format!("server: '{server}'"), "", private).is_ok(),
                "{server}"
            );
        }
        for server in [
            "http://10.0.0.1/",
            "http://localhost.example/",
            "http://[fe80::1]/",
        ] {
            assert!(
                of(&format!("server: '{server}'"), "", private).is_err(),
                "{server}"
            );
        }
    }

    #[test]
    fn a_kubeconfig_with_a_credential_has_to_be_private_and_one_without_not() {
        assert!(of(SERVER, "", open_to_others).is_ok());
        let refused = of(SERVER, "token: hunter2", open_to_others).err().unwrap();
        assert_eq!(refused, "cannot read DIR/hook.kubeconfig: it is open to others");
        assert!(of(SERVER, "tokenFile: token", open_to_others).is_err());
        assert!(of(SERVER, "client-key-data: YQ==", open_to_others).is_err());
    }
}
