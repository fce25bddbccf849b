//! Vectors: hooks of the Python charm, recorded once, against which the built charm is played.

pub mod before;
pub mod comparison;
pub mod difference;
pub mod facts;
mod left;
pub mod loading;
mod model;
pub mod playing;
pub mod recording;
pub mod rules;
pub mod scene;
mod world;
