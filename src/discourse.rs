//! What we know of the workload: its image, its options, its environment, its layer and its commands.

pub mod certificates;
pub mod credentials;
pub mod environment;
pub mod image;
pub mod job;
pub mod layer;
pub mod mistake;
pub mod options;
pub mod schema;
pub mod settings;
pub mod user;
pub mod variables;
