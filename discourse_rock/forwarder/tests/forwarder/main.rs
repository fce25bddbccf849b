//! The program in front of collectors that behave well or badly.
#![cfg(test)]

mod clients;
mod collectors;
mod fixture;
mod program;
