//! The server's own certificate authority, and the two certificates it signs by itself.
//!
//! | file | what | good for | renewed |
//! | --- | --- | --- | --- |
//! | `ca.crt`, `ca.key` | the authority | 10 years | by hand |
//! | `serving.crt`, `serving.key` | what the server shows | 90 days | a third before its end, when names join |
//! | `admin.crt`, `admin.key` | the administrator's login | a year | a third before its end |
//!
//! All keys are ECDSA P-256. Every renewal takes a new key. What others ask for is signed in `issuing`; the authority's
//! key is used nowhere else.

mod authority;
mod certificate;
mod issuing;
mod leaf;
mod names;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

pub(crate) use issuing::Issuing;
pub(crate) use names::{Name, Names};

use crate::error::Error;
use crate::private;
use authority::Authority;
use leaf::Leaf;

/// How long before its end it is told that an authority ends.
const LAST_YEAR: Duration = Duration::days(365);

/// A certificate with its key.
pub(crate) struct Pair {
    /// PEM.
    pub(crate) certificate: String,
    /// PEM.
    pub(crate) key: Zeroizing<String>,
    /// Whether it was just made.
    pub(crate) new: bool,
}

/// The directory with the authority in it.
pub(crate) struct Pki {
    directory: PathBuf,
    authority: Authority,
}

impl Pki {
    /// Opens the directory; makes it and the authority when they are missing. Once a first start came through
    /// (`initialised`), an authority is made only where its whole directory is gone.
    ///
    /// # Errors
    /// When it is open to others, or what is in it cannot be used.
    pub(crate) fn open(directory: &Path, initialised: bool, now: OffsetDateTime) -> Result<Self, Error> {
        private::directory(directory)?;
        let authority = Authority::open(directory, initialised, now)?;
        Ok(Self {
            directory: directory.to_owned(),
            authority,
        })
    }

    /// The authority's certificate, PEM.
    pub(crate) fn ca(&self) -> &str {
        self.authority.certificate()
    }

    /// When the authority ends, in its last year: nothing renews it.
    pub(crate) fn ends_soon(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let end = self.authority.not_after();
        (now + LAST_YEAR > end).then_some(end)
    }

    /// Sees to both certificates of a server that will listen on `bind`, so that they are at hand later.
    ///
    /// # Errors
    /// As [`Self::serving`] and [`Self::admin`].
    pub(crate) fn prepare(&self, bind: IpAddr, now: OffsetDateTime) -> Result<(), Error> {
        self.admin(now)?;
        self.serving(&Name::of_machine(bind), now)?;
        Ok(())
    }

    /// The certificate that the server shows: the one at hand while it is good for all of `names`, or a new one.
    ///
    /// # Errors
    /// When it is open to others, or cannot be made or written.
    pub(crate) fn serving(&self, names: &Names, now: OffsetDateTime) -> Result<Pair, Error> {
        leaf::ready(&self.directory, &Leaf::Serving(names), &self.authority, now)
    }

    /// The administrator's certificate: the one at hand while it is good, or a new one.
    ///
    /// # Errors
    /// When it is open to others, or cannot be made or written.
    pub(crate) fn admin(&self, now: OffsetDateTime) -> Result<Pair, Error> {
        leaf::ready(&self.directory, &Leaf::Admin, &self.authority, now)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(hosts: &[&str]) -> Names {
        Names::from_iter(hosts.iter().map(|host| Name::of(host).unwrap()))
    }

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
    }

    fn open(top: &tempfile::TempDir, now: OffsetDateTime) -> Pki {
        Pki::open(&top.path().join("pki"), false, now).unwrap()
    }

    #[test]
    fn a_later_start_finds_what_the_first_made() {
        let top = tempfile::tempdir().unwrap();
        let first = open(&top, now());
        let (serving, admin) = (
            first.serving(&names(&["a", "::1"]), now()).unwrap(),
            first.admin(now()).unwrap(),
        );
        assert!(serving.new && admin.new);
        let later = open(&top, now() + Duration::days(10));
        assert_eq!(first.ca(), later.ca());
        let again = later
            .serving(&names(&["a", "::1"]), now() + Duration::days(10))
            .unwrap();
        assert!(!again.new);
        assert_eq!((again.certificate, again.key), (serving.certificate, serving.key));
        assert_eq!(later.admin(now()).unwrap().certificate, admin.certificate);
    }

    #[test]
    fn certificates_are_renewed_a_third_before_their_end() {
        let top = tempfile::tempdir().unwrap();
        let pki = open(&top, now());
        pki.serving(&names(&["a"]), now()).unwrap();
        assert!(
            !pki.serving(&names(&["a"]), now() + Duration::days(59))
                .unwrap()
                .new
        );
        assert!(
            pki.serving(&names(&["a"]), now() + Duration::days(61))
                .unwrap()
                .new
        );
        pki.admin(now()).unwrap();
        assert!(!pki.admin(now() + Duration::days(240)).unwrap().new);
        assert!(pki.admin(now() + Duration::days(250)).unwrap().new);
        // A clock that was set back: not good yet is as bad as not good any more.
        assert!(pki.admin(now() - Duration::days(1000)).unwrap().new);
    }

    #[test]
    fn a_name_that_joins_takes_a_new_certificate_and_one_that_leaves_does_not() {
        let top = tempfile::tempdir().unwrap();
        let pki = open(&top, now());
        pki.serving(&names(&["a", "10.0.0.1"]), now()).unwrap();
        assert!(!pki.serving(&names(&["a"]), now()).unwrap().new);
        assert!(pki.serving(&names(&["a", "10.0.0.2"]), now()).unwrap().new);
        assert!(!pki.serving(&names(&["10.0.0.2"]), now()).unwrap().new);
    }

    #[test]
    fn damaged_halved_or_foreign_certificates_are_made_anew() {
        let top = tempfile::tempdir().unwrap();
        let pki = open(&top, now());
        let file = |name: &str| top.path().join("pki").join(name);
        pki.admin(now()).unwrap();
        fs::write(file("admin.crt"), "damaged").unwrap();
        assert!(pki.admin(now()).unwrap().new);
        fs::remove_file(file("admin.key")).unwrap();
        assert!(pki.admin(now()).unwrap().new);
        // The power failed between the two files.
        let serving = pki.serving(&names(&["a"]), now()).unwrap();
        private::write(&file("admin.key"), &serving.key).unwrap();
        assert!(pki.admin(now()).unwrap().new);
        // Another authority signed it.
        let other_top = tempfile::tempdir().unwrap();
        let other = open(&other_top, now()).admin(now()).unwrap();
        private::write(&file("admin.crt"), &other.certificate).unwrap();
        private::write(&file("admin.key"), &other.key).unwrap();
        assert!(pki.admin(now()).unwrap().new);
        assert!(!pki.admin(now()).unwrap().new);
    }

    #[test]
    fn an_authority_that_cannot_be_used_stops_the_start() {
        let top = tempfile::tempdir().unwrap();
        let directory = top.path().join("pki");
        drop(open(&top, now()));
        let refusal = |now| {
            Pki::open(&directory, true, now)
                .err()
                .map_or_else(String::new, |error| error.to_string())
        };
        assert!(
            refusal(now() + Duration::days(3_651)).contains("ca.crt: it ran out"),
            "expired"
        );
        fs::set_permissions(directory.join("ca.key"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(refusal(now()).contains("run `chmod 600 "));
        fs::remove_file(directory.join("ca.key")).unwrap();
        assert!(refusal(now()).contains("ca.key: it is missing"));
    }

    #[test]
    fn it_is_told_in_its_last_year_that_an_authority_ends() {
        let top = tempfile::tempdir().unwrap();
        let made = open(&top, now());
        assert_eq!(made.ends_soon(now() + Duration::days(3_284)), None);
        let later = now() + Duration::days(3_286);
        let found = open(&top, later);
        assert_eq!(found.ends_soon(later), Some(now() + Duration::days(3_650)));
        assert_eq!(made.ends_soon(later), found.ends_soon(later));
    }

    #[test]
    fn an_authority_without_certificate_was_never_used_and_is_made_anew() {
        let top = tempfile::tempdir().unwrap();
        drop(open(&top, now()));
        fs::remove_file(top.path().join("pki/ca.crt")).unwrap();
        assert!(open(&top, now()).ca().starts_with("-----BEGIN CERTIFICATE-----"));
    }
}
