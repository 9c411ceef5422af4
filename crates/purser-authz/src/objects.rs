//! What rules may know of a single object.

/// What rules may know of an object besides what it is.
#[derive(Debug, Clone, Copy)]
pub struct ObjectFacts<'a> {
    /// Its namespace; of a namespace: its own name. Empty: it is in none.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its labels.
    pub labels: &'a [(&'a str, &'a str)],
    /// Its annotations; empty where nobody looks at them.
    pub annotations: &'a [(&'a str, &'a str)],
}
