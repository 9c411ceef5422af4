//! Encryption at rest as its callers see it.

// `cfg(test)` on each module: what is allowed in tests is then allowed in their helpers.

#[cfg(test)]
mod chains;
#[cfg(test)]
mod independent;
#[cfg(test)]
mod keyed;
#[cfg(test)]
mod local_keys;
#[cfg(test)]
mod quarantine;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod store;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod vectors;
