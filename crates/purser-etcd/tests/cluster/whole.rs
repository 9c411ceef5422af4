use crate::member::{cluster, made, start_all};

#[test]
fn x() {
    let top = tempfile::tempdir().unwrap();
    let cluster = cluster(3);
    let layout = made(&top.path().join("c"), &cluster);
    println!("{}", purser_etcd::after_init(&layout, &cluster));
    println!("{}", purser_etcd::after_renew(&layout, &cluster, false));
    let running = start_all(&layout, &cluster);
    std::thread::sleep(std::time::Duration::from_secs(4));
    let run = |args: &[&str]| {
        let out = std::process::Command::new("/tmp/etcdpki/root/usr/bin/etcdctl")
            .env("ETCDCTL_API", "3")
            .args(["--endpoints", &cluster.endpoints(), "--cacert"])
            .arg(layout.server_authority("root"))
            .arg("--cert")
            .arg(layout.client_certificate("root"))
            .arg("--key")
            .arg(layout.client_key("root"))
            .args(args)
            .output()
            .unwrap();
        println!("{args:?} {out:?}");
    };
    for a in [
        &["endpoint", "health"][..],
        &["user", "add", "root", "--no-password"],
        &["user", "grant-role", "root", "root"],
        &["role", "add", "purser"],
        &["role", "grant-permission", "purser", "read", "--from-key", ""],
        &[
            "role",
            "grant-permission",
            "purser",
            "readwrite",
            "--prefix",
            "/registry/",
        ],
        &[
            "role",
            "grant-permission",
            "purser",
            "readwrite",
            "compact_rev_key",
        ],
        &["user", "add", "purser", "--no-password"],
        &["user", "grant-role", "purser", "purser"],
        &["auth", "enable"],
        &["member", "list"],
        &["role", "get", "purser"],
    ] {
        run(a);
    }
    std::process::Command::new("cp")
        .arg("-r")
        .arg(top.path())
        .arg("/tmp/etcdpki/left")
        .status()
        .unwrap();
    drop(running);
}
