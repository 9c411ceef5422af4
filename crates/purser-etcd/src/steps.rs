//! What is to be done next, as commands.

use std::fmt::Write as _;

use crate::authority::Side;
use crate::cluster::Cluster;
use crate::layout::{ADMINISTRATOR, Layout, PURSER};
use crate::rollover::Step;
use crate::unit;

/// After [`crate::init()`]: bring each member its directory, start them together, give users their rights, point Purser at it.
#[must_use]
pub fn after_init(layout: &Layout, cluster: &Cluster) -> String {
    let mut text = String::new();
    let top = layout.top().display();
    let install = cluster.install_dir.display();
    let data = cluster.data_path();
    let made = match unit::below_state(&data) {
        Some(_) => String::new(),
        None => format!(" && install -d -m 0700 -o etcd -g etcd {}", data.display()),
    };
    let _ = writeln!(
        text,
        "{top} holds everything of the cluster. Next:\n\n\
         1. Bring each member its directory, as root of its machine; etcd runs there as the user etcd:"
    );
    for member in &cluster.members {
        let from = layout.member(&member.name);
        let _ = writeln!(
            text,
            "     scp -rp {from} root@{address}:{install}   # {install} must not be there yet\n     \
             ssh root@{address} 'mv {install}/etcd.service /etc/systemd/system/ && chown -R etcd:etcd \
             {install}{made} && systemctl daemon-reload'",
            from = from.display(),
            address = member.address,
        );
    }
    let addresses: Vec<_> = cluster
        .members
        .iter()
        .map(|member| member.address.to_string())
        .collect();
    let _ = writeln!(
        text,
        "   Start them together: a member waits for the others.\n     \
         for m in {}; do ssh root@$m systemctl enable --now --no-block etcd; done\n",
        addresses.join(" ")
    );
    let _ = writeln!(
        text,
        "2. Move {ca} to a safe place off this machine: who has these keys can become a member or a client. \
         `purser etcd renew` needs them here.\n",
        ca = layout.authorities().display()
    );
    rights(&mut text, layout, cluster);
    let _ = writeln!(
        text,
        "4. Look at what runs:\n     purser etcd check --dir {top}\n\n\
         5. Start Purser; on another machine than this, bring it {client} first:\n     {flags}",
        client = layout.client(PURSER).display(),
        flags = serve(layout, cluster),
    );
    text
}

/// Rights of etcd's users, which are the names in clients' certificates.
fn rights(text: &mut String, layout: &Layout, cluster: &Cluster) {
    let _ = writeln!(
        text,
        "3. Once it runs, say who may what: root everything, Purser what is its own.\n     \
         export ETCDCTL_API=3 ETCDCTL_ENDPOINTS={endpoints}\n     \
         export ETCDCTL_CACERT={ca} ETCDCTL_CERT={certificate} ETCDCTL_KEY={key}\n     \
         etcdctl endpoint health\n     \
         etcdctl user add {ADMINISTRATOR} --no-password && etcdctl user grant-role {ADMINISTRATOR} root\n     \
         etcdctl role add {PURSER}\n     \
         etcdctl role grant-permission {PURSER} read --from-key ''   # it watches everything\n     \
         etcdctl role grant-permission {PURSER} readwrite --prefix /registry/\n     \
         etcdctl role grant-permission {PURSER} readwrite --prefix /purser/\n     \
         # with --etcd-prefix /NAME, instead of these two: readwrite --prefix /NAME/\n     \
         etcdctl role grant-permission {PURSER} readwrite compact_rev_key\n     \
         etcdctl user add {PURSER} --no-password && etcdctl user grant-role {PURSER} {PURSER}\n     \
         etcdctl auth enable\n",
        endpoints = cluster.endpoints(),
        ca = layout.server_authority(ADMINISTRATOR).display(),
        certificate = layout.client_certificate(ADMINISTRATOR).display(),
        key = layout.client_key(ADMINISTRATOR).display(),
    );
}

fn serve(layout: &Layout, cluster: &Cluster) -> String {
    format!(
        "purser serve --etcd-servers {} --etcd-cafile {} --etcd-certfile {} --etcd-keyfile {}",
        cluster.endpoints(),
        layout.server_authority(PURSER).display(),
        layout.client_certificate(PURSER).display(),
        layout.client_key(PURSER).display(),
    )
}

/// After [`crate::renew()`]. `with_keys`: keys are new as well.
#[must_use]
pub fn after_renew(layout: &Layout, cluster: &Cluster, with_keys: bool) -> String {
    let mut text = String::from(
        "Nothing needs a restart: etcd reads certificates anew at each handshake, and Purser for each connection. Next:\n\n\
         1. Bring each member what is new:\n",
    );
    bring_certificates(&mut text, layout, cluster, with_keys);
    let _ = writeln!(
        text,
        "2. Bring each client on another machine what is new in {}.\n\
         3. Move {} back to its safe place, and look at the ends: purser etcd check --dir {}",
        layout.client(PURSER).display(),
        layout.authorities().display(),
        layout.top().display(),
    );
    text
}

/// Files are first copied beside their place and then renamed: etcd never reads half of one.
fn bring_certificates(text: &mut String, layout: &Layout, cluster: &Cluster, with_keys: bool) {
    // Key and certificate change places together, as nearly as two files can.
    let files = match with_keys {
        true => "peer.key peer.crt server.key server.crt",
        false => "peer.crt server.crt",
    };
    let install = cluster.install_dir.display();
    for member in &cluster.members {
        let sources: Vec<_> = files
            .split(' ')
            .map(|file| layout.tls(&member.name).join(file).display().to_string())
            .collect();
        let _ = writeln!(
            text,
            "     ssh root@{address} 'umask 077; mkdir -p {install}/tls/new' && scp -p {sources} \
             root@{address}:{install}/tls/new/ &&\n       \
             ssh root@{address} 'cd {install}/tls && chown etcd:etcd new/* && for f in {files}; do mv new/$f $f; done; \
             rmdir new'",
            address = member.address,
            sources = sources.join(" "),
        );
    }
}

/// After a step of [`crate::roll_over`].
#[must_use]
pub fn after_step(layout: &Layout, cluster: &Cluster, side: Side, step: Step) -> String {
    let top = layout.top().display();
    let again = |step: &str| format!("purser etcd renew --dir {top} --authority {side} --step {step}");
    match step {
        Step::Trust => format!(
            "Both authorities of the {side} are trusted in {top}. Next:\n\n{}\n2. Then: {}\n",
            bring_trust(layout, cluster, side),
            again("reissue")
        ),
        Step::Reissue => {
            let mut text = format!(
                "Certificates of the {side} are signed by the new authority. Nothing needs a restart. Next:\n\n"
            );
            match side {
                Side::Clients => {
                    let _ = writeln!(text, "1. Bring each client what is new in {top}/clients.");
                }
                Side::Peers | Side::Servers => {
                    text.push_str("1. Bring each member what is new:\n");
                    bring_certificates(&mut text, layout, cluster, false);
                }
            }
            let _ = writeln!(
                text,
                "2. Once `purser etcd check --dir {top}` finds that members show what is new, and clients have theirs: {}",
                again("drop")
            );
            text
        }
        Step::Drop => format!(
            "The old authority of the {side} is trusted by nobody any more in {top}, and its key is gone. Next:\n\n{}",
            bring_trust(layout, cluster, side)
        ),
    }
}

fn bring_trust(layout: &Layout, cluster: &Cluster, side: Side) -> String {
    let file = match side {
        Side::Peers => "peer-ca.crt",
        Side::Clients => "client-ca.crt",
        Side::Servers => {
            return format!(
                "1. Bring each client the new server-ca.crt of {}/clients; one that read it when it started needs a restart.\n",
                layout.top().display()
            );
        }
    };
    let install = cluster.install_dir.display();
    let mut text = String::from(
        "1. Bring each member the new file, and restart it; one after the other, each when the one before is healthy:\n",
    );
    for member in &cluster.members {
        let _ = writeln!(
            text,
            "     scp {} root@{address}:{install}/tls/{file} && ssh root@{address} systemctl restart etcd",
            layout.tls(&member.name).join(file).display(),
            address = member.address,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::member::Member;

    #[test]
    fn a_data_directory_that_systemd_does_not_make_is_made_by_hand() {
        let steps = |data: &str| {
            let member = Member::parse("a=10.0.0.1", 2379, 2380).unwrap();
            let cluster = Cluster::new(vec![member], data.into(), "/etc/etcd".into()).unwrap();
            after_init(&Layout::new(Path::new("c")), &cluster)
        };
        assert!(!steps("/var/lib/etcd").contains("install -d"));
        for (data, path) in [("/srv/etcd", "/srv/etcd"), ("data", "/etc/etcd/data")] {
            let made = format!("install -d -m 0700 -o etcd -g etcd {path} &&");
            assert!(steps(data).contains(&made), "{data}");
        }
    }
}
