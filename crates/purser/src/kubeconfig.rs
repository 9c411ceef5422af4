//! The administrator's kubeconfig: complete in itself, so that it can be copied to another machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What it says.
pub(crate) struct Login<'a> {
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// The CA, PEM.
    pub(crate) ca: &'a str,
    /// The client certificate, PEM.
    pub(crate) certificate: &'a str,
    /// Its key, PEM.
    pub(crate) key: &'a str,
}

/// The URL at which a client on this machine reaches a server that listens on `address`.
pub(crate) fn url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("https://{}", SocketAddr::new(ip, address.port()))
}

/// The text of the kubeconfig.
pub(crate) fn text(login: &Login<'_>) -> Zeroizing<String> {
    let server = url(login.address);
    let ca = STANDARD.encode(login.ca);
    let certificate = STANDARD.encode(login.certificate);
    let key = Zeroizing::new(STANDARD.encode(login.key));
    let key = key.as_str();
    Zeroizing::new(format!(
        "\
apiVersion: v1
kind: Config
current-context: purser
clusters:
- name: purser
  cluster:
    server: {server}
    certificate-authority-data: {ca}
contexts:
- name: purser
  context:
    cluster: purser
    user: admin
users:
- name: admin
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_one_that_a_client_can_use() {
        let url = |text: &str| url(text.parse().unwrap());
        assert_eq!(url("127.0.0.1:6443"), "https://127.0.0.1:6443");
        assert_eq!(url("0.0.0.0:1"), "https://127.0.0.1:1");
        assert_eq!(url("[::]:1"), "https://[::1]:1");
        assert_eq!(url("[2001:db8::1]:1"), "https://[2001:db8::1]:1");
    }

    #[test]
    fn everything_is_embedded() {
        let login = Login {
            address: "127.0.0.1:7".parse().unwrap(),
            ca: "CA\n",
            certificate: "CERT\n",
            key: "KEY\n",
        };
        let text = text(&login);
        for line in [
            "    server: https://127.0.0.1:7",
            "    certificate-authority-data: Q0EK",
            "    client-certificate-data: Q0VSVAo=",
            "    client-key-data: S0VZCg==",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}");
        }
    }
}
