//! ServiceAccount tokens.

#[cfg(test)]
mod chain;
#[cfg(test)]
mod lasting;
#[cfg(test)]
mod service_accounts;
#[cfg(test)]
mod support;
