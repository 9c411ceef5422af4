//! A ClientHello by hand, and what comes back: whether a server would speak TLS 1.0 or 1.1, or with suites that no library
//! of today offers. Nothing is said after it.
//!
//! Source: RFC 5246, 7.4.1 and A.5; RFC 8422 for the curves; RFC 5746 for the renegotiation suite.

/// A version of TLS, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// 1.0
    Tls10,
    /// 1.1
    Tls11,
    /// 1.2
    Tls12,
}

impl Version {
    fn bytes(self) -> [u8; 2] {
        match self {
            Self::Tls10 => [3, 1],
            Self::Tls11 => [3, 2],
            Self::Tls12 => [3, 3],
        }
    }

    fn of(bytes: [u8; 2]) -> Option<Self> {
        [Self::Tls10, Self::Tls11, Self::Tls12]
            .into_iter()
            .find(|version| version.bytes() == bytes)
    }

    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
        }
    }
}

/// A suite: its number and its name.
pub(super) type Suite = (u16, &'static str);

/// Suites that protect nothing or that are broken: no encryption, no authentication, export, RC4, DES and 3DES.
pub(super) const BROKEN: [Suite; 16] = [
    (0x0001, "TLS_RSA_WITH_NULL_MD5"),
    (0x0002, "TLS_RSA_WITH_NULL_SHA"),
    (0x003b, "TLS_RSA_WITH_NULL_SHA256"),
    (0xc006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA"),
    (0xc010, "TLS_ECDHE_RSA_WITH_NULL_SHA"),
    (0x0018, "TLS_DH_anon_WITH_RC4_128_MD5"),
    (0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA"),
    (0xc018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"),
    (0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"),
    (0x0005, "TLS_RSA_WITH_RC4_128_SHA"),
    (0xc007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"),
    (0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"),
    (0x0009, "TLS_RSA_WITH_DES_CBC_SHA"),
    (0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
    (0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"),
    (0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
];

/// Suites of yesterday: without forward secrecy, or CBC with its MAC inside.
pub(super) const OLD: [Suite; 14] = [
    (0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    (0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    (0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    (0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
    (0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    (0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
    (0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    (0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
    (0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    (0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
    (0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256"),
    (0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
    (0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"),
    (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
];

/// `TLS_EMPTY_RENEGOTIATION_INFO_SCSV`.
const SECURE_RENEGOTIATION: u16 = 0x00ff;
/// Types of records.
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
/// Types of handshake messages.
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// Bytes of a record's head: type, version, length.
const RECORD_HEAD: usize = 5;
/// The most bytes of an answer that are read: one record.
pub(super) const MAX_ANSWER: usize = RECORD_HEAD + (1 << 14);

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// It would go on.
    Hello {
        /// With this version.
        version: Version,
        /// And this suite.
        suite: u16,
    },
    /// It refused; the alert's description.
    Alert(u8),
    /// It is something else.
    Other,
}

/// A ClientHello that offers one version at most, and these suites; with random bytes, and the server's name where it has
/// one.
pub(super) fn client_hello(
    version: Version,
    suites: &[Suite],
    random: [u8; 32],
    name: Option<&str>,
) -> Vec<u8> {
    let mut numbers: Vec<u8> = suites
        .iter()
        .flat_map(|(number, _)| number.to_be_bytes())
        .collect();
    numbers.extend(SECURE_RENEGOTIATION.to_be_bytes());
    let body = [
        version.bytes().to_vec(),
        random.to_vec(),
        // No session to go on with.
        vec![0],
        sized(&numbers),
        // No compression.
        vec![1, 0],
        sized(&extensions(version, name)),
    ]
    .concat();
    let length = u32::try_from(body.len()).unwrap_or(0).to_be_bytes();
    let message = [&[CLIENT_HELLO], length.get(1..).unwrap_or_default(), &body].concat();
    // The record says 1.0, as every client's first one does.
    [&[HANDSHAKE, 3, 1][..], &sized(&message)].concat()
}

fn extensions(version: Version, name: Option<&str>) -> Vec<u8> {
    let mut all = Vec::new();
    if let Some(name) = name {
        let entry = [&[0][..], &sized(name.as_bytes())].concat();
        all.extend(extension(0, &sized(&entry)));
    }
    // secp256r1, secp384r1, x25519; points uncompressed.
    all.extend(extension(10, &sized(&[0, 23, 0, 24, 0, 29])));
    all.extend(extension(11, &[1, 0]));
    if version == Version::Tls12 {
        // With ECDSA and RSA; SHA-256, 384 and 1.
        let schemes = [4, 3, 4, 1, 8, 4, 5, 3, 5, 1, 2, 3, 2, 1];
        all.extend(extension(13, &sized(&schemes)));
    }
    all
}

fn extension(number: u16, body: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &sized(body)].concat()
}

/// Bytes behind their length in two.
fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(0).to_be_bytes();
    [&length[..], bytes].concat()
}

/// Reads what came back so far; `None` while more has to come.
pub(super) fn reply(bytes: &[u8]) -> Option<Reply> {
    let (head, rest) = bytes.split_first_chunk::<RECORD_HEAD>()?;
    let [kind, 3, _, high, low] = *head else {
        return Some(Reply::Other);
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length + RECORD_HEAD > MAX_ANSWER {
        return Some(Reply::Other);
    }
    match kind {
        ALERT => match rest {
            [_, description, ..] => Some(Reply::Alert(*description)),
            _ => None,
        },
        HANDSHAKE => {
            let record = rest.get(..length)?;
            Some(server_hello(record).unwrap_or(Reply::Other))
        }
        _ => Some(Reply::Other),
    }
}

/// Type, length in three, version in two, random in 32, a session behind its length, the suite in two.
fn server_hello(record: &[u8]) -> Option<Reply> {
    let (&[SERVER_HELLO, _, _, _, major, minor], rest) = record.split_first_chunk::<6>()? else {
        return None;
    };
    let (_random, rest) = rest.split_first_chunk::<32>()?;
    let (&session, rest) = rest.split_first()?;
    let suite = rest.get(usize::from(session)..)?.first_chunk::<2>()?;
    Some(Reply::Hello {
        version: Version::of([major, minor])?,
        suite: u16::from_be_bytes(*suite),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server's reply, as OpenSSL writes it.
    fn hello(version: [u8; 2], session: &[u8], suite: u16) -> Vec<u8> {
        let body = [
            &version[..],
            &[7; 32],
            &[u8::try_from(session.len()).unwrap()],
            session,
            &suite.to_be_bytes(),
            &[0],
        ]
        .concat();
        let message = [&[2, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat();
        [&[22, 3, 1][..], &sized(&message)].concat()
    }

    #[test]
    fn a_hello_says_version_and_suite() {
        for session in [&[][..], &[9; 32]] {
            assert_eq!(
                reply(&hello([3, 2], session, 0xc009)),
                Some(Reply::Hello {
                    version: Version::Tls11,
                    suite: 0xc009
                })
            );
        }
        assert_eq!(reply(&hello([3, 9], &[], 1)), Some(Reply::Other));
    }

    #[test]
    fn half_a_reply_is_waited_for_and_none_makes_trouble() {
        let whole = hello([3, 3], &[9; 32], 0x009c);
        for end in 0..whole.len() {
            assert_eq!(reply(&whole[..end]), None, "{end}");
        }
        // Every byte turned: anything but a panic.
        for place in 0..whole.len() {
            for byte in 0..=u8::MAX {
                let mut turned = whole.clone();
                turned[place] = byte;
                let _ = reply(&turned);
            }
        }
        assert_eq!(reply(b"HTTP/1.0 400"), Some(Reply::Other));
        assert_eq!(reply(&[22, 3, 1, 0xff, 0xff]), Some(Reply::Other));
    }

    #[test]
    fn a_refusal_is_an_alert() {
        assert_eq!(reply(&[21, 3, 1, 0, 2, 2, 70]), Some(Reply::Alert(70)));
        assert_eq!(reply(&[21, 3, 1, 0, 2, 2]), None);
    }

    #[test]
    fn what_is_said_is_one_record_of_one_message() {
        for name in [None, Some("etcd.example.org")] {
            let said = client_hello(Version::Tls10, &BROKEN, [1; 32], name);
            let record = usize::from(u16::from_be_bytes([said[3], said[4]]));
            assert_eq!((said[0], record + RECORD_HEAD), (HANDSHAKE, said.len()));
            let message = u32::from_be_bytes([0, said[6], said[7], said[8]]);
            assert_eq!((said[5], message as usize + 4), (CLIENT_HELLO, record));
            assert_eq!(&said[9..11], &[3, 1]);
        }
    }
}
