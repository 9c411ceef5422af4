//! The etcd to test with, and ports for it. Tests of other packages have this file too.

use std::net::{IpAddr, TcpListener};
use std::path::{Path, PathBuf};

/// The etcd to test with, as `cargo xtask tools` left it or the environment names it. Without one a test fails: what was
/// not tried does not count as right.
pub(crate) fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("PURSER_ETCD") {
        return named.into();
    }
    let brought = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/bin/etcd");
    if brought.is_file() {
        return brought;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("etcd"))
        .find(|program| program.is_file())
        .expect("no etcd to test with: run `cargo xtask tools`, or name one in PURSER_ETCD")
}

/// Two that are free now, for clients and for peers: etcd wants to be told.
pub(crate) fn free_ports(address: IpAddr) -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind((address, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
