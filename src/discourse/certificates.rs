//! Certificates of private certificate authorities, which providers send.

use serde::Serialize;

use crate::{digest::short_digest, discourse::image::JOB_LOGS};

/// A file of certificates that the workload trusts in addition to those of its image.
///
/// *Source*: OpenSSL's `SSL_CERT_FILE`, which leaves the directory of the system's own authorities in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificates {
    /// The path in the container, which contains a digest of the content.
    pub path: String,
    /// The certificates in PEM.
    pub text: String,
}

impl Certificates {
    /// The certificates of all chains, without duplicates.
    ///
    /// *Empty*: there are none.
    #[must_use]
    pub fn of(chains: impl IntoIterator<Item = Vec<String>>) -> Option<Self> {
        let trimmed = chains.into_iter().flatten().map(|text| text.trim().to_owned());
        let mut certificates: Vec<String> = trimmed.filter(|text| !text.is_empty()).collect();
        certificates.sort();
        certificates.dedup();
        let text = certificates.join("\n") + "\n";
        let path = format!("{JOB_LOGS}/ca-{}.pem", short_digest(&text));
        (!certificates.is_empty()).then_some(Self { path, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_chains_are_joined_in_one_file_named_after_its_content() {
        let of = |chains: &[&[&str]]| {
            Certificates::of(chains.iter().map(|chain| chain.iter().map(|text| (*text).to_owned()).collect()))
        };
        let both = of(&[&["B\n", "A"], &["A", " "]]).unwrap();
        assert_eq!(both.text, "A\nB\n");
        assert_eq!(of(&[&["A", "B"]]), Some(both.clone()));
        assert_ne!(of(&[&["A"]]).unwrap().path, both.path);
        assert_eq!(of(&[&[], &[]]), None);
    }
}
