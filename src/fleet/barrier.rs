//! The barrier before a destructive migration: once it stands, no code serves that is older than the migration.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    discourse::image::{Image, Migrations},
    relations::{Databag, non_empty},
};

/// The key of the application databag.
pub const KEY: &str = "barrier";

/// What the leader has announced: destructive migrations of this image were run, or will be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Barrier {
    /// The identity of the image.
    pub image: String,
    /// The version of Discourse in it.
    pub version: String,
    /// The number of its newest migration.
    newest: String,
    /// The numbers of its destructive migrations.
    post: BTreeSet<String>,
    /// How often a barrier was raised: what was acknowledged of the same image before a roll-back does not count.
    generation: u64,
}

impl Barrier {
    /// The barrier of an image, which takes the place of another one.
    #[must_use]
    pub fn before(image: &Image, last: Option<&Self>) -> Self {
        Self {
            generation: last.map_or(0, |last| last.generation.saturating_add(1)),
            image: image.revision.clone(),
            version: image.version.clone(),
            newest: newest(&image.migrations).to_owned(),
            post: image.migrations.post().clone(),
        }
    }

    /// The barrier in an application databag.
    ///
    /// *Empty*: there is none; what cannot be parsed was not written by this charm.
    #[must_use]
    pub fn of(bag: &Databag) -> Option<Self> {
        serde_json::from_str(non_empty(bag, KEY)?).ok()
    }

    /// Whether an image is older: its code may need what a destructive migration that it does not know has removed.
    ///
    /// A newer image that lacks a migration has lost it with a plugin.
    #[must_use]
    pub fn excludes(&self, migrations: &Migrations) -> bool {
        let is_known = |version: &String| migrations.post().contains(version) || migrations.pre().contains(version);
        let is_older = is_before(newest(migrations), &self.newest);
        is_older && !self.post.iter().all(is_known)
    }

    /// How a unit acknowledges it.
    #[must_use]
    pub fn ack(&self) -> String {
        format!("{} {}", self.image, self.generation)
    }

    /// The value in the databag.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn newest(migrations: &Migrations) -> &str {
    let all = migrations.pre().iter().chain(migrations.post());
    all.map(String::as_str).max_by(|one, other| order(one).cmp(&order(other))).unwrap_or_default()
}

fn is_before(one: &str, other: &str) -> bool {
    order(one) < order(other)
}

/// Numbers without leading zeros compare by length, then by digits.
fn order(number: &str) -> (usize, &str) {
    let digits = number.trim_start_matches('0');
    (digits.len(), digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(migrations: &str) -> Image {
        let migrations = Migrations::parse(migrations).unwrap();
        Image { version: "2026.1.7".to_owned(), revision: "new".to_owned(), migrations }
    }

    #[test]
    fn an_older_image_that_lacks_a_destructive_migration_is_excluded() {
        let barrier = Barrier::before(&image("pre 1\npost 2\npre 3\npost 10\n"), None);
        let excludes = |migrations: &str| barrier.excludes(&image(migrations).migrations);
        assert!(excludes("pre 1\npost 2\npre 3\n") && excludes("pre 9\n"));
        assert!(!excludes("pre 1\npost 2\npre 3\npost 10\n"), "the image itself");
        assert!(!excludes("pre 1\npost 2\npre 11\n"), "a newer image without a plugin");
        assert!(
            !Barrier::before(&image("pre 1\npost 2\npre 3\n"), None).excludes(&image("pre 1\npost 2\n").migrations)
        );
    }

    #[test]
    fn what_was_announced_is_read_back() {
        let first = Barrier::before(&image("pre 1\npost 2\n"), None);
        let barrier = Barrier::before(&image("pre 1\npost 2\n"), Some(&first));
        assert_eq!([first.ack(), barrier.ack()], ["new 0", "new 1"]);
        let bag = Databag::from([(KEY.to_owned(), barrier.text())]);
        assert_eq!(Barrier::of(&bag), Some(barrier));
        assert_eq!(Barrier::of(&Databag::from([(KEY.to_owned(), "{}".to_owned())])), None);
    }
}
