//! Two things measured in turn, so that what else the machine does falls on both alike.

mod alike;
mod people;
mod rights;
mod statistics;
mod world;

pub(crate) use alike::run as alike;
pub(crate) use rights::run as rights;
