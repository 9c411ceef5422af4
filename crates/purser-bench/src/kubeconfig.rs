//! The part of a kubeconfig that says where the server is and how to log in.
//!
//! Source: `k8s.io/client-go/tools/clientcmd/api/v1`.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_types::{json, yaml};
use serde::Deserialize;

use crate::error::Error;

/// What the chosen context comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Login {
    /// The server's URL.
    pub(crate) server: String,
    /// The name to expect in its certificate, when it is not the host of the URL.
    pub(crate) server_name: Option<String>,
    /// The authority that signed its certificate, PEM.
    pub(crate) ca: Vec<u8>,
    /// The client's certificate chain and key, PEM.
    pub(crate) certificate: Option<(Vec<u8>, Vec<u8>)>,
    /// The bearer token.
    pub(crate) token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    #[serde(default)]
    current_context: String,
    #[serde(default)]
    clusters: Vec<Named<ClusterEntry>>,
    #[serde(default)]
    contexts: Vec<Named<ContextEntry>>,
    #[serde(default)]
    users: Vec<Named<UserEntry>>,
}

#[derive(Debug, Deserialize)]
struct Named<T> {
    name: String,
    #[serde(flatten)]
    entry: T,
}

#[derive(Debug, Deserialize)]
struct ClusterEntry {
    cluster: Cluster,
}

#[derive(Debug, Deserialize)]
struct ContextEntry {
    context: Context,
}

#[derive(Debug, Deserialize)]
struct UserEntry {
    #[serde(default)]
    user: User,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    server: String,
    tls_server_name: Option<String>,
    certificate_authority: Option<PathBuf>,
    certificate_authority_data: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Context {
    cluster: String,
    user: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct User {
    client_certificate: Option<PathBuf>,
    client_certificate_data: Option<String>,
    client_key: Option<PathBuf>,
    client_key_data: Option<String>,
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
}

/// Reads the file and resolves a context, the current one when none is named.
///
/// # Errors
/// When the file cannot be read or does not say enough.
pub(crate) fn read(path: &Path, context: Option<&str>) -> Result<Login, Error> {
    let parsed = yaml::parse(&read_file(path)?).map_err(|_| complain(path, "is not YAML"))?;
    let mut text = Vec::new();
    json::write(&parsed.value, &mut text);
    let document: Document =
        serde_json::from_slice(&text).map_err(|_| complain(path, "is not a kubeconfig"))?;
    resolve(&document, path, context)
}

fn resolve(document: &Document, path: &Path, context: Option<&str>) -> Result<Login, Error> {
    let wanted = context.unwrap_or(&document.current_context);
    let context = &find(&document.contexts, wanted, "context", path)?.context;
    let cluster = &find(&document.clusters, &context.cluster, "cluster", path)?.cluster;
    let user = &find(&document.users, &context.user, "user", path)?.user;
    let base = path.parent().unwrap_or(Path::new("."));

    let ca = material(
        cluster.certificate_authority_data.as_deref(),
        cluster.certificate_authority.as_deref(),
        base,
    )?
    .ok_or_else(|| {
        complain(
            path,
            "has no certificate-authority for the cluster: the driver always checks the server",
        )
    })?;
    let certificate = material(
        user.client_certificate_data.as_deref(),
        user.client_certificate.as_deref(),
        base,
    )?;
    let key = material(user.client_key_data.as_deref(), user.client_key.as_deref(), base)?;
    let certificate = match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            return Err(complain(
                path,
                "has a client certificate without its key, or the other way round",
            ));
        }
    };
    let token = match (&user.token, &user.token_file) {
        (Some(token), _) => Some(token.clone()),
        (None, Some(file)) => Some(read_token(&base.join(file))?),
        (None, None) => None,
    };
    if certificate.is_none() && token.is_none() {
        return Err(complain(
            path,
            "logs in with neither a client certificate nor a token (exec plugins are not run)",
        ));
    }
    Ok(Login {
        server: cluster.server.clone(),
        server_name: cluster.tls_server_name.clone(),
        ca,
        certificate,
        token,
    })
}

fn find<'a, T>(entries: &'a [Named<T>], name: &str, what: &str, path: &Path) -> Result<&'a T, Error> {
    entries
        .iter()
        .find(|entry| entry.name == name)
        .map(|entry| &entry.entry)
        .ok_or_else(|| complain(path, &format!("has no {what} named {name:?}")))
}

/// Embedded data wins over a file, as in client-go.
fn material(data: Option<&str>, file: Option<&Path>, base: &Path) -> Result<Option<Vec<u8>>, Error> {
    match (data, file) {
        (Some(data), _) => STANDARD
            .decode(data)
            .map(Some)
            .map_err(|_| Error::Target("the kubeconfig has data that is not base64".to_owned())),
        (None, Some(file)) => read_file(&base.join(file)).map(Some),
        (None, None) => Ok(None),
    }
}

/// A token without the newline that editors leave at its end.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn read_token(path: &Path) -> Result<String, Error> {
    let text = String::from_utf8(read_file(path)?).map_err(|_| complain(path, "is not UTF-8"))?;
    Ok(text.trim_end().to_owned())
}

/// The file's bytes.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::File {
        path: path.to_owned(),
        source,
    })
}

fn complain(path: &Path, what: &str) -> Error {
    Error::Target(format!("{} {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        std::fs::write(&path, text).unwrap();
        (directory, path)
    }

    const EMBEDDED: &str = r"
apiVersion: v1
kind: Config
current-context: a
clusters:
- name: c
  cluster: {server: 'https://127.0.0.1:6443', certificate-authority-data: Y2E=, tls-server-name: kubernetes}
contexts:
- name: a
  context: {cluster: c, user: u, namespace: default}
- name: b
  context: {cluster: c, user: v}
users:
- name: u
  user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}
- name: v
  user: {tokenFile: token}
";

    #[test]
    fn reads_embedded_data_of_the_current_context() {
        let (_directory, path) = write(EMBEDDED);
        let login = read(&path, None).unwrap();
        assert_eq!(
            login,
            Login {
                server: "https://127.0.0.1:6443".to_owned(),
                server_name: Some("kubernetes".to_owned()),
                ca: b"ca".to_vec(),
                certificate: Some((b"cert".to_vec(), b"key".to_vec())),
                token: None,
            }
        );
    }

    #[test]
    fn files_are_taken_from_beside_the_kubeconfig() {
        let (directory, path) = write(EMBEDDED);
        std::fs::write(directory.path().join("token"), "secret\n").unwrap();
        assert_eq!(read(&path, Some("b")).unwrap().token.as_deref(), Some("secret"));
    }

    #[test]
    fn says_what_is_missing() {
        let (_directory, path) = write(EMBEDDED);
        let message = read(&path, Some("nope")).unwrap_err().to_string();
        assert!(message.ends_with("has no context named \"nope\""), "{message}");
        let (_directory, path) = write("- not\n- a kubeconfig\n");
        assert!(
            read(&path, None)
                .unwrap_err()
                .to_string()
                .ends_with("is not a kubeconfig")
        );
    }
}
