//! Tells systemd how the service stands (`sd_notify(3)`); elsewhere nothing happens.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Names the socket that systemd listens on.
const VARIABLE: &str = "NOTIFY_SOCKET";

/// The service answers requests.
pub(crate) fn ready() {
    tell("READY=1");
}

/// The service is on its way out.
pub(crate) fn stopping() {
    tell("STOPPING=1");
}

/// A service manager that does not listen any more is no reason to stop.
fn tell(state: &str) {
    if let Some(name) = std::env::var_os(VARIABLE)
        && let Ok(address) = address(&name)
        && let Ok(socket) = UnixDatagram::unbound()
    {
        let _ = socket.send_to_addr(state.as_bytes(), &address);
    }
}

/// A path, or an abstract name after `@`.
fn address(name: &OsStr) -> std::io::Result<SocketAddr> {
    match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_address_are_understood() {
        assert_eq!(
            address(OsStr::new("@a/b")).unwrap().as_abstract_name(),
            Some(&b"a/b"[..])
        );
        assert!(
            address(OsStr::new("/run/systemd/notify"))
                .unwrap()
                .as_pathname()
                .is_some()
        );
    }
}
