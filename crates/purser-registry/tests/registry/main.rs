//! The registry as the server uses it, over a store in memory.

#[cfg(test)]
mod applies;
#[cfg(test)]
mod blind;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod duties;
#[cfg(test)]
mod embedded;
#[cfg(test)]
mod events;
#[cfg(test)]
mod garbage;
#[cfg(test)]
mod life;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod namespaces;
#[cfg(test)]
mod pod_templates;
#[cfg(test)]
mod quotas;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod service_addresses;
#[cfg(test)]
mod service_families;
#[cfg(test)]
mod services;
#[cfg(test)]
mod support;
#[cfg(test)]
mod token_secrets;
#[cfg(test)]
mod unreadable;
#[cfg(test)]
mod watches;
#[cfg(test)]
mod writes;
