//! Every hook tool, run by a charm on the stage: what it prints, how it ends, and what stays of it.
#![cfg(test)]

#[path = "hook_tools/actions.rs"]
mod actions;
#[path = "hook_tools/bench.rs"]
mod bench;
#[path = "hook_tools/buffering.rs"]
mod buffering;
#[path = "hook_tools/configuration.rs"]
mod configuration;
#[path = "hook_tools/departures.rs"]
mod departures;
#[path = "hook_tools/network.rs"]
mod network;
#[path = "hook_tools/ports.rs"]
mod ports;
#[path = "hook_tools/relations.rs"]
mod relations;
#[path = "hook_tools/rules.rs"]
mod rules;
#[path = "hook_tools/secret_access.rs"]
mod secret_access;
#[path = "hook_tools/secret_values.rs"]
mod secret_values;
#[path = "hook_tools/secrets.rs"]
mod secrets;
#[path = "hook_tools/settings_file.rs"]
mod settings_file;
#[path = "hook_tools/snapshots.rs"]
mod snapshots;
#[path = "hook_tools/state.rs"]
mod state;
#[path = "hook_tools/status.rs"]
mod status;
