//! The rules of a whole file.

use std::collections::BTreeSet;

use purser_types::configuration::members::list;
use purser_types::problems::Problems;
use purser_types::{Map, Value};

use super::{Block, Configuration, Provider, keys, kms, names};
use crate::keyed::Algorithm;

/// Most blocks, and most providers and kinds of a block; upstream has no bound.
const MOST: usize = 1000;

/// The fields of which a provider has one.
const PROVIDERS: [&str; 5] = ["kms", "aesgcm", "aescbc", "secretbox", "identity"];

/// Checks a file that has been read.
pub(super) fn configuration(body: &Map, reloads: bool) -> Result<Configuration, Problems> {
    let mut problems = Problems::default();
    let blocks = list(body, "resources");
    if blocks.is_empty() {
        problems.required("resources", "at least one resources is required");
        return Err(problems);
    }
    too_many("resources", blocks, &mut problems);
    let mut plugins = BTreeSet::new();
    let mut checked = Vec::new();
    for (at, block) in blocks.iter().filter_map(Value::as_map).enumerate() {
        checked.push(check_block(
            &format!("resources[{at}]"),
            block,
            &mut plugins,
            reloads,
            &mut problems,
        ));
    }
    match problems.is_empty() {
        true => Ok(Configuration { blocks: checked }),
        false => Err(problems),
    }
}

fn check_block(
    field: &str,
    block: &Map,
    plugins: &mut BTreeSet<String>,
    reloads: bool,
    problems: &mut Problems,
) -> Block {
    let named = format!("{field}.resources");
    let texts: Vec<&str> = list(block, "resources")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if texts.is_empty() {
        problems.required(&named, &format!("at least one {named} is required"));
    }
    too_many(&named, &texts, problems);
    let resources = names::check(&named, &texts, problems);
    let provided = format!("{field}.providers");
    let providers = list(block, "providers");
    if providers.is_empty() {
        problems.required(&provided, &format!("at least one {provided} is required"));
    }
    too_many(&provided, providers, problems);
    let providers = providers
        .iter()
        .filter_map(Value::as_map)
        .enumerate()
        .filter_map(|(at, provider)| {
            check_provider(&format!("{provided}[{at}]"), provider, plugins, reloads, problems)
        });
    Block {
        resources,
        providers: providers.collect(),
    }
}

/// Upstream repeats the whole provider in its sentences; here the keys that it may hold stay out of them.
fn check_provider(
    field: &str,
    provider: &Map,
    plugins: &mut BTreeSet<String>,
    reloads: bool,
    problems: &mut Problems,
) -> Option<Provider> {
    let settings = |name: &str| provider.get(name).and_then(Value::as_map);
    let found: Vec<&str> = PROVIDERS
        .into_iter()
        .filter(|name| settings(name).is_some())
        .collect();
    let name = match found.as_slice() {
        [name] => *name,
        [] => {
            let why = "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity";
            problems.invalid_as(field, "{}", why);
            return None;
        }
        several => {
            let why = "more than one provider specified in a single element, should split into different list elements";
            problems.invalid_as(field, &format!("[{}]", several.join(" ")), why);
            return None;
        }
    };
    let settings = settings(name)?;
    let field = format!("{field}.{name}");
    let algorithm = match name {
        "kms" => return kms::check(&field, settings, plugins, reloads, problems).map(Provider::Kms),
        "aesgcm" => Algorithm::AesGcm,
        "aescbc" => Algorithm::AesCbc,
        "secretbox" => Algorithm::Secretbox,
        _ => return Some(Provider::Identity),
    };
    let keys = keys::check(&field, algorithm, settings, problems);
    Some(Provider::Keyed { algorithm, keys })
}

fn too_many<T>(field: &str, list: &[T], problems: &mut Problems) {
    if list.len() > MOST {
        problems.too_many(field, list.len(), MOST);
    }
}
