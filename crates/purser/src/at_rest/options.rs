//! Who keeps the at-rest key, as the command line says it.

use clap::Args;
use purser_kms::HolderSpec;

/// Key holders instead of key files.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Holders {
    /// Key holder that keeps the at-rest key, instead of key files; `purser kms --help` lists the kinds. What key files
    /// have sealed is still read
    #[arg(
        long,
        value_name = "HOLDER",
        conflicts_with = "encryption_provider_config",
        help_heading = "At-rest key"
    )]
    pub(crate) at_rest_key_holder: Option<HolderSpec>,
    /// Key holder that kept the at-rest key: what it has sealed is still read. May be given again
    #[arg(long, value_name = "HOLDER", help_heading = "At-rest key")]
    pub(crate) former_at_rest_key_holder: Vec<HolderSpec>,
}
