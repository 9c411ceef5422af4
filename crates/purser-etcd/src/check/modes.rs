//! Who may read what is on disk.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::report::{Report, Severity};
use crate::files::{DIRECTORY_MODE, FILE_MODE};

/// What group and others may not have.
const OTHERS: u32 = 0o077;
/// Who may pass through a directory that is not theirs.
const PASS: u32 = 0o011;
/// The bits of a mode that say who may do what.
const PERMISSIONS: u32 = 0o7777;
/// How deep a place is looked through.
const DEEPEST: usize = 3;
/// The most entries of a place that are looked at.
const MOST_ENTRIES: usize = 10_000;
/// Where a database of bbolt says that it is one, and what it says: `magic` of its first page.
const MAGIC_AT: usize = 16;
const MAGIC: [u8; 4] = 0xED0C_DAED_u32.to_le_bytes();

/// Judges a file that is nobody else's business.
pub(super) fn private(report: &mut Report, check: &'static str, path: &Path) {
    let subject = path.display().to_string();
    match fs::metadata(path) {
        Ok(found) => judge(report, check, path, &found),
        Err(error) => report.failed(check, subject, error.to_string()),
    }
}

fn judge(report: &mut Report, check: &'static str, path: &Path, found: &Metadata) {
    let subject = path.display().to_string();
    let mode = found.mode() & PERMISSIONS;
    if mode & OTHERS == 0 {
        report.pass(check, subject, format!("its mode is {mode:04o}"));
        return;
    }
    let right = if found.is_dir() { DIRECTORY_MODE } else { FILE_MODE };
    let (severity, reach) = match closed_above(path) {
        None => (Severity::High, String::new()),
        Some(above) => (
            Severity::Low,
            format!("; {} keeps others out for now", above.display()),
        ),
    };
    report.find(
        severity,
        check,
        subject,
        format!("its mode is {mode:04o}, so that others than its owner may use it{reach}"),
        format!("chmod {right:04o} {}", path.display()),
    );
}

/// The path from the root on, without links.
fn whole(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A directory above that lets nobody through but its owner.
fn closed_above(path: &Path) -> Option<PathBuf> {
    let path = whole(path);
    let mut above = path.ancestors().skip(1);
    above
        .find(|directory| fs::metadata(directory).is_ok_and(|found| found.mode() & PASS == 0))
        .map(Path::to_owned)
}

/// Judges a data directory: itself, the database, the log.
pub(super) fn data(report: &mut Report, directory: &Path) {
    const CHECK: &str = "data-mode";
    let subject = directory.display().to_string();
    match fs::metadata(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            report.left(CHECK, subject, "it is not on this machine");
            return;
        }
        Err(error) => {
            report.failed(CHECK, subject, error.to_string());
            return;
        }
        Ok(found) => judge(report, CHECK, directory, &found),
    }
    for below in ["member", "member/snap", "member/wal", "member/snap/db"] {
        let path = directory.join(below);
        match fs::metadata(&path) {
            Ok(found) => judge(report, CHECK, &path, &found),
            Err(error) => report.failed(CHECK, path.display().to_string(), error.to_string()),
        }
    }
}

/// Where copies of a database may lie about.
pub(super) struct Place {
    path: PathBuf,
    depth: usize,
}

impl Place {
    /// A directory with what is below it.
    pub(super) fn whole(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            depth: DEEPEST,
        }
    }

    /// What is beside something, but not what is below that.
    pub(super) fn beside(path: &Path) -> Self {
        Self {
            path: whole(path).parent().unwrap_or(path).to_owned(),
            depth: 0,
        }
    }
}

/// Looks for copies of the database that others may read: in these places, but not where members keep their own.
pub(super) fn snapshots(report: &mut Report, places: &[Place], data: &[PathBuf]) {
    const CHECK: &str = "snapshots";
    let own = data.iter().map(|data| data.join("member"));
    let own: Vec<_> = own.filter_map(|path| fs::canonicalize(path).ok()).collect();
    for place in places {
        let subject = place.path.display().to_string();
        let mut walk = Walk {
            own: &own,
            left: MOST_ENTRIES,
            found: Vec::new(),
            unread: Vec::new(),
        };
        walk.look(&place.path, place.depth);
        let mut open = 0;
        for path in &walk.found {
            if let Ok(found) = fs::metadata(path)
                && found.mode() & OTHERS != 0
            {
                open += 1;
                judge(report, CHECK, path, &found);
            }
        }
        if walk.left == 0 {
            let reason =
                format!("it has more than {MOST_ENTRIES} entries, of which the first were looked at");
            report.failed(CHECK, subject.clone(), reason);
        }
        for (path, why) in walk.unread {
            report.failed(CHECK, path.display().to_string(), why.to_string());
        }
        if open == 0 {
            let evidence = format!(
                "{} copies of a database, none that others may read",
                walk.found.len()
            );
            report.pass(CHECK, subject, evidence);
        }
    }
}

struct Walk<'a> {
    /// What is the member's own.
    own: &'a [PathBuf],
    left: usize,
    found: Vec<PathBuf>,
    unread: Vec<(PathBuf, io::Error)>,
}

impl Walk<'_> {
    fn look(&mut self, directory: &Path, deeper: usize) {
        if fs::canonicalize(directory).is_ok_and(|path| self.own.contains(&path)) {
            return;
        }
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => {
                self.unread.push((directory.to_owned(), error));
                return;
            }
        };
        for entry in entries.flatten() {
            if self.left == 0 {
                return;
            }
            self.left -= 1;
            // Links are not followed: what they lead to is looked at where it is, or not at all.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && deeper > 0 => self.look(&entry.path(), deeper - 1),
                Ok(kind) if kind.is_file() && is_database(&entry.path()) => self.found.push(entry.path()),
                _ => {}
            }
        }
    }
}

/// Whether a file is a database of etcd's, by what is in it: names tell nothing. One that cannot be read is taken for one
/// when it is called so.
fn is_database(path: &Path) -> bool {
    let mut head = [0; MAGIC_AT + MAGIC.len()];
    match File::open(path).and_then(|mut file| file.read_exact(&mut head)) {
        Ok(()) => head.ends_with(&MAGIC),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            path.extension().is_some_and(|extension| extension == "db")
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn write(path: &Path, text: &[u8], mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn copies_of_a_database_are_known_by_what_is_in_them() {
        let top = tempfile::tempdir().unwrap();
        let database = [&[0; MAGIC_AT][..], &MAGIC, &[0; 100]].concat();
        fs::create_dir_all(top.path().join("data/member/snap")).unwrap();
        fs::create_dir_all(top.path().join("backups/monday")).unwrap();
        write(&top.path().join("data/member/snap/db"), &database, 0o644);
        write(&top.path().join("backups/monday/kept"), &database, 0o640);
        write(&top.path().join("backups/fine.db"), &database, 0o600);
        write(&top.path().join("backups/other.db"), b"SQLite format 3", 0o644);
        let mut report = Report::default();
        snapshots(
            &mut report,
            &[Place::whole(top.path())],
            &[top.path().join("data")],
        );
        let found: Vec<_> = report
            .findings
            .iter()
            .map(|finding| finding.subject.as_str())
            .collect();
        assert_eq!(found, [top.path().join("backups/monday/kept").to_str().unwrap()]);
        let expected = format!("chmod 0600 {}", found[0]);
        assert_eq!(report.findings[0].fix, expected);
    }

    #[test]
    fn what_a_closed_directory_keeps_from_others_is_less_bad() {
        let top = tempfile::tempdir().unwrap();
        fs::set_permissions(top.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let closed = top.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        let mut report = Report::default();
        for place in [top.path(), &closed] {
            write(&place.join("key"), b"x", 0o644);
            private(&mut report, "key-mode", &place.join("key"));
        }
        private(&mut report, "key-mode", &top.path().join("nothing"));
        let severities: Vec<_> = report.findings.iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::High, Severity::Low]);
        assert!(report.findings[0].evidence.contains("0644"));
        assert_eq!(report.not_looked_at.len(), 1);
    }
}
