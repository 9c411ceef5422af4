//! ServiceAccount tokens.

#[cfg(test)]
mod service_accounts;
#[cfg(test)]
mod support;
