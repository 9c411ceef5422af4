//! ServiceAccount tokens.

#[cfg(test)]
mod lasting;
#[cfg(test)]
mod service_accounts;
#[cfg(test)]
mod support;
