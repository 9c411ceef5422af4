//! What sealing and opening is counted under: the kind whose values they are.

use std::sync::Arc;

use purser_encryption::tally::Tallies;
use purser_encryption::{Measured, Transformer};
use purser_registry::kinds::KINDS;
use purser_store::Keyspace;
use purser_types::Resource;

/// The trees of storage keys of all kinds, each with what keeps it, counted under its kind.
pub(super) fn trees(
    keyspace: &Keyspace,
    tallies: &Tallies,
    of: impl Fn(&'static Resource) -> Arc<dyn Transformer>,
) -> Vec<(String, Arc<dyn Transformer>)> {
    let kinds = KINDS.iter().filter(|kind| kind.is_storage());
    let tree = |resource: &'static Resource| {
        let counted = Measured::new(of(resource), tallies, &resource.qualified());
        let prefix = format!("{}{}/", keyspace.objects(), resource.directory);
        (prefix, Arc::new(counted) as Arc<dyn Transformer>)
    };
    kinds.map(|kind| tree(kind.resource)).collect()
}

/// What keeps something else than objects, counted under no kind.
pub(super) fn other(tallies: &Tallies, transformer: Arc<dyn Transformer>) -> Arc<dyn Transformer> {
    Arc::new(Measured::new(transformer, tallies, ""))
}
