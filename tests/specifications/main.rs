//! What the charm does, specified by running it on the stage: one file per capability.
#![cfg(test)]

mod actions;
mod bad_input;
mod binary;
mod changes;
mod database;
mod diagnose;
mod environment;
mod explain;
mod forum;
mod framework_state;
mod hooks;
mod image;
mod integrations;
mod ipv6;
mod killed;
mod life;
mod migration;
mod monitoring;
mod object_storage;
mod pebble_away;
mod plugins;
mod readiness;
mod redis;
mod restart;
mod secret_key;
mod secrets;
mod server;
mod several_units;
mod several_units_serve;
mod sidekiq;
mod steady;
mod tool_failures;
mod tracing;
mod unreadable_relations;
mod values;
