//! Files that are read again when they change, while the server runs.
//!
//! What a file says takes effect as a whole or not at all: when it cannot be used, what it said before stays, a warning
//! tells why, and a number on `/metrics` grows.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest as sha256};
use rustix::fs::OFlags;
use tokio::time::MissedTickBehavior;
use zeroize::Zeroizing;

use crate::error::Error;

/// How often files are looked at.
const EVERY: Duration = Duration::from_secs(2);
/// The largest file that is read, bytes.
const MOST_BYTES: u64 = 4 << 20;

/// How often files were taken anew, and how often one could not be used.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Taken.
    pub(crate) taken: AtomicU64,
    /// Not usable; once for each content.
    pub(crate) refused: AtomicU64,
    /// When last taken, in seconds since 1970.
    pub(crate) taken_at: AtomicU64,
    /// When last not usable.
    pub(crate) refused_at: AtomicU64,
}

impl Counters {
    fn took(&self) {
        count(&self.taken, &self.taken_at);
    }

    fn refused(&self) {
        count(&self.refused, &self.refused_at);
    }
}

fn count(count: &AtomicU64, at: &AtomicU64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    at.store(now.as_secs(), Ordering::Relaxed);
    count.fetch_add(1, Ordering::Relaxed);
}

/// Puts what a file says into effect, or says why it cannot be used.
type Apply = Box<dyn FnMut(&[u8]) -> Result<(), String> + Send>;

/// Reads what a file says, and all that is said by it.
type Read = Box<dyn Fn(&Path) -> Result<Zeroizing<Vec<u8>>, String> + Send>;

/// A file that is looked at again and again.
pub(crate) struct Followed {
    /// What it holds, for the log.
    what: &'static str,
    path: PathBuf,
    /// What was found last, usable or not: its hash, for it may hold keys.
    found: Result<Digest, String>,
    read: Read,
    apply: Apply,
    /// Where this file is counted by itself.
    own: Arc<Counters>,
    /// After which time what could not be used is tried again; `None`: once it is another.
    again: Option<Duration>,
    /// When it could not be used last; `None`: it could.
    refused: Option<Instant>,
}

/// Tells contents apart.
pub(crate) type Digest = [u8; 32];

/// The digest of a content.
pub(crate) fn digest(content: &[u8]) -> Digest {
    let mut out = Digest::default();
    for (to, from) in out.iter_mut().zip(sha256(&SHA256, content).as_ref()) {
        *to = *from;
    }
    out
}

/// What became of a look at a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// It says what it said before.
    Same,
    /// It says something else, which is in effect now.
    Taken,
    /// It cannot be read or used; what was in effect stays.
    Refused(String),
}

impl Followed {
    /// The file at `path`, of which `content` is in effect; `what` names it in the log, as in "the client CAs".
    pub(crate) fn new(
        what: &'static str,
        path: PathBuf,
        content: impl AsRef<[u8]>,
        apply: impl FnMut(&[u8]) -> Result<(), String> + Send + 'static,
    ) -> Self {
        Self::known(what, path, digest(content.as_ref()), apply)
    }

    /// As [`Followed::new`], with the digest of the content that is in effect.
    pub(crate) fn known(
        what: &'static str,
        path: PathBuf,
        content: Digest,
        apply: impl FnMut(&[u8]) -> Result<(), String> + Send + 'static,
    ) -> Self {
        Self {
            what,
            path,
            found: Ok(content),
            read: Box::new(|path| read(path).map_err(|error| error.to_string())),
            apply: Box::new(apply),
            own: Arc::default(),
            again: None,
            refused: None,
        }
    }

    /// The same, whose content is tried again after this time when it could not be used: what it needs may come later.
    pub(crate) fn trying_again(self, after: Duration) -> Self {
        Self {
            again: Some(after),
            ..self
        }
    }

    /// The same, which is counted there besides.
    pub(crate) fn counted(self, own: Arc<Counters>) -> Self {
        Self { own, ..self }
    }

    /// The same, reading something else than the file whole.
    pub(crate) fn reading(
        self,
        read: impl Fn(&Path) -> Result<Zeroizing<Vec<u8>>, String> + Send + 'static,
    ) -> Self {
        Self {
            read: Box::new(read),
            ..self
        }
    }

    /// Looks once.
    pub(crate) fn look(&mut self) -> Look {
        let content = (self.read)(&self.path);
        let found = content
            .as_ref()
            .map(|content| digest(content))
            .map_err(Clone::clone);
        let is_same = found == self.found;
        if is_same && !(found.is_ok() && self.is_due()) {
            return Look::Same;
        }
        let taken = match &content {
            Ok(content) => (self.apply)(content).map_err(|why| format!("{}: {why}", self.path.display())),
            Err(why) => Err(why.clone()),
        };
        self.found = found;
        self.refused = taken.is_err().then(Instant::now);
        match taken {
            Ok(()) => Look::Taken,
            // It was told.
            Err(_) if is_same => Look::Same,
            Err(why) => Look::Refused(why),
        }
    }

    /// Whether what could not be used is to be tried again.
    fn is_due(&self) -> bool {
        let refused = self.again.zip(self.refused);
        refused.is_some_and(|(after, refused)| refused.elapsed() >= after)
    }
}

/// Reads a file of settings whole. What can be read once only, as a pipe of a shell's `<(…)`, would say nothing at the
/// next look, and nobody would be denied any more.
///
/// # Errors
/// When it is no regular file, cannot be read or is too large.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let attempt = || {
        let mut content = Zeroizing::new(Vec::new());
        // A pipe that nobody writes to is not waited for.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let file = File::options().read(true).custom_flags(flags).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        file.take(MOST_BYTES + 1).read_to_end(&mut content)?;
        match u64::try_from(content.len()).is_ok_and(|length| length <= MOST_BYTES) {
            true => Ok(content),
            false => Err(io::Error::other(format!("it is larger than {MOST_BYTES} bytes"))),
        }
    };
    attempt().map_err(|source| Error::File {
        action: "read",
        path: path.to_owned(),
        source,
    })
}

/// Looks at all of them every two seconds until it is dropped.
pub(crate) async fn keep(mut followed: Vec<Followed>, counters: Arc<Counters>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !followed.is_empty() {
        ticks.tick().await;
        let counters = Arc::clone(&counters);
        let looked = tokio::task::spawn_blocking(move || {
            for file in &mut followed {
                tell(file, &counters);
            }
            followed
        });
        match looked.await {
            Ok(back) => followed = back,
            Err(error) => return tracing::error!(%error, "changes of files take no effect any more"),
        }
    }
}

/// Looks at one, and tells what came of it.
fn tell(file: &mut Followed, counters: &Counters) {
    let path = file.path.display().to_string();
    match file.look() {
        Look::Same => {}
        Look::Taken => {
            counters.took();
            file.own.took();
            tracing::info!(file = path, what = file.what, "a file changed and is in effect");
        }
        Look::Refused(error) => {
            counters.refused();
            file.own.refused();
            tracing::warn!(
                file = path,
                what = file.what,
                error,
                "a file changed and cannot be used: what it said before stays in effect"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    use std::sync::Mutex;

    use super::*;

    #[test]
    fn what_can_be_read_once_only_is_no_file_of_settings() {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"user jane").unwrap();
        let pipe = format!("/proc/self/fd/{}", reader.as_raw_fd());
        for path in [pipe.as_str(), "/dev/null"] {
            let why = read(Path::new(path)).unwrap_err().to_string();
            assert!(why.contains("it is not a regular file"), "{why}");
        }
    }

    #[test]
    fn what_could_not_be_used_is_tried_again_and_told_once() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("settings");
        fs::write(&path, "a").unwrap();
        let mut away = 2;
        let apply = move |_: &[u8]| {
            away -= 1;
            match away {
                0.. => Err("the plugin is away".to_owned()),
                _ => Ok(()),
            }
        };
        let file = Followed::new("settings", path.clone(), b"a", apply);
        let mut file = file.trying_again(Duration::ZERO);
        assert_eq!(file.look(), Look::Same);
        fs::write(&path, "b").unwrap();
        assert!(matches!(file.look(), Look::Refused(_)));
        assert_eq!(file.look(), Look::Same);
        assert_eq!(file.look(), Look::Taken);
        assert_eq!(file.look(), Look::Same);
    }

    #[test]
    fn a_change_is_taken_whole_and_one_that_cannot_be_used_is_told_once() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("settings");
        fs::write(&path, "a").unwrap();
        let now = Arc::new(Mutex::new("a".to_owned()));
        let there = Arc::clone(&now);
        let apply = move |content: &[u8]| {
            let text = std::str::from_utf8(content).map_err(|_| "it is not text".to_owned())?;
            text.clone_into(&mut there.lock().unwrap());
            Ok(())
        };
        let mut file = Followed::new("settings", path.clone(), b"a", apply);
        assert_eq!(file.look(), Look::Same);
        fs::write(&path, "b").unwrap();
        assert_eq!(file.look(), Look::Taken);
        assert_eq!(file.look(), Look::Same);
        fs::write(&path, [0xff]).unwrap();
        let Look::Refused(why) = file.look() else {
            panic!("it was taken")
        };
        assert!(why.ends_with("settings: it is not text"), "{why}");
        assert_eq!(file.look(), Look::Same);
        assert_eq!(*now.lock().unwrap(), "b");
        fs::remove_file(&path).unwrap();
        assert!(matches!(file.look(), Look::Refused(_)));
        assert_eq!(file.look(), Look::Same);
        fs::write(&path, "c").unwrap();
        assert_eq!(file.look(), Look::Taken);
        assert_eq!(*now.lock().unwrap(), "c");
    }
}
