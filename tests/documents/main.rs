//! The pages of `docs/` that are made from the code and its YAML files: each is up to date.
//!
//! A page has what is made between two markers. `DOCUMENTS=write` writes it instead of comparing it.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a file that cannot be read fails its test")]

mod actions;
mod alerts;
mod environment;
mod integrations;
mod options;
mod page;
mod panels;
mod peers;
mod plugins;
mod sources;
mod statuses;
mod table;
