//! The charm's Pebble client against a server that sends answers no Pebble should: each is an error that says what was read,
//! never a panic, and never quotes content that may be secret.
#![cfg(test)]

mod exec;
mod files;
mod jobs;
mod plan;
mod results;
mod server;
mod transport;
