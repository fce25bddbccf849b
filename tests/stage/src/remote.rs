//! Remote applications that do what they announce: with real servers, roles, databases and passwords.
//!
//! Each is a handle: the stage gets a clone, and the test keeps one to act on it. An act changes what the application has and
//! wants to say; the stage lets it say so when it next asks.

mod announced;
mod loki;
mod postgresql;
mod receiver;
mod redis;
mod scripted;
mod server;
mod tempo;

pub use loki::Loki;
pub use postgresql::{Cluster, Endpoints, MigrationLock, Postgresql};
pub use receiver::Post;
pub use redis::Redis;
pub use scripted::Scripted;
pub use server::ServerError;
pub use tempo::Tempo;

use std::sync::{Mutex, MutexGuard, PoisonError};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
