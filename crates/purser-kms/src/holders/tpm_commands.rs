//! The few commands of a TPM 2.0 that seal and unseal, as bytes.
//!
//! Source: "Trusted Platform Module Library", parts 2 (structures) and 3 (commands), revision 1.59; the template of the
//! storage key is that of "TCG TPM v2.0 Provisioning Guidance", ECC on P-256.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use parking_lot::Mutex;
use zeroize::Zeroizing;

/// `TPM_ST_NO_SESSIONS`, `TPM_ST_SESSIONS`.
const NO_SESSIONS: u16 = 0x8001;
const SESSIONS: u16 = 0x8002;
/// `TPM_CC_*`.
const CREATE_PRIMARY: u32 = 0x131;
const CREATE: u32 = 0x153;
const LOAD: u32 = 0x157;
const UNSEAL: u32 = 0x15e;
const FLUSH_CONTEXT: u32 = 0x165;
/// `TPM_RH_OWNER`.
const OWNER: u32 = 0x4000_0001;
/// A password session with the empty password: `TPM_RS_PW`, no nonce, no attributes, no password.
const NO_PASSWORD: [u8; 13] = [0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0];
/// No data from outside, and no PCRs, at the end of what creates.
const NOTHING_ELSE: [u8; 6] = [0; 6];
/// An empty `TPM2B_SENSITIVE_CREATE`.
const NO_SECRET: [u8; 6] = [0, 4, 0, 0, 0, 0];
/// `TPMT_PUBLIC` of the storage key: ECC, SHA-256; fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA,
/// restricted, decrypt; no policy; AES-128 CFB, no scheme, P-256, no KDF; an empty point.
const STORAGE_KEY: [u8; 26] = [
    0, 0x23, 0, 0x0b, 0, 0x03, 0x04, 0x72, 0, 0, 0, 0x06, 0, 0x80, 0, 0x43, 0, 0x10, 0, 0x03, 0, 0x10, 0, 0,
    0, 0,
];
/// `TPMT_PUBLIC` of what is sealed: KEYEDHASH, SHA-256; fixedTPM, fixedParent, userWithAuth, noDA; no policy, no scheme;
/// an empty name.
const SEALED_DATA: [u8; 14] = [0, 0x08, 0, 0x0b, 0, 0, 0x04, 0x52, 0, 0, 0, 0x10, 0, 0];
/// `TPM_RC_RETRY`, `TPM_RC_YIELDED`, `TPM_RC_TESTING`: to be sent again.
const AGAIN: [u32; 3] = [0x922, 0x908, 0x90a];
/// How often, and how long between two tries.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);
/// How long a simulator's socket may take.
const LONGEST: Duration = Duration::from_secs(10);
/// The most bytes of an answer.
const MOST_BYTES: usize = 4096;
/// Bytes of a header.
const HEADER: usize = 10;

/// A TPM that is open.
pub(super) struct Device(Mutex<Box<dyn Channel>>);

trait Channel: Read + Write + Send {}
impl<T: Read + Write + Send> Channel for T {}

impl Device {
    /// Opens a device, or the socket of a simulator.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let open = || -> io::Result<Box<dyn Channel>> {
            if std::fs::metadata(path)?.file_type().is_socket() {
                let socket = UnixStream::connect(path)?;
                socket.set_read_timeout(Some(LONGEST))?;
                return Ok(Box::new(socket));
            }
            let device: File = OpenOptions::new().read(true).write(true).open(path)?;
            Ok(Box::new(device))
        };
        let channel = open().map_err(|error| error.to_string())?;
        Ok(Self(Mutex::new(channel)))
    }

    /// Seals a secret; its private and its public part.
    pub(super) fn seal(&self, secret: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
        self.under_storage_key(|parent| {
            let mut body = Zeroizing::new(parent.to_be_bytes().to_vec());
            body.extend(NO_PASSWORD);
            // No password of its own, and the secret.
            let inner = Zeroizing::new([&[0, 0][..], &sized(secret)?].concat());
            body.extend(sized(&inner)?.iter());
            body.extend(sized(&SEALED_DATA)?.iter());
            body.extend(NOTHING_ELSE);
            let answer = self.command(SESSIONS, CREATE, &body)?;
            let (private, rest) = part(parameters(&answer)?)?;
            let (public, _) = part(rest)?;
            Ok((private.to_vec(), public.to_vec()))
        })
    }

    /// Unseals it.
    pub(super) fn unseal(&self, private: &[u8], public: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
        self.under_storage_key(|parent| {
            let mut body = parent.to_be_bytes().to_vec();
            body.extend(NO_PASSWORD);
            body.extend(sized(private)?.iter());
            body.extend(sized(public)?.iter());
            let loaded = handle(&self.command(SESSIONS, LOAD, &body)?)?;
            let mut body = loaded.to_be_bytes().to_vec();
            body.extend(NO_PASSWORD);
            let unsealed = self.command(SESSIONS, UNSEAL, &body);
            self.flush(loaded)?;
            let unsealed = unsealed?;
            let (secret, _) = part(parameters(&unsealed)?)?;
            Ok(Zeroizing::new(secret.to_vec()))
        })
    }

    /// Works with the storage key, which is made for it and forgotten after it.
    fn under_storage_key<T>(&self, work: impl FnOnce(u32) -> Result<T, String>) -> Result<T, String> {
        let mut body = OWNER.to_be_bytes().to_vec();
        body.extend(NO_PASSWORD);
        body.extend(NO_SECRET);
        body.extend(sized(&STORAGE_KEY)?.iter());
        body.extend(NOTHING_ELSE);
        let parent = handle(&self.command(SESSIONS, CREATE_PRIMARY, &body)?)?;
        let done = work(parent);
        self.flush(parent)?;
        done
    }

    fn flush(&self, object: u32) -> Result<(), String> {
        self.command(NO_SESSIONS, FLUSH_CONTEXT, &object.to_be_bytes())
            .map(drop)
    }

    /// Sends a command; the answer without its header.
    fn command(&self, tag: u16, code: u32, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
        let length = u32::try_from(HEADER + body.len()).map_err(|_| "the command is too long")?;
        let mut command = Zeroizing::new(tag.to_be_bytes().to_vec());
        command.extend(length.to_be_bytes());
        command.extend(code.to_be_bytes());
        command.extend(body);
        let mut channel = self.0.lock();
        for _ in 0..TRIES {
            channel.write_all(&command).map_err(|error| error.to_string())?;
            let answer = answer(channel.as_mut())?;
            let (_, rest) = answer.split_first_chunk::<6>().ok_or("its answer is cut off")?;
            let (code, rest) = rest.split_first_chunk::<4>().ok_or("its answer is cut off")?;
            match u32::from_be_bytes(*code) {
                0 => return Ok(Zeroizing::new(rest.to_vec())),
                code if AGAIN.contains(&code) => std::thread::sleep(PAUSE),
                code => {
                    return Err(format!(
                        "it answers {code:#05x} (`tpm2_rc_decode {code:#x}` says what that is)"
                    ));
                }
            }
        }
        Err("it is busy".to_owned())
    }
}

/// Reads an answer: a device gives it in one piece, a socket maybe not.
fn answer(channel: &mut dyn Channel) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut bytes = Zeroizing::new(vec![0; MOST_BYTES]);
    let mut length = 0;
    loop {
        let (_, space) = bytes.split_at_mut(length);
        match channel.read(space) {
            Ok(0) => return Err("its answer is cut off".to_owned()),
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.to_string()),
        }
        let size = bytes.get(2..6).and_then(|size| size.first_chunk::<4>());
        let size = size.map_or(0, |size| {
            usize::try_from(u32::from_be_bytes(*size)).unwrap_or(MOST_BYTES)
        });
        if length >= HEADER && length >= size {
            bytes.truncate(length);
            return Ok(bytes);
        }
        if size > MOST_BYTES {
            return Err("its answer is too long".to_owned());
        }
    }
}

/// With its length before it.
fn sized(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
    let length = u16::try_from(bytes.len()).map_err(|_| "it is too long".to_owned())?;
    Ok(Zeroizing::new([&length.to_be_bytes()[..], bytes].concat()))
}

/// What has its length before it, and what comes after it.
fn part(bytes: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let parts = bytes
        .split_first_chunk::<2>()
        .and_then(|(length, rest)| rest.split_at_checked(usize::from(u16::from_be_bytes(*length))));
    parts.ok_or_else(|| "its answer is cut off".to_owned())
}

/// The parameters of an answer with sessions and without handles: their length comes first.
fn parameters(answer: &[u8]) -> Result<&[u8], String> {
    answer.get(4..).ok_or_else(|| "its answer is cut off".to_owned())
}

/// The handle at the begin of an answer.
fn handle(answer: &[u8]) -> Result<u32, String> {
    let handle = answer.first_chunk::<4>();
    let handle = handle.ok_or_else(|| "its answer is cut off".to_owned())?;
    Ok(u32::from_be_bytes(*handle))
}

/// Any bytes as what comes from a TPM, and as a whole answer of it.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn any_answer(bytes: &[u8]) {
    if let Ok(came) = answer(&mut io::Cursor::new(bytes.to_vec())) {
        let whole = (HEADER..=MOST_BYTES).contains(&came.len()) && bytes.starts_with(&came);
        assert!(whole, "an answer is not what came");
    }
    let _ = handle(bytes);
    if let Ok((first, rest)) = parameters(bytes).and_then(part) {
        assert!(
            first.len() + rest.len() <= bytes.len(),
            "an answer grew out of nothing"
        );
        let _ = part(rest);
    }
}
