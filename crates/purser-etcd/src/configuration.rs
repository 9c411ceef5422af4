//! A member's configuration file, for etcd 3.4 to 3.6. A version passes over settings that it does not know.

use crate::cluster::Cluster;
use crate::leaf::PEER_NAME;
use crate::member::Member;

/// The most that etcd advises for its database, in bytes: 8 GiB.
const QUOTA: u64 = 8 << 30;

/// The text of the file. Paths in it begin where etcd is started: in the directory of the file.
pub(crate) fn text(cluster: &Cluster, member: &Member) -> String {
    let initial: Vec<_> = cluster
        .members
        .iter()
        .map(|member| format!("{}={}", member.name, member.peer_url()))
        .collect();
    let Member { name, .. } = member;
    let (client_url, peer_url) = (member.client_url(), member.peer_url());
    let data_dir = cluster.data_dir.display();
    let (token, initial) = (&cluster.token, initial.join(","));
    format!(
        "# etcd's member {name}; made by `purser etcd init`. Paths begin at the directory of this file.
name: '{name}'
data-dir: '{data_dir}'

# TLS alone, and at one address.
listen-client-urls: '{client_url}'
advertise-client-urls: '{client_url}'
listen-peer-urls: '{peer_url}'
initial-advertise-peer-urls: '{peer_url}'

initial-cluster: '{initial}'
initial-cluster-token: '{token}'
initial-cluster-state: 'new'
strict-reconfig-check: true

# Clients show a certificate of the clients' authority, or are not served.
client-transport-security:
  cert-file: 'tls/server.crt'
  key-file: 'tls/server.key'
  client-cert-auth: true
  trusted-ca-file: 'tls/client-ca.crt'

# Peers show a certificate of the peers' authority, and call from an address in it. allowed-cn: from 3.6 on.
peer-transport-security:
  cert-file: 'tls/peer.crt'
  key-file: 'tls/peer.key'
  client-cert-auth: true
  trusted-ca-file: 'tls/peer-ca.crt'
  allowed-cn: ['{PEER_NAME}']

# tls-min-version: from 3.4.25 and 3.5.8 on; before, it is TLS 1.2 as well. The suites are those of TLS 1.2.
tls-min-version: 'TLS1.2'
cipher-suites:
- 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
- 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'

# The gateway calls its own server with the server's certificate, which is no client's: it would be refused.
enable-grpc-gateway: false
enable-v2: false
enable-pprof: false

quota-backend-bytes: {QUOTA}
# Purser compacts.
auto-compaction-mode: 'periodic'
auto-compaction-retention: '0'
# A member compares its data with its peers' before it serves.
experimental-initial-corrupt-check: true
logger: 'zap'
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_url_is_plain_and_the_text_is_yaml() {
        let members = ["a=10.0.0.1", "b=fd00::2", "c=10.0.0.3:1:2"]
            .iter()
            .map(|text| Member::parse(text, 2379, 2380).unwrap())
            .collect();
        let cluster = Cluster::new(members, "/var/lib/etcd".into(), "/etc/etcd".into()).unwrap();
        for member in &cluster.members {
            let text = text(&cluster, member);
            assert!(!text.contains("http://"));
            let read = purser_types::yaml::parse(text.as_bytes()).unwrap().value;
            let read = read.as_map().unwrap();
            assert_eq!(
                read["initial-cluster"].as_str(),
                Some("a=https://10.0.0.1:2380,b=https://[fd00::2]:2380,c=https://10.0.0.3:2")
            );
            assert_eq!(read["quota-backend-bytes"].as_int(), Some(8_589_934_592));
        }
    }
}
