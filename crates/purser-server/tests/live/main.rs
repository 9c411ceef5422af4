//! The server over real connections and a real store.

#[cfg(test)]
mod acting;
#[cfg(test)]
mod alike;
#[cfg(test)]
mod blind;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod closed;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod escalation;
#[cfg(test)]
mod fairness;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod objects;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod protobuf;
#[cfg(test)]
mod record;
#[cfg(test)]
mod reviews;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod standing;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod token_secrets;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod unauthorized;
mod unread;
#[cfg(test)]
mod vectors;
