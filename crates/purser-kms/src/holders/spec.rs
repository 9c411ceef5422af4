//! The word that names a key holder on a command line.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use purser_encryption::KeyHolder;

use super::aws::{AwsKms, AwsSettings};
use super::credential;
use super::destroy::Destroy;
use super::error::HolderError;
use super::file::FileKeys;
use super::listed::Listed;
use super::passphrase::Passphrase;
use super::pkcs11::{Pkcs11Settings, Token};
use super::private::PrivateFiles;
use super::rotate::Rotate;
use super::tpm::{Tpm, TpmSettings};
use super::vault::{Vault, VaultSettings};

/// How holders are written.
const FORMS: &str = "write it as file:DIR, credential:NAME[,OLD], passphrase-file:FILE, \
    vault:https://HOST/[MOUNT/]KEY?token-file=FILE, aws-kms:REGION/KEY, \
    pkcs11:MODULE?token=LABEL&key=LABEL&pin-file=FILE, or tpm:FILE";
/// The TPM of this machine, unless it is said.
const TPM: &str = "/dev/tpmrm0";
/// Where Transit is mounted unless it is said.
const MOUNT: &str = "transit";

/// A key holder, as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HolderSpec {
    /// `file:DIR`: key files of this machine.
    File(PathBuf),
    /// `credential:NAME[,OLD…]`: credentials that systemd hands over; the first wraps.
    Credential(Vec<String>),
    /// `passphrase-file:FILE`: derived from a passphrase.
    Passphrase(PathBuf),
    /// `vault:https://HOST/[MOUNT/]KEY?token-file=FILE[&ca-file=FILE][&namespace=NAME]`.
    Vault(VaultSettings),
    /// `aws-kms:REGION/KEY[?endpoint=URL][&credentials-file=FILE]`.
    AwsKms(AwsSettings),
    /// `pkcs11:MODULE?token=LABEL&key=LABEL&pin-file=FILE`.
    Pkcs11(Pkcs11Settings),
    /// `tpm:FILE[?device=PATH]`.
    Tpm(TpmSettings),
}

/// Why a word names none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SpecError(String);

impl FromStr for HolderSpec {
    type Err = SpecError;

    fn from_str(word: &str) -> Result<Self, SpecError> {
        let wrong = || SpecError(FORMS.to_owned());
        let (kind, rest) = word.split_once(':').ok_or_else(wrong)?;
        if rest.is_empty() {
            return Err(wrong());
        }
        match kind {
            "file" => Ok(Self::File(PathBuf::from(rest))),
            "passphrase-file" => Ok(Self::Passphrase(PathBuf::from(rest))),
            "credential" => credential(rest).map(Self::Credential),
            "vault" => vault(rest).map(Self::Vault),
            "aws-kms" => aws(rest).map(Self::AwsKms),
            "pkcs11" => pkcs11(rest).map(Self::Pkcs11),
            "tpm" => tpm(rest).map(Self::Tpm),
            _ => Err(wrong()),
        }
    }
}

fn credential(rest: &str) -> Result<Vec<String>, SpecError> {
    let names: Vec<String> = rest.split(',').map(str::to_owned).collect();
    let plain = |name: &String| !name.is_empty() && name != ".." && name != "." && !name.contains('/');
    match names.iter().all(plain) {
        true => Ok(names),
        false => Err(SpecError(
            "a credential is named by the name of a file".to_owned(),
        )),
    }
}

fn vault(rest: &str) -> Result<VaultSettings, SpecError> {
    let (url, mut options) = Options::after(rest)?;
    let wrong = || SpecError("write it as vault:https://HOST[:PORT]/[MOUNT/]KEY?token-file=FILE".to_owned());
    let (scheme, place) = url.split_once("://").ok_or_else(wrong)?;
    let (host, path) = place.split_once('/').ok_or_else(wrong)?;
    let (mount, key) = path.rsplit_once('/').unwrap_or((MOUNT, path));
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    if host.is_empty() || !part(key) || !mount.split('/').all(part) {
        return Err(wrong());
    }
    let settings = VaultSettings {
        server: format!("{scheme}://{host}"),
        mount: mount.to_owned(),
        key: key.to_owned(),
        token_file: options.required("token-file")?.into(),
        ca_file: options.take("ca-file").map(PathBuf::from),
        namespace: options.take("namespace"),
    };
    options.nothing_else()?;
    Ok(settings)
}

fn aws(rest: &str) -> Result<AwsSettings, SpecError> {
    let (place, mut options) = Options::after(rest)?;
    let wrong = || SpecError("write it as aws-kms:REGION/KEY, KEY an ARN, an id or alias/NAME".to_owned());
    let (region, key) = place.split_once('/').ok_or_else(wrong)?;
    let plain = |character: char| character.is_ascii_alphanumeric() || character == '-';
    if region.is_empty() || key.is_empty() || !region.chars().all(plain) {
        return Err(wrong());
    }
    let settings = AwsSettings {
        region: region.to_owned(),
        key: key.to_owned(),
        endpoint: options.take("endpoint"),
        credentials_file: options.take("credentials-file").map(PathBuf::from),
    };
    options.nothing_else()?;
    Ok(settings)
}

fn pkcs11(rest: &str) -> Result<Pkcs11Settings, SpecError> {
    let (module, mut options) = Options::after(rest)?;
    let settings = Pkcs11Settings {
        module: module.into(),
        token: options.required("token")?,
        key: options.required("key")?,
        pin_file: options.required("pin-file")?.into(),
    };
    options.nothing_else()?;
    Ok(settings)
}

fn tpm(rest: &str) -> Result<TpmSettings, SpecError> {
    let (file, mut options) = Options::after(rest)?;
    let settings = TpmSettings {
        file: file.into(),
        device: options.take("device").unwrap_or_else(|| TPM.to_owned()).into(),
    };
    options.nothing_else()?;
    Ok(settings)
}

/// `?name=value&name=value` after what they are about.
struct Options(BTreeMap<String, String>);

impl Options {
    fn after(rest: &str) -> Result<(&str, Self), SpecError> {
        let Some((about, options)) = rest.split_once('?') else {
            return Ok((rest, Self(BTreeMap::new())));
        };
        let mut found = BTreeMap::new();
        for option in options.split('&') {
            let wrong = || SpecError(format!("write {option} as NAME=VALUE"));
            let (name, value) = option.split_once('=').ok_or_else(wrong)?;
            if value.is_empty() {
                return Err(wrong());
            }
            if found.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(SpecError(format!("{name} is said twice")));
            }
        }
        Ok((about, Self(found)))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn required(&mut self, name: &str) -> Result<String, SpecError> {
        self.take(name)
            .ok_or_else(|| SpecError(format!("say {name}=… behind the question mark")))
    }

    fn nothing_else(self) -> Result<(), SpecError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(SpecError(format!("this kind of key holder has no {name}"))),
        }
    }
}

impl HolderSpec {
    /// Opens the holder.
    ///
    /// # Errors
    /// When it has no key, or what it is made of cannot be used. A holder elsewhere is not asked yet.
    pub async fn open(&self, files: PrivateFiles) -> Result<Arc<dyn KeyHolder>, HolderError> {
        Ok(match self {
            Self::File(directory) => file(directory).open()?,
            Self::Credential(names) => credential::open(names)?,
            Self::Passphrase(path) => passphrase(path, files).open().await?,
            Self::Vault(settings) => Arc::new(Vault::open(settings.clone(), files)?),
            Self::AwsKms(settings) => Arc::new(AwsKms::open(settings.clone(), files)?),
            Self::Pkcs11(settings) => Arc::new(Token::open(settings.clone(), files)?),
            Self::Tpm(settings) => sealed(settings, files).open().await?,
        })
    }

    /// What makes new keys in it.
    ///
    /// # Errors
    /// [`HolderError::CannotRotate`], with what to do instead.
    pub fn rotating(&self, files: PrivateFiles) -> Result<Arc<dyn Rotate>, HolderError> {
        match self {
            Self::File(directory) => Ok(Arc::new(file(directory))),
            Self::Passphrase(path) => Ok(Arc::new(passphrase(path, files))),
            Self::Vault(settings) => Ok(Arc::new(Vault::open(settings.clone(), files)?)),
            Self::Pkcs11(settings) => Ok(Arc::new(Token::open(settings.clone(), files)?)),
            Self::Tpm(settings) => Ok(Arc::new(sealed(settings, files))),
            Self::Credential(_) => Err(HolderError::CannotRotate(
                "credentials come from systemd: name a new one first, credential:NEW,OLD, and restart the service",
            )),
            Self::AwsKms(_) => Err(HolderError::CannotRotate(
                "AWS makes keys: make another one there, and have an alias, which this is given, lead to it",
            )),
        }
    }

    /// What destroys keys of it.
    ///
    /// # Errors
    /// [`HolderError::CannotDestroy`], with what to do instead.
    pub fn destroying(&self, files: PrivateFiles) -> Result<Arc<dyn Destroy>, HolderError> {
        match self {
            Self::File(directory) => Ok(Arc::new(file(directory))),
            Self::Passphrase(path) => Ok(Arc::new(passphrase(path, files))),
            Self::Vault(settings) => Ok(Arc::new(Vault::open(settings.clone(), files)?)),
            Self::AwsKms(settings) => Ok(Arc::new(AwsKms::open(settings.clone(), files)?)),
            Self::Pkcs11(settings) => Ok(Arc::new(Token::open(settings.clone(), files)?)),
            Self::Tpm(settings) => Ok(Arc::new(sealed(settings, files))),
            Self::Credential(_) => Err(HolderError::CannotDestroy(
                "credentials are systemd's, which this cannot destroy: take another one, have everything sealed anew with \
                 it, then destroy the encrypted credential, and whatever it was made of, yourself",
            )),
        }
    }
}

/// As it is named to people: without the options, which say how it is reached.
impl fmt::Display for HolderSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(directory) => write!(f, "file:{}", directory.display()),
            Self::Credential(names) => write!(f, "credential:{}", names.join(",")),
            Self::Passphrase(file) => write!(f, "passphrase-file:{}", file.display()),
            Self::Vault(vault) => write!(f, "vault:{}/{}/{}", vault.server, vault.mount, vault.key),
            Self::AwsKms(aws) => write!(f, "aws-kms:{}/{}", aws.region, aws.key),
            Self::Pkcs11(token) => write!(
                f,
                "pkcs11:{}?token={}&key={}",
                token.module.display(),
                token.token,
                token.key
            ),
            Self::Tpm(tpm) => write!(f, "tpm:{}", tpm.file.display()),
        }
    }
}

fn file(directory: &Path) -> FileKeys {
    FileKeys {
        directory: directory.to_owned(),
    }
}

fn sealed(settings: &TpmSettings, files: PrivateFiles) -> Listed<Tpm> {
    Listed(Tpm {
        settings: settings.clone(),
        files,
    })
}

fn passphrase(path: &Path, files: PrivateFiles) -> Listed<Passphrase> {
    Listed(Passphrase {
        file: path.to_owned(),
        files,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: &str) -> Result<HolderSpec, String> {
        word.parse().map_err(|error: SpecError| error.to_string())
    }

    #[test]
    fn every_kind_is_read() {
        assert_eq!(read("file:/a/b"), Ok(HolderSpec::File("/a/b".into())));
        assert_eq!(
            read("credential:new,old"),
            Ok(HolderSpec::Credential(vec!["new".to_owned(), "old".to_owned()]))
        );
        assert_eq!(
            read("passphrase-file:/p"),
            Ok(HolderSpec::Passphrase("/p".into()))
        );
        let vault = |mount: &str| {
            HolderSpec::Vault(VaultSettings {
                server: "https://v:8200".to_owned(),
                mount: mount.to_owned(),
                key: "k".to_owned(),
                token_file: "/t".into(),
                ca_file: None,
                namespace: None,
            })
        };
        assert_eq!(read("vault:https://v:8200/k?token-file=/t"), Ok(vault("transit")));
        assert_eq!(read("vault:https://v:8200/a/b/k?token-file=/t"), Ok(vault("a/b")));
        let arn = "arn:aws:kms:eu-central-1:123:key/a";
        assert_eq!(
            read(&format!("aws-kms:eu-central-1/{arn}")),
            Ok(HolderSpec::AwsKms(AwsSettings {
                region: "eu-central-1".to_owned(),
                key: arn.to_owned(),
                endpoint: None,
                credentials_file: None,
            }))
        );
        assert_eq!(
            read("pkcs11:/m.so?token=a b&key=c&pin-file=/p"),
            Ok(HolderSpec::Pkcs11(Pkcs11Settings {
                module: "/m.so".into(),
                token: "a b".to_owned(),
                key: "c".to_owned(),
                pin_file: "/p".into(),
            }))
        );
    }

    #[test]
    fn what_names_none_is_refused_with_what_to_write() {
        for (word, said) in [
            ("", "write it as file:DIR"),
            ("file:", "write it as file:DIR"),
            ("tape:/dev/st0", "write it as file:DIR"),
            ("credential:../a", "the name of a file"),
            ("vault:https://v/k", "say token-file=…"),
            ("vault:https://v?token-file=/t", "write it as vault:https://HOST"),
            (
                "vault:https://v/../k?token-file=/t",
                "write it as vault:https://HOST",
            ),
            ("vault:https://v/k?token-file=/t&tokn=1", "has no tokn"),
            ("vault:https://v/k?token-file=/t&token-file=/t", "said twice"),
            // A dot would lead to another host.
            ("aws-kms:evil.example/k", "write it as aws-kms:REGION/KEY"),
            ("aws-kms:eu", "write it as aws-kms:REGION/KEY"),
            ("pkcs11:/m.so?token=a&key=b", "say pin-file=…"),
            ("pkcs11:/m.so?token", "NAME=VALUE"),
        ] {
            let why = read(word).unwrap_err();

            assert!(why.contains(said), "{word}: {why}");
        }
    }
}
