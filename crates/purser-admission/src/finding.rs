//! What was found, and how it is told.

/// A field that looks like a credential.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// `data[app.env]`.
    pub(crate) field: String,
    /// The line within the value, from 1; 0: the value as a whole.
    pub(crate) line: usize,
    /// `a GitHub token`.
    pub(crate) what: &'static str,
}

impl Finding {
    /// What is told of it.
    pub(crate) fn sentence(&self) -> String {
        if self.line == 0 {
            format!(
                "{}: looks like {}; keep credentials in a Secret",
                self.field, self.what
            )
        } else {
            format!(
                "{}: line {} looks like {}; keep credentials in a Secret",
                self.field, self.line, self.what
            )
        }
    }
}
