//! Requests that stay open and are told what changes.

use super::{request::Target, selector};
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::sync::mpsc::UnboundedSender;

/// What became of an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Added,
    Modified,
    Deleted,
}

/// Somebody who wants to know of the objects of a kind.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) target: Target,
    pub(super) options: BTreeMap<String, String>,
    pub(super) lines: UnboundedSender<Bytes>,
}

impl Watcher {
    /// Tells of a change if it is of interest; returns whether somebody still listens.
    pub(super) fn tell(&self, change: Change, target: &Target, object: &Value) -> bool {
        let is_of_kind = target.group.name == self.target.group.name
            && target.resource == self.target.resource
            && (self.target.namespace.is_none() || self.target.namespace == target.namespace);
        if is_of_kind && selector::fits(object, &self.options) {
            return self.lines.send(line(change, object)).is_ok();
        }
        !self.lines.is_closed()
    }
}

fn line(change: Change, object: &Value) -> Bytes {
    let word = match change {
        Change::Added => "ADDED",
        Change::Modified => "MODIFIED",
        Change::Deleted => "DELETED",
    };
    Bytes::from(format!("{}\n", json!({"type": word, "object": object})))
}
