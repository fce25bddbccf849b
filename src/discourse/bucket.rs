//! Buckets of an object storage, as people and providers write them.
//!
//! *Source*: Amazon S3 user guide, "General purpose bucket naming rules"; Discourse `SiteSetting::Upload` for folders and case.

use std::fmt;

use crate::address::{is_blank, without_blanks};

/// A bucket, and the folder in it that is used.
///
/// Discourse reads both in lower case; the names of buckets have no capitals, but folders may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    name: String,
    /// *Empty*: the whole bucket.
    folder: String,
}

impl Bucket {
    /// The bucket that a text names, with a folder behind it or not; the scheme s3 and slashes around the text have no meaning.
    ///
    /// *Empty*: it can be no bucket.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = without_blanks(text);
        let scheme = text.get(..SCHEME.len()).filter(|start| start.eq_ignore_ascii_case(SCHEME));
        let path = text.get(scheme.map_or(0, str::len)..)?.trim_matches(|c: char| c == '/' || is_blank(c));
        let (name, folder) = path.split_once('/').unwrap_or((path, ""));
        let is_edge_odd = name.starts_with(['-', '.']) || name.ends_with(['-', '.']) || name.contains("..");
        let is_bucket = !is_edge_odd
            && name.len() <= LONGEST
            && name.chars().all(is_in_names)
            && name.contains(|c: char| c.is_ascii_alphanumeric());
        let bucket = Self { name: name.to_ascii_lowercase(), folder: String::new() };
        is_bucket.then_some(bucket)?.in_folder(folder)
    }

    /// A folder in the bucket, or in its folder.
    ///
    /// *Empty*: the path has control characters.
    #[must_use]
    pub fn in_folder(self, path: &str) -> Option<Self> {
        let parts = [self.folder.as_str(), path.trim_matches('/')];
        let parts = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
        let folder = parts.join("/");
        (!folder.contains(char::is_control)).then_some(Self { folder, ..self })
    }

    /// The bucket without the folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether Discourse uses another folder than the one that is named.
    #[must_use]
    pub fn has_capitals(&self) -> bool {
        self.folder.to_lowercase() != self.folder
    }

    /// Whether this is the wanted bucket, and the wanted folder if one is.
    #[must_use]
    pub fn is_wanted(&self, wanted: &Self) -> bool {
        self.name == wanted.name && (wanted.folder.is_empty() || self.folder == wanted.folder)
    }

    /// Whether a provider made the name up from the number of a relation, because nobody has chosen one.
    #[must_use]
    pub fn is_made_up(&self) -> bool {
        let number = self.name.strip_prefix("relation-");
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Whether backups in another bucket would be among the uploads in this one.
    ///
    /// *Source*: Discourse `SiteSettings::Validations#validate_bucket_setting`, which Discourse does not apply to variables.
    #[must_use]
    pub fn is_shared_with(&self, backups: &Self) -> bool {
        self.name == backups.name && self.folder.to_lowercase().starts_with(&backups.folder.to_lowercase())
    }
}

const SCHEME: &str = "s3://";

/// The most bytes of a name, in the oldest region; elsewhere it is 63.
const LONGEST: usize = 255;

impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.folder.is_empty() { "" } else { "/" };
        write!(formatter, "{}{separator}{}", self.name, self.folder)
    }
}

/// Old buckets have underscores.
fn is_in_names(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bucket(text: &str) -> Bucket {
        Bucket::parse(text).unwrap()
    }

    #[test]
    fn spelling_that_keeps_the_meaning_is_put_right() {
        for (text, expected) in [
            ("uploads", "uploads"),
            (" Uploads\n", "uploads"),
            ("\u{feff}uploads/\u{feff}", "uploads"),
            ("uploads/\u{feff}/", "uploads"),
            ("S3://uploads/", "uploads"),
            ("/uploads/forum/", "uploads/forum"),
            ("uploads//forum/ /", "uploads/forum"),
            ("old_bucket.example/Forum//2026 b", "old_bucket.example/Forum//2026 b"),
        ] {
            assert_eq!(bucket(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_can_be_no_bucket_is_none() {
        for text in [
            "",
            " ",
            "/",
            "s3://",
            "two words",
            "a,b",
            "a..b",
            "-a",
            "a.",
            "a\0",
            "a/b\nc",
            "arn:aws:s3:::uploads",
            "https://uploads.example.com",
            "böcket",
            "..",
            "<bucket>",
        ] {
            assert_eq!(Bucket::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_folder_is_added_to_the_bucket_and_its_folder() {
        for (text, path, expected) in [
            ("uploads", "/forum/", "uploads/forum"),
            ("uploads/forum", "a/b", "uploads/forum/a/b"),
            ("uploads", "/", "uploads"),
            ("uploads", "", "uploads"),
        ] {
            assert_eq!(bucket(text).in_folder(path).unwrap().to_string(), expected);
        }
        assert_eq!(bucket("uploads").in_folder("a\0"), None);
    }

    #[test]
    fn only_capitals_of_a_folder_change_what_is_meant() {
        assert_eq!(
            ["Uploads", "uploads/forum", "uploads/Forum"].map(|text| bucket(text).has_capitals()),
            [false, false, true]
        );
    }

    #[test]
    fn backups_need_another_bucket_or_a_folder_that_uploads_are_not_in() {
        for (uploads, backups, is_shared) in [
            ("b", "b", true),
            ("B", "b/", true),
            ("b/x", "b", true),
            ("b/x", "b/x/", true),
            ("b/x/y", "b/X", true),
            ("b/backups-x", "b/backups", true),
            ("b", "b/backups", false),
            ("b/x", "b/y", false),
            ("b/x", "b/x/backups", false),
            ("b", "c", false),
        ] {
            assert_eq!(bucket(uploads).is_shared_with(&bucket(backups)), is_shared, "{uploads} {backups}");
        }
    }

    #[test]
    fn a_wanted_folder_must_be_the_one_that_is_used() {
        for (given, wanted, is_wanted) in [
            ("uploads", "Uploads", true),
            ("uploads/forum", "uploads", true),
            ("uploads", "uploads/forum", false),
            ("others", "uploads", false),
        ] {
            assert_eq!(bucket(given).is_wanted(&bucket(wanted)), is_wanted, "{given} {wanted}");
        }
    }

    #[test]
    fn a_name_is_made_up_if_it_is_that_of_a_relation() {
        assert_eq!(
            ["relation-7", "relation-x", "relation-a", "uploads"].map(|text| bucket(text).is_made_up()),
            [true, false, false, false]
        );
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_again_as_the_same(text in "[sS3:/a-cA-C._ \\-]{0,16}", path in "[/a-cA-C ]{0,8}") {
            if let Some(bucket) = Bucket::parse(&text) {
                prop_assert_eq!(Bucket::parse(&bucket.to_string()), Some(bucket.clone()));
                let folder = bucket.clone().in_folder(&path).unwrap();
                prop_assert!(folder.is_wanted(&bucket) || !bucket.folder.is_empty());
            }
        }
    }
}
