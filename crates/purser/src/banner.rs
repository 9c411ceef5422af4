//! What a person sees when the server is ready: six lines, the last one to paste.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// What there is to say.
pub(crate) struct Banner<'a> {
    /// Where the data lies.
    pub(crate) store: &'a Path,
    /// Where the at-rest key is.
    pub(crate) place: &'a str,
    /// Id of the at-rest key.
    pub(crate) key_id: &'a str,
    /// The server's URL.
    pub(crate) url: &'a str,
    /// Time from the start of the process.
    pub(crate) took: Duration,
    /// The administrator's kubeconfig.
    pub(crate) kubeconfig: &'a Path,
}

impl Banner<'_> {
    /// Writes the lines.
    ///
    /// # Errors
    /// When `out` does.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let text = format!(
            "purser {version}, Kubernetes API {level}\n\
             store       {store}\n\
             encryption  AES-256-GCM, a key for each write, sealed by {key} in {place}\n\
             address     {url}\n\
             ready       in {took} ms\n\
             export KUBECONFIG={kubeconfig}\n",
            version = env!("CARGO_PKG_VERSION"),
            level = crate::KUBERNETES,
            store = self.store.display(),
            key = self.key_id,
            place = self.place,
            url = self.url,
            took = self.took.as_millis(),
            kubeconfig = quoted(&self.kubeconfig.to_string_lossy()),
        );
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

/// As a POSIX shell reads it back.
fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if word.chars().all(plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_lines_and_the_last_can_be_pasted() {
        let banner = Banner {
            store: Path::new("/d/store"),
            place: "/d/keys",
            key_id: "local-1",
            url: "https://127.0.0.1:6443",
            took: Duration::from_millis(42),
            kubeconfig: Path::new("/home/a b/admin.kubeconfig"),
        };
        let mut out = Vec::new();
        banner.write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[4], "ready       in 42 ms");
        assert_eq!(lines[5], "export KUBECONFIG='/home/a b/admin.kubeconfig'");
    }

    #[test]
    fn words_are_quoted_only_when_they_must_be() {
        assert_eq!(quoted("/a/b-c.d"), "/a/b-c.d");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
    }
}
