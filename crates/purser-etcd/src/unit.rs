//! A member's systemd unit.

use std::path::Path;

use crate::cluster::Cluster;
use crate::member::Member;

/// Where systemd makes directories of state.
const STATE: &str = "/var/lib";

/// The text of the unit.
pub(crate) fn text(cluster: &Cluster, member: &Member) -> String {
    let install = cluster.install_dir.display();
    let data = data_directory(cluster);
    let name = &member.name;
    format!(
        "# etcd's member {name}; made by `purser etcd init`.
[Unit]
Description=etcd member {name}
Documentation=https://etcd.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
User=etcd
Group=etcd
WorkingDirectory={install}
ExecStart=/usr/bin/etcd --config-file {install}/etcd.yaml
Restart=on-failure
RestartSec=5
LimitNOFILE=65536
# Keys and values never go to a core dump, and what etcd writes is its own.
LimitCORE=0
UMask=0077
{data}

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"
    )
}

/// What lets etcd write its data, and nothing else.
fn data_directory(cluster: &Cluster) -> String {
    let data = cluster.data_path();
    match below_state(&data) {
        Some(below) => format!("StateDirectory={}\nStateDirectoryMode=0700", below.display()),
        None => format!("ReadWritePaths={}", data.display()),
    }
}

/// Where data is below systemd's directory, when it is there; elsewhere systemd makes none, and starts nothing without one.
pub(crate) fn below_state(data: &Path) -> Option<&Path> {
    let below = data.strip_prefix(STATE).ok()?;
    (!below.as_os_str().is_empty()).then_some(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etcd_may_write_where_its_data_is() {
        let unit = |data: &str| {
            let member = Member::parse("a=10.0.0.1", 2379, 2380).unwrap();
            let cluster = Cluster::new(vec![member], data.into(), "/etc/etcd".into()).unwrap();
            text(&cluster, &cluster.members[0])
        };
        assert!(unit("/var/lib/etcd").contains("\nStateDirectory=etcd\n"));
        assert!(unit("/srv/etcd").contains("\nReadWritePaths=/srv/etcd\n"));
        assert!(unit("data").contains("\nReadWritePaths=/etc/etcd/data\n"));
    }
}
