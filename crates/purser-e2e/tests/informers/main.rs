//! Informers of real clients behind a network that breaks and a store that forgets its history: afterwards each one's
//! cache is what a fresh list says.

mod churn;
mod clients;
mod controller;
mod kube_rs;
mod proxy;
mod soak;
mod storm;
mod world;
