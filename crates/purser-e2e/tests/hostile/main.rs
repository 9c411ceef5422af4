//! Bad input and bad clients: the right error or shed, memory bounded, and everybody else still served.

mod bodies;
mod connections;
mod readers;
