//! Addresses and ports.
//!
//! Source: `k8s.io/apimachinery/pkg/util/validation/ip.go`, `pkg/apis/core/validation/validation.go`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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

/// Reads an address as Go once did: zeros may lead an octet, and an IPv4 address may be written as one of IPv6.
pub(crate) fn parse_loosely(text: &str) -> Option<IpAddr> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(ip.to_canonical());
    }
    let octet = |part: &str| {
        let digits = part.trim_start_matches('0');
        let whole = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        match (whole, digits) {
            (true, "") => Some(0),
            (true, digits) => digits.parse::<u8>().ok(),
            (false, _) => None,
        }
    };
    let octets: Option<Vec<u8>> = text.split('.').map(octet).collect();
    let octets: [u8; 4] = octets?.try_into().ok()?;
    Some(IpAddr::V4(Ipv4Addr::from(octets)))
}

/// What is wrong with an address in a field that is older than strict rules: an address that is not written as it
/// should be is kept (`known`), not taken anew.
pub(super) fn legacy_address(field: &str, ip: &str, known: &[&str]) -> Option<Cause> {
    let why = match (parse_loosely(ip), ip.parse::<IpAddr>()) {
        (None, _) => "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        (_, Err(_)) => "must not have leading 0s",
        (_, Ok(IpAddr::V6(ip))) if ip.to_ipv4_mapped().is_some() => "must not be an IPv4-mapped IPv6 address",
        _ => return None,
    };
    (!known.contains(&ip)).then(|| invalid(field, ip, why))
}

/// As [`legacy_address`], for a range of addresses that is not known.
pub(super) fn legacy_range(field: &str, range: &str) -> Option<Cause> {
    let Some((ip, length)) = parse_range(range) else {
        let why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
        return Some(invalid(field, range, why));
    };
    let (address, digits) = range.split_once('/').unwrap_or((range, ""));
    let strict = address.parse::<IpAddr>();
    let why = match strict {
        Err(_) => "must not have leading 0s in IP or prefix length",
        Ok(_) if digits.len() > 1 && digits.starts_with('0') => {
            "must not have leading 0s in IP or prefix length"
        }
        Ok(IpAddr::V6(ip)) if ip.to_ipv4_mapped().is_some() => "must not have an IPv4-mapped IPv6 address",
        Ok(_) if masked(ip, length) != ip => "must not have bits set beyond the prefix length",
        Ok(_) => return None,
    };
    Some(invalid(field, range, why))
}

/// An address and a length, as Go once read them.
fn parse_range(range: &str) -> Option<(IpAddr, u8)> {
    let (ip, length) = range.split_once('/')?;
    let ip = parse_loosely(ip)?;
    let whole = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let significant = length.trim_start_matches('0');
    let length: u8 = if significant.is_empty() {
        0
    } else {
        significant.parse().ok()?
    };
    let most = if range.contains(':') { 128 } else { 32 };
    (whole && length <= most).then_some((ip, length))
}

/// The first address of the range of that length around an address.
fn masked(ip: IpAddr, length: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let hosts = 32_u32.saturating_sub(length.into());
            IpAddr::V4(Ipv4Addr::from_bits(
                ip.to_bits() & u32::MAX.checked_shl(hosts).unwrap_or(0),
            ))
        }
        IpAddr::V6(ip) => {
            let hosts = 128_u32.saturating_sub(length.into());
            IpAddr::V6(Ipv6Addr::from_bits(
                ip.to_bits() & u128::MAX.checked_shl(hosts).unwrap_or(0),
            ))
        }
    }
}

/// What deserves a warning in an address that is kept.
pub(super) fn address_warning(field: &str, ip: &str) -> Option<String> {
    let loose = parse_loosely(ip)?;
    match ip.parse::<IpAddr>() {
        Ok(IpAddr::V6(six)) if six.to_ipv4_mapped().is_none() => (six.to_string() != ip).then(|| {
            format!("{field}: IPv6 address {ip:?} should be in RFC 5952 canonical format (\"{six}\")")
        }),
        Ok(IpAddr::V4(_)) => None,
        _ => Some(format!(
            "{field}: non-standard IP address {ip:?} will be considered invalid in a future Kubernetes release: use \
             \"{loose}\""
        )),
    }
}

/// What deserves a warning in a range that is kept.
pub(super) fn range_warnings(field: &str, range: &str) -> Vec<String> {
    let Some((ip, length)) = parse_range(range) else {
        return Vec::new();
    };
    let mut warnings = Vec::new();
    let network = masked(ip, length);
    let whole = if ip.is_ipv4() { 32 } else { 128 };
    if network != ip {
        warnings.push(format!(
            "{field}: CIDR value {range:?} is ambiguous in this context (should be \"{network}/{length}\" or \
             \"{ip}/{whole}\"?)"
        ));
    }
    let standard = range.split_once('/').is_some_and(|(address, digits)| {
        let plain = address.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical() == ip);
        plain && (digits.len() == 1 || !digits.starts_with('0'))
    });
    if !standard {
        warnings.push(format!(
            "{field}: non-standard CIDR value {range:?} will be considered invalid in a future Kubernetes release: use \
             \"{network}/{length}\""
        ));
    }
    let canonical = format!("{ip}/{length}");
    if warnings.is_empty() && ip.is_ipv6() && canonical != range {
        warnings.push(format!(
            "{field}: IPv6 CIDR value {range:?} should be in RFC 5952 canonical format (\"{canonical}\")"
        ));
    }
    warnings
}

/// What is wrong with an address at which others are to be reached.
pub(super) fn plain_address(field: &str, ip: &str) -> Vec<Cause> {
    let Some(address) = parse_loosely(ip) else {
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
    let unspecified = format!("may not be unspecified ({ip})");
    let special = [
        (address.is_unspecified(), unspecified.as_str()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_go_once_read_them() {
        for (text, read) in [
            ("10.1.2.3", Some("10.1.2.3")),
            ("010.001.000.3", Some("10.1.0.3")),
            ("::ffff:10.1.2.3", Some("10.1.2.3")),
            ("2001:db8:0:0::1", Some("2001:db8::1")),
            ("10.1.2", None),
            ("10.1.2.256", None),
            ("10.1.2.", None),
            ("", None),
        ] {
            assert_eq!(
                parse_loosely(text).map(|ip| ip.to_string()).as_deref(),
                read,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_written_as_it_should_be_is_kept_but_not_taken_anew() {
        let why = |ip| legacy_address("f", ip, &[]).map(|cause| cause.message);
        assert_eq!(why("2001:DB8::1"), None);
        assert_eq!(
            why("010.1.2.3").as_deref(),
            Some("Invalid value: \"010.1.2.3\": must not have leading 0s")
        );
        assert_eq!(
            why("::ffff:1.2.3.4").as_deref(),
            Some("Invalid value: \"::ffff:1.2.3.4\": must not be an IPv4-mapped IPv6 address")
        );
        assert!(legacy_address("f", "010.1.2.3", &["010.1.2.3"]).is_none());
        assert_eq!(
            address_warning("f", "2001:DB8::1").as_deref(),
            Some("f: IPv6 address \"2001:DB8::1\" should be in RFC 5952 canonical format (\"2001:db8::1\")")
        );
        assert_eq!(
            address_warning("f", "010.1.2.3").as_deref(),
            Some(
                "f: non-standard IP address \"010.1.2.3\" will be considered invalid in a future Kubernetes release: \
                 use \"10.1.2.3\""
            )
        );
    }

    #[test]
    fn ranges_have_no_bits_beyond_their_length() {
        let why = |range| legacy_range("f", range).map(|cause| cause.message);
        assert_eq!(why("10.0.0.0/8"), None);
        for (range, wrong) in [
            ("10.0.0.5/24", "must not have bits set beyond the prefix length"),
            ("10.0.0.0/08", "must not have leading 0s in IP or prefix length"),
            ("::ffff:10.0.0.0/104", "must not have an IPv4-mapped IPv6 address"),
            (
                "10.0.0.0/33",
                "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
            ),
        ] {
            assert_eq!(why(range), Some(format!("Invalid value: \"{range}\": {wrong}")));
        }
        assert_eq!(
            range_warnings("f", "10.0.0.5/24"),
            [
                "f: CIDR value \"10.0.0.5/24\" is ambiguous in this context (should be \"10.0.0.0/24\" or \"10.0.0.5/32\"?)"
            ]
        );
    }
}
