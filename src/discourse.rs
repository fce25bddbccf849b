//! The workload: its image, options, environment, Pebble layer and commands.

pub mod answer;
pub mod bucket;
pub mod certificates;
pub mod coercion;
pub mod credentials;
pub mod environment;
pub mod image;
pub mod job;
pub mod layer;
pub mod limits;
pub mod mail_server;
pub mod mistake;
pub mod object_storage;
pub mod options;
pub mod plugins;
pub mod postgresql;
pub mod redis;
pub mod schema;
pub mod secret_key;
pub mod settings;
pub mod sizing;
pub mod user;
pub mod variables;
