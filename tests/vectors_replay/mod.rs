//! Vectors: hooks of the Python charm, recorded once, against which the built charm is played.

pub mod comparison;
pub mod facts;
pub mod recording;
pub mod rules;
