//! Addresses and ports.
//!
//! Source: `k8s.io/apimachinery/pkg/util/validation`, `pkg/apis/core/validation/validation.go`.

use std::net::IpAddr;

use purser_types::Map;
use purser_types::status::Cause;

use super::causes::{invalid, invalid_as, not_supported, required};
use super::read::text;

/// The protocols of ports.
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// What is wrong with a number as a port.
pub(super) fn port_number(field: &str, number: i64) -> Option<Cause> {
    let fits = (1..=65_535).contains(&number);
    (!fits).then(|| {
        invalid_as(
            field,
            &number.to_string(),
            "must be between 1 and 65535, inclusive",
        )
    })
}

/// What is wrong with the protocol of a port.
pub(super) fn protocol(field: &str, port: &Map) -> Option<Cause> {
    let field = format!("{field}.protocol");
    match text(port, "protocol") {
        "" => Some(required(field, "")),
        known if PROTOCOLS.contains(&known) => None,
        other => Some(not_supported(field, other, &PROTOCOLS)),
    }
}

/// What is wrong with a text as an address.
pub(super) fn address(field: &str, ip: &str) -> Option<Cause> {
    let wrong = ip.parse::<IpAddr>().is_err();
    wrong.then(|| {
        invalid(
            field,
            ip,
            "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        )
    })
}

/// What is wrong with an address at which others are to be reached.
pub(super) fn plain_address(field: &str, ip: &str) -> Vec<Cause> {
    let Ok(address) = ip.parse::<IpAddr>() else {
        return vec![invalid(field, ip, "must be a valid IP address")];
    };
    let (link_local, multicast) = match address {
        IpAddr::V4(four) => {
            let [first, second, third, _] = four.octets();
            (four.is_link_local(), (first, second, third) == (224, 0, 0))
        }
        IpAddr::V6(six) => {
            let [first, ..] = six.segments();
            (first & 0xffc0 == 0xfe80, first == 0xff02)
        }
    };
    let special = [
        (address.is_unspecified(), "may not be unspecified (0.0.0.0 or ::)"),
        (
            address.is_loopback(),
            "may not be in the loopback range (127.0.0.0/8, ::1/128)",
        ),
        (
            link_local,
            "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
        ),
        (
            multicast,
            "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
        ),
    ];
    let found = special.iter().filter(|(holds, _)| *holds);
    found.map(|(_, why)| invalid(field, ip, why)).collect()
}
