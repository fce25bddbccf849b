//! The charm's client against a Pebble: the real one that `PEBBLE` names, else the stand-in.
#![cfg(test)]

mod checks;
mod daemon;
mod exec;
mod files;
mod layer;
mod services;
mod system;
