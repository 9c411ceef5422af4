//! What seals and opens, made of a configuration.

use std::sync::Arc;

use super::{Configuration, Kms, KmsVersion, Provider};
use crate::chain::Chain;
use crate::envelope::Envelope;
use crate::envelope_v1::EnvelopeV1;
use crate::identity::Identity;
use crate::key_holder::KeyHolder;
use crate::keyed::{BadKey, Keyed, NamedKey};
use crate::tally::Tallies;
use crate::transformer::Transformer;

/// Why a plugin cannot be spoken to.
#[derive(Debug, thiserror::Error)]
#[error("KMS provider {name}: {why}")]
pub struct DialError {
    /// The provider.
    pub name: String,
    /// Why.
    pub why: String,
}

/// The transformers of a configuration.
pub struct Providers {
    configuration: Configuration,
    /// Those of each block.
    made: Vec<Vec<Arc<dyn Transformer>>>,
    plugins: Plugins,
}

/// The envelopes whose key holders are plugins.
#[derive(Default)]
struct Plugins {
    v2: Vec<Arc<Envelope>>,
    v1: Vec<Arc<EnvelopeV1>>,
}

impl Providers {
    /// Makes every provider once; `dial` makes the key holder that speaks to a plugin. The keys leave the
    /// configuration for the ciphers.
    ///
    /// # Errors
    /// When a plugin cannot be spoken to.
    pub fn new(
        configuration: Configuration,
        dial: impl Fn(&Kms) -> Result<Arc<dyn KeyHolder>, DialError>,
    ) -> Result<Self, DialError> {
        Self::counted(configuration, &Tallies::default(), dial)
    }

    /// As [`Providers::new`]; they count there.
    ///
    /// # Errors
    /// When a plugin cannot be spoken to.
    pub fn counted(
        mut configuration: Configuration,
        tallies: &Tallies,
        dial: impl Fn(&Kms) -> Result<Arc<dyn KeyHolder>, DialError>,
    ) -> Result<Self, DialError> {
        let mut plugins = Plugins::default();
        let mut made = Vec::new();
        for block in &mut configuration.blocks {
            let mut transformers = Vec::new();
            for (index, provider) in block.providers.iter_mut().enumerate() {
                transformers.push(make(provider, index == 0, tallies, &dial, &mut plugins)?);
            }
            made.push(transformers);
        }
        Ok(Self {
            configuration,
            made,
            plugins,
        })
    }

    /// The envelopes of KMS v2, whose keys have to be looked after.
    #[must_use]
    pub fn envelopes(&self) -> &[Arc<Envelope>] {
        &self.plugins.v2
    }

    /// The envelopes of KMS v1, whose plugins are asked now and then whether they are well.
    #[must_use]
    pub fn older_envelopes(&self) -> &[Arc<EnvelopeV1>] {
        &self.plugins.v1
    }

    /// Whether values of this kind are written in the clear.
    #[must_use]
    pub fn keeps_in_the_clear(&self, group: &str, resource: &str) -> bool {
        self.configuration.keeps_in_the_clear(group, resource)
    }

    /// What keeps this kind. A kind of which the file says nothing is in the clear, as upstream has it.
    #[must_use]
    pub fn of(&self, group: &str, resource: &str) -> Arc<dyn Transformer> {
        self.chain(self.configuration.blocks_of(group, resource))
    }

    /// What keeps the server's own records, which are no kind's: what keeps this kind; where that is in the clear, the
    /// first block that seals anything, and all others that do open them too. They are in the clear only if everything is.
    #[must_use]
    pub fn of_the_server(&self, group: &str, resource: &str) -> Arc<dyn Transformer> {
        let of_kind = self.configuration.blocks_of(group, resource);
        if !self.configuration.keeps_in_the_clear(group, resource) {
            return self.chain(of_kind);
        }
        let blocks = self.configuration.blocks.iter().enumerate();
        let sealing = blocks.filter(|(_, block)| block.seals()).map(|(at, _)| at);
        self.chain(sealing.chain(of_kind).collect())
    }

    /// What opens values of kinds that nobody knows: all providers, and what is in the clear. It is not for writing.
    #[must_use]
    pub fn of_no_kind(&self) -> Arc<dyn Transformer> {
        let all = self.made.iter().flatten().map(Arc::clone).collect();
        Arc::new(Chain::new(Arc::new(Identity::read_only()), all))
    }

    /// The providers of these blocks, one after the other.
    fn chain(&self, blocks: Vec<usize>) -> Arc<dyn Transformer> {
        let mut all = blocks
            .into_iter()
            .filter_map(|at| self.made.get(at))
            .flatten()
            .map(Arc::clone);
        match all.next() {
            Some(first) => Arc::new(Chain::new(first, all.collect())),
            None => Arc::new(Identity::in_the_clear()),
        }
    }
}

fn make(
    provider: &mut Provider,
    writes: bool,
    tallies: &Tallies,
    dial: &impl Fn(&Kms) -> Result<Arc<dyn KeyHolder>, DialError>,
    plugins: &mut Plugins,
) -> Result<Arc<dyn Transformer>, DialError> {
    Ok(match provider {
        Provider::Identity if writes => Arc::new(Identity::in_the_clear()),
        Provider::Identity => Arc::new(Identity::read_only()),
        Provider::Keyed { algorithm, keys } => {
            let keys: Vec<NamedKey> = std::mem::take(keys);
            Arc::new(Keyed::new(*algorithm, keys).map_err(|error: BadKey| DialError {
                name: algorithm.as_str().to_owned(),
                why: error.to_string(),
            })?)
        }
        Provider::Kms(kms) => match kms.version {
            KmsVersion::V1 { kept } => {
                let envelope = EnvelopeV1::new(&kms.name, dial(kms)?, kept);
                let envelope = Arc::new(envelope.counted(tallies.provider(&kms.name)));
                plugins.v1.push(Arc::clone(&envelope));
                envelope
            }
            KmsVersion::V2 => {
                let envelope = Envelope::new(&kms.name, dial(kms)?);
                let envelope = Arc::new(envelope.counted(tallies.provider(&kms.name)));
                plugins.v2.push(Arc::clone(&envelope));
                envelope
            }
        },
    })
}
