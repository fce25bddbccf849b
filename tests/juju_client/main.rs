//! The charm's side of Juju's hook tools, against tools made of a few lines of shell.
#![cfg(test)]

mod failures;
mod log;
mod many_units;
mod reads;
mod tools;
mod waits;
mod writes;
