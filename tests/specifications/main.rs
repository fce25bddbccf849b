//! What the charm does, told by playing it on the stage: one file per capability.
#![cfg(test)]

mod forum;

mod life;

mod steady;

mod actions;

mod binary;

mod database;

mod image;

mod migration;

mod redis;

mod server;

mod integrations;

mod monitoring;

mod sidekiq;

mod several_units;

mod bad_input;

mod killed;

mod pebble_away;

mod tool_failures;
