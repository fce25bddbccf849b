//! `GET /v1/system-info`.

use super::reply::{self, Reply};
use crate::daemon::Daemon;
use serde_json::{Map, json};

/// Who Pebble is.
#[must_use]
pub fn info(daemon: &Daemon) -> Reply {
    let mut info = Map::new();
    info.insert("boot-id".to_owned(), json!(daemon.boot_id));
    if let Some(address) = &daemon.options.http {
        info.insert("http-address".to_owned(), json!(address));
    }
    info.insert("version".to_owned(), json!(crate::VERSION));
    reply::sync(&info.into())
}
