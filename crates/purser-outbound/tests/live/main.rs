//! Calls to real servers over TLS.

#[cfg(test)]
mod clusters;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod server;
#[cfg(test)]
mod services;
#[cfg(test)]
mod webhooks;
