//! `pkcs11:MODULE`: AES keys of a PKCS#11 token, which never leave it.
//!
//! Keys have one label and different ids (`CKA_ID`); the one with the greatest id wraps, all unwrap. Ids of keys that
//! are made here begin with the time, so that later ones are greater:
//!
//! ```text
//! CKA_ID        nanoseconds since 1970 (8 bytes, big endian) ‖ 8 random bytes
//! key id        "pkcs11-" ‖ serial number of the token ‖ "-" ‖ CKA_ID in hex
//! ciphertext    nonce(12) ‖ AES-GCM(secret, AAD = DOMAIN ‖ 0 ‖ key id) ‖ tag(16)
//! ```
//!
//! Source: PKCS #11 Cryptographic Token Interface Base Specification 3.0.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use purser_encryption::{KeyHolder, OpenError, SealError, Wrapped};
use zeroize::Zeroizing;

use super::destroy::{Destroy, Destruction};
use super::error::HolderError;
use super::private::PrivateFiles;
use super::remote::{DOMAIN, LONGEST, Refusal, TRUSTED, said, told};
use super::rotate::Rotate;

const NONCE_LEN: usize = 12;
const TAG_BITS: u64 = 128;
/// Bytes of a key.
const KEY_LEN: u64 = 32;
/// Bytes of the time in an id, and of what makes it unique.
const TIME_LEN: usize = 8;
const ID_LEN: usize = 16;
/// The most bytes of an id.
const MOST_ID: usize = 64;
/// Most keys with one label.
const MOST_KEYS: usize = 256;

/// Which token and keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkcs11Settings {
    /// The shared library of the token's maker.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The keys' label.
    pub key: String,
    /// The private file of the user's PIN.
    pub pin_file: PathBuf,
}

/// Keys of a token.
#[derive(Clone)]
pub(super) struct Token(Arc<Inner>);

struct Inner {
    settings: Pkcs11Settings,
    files: PrivateFiles,
    module: Pkcs11,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The session that is logged in, and the token's serial number.
    session: Option<(Session, String)>,
    /// A PIN that the token refused: trying it again would lock the token.
    refused: Option<Zeroizing<String>>,
}

/// A key of the token.
struct Key {
    handle: ObjectHandle,
    id: Vec<u8>,
}

impl Token {
    /// Loads the module; the token itself is asked when it is needed.
    pub(super) fn open(settings: Pkcs11Settings, files: PrivateFiles) -> Result<Self, HolderError> {
        let wrong = |error: Error| HolderError::File {
            path: settings.module.clone(),
            reason: error.to_string(),
        };
        let module = Pkcs11::new(&settings.module).map_err(wrong)?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(wrong(error)),
        }
        Ok(Self(Arc::new(Inner {
            settings,
            files,
            module,
            state: Mutex::default(),
        })))
    }

    /// Works on the token, on a thread that may wait for it, for as long as a call may take.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let inner = Arc::clone(&self.0);
        let working = tokio::task::spawn_blocking(move || work(&inner));
        match tokio::time::timeout(LONGEST, working).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Err(Refusal::Unavailable(error.to_string())),
            Err(_) => Err(Refusal::Unavailable(format!(
                "the token gave no answer within {LONGEST:?}"
            ))),
        }
    }
}

impl Inner {
    /// Works with a session that is logged in. One that the token has ended is opened again the next time.
    fn with<T>(&self, work: impl FnOnce(&Session, &str) -> Result<T, Failure>) -> Result<T, Refusal> {
        // Whoever waits for a token that hangs gives up as its caller does.
        let state = self.state.try_lock_for(LONGEST);
        let mut state = state.ok_or_else(|| Refusal::Unavailable("the token hangs".to_owned()))?;
        if state.session.is_none() {
            state.session = Some(self.log_in(&mut state.refused)?);
        }
        let Some((session, serial)) = &state.session else {
            return Err(Refusal::Unavailable("no session".to_owned()));
        };
        match work(session, serial) {
            Ok(done) => Ok(done),
            Err(Failure::Refused(refusal)) => Err(refusal),
            Err(Failure::Token(error)) => {
                state.session = None;
                Err(Refusal::Unavailable(format!("the token: {error}")))
            }
        }
    }

    fn log_in(&self, refused: &mut Option<Zeroizing<String>>) -> Result<(Session, String), Refusal> {
        let away = |error: Error| Refusal::Unavailable(format!("the token: {error}"));
        let (slot, serial) = self.slot()?;
        let path = &self.settings.pin_file;
        let wrong = |why: &str| Refusal::Unavailable(format!("{}: {why}", path.display()));
        let pin = (self.files.read)(path).map_err(|why| wrong(&why))?;
        let pin = pin.ok_or_else(|| wrong("it is not there: write the PIN into it"))?;
        let pin = Zeroizing::new(pin.trim_end_matches(['\r', '\n']).to_owned());
        let again = || {
            wrong(
                "the token refused this PIN, and it is not tried again, as that would lock the token: write the right one",
            )
        };
        if refused.as_ref() == Some(&pin) {
            return Err(again());
        }
        let session = self.module.open_rw_session(slot).map_err(away)?;
        let secret = AuthPin::from(pin.as_str().to_owned());
        match session.login(UserType::User, Some(&secret)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok((session, serial)),
            Err(Error::Pkcs11(RvError::PinIncorrect, _)) => {
                *refused = Some(pin);
                Err(again())
            }
            Err(error) => Err(away(error)),
        }
    }

    /// The token with the label, and its serial number.
    fn slot(&self) -> Result<(Slot, String), Refusal> {
        let away = |error: Error| Refusal::Unavailable(format!("the module: {error}"));
        for slot in self.module.get_slots_with_initialized_token().map_err(away)? {
            let info = self.module.get_token_info(slot).map_err(away)?;
            if info.label() == self.settings.token {
                return Ok((slot, info.serial_number().to_owned()));
            }
        }
        let token = &self.settings.token;
        Err(Refusal::Unavailable(format!(
            "there is no token {token}: plug it in"
        )))
    }

    /// The keys with the label, by id.
    fn keys(&self, session: &Session) -> Result<Vec<Key>, Failure> {
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Label(self.settings.key.clone().into_bytes()),
        ];
        let mut keys = Vec::new();
        for handle in session.find_objects(&template)?.into_iter().take(MOST_KEYS) {
            for attribute in session.get_attributes(handle, &[AttributeType::Id])? {
                if let Attribute::Id(id) = attribute
                    && (1..=MOST_ID).contains(&id.len())
                {
                    keys.push(Key { handle, id });
                }
            }
        }
        keys.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        Ok(keys)
    }

    /// The key that wraps.
    fn current(&self, session: &Session) -> Result<Key, Failure> {
        let none = || {
            Failure::Refused(Refusal::Unavailable(format!(
                "the token has no AES key {} with an id: make one with `purser kms rotate`",
                self.settings.key
            )))
        };
        self.keys(session)?.pop().ok_or_else(none)
    }

    fn wrap(&self, secret: &[u8]) -> Result<Wrapped, Refusal> {
        self.with(|session, serial| {
            let key = self.current(session)?;
            let key_id = name(serial, &key.id);
            let bound = bound(&key_id);
            let mut nonce = [0; NONCE_LEN];
            rand::fill(&mut nonce)
                .map_err(|_| Failure::Refused(Refusal::Unavailable("no randomness".to_owned())))?;
            let mut ciphertext = nonce.to_vec();
            let params = GcmParams::new(&mut nonce, &bound, TAG_BITS.into())?;
            ciphertext.extend(session.encrypt(&Mechanism::AesGcm(params), key.handle, secret)?);
            Ok(Wrapped {
                ciphertext,
                key_id,
                annotations: BTreeMap::new(),
            })
        })
    }

    fn unwrap(&self, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        self.with(|session, serial| {
            let mut keys = self.keys(session)?.into_iter();
            let key = keys.find(|key| name(serial, &key.id) == wrapped.key_id);
            let key = key.ok_or_else(|| Failure::Refused(Refusal::NoKey(said(&wrapped.key_id))))?;
            let parts = wrapped.ciphertext.split_first_chunk::<NONCE_LEN>();
            let (nonce, sealed) = parts.ok_or(Failure::Refused(Refusal::Damaged))?;
            let (mut nonce, bound) = (*nonce, bound(&wrapped.key_id));
            let params = GcmParams::new(&mut nonce, &bound, TAG_BITS.into())?;
            match session.decrypt(&Mechanism::AesGcm(params), key.handle, sealed) {
                Ok(secret) => Ok(Zeroizing::new(secret)),
                // Tokens have several words for a tag that does not fit; SoftHSM's is the one for every failure.
                Err(Error::Pkcs11(RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange, _)) => {
                    Err(Failure::Refused(Refusal::Damaged))
                }
                Err(Error::Pkcs11(RvError::GeneralError, _)) if session.get_session_info().is_ok() => {
                    Err(Failure::Refused(Refusal::Damaged))
                }
                Err(error) => Err(error.into()),
            }
        })
    }

    /// Makes a key whose id is greater than that of every other.
    fn make(&self) -> Result<String, Refusal> {
        self.with(|session, serial| {
            let unable = |why: &str| Failure::Refused(Refusal::Unavailable(why.to_owned()));
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let now = u64::try_from(now.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX);
            let mut id = now.to_be_bytes().to_vec();
            let mut unique = [0; ID_LEN - TIME_LEN];
            rand::fill(&mut unique).map_err(|_| unable("no randomness"))?;
            id.extend(unique);
            if self.keys(session)?.last().is_some_and(|last| last.id >= id) {
                return Err(unable(
                    "a key of that label has a greater id than the time gives a new one: choose another label",
                ));
            }
            session.generate_key(
                &Mechanism::AesKeyGen,
                &[
                    Attribute::Token(true),
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::Extractable(false),
                    Attribute::Encrypt(true),
                    Attribute::Decrypt(true),
                    Attribute::ValueLen(KEY_LEN.into()),
                    Attribute::Label(self.settings.key.clone().into_bytes()),
                    Attribute::Id(id.clone()),
                ],
            )?;
            Ok(name(serial, &id))
        })
    }

    /// Destroys a key that is not the one that wraps.
    fn destroy(&self, key_id: &str) -> Result<(), Refusal> {
        self.with(|session, serial| {
            let refused = |why: &str| Failure::Refused(Refusal::Unavailable(format!("the token: {why}")));
            if name(serial, &self.current(session)?.id) == key_id {
                return Err(Failure::Refused(Refusal::InUse(key_id.to_owned())));
            }
            let is_it = |key: &Key| name(serial, &key.id) == key_id;
            let key = self.keys(session)?.into_iter().find(is_it);
            let key = key.ok_or_else(|| Failure::Refused(Refusal::NoKey(said(key_id))))?;
            session.destroy_object(key.handle)?;
            match self.keys(session)?.iter().any(is_it) {
                true => Err(refused("it still has the key")),
                false => Ok(()),
            }
        })
    }
}

/// How work with a session fails.
enum Failure {
    /// The session may be of no more use.
    Token(Error),
    /// It is.
    Refused(Refusal),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Token(error)
    }
}

/// The id of a key, as API servers get it.
fn name(serial: &str, id: &[u8]) -> String {
    let mut name = format!("pkcs11-{}-", serial.trim());
    for byte in id {
        // Writing to a text does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

fn bound(key_id: &str) -> Vec<u8> {
    [DOMAIN.as_bytes(), b"\0", key_id.as_bytes()].concat()
}

impl KeyHolder for Token {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        let asked =
            self.aside(|token| token.with(|session, serial| Ok(name(serial, &token.current(session)?.id))));
        async { Ok(asked.await?) }.boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        let secret = Zeroizing::new(secret.to_vec());
        async move { Ok(self.aside(move |token| token.wrap(&secret)).await?) }.boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        let wrapped = wrapped.clone();
        async move { Ok(self.aside(move |token| token.unwrap(&wrapped)).await?) }.boxed()
    }

    fn trusted_for(&self) -> Option<Duration> {
        Some(TRUSTED)
    }
}

impl Rotate for Token {
    fn rotate(&self) -> BoxFuture<'_, Result<String, HolderError>> {
        async { self.aside(Inner::make).await.map_err(told) }.boxed()
    }

    fn made(&self) -> BoxFuture<'_, Result<SystemTime, HolderError>> {
        async {
            let current = |token: &Inner| token.with(|session, _| Ok(token.current(session)?.id));
            let id = self.aside(current).await.map_err(told)?;
            match id.first_chunk::<TIME_LEN>() {
                Some(time) if id.len() == ID_LEN => {
                    let since = Duration::from_nanos(u64::from_be_bytes(*time));
                    let made = SystemTime::UNIX_EPOCH.checked_add(since);
                    made.ok_or(HolderError::CannotRotate("the key's id tells no time"))
                }
                _ => Err(HolderError::CannotRotate(
                    "the key was not made here, and its age is not known: make one with `purser kms rotate`",
                )),
            }
        }
        .boxed()
    }
}

impl Destroy for Token {
    fn destroy<'a>(&'a self, key_id: &'a str) -> BoxFuture<'a, Result<Destruction, HolderError>> {
        let key_id = key_id.to_owned();
        async {
            let destroyed = self.aside(move |token| token.destroy(&key_id)).await;
            destroyed.map_err(told)?;
            Ok(Destruction::ByHolder)
        }
        .boxed()
    }
}
