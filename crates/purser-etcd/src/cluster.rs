//! A cluster, as it was asked for: what is kept of it, so that its certificates can be renewed.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files;
use crate::member::Member;

/// The most members: more of them make every write slower, and bear no failure that nine do not.
pub const MOST_MEMBERS: usize = 9;
/// Bytes of a cluster's token, which nobody can guess.
const TOKEN_BYTES: usize = 16;
/// How much of the token stands in names.
const SHORT: usize = 8;
/// The only version of the file there is.
const VERSION: u32 = 1;

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    version: u32,
    /// Tells this cluster's members from those of another, in hexadecimal.
    pub token: String,
    /// Where each member keeps its data; relative to where its configuration is, or absolute.
    pub data_dir: PathBuf,
    /// Where each member's directory is put on its machine.
    pub install_dir: PathBuf,
    /// The members: 1, 3, 5, 7 or 9.
    pub members: Vec<Member>,
}

impl Cluster {
    /// A new cluster, with a token of its own.
    ///
    /// # Errors
    /// When these are not members of one cluster, or a path cannot stand in a unit or a configuration.
    pub fn new(members: Vec<Member>, data_dir: PathBuf, install_dir: PathBuf) -> Result<Self, Error> {
        judge(&members)?;
        if !install_dir.is_absolute() {
            return Err(Error::Members(format!(
                "{} is no absolute path: say where on the members' machines",
                install_dir.display()
            )));
        }
        for path in [&data_dir, &install_dir] {
            if !is_plain(path) {
                return Err(Error::Members(format!(
                    "{:?} cannot stand in a systemd unit: take a path of letters, digits, '/', '.', '_' and '-'",
                    path.display().to_string()
                )));
            }
        }
        let mut token = [0; TOKEN_BYTES];
        aws_lc_rs::rand::fill(&mut token).map_err(|_| Error::Randomness)?;
        Ok(Self {
            version: VERSION,
            token: token.iter().map(|byte| format!("{byte:02x}")).collect(),
            data_dir,
            install_dir,
            members,
        })
    }

    /// Reads what was kept.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = files::read(path)?;
        let cluster: Self = serde_json::from_str(&text)
            .map_err(|error| Error::content(path, format!("it describes no cluster: {error}")))?;
        if cluster.version != VERSION {
            let reason = format!("version {} is not known here", cluster.version);
            return Err(Error::content(path, reason));
        }
        // Names become paths.
        for member in &cluster.members {
            Member::parse(&format!("{}={}", member.name, member.address), 1, 2)
                .map_err(|error| Error::content(path, error.to_string()))?;
        }
        judge(&cluster.members).map_err(|error| Error::content(path, error.to_string()))?;
        Ok(cluster)
    }

    /// Keeps it.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::content(path, format!("it cannot be written: {error}")))?;
        files::write(path, &format!("{text}\n"))
    }

    /// Where a member keeps its data on its machine.
    pub(crate) fn data_path(&self) -> PathBuf {
        self.install_dir.join(&self.data_dir)
    }

    /// What tells the names of its authorities from those of another cluster's.
    pub(crate) fn short_token(&self) -> &str {
        self.token.get(..SHORT).unwrap_or(&self.token)
    }

    /// Where clients reach its members, as `--endpoints` and `--etcd-servers` take it.
    #[must_use]
    pub fn endpoints(&self) -> String {
        let urls: Vec<_> = self.members.iter().map(Member::client_url).collect();
        urls.join(",")
    }
}

fn judge(members: &[Member]) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::Members(why));
    if members.is_empty() || members.len() > MOST_MEMBERS {
        return refuse(format!("a cluster has 1 to {MOST_MEMBERS} members"));
    }
    if members.len().is_multiple_of(2) {
        let (all, fewer) = (members.len(), members.len() - 1);
        return refuse(format!(
            "{all} members bear no more failures than {fewer}, and have one machine more that can fail: take {fewer} or {}",
            all + 1
        ));
    }
    let names: BTreeSet<_> = members.iter().map(|member| &member.name).collect();
    if names.len() != members.len() {
        return refuse("two members have the same name".to_owned());
    }
    let mut places = BTreeSet::new();
    for member in members {
        for port in [member.client_port, member.peer_port] {
            let place = SocketAddr::new(member.address, port);
            if !places.insert(place) {
                return refuse(format!("{place} is named twice"));
            }
        }
    }
    Ok(())
}

fn is_plain(path: &Path) -> bool {
    path.to_str().is_some_and(|text| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(members: &[&str]) -> Result<Cluster, String> {
        let members = members
            .iter()
            .map(|text| Member::parse(text, 2379, 2380).unwrap())
            .collect();
        Cluster::new(members, "/var/lib/etcd".into(), "/etc/etcd".into()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_cluster_has_an_odd_number_of_members_that_differ() {
        assert!(cluster(&["a=10.0.0.1"]).is_ok());
        assert!(cluster(&["a=10.0.0.1", "b=10.0.0.2", "c=10.0.0.3"]).is_ok());
        let two = cluster(&["a=10.0.0.1", "b=10.0.0.2"]).unwrap_err();
        assert!(two.contains("take 1 or 3"), "{two}");
        assert!(cluster(&[]).is_err());
        assert!(cluster(&["a=10.0.0.1", "a=10.0.0.2", "c=10.0.0.3"]).is_err());
        assert!(cluster(&["a=10.0.0.1", "b=10.0.0.1", "c=10.0.0.3"]).is_err());
    }

    #[test]
    fn what_is_kept_is_read_again_and_nothing_else_is() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("cluster.json");
        let made = cluster(&["a=10.0.0.1", "b=10.0.0.2:1:2", "c=fd00::3"]).unwrap();
        made.write(&path).unwrap();
        assert_eq!(Cluster::read(&path).unwrap(), made);
        for (from, to) in [
            ("\"a\"", "\"../a\""),
            ("\"version\": 1", "\"version\": 2"),
            ("\"b\"", "\"a\""),
        ] {
            let changed = std::fs::read_to_string(&path).unwrap().replace(from, to);
            let other = top.path().join("other.json");
            std::fs::write(&other, changed).unwrap();
            assert!(Cluster::read(&other).is_err(), "{from}");
        }
    }

    #[test]
    fn two_clusters_have_two_tokens() {
        let token = || cluster(&["a=10.0.0.1"]).unwrap().token;
        assert_ne!(token(), token());
    }

    #[test]
    fn paths_that_a_unit_would_read_otherwise_are_refused() {
        let member = || vec![Member::parse("a=10.0.0.1", 1, 2).unwrap()];
        for wrong in ["etc/etcd", "/etc/etcd dir", "/etc/%i", "/etc/\nExecStart=/bin/sh"] {
            assert!(
                Cluster::new(member(), "/var/lib/etcd".into(), wrong.into()).is_err(),
                "{wrong}"
            );
        }
    }
}
