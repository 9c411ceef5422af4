//! Which storage keys are one cluster's: several can have their data in one etcd, apart from one another.
//!
//! ```text
//! /registry/<directory>/…          objects, as kube-apiserver has them      PREFIX/<directory>/…
//! /purser/…                        the server's own records                 PREFIX/purser/…
//! ```
//!
//! On the left by default, as it was before there was a choice; on the right with any other prefix. What is kube-apiserver's
//! below a prefix has the name of a resource there, or the group of a custom one, which has a dot: none is called `purser`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// kube-apiserver's default. Source: `DefaultEtcdPathPrefix` of `pkg/kubeapiserver/options` of Kubernetes.
const DEFAULT: &str = "/registry";
/// The records of servers with the default prefix.
const DEFAULT_OWN: &str = "/purser/";
/// The records of others, below their prefix.
const OWN: &str = "purser/";

/// What cannot be a prefix of storage keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPrefix {
    /// All keys of all clusters would be below it.
    #[error("it names nothing: say one like /registry")]
    Empty,
    /// It would not be where it seems to be.
    #[error("it has a part that is `..`")]
    Above,
    /// The records of servers with the default prefix are there.
    #[error("below /purser are records of servers whose prefix is /registry")]
    Taken,
}

/// The storage keys of one cluster; clones are cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyspace {
    objects: Arc<str>,
    own: Arc<str>,
}

impl Keyspace {
    /// What the keys of objects begin with, ending in a slash: `/registry/`.
    #[must_use]
    pub fn objects(&self) -> &str {
        &self.objects
    }

    /// What the keys of the server's own records begin with, ending in a slash: `/purser/`. No object has such a one.
    #[must_use]
    pub fn own(&self) -> &str {
        &self.own
    }

    /// The key of a record of the server's own.
    #[must_use]
    pub fn record(&self, name: &str) -> String {
        format!("{}{name}", self.own)
    }

    /// Whether a key is that of a record of the server's own.
    #[must_use]
    pub fn is_own(&self, key: &str) -> bool {
        key.starts_with(&*self.own)
    }

    /// What all keys of the cluster begin with, one or the other, in the order of keys; none is below another.
    #[must_use]
    pub fn roots(&self) -> Vec<&str> {
        match self.own.starts_with(&*self.objects) {
            true => vec![&self.objects],
            false => vec![&self.own, &self.objects],
        }
    }

    /// Whether it is the one that there is when nobody chooses.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Keyspace {
    fn default() -> Self {
        Self {
            objects: format!("{DEFAULT}/").into(),
            own: DEFAULT_OWN.into(),
        }
    }
}

/// As kube-apiserver reads `--etcd-prefix`: with a slash at its beginning, none twice and none at its end, whether they
/// are said or not. Source: `path.Join("/", prefix)` in `newStore` of `storage/etcd3/store.go` of the apiserver library,
/// which takes `..` and nothing at all, too.
impl FromStr for Keyspace {
    type Err = BadPrefix;

    fn from_str(prefix: &str) -> Result<Self, BadPrefix> {
        let parts = prefix.split('/').filter(|part| !["", "."].contains(part));
        let parts: Vec<&str> = parts.collect();
        if parts.contains(&"..") {
            return Err(BadPrefix::Above);
        }
        match parts.first() {
            None => return Err(BadPrefix::Empty),
            Some(first) if format!("/{first}/") == DEFAULT_OWN => return Err(BadPrefix::Taken),
            Some(_) => {}
        }
        let objects = format!("/{}/", parts.join("/"));
        let default = Self::default();
        if objects == *default.objects {
            return Ok(default);
        }
        Ok(Self {
            own: format!("{objects}{OWN}").into(),
            objects: objects.into(),
        })
    }
}

/// The prefix, as kube-apiserver is told it.
impl fmt::Display for Keyspace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.objects.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_read_as_kube_apiserver_reads_it() {
        for (said, objects, own) in [
            ("/registry", "/registry/", "/purser/"),
            ("registry/", "/registry/", "/purser/"),
            ("kubernetes.io", "/kubernetes.io/", "/kubernetes.io/purser/"),
            ("//a/./b//", "/a/b/", "/a/b/purser/"),
            ("/registry/a", "/registry/a/", "/registry/a/purser/"),
        ] {
            let keyspace: Keyspace = said.parse().unwrap();
            assert_eq!((keyspace.objects(), keyspace.own()), (objects, own), "{said}");
            assert_eq!(format!("{keyspace}/"), objects);
            assert_eq!(keyspace.is_default(), own == "/purser/");
        }
    }

    #[test]
    fn what_would_be_among_the_keys_of_others_is_refused() {
        for (said, why) in [
            ("", BadPrefix::Empty),
            ("/", BadPrefix::Empty),
            ("/.", BadPrefix::Empty),
            ("/a/../registry", BadPrefix::Above),
            ("/purser", BadPrefix::Taken),
            ("purser/a", BadPrefix::Taken),
        ] {
            assert_eq!(said.parse::<Keyspace>(), Err(why), "{said}");
        }
    }

    #[test]
    fn keys_of_two_clusters_are_told_apart_and_each_is_met_once() {
        let (one, other) = (Keyspace::default(), "/other".parse::<Keyspace>().unwrap());
        assert_eq!(one.roots(), ["/purser/", "/registry/"]);
        assert_eq!(other.roots(), ["/other/"]);
        for (key, ones, others) in [
            ("/registry/secrets/a/b", true, false),
            ("/other/secrets/a/b", false, true),
            ("/purser/witness", true, false),
            ("/other/purser/witness", false, true),
            ("/others/secrets/a/b", false, false),
            ("compact_rev_key", false, false),
        ] {
            let holds = |keyspace: &Keyspace| keyspace.roots().iter().any(|root| key.starts_with(root));
            assert_eq!((holds(&one), holds(&other)), (ones, others), "{key}");
        }
        assert_eq!(one.record("witness"), "/purser/witness");
        assert!(other.is_own(&other.record("witness")) && !other.is_own("/other/secrets/a/b"));
    }
}
