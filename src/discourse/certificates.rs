//! Certificates of private certificate authorities, which providers send.

use serde::Serialize;

use crate::{digest::short_digest, discourse::image::JOB_LOGS};

/// The variable that names the file.
pub const VARIABLE: &str = "SSL_CERT_FILE";

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

/// The certificates of a chain: a JSON list of texts in PEM, or one such text.
///
/// *Empty*: something in it is no certificate in PEM.
#[must_use]
pub fn chain(text: &str) -> Option<Vec<String>> {
    let list = serde_json::from_str::<Option<Vec<String>>>(text).map(Option::unwrap_or_default);
    let list = list.or_else(|_| serde_json::from_str(text).map(|one| vec![one]));
    let texts = list.unwrap_or_else(|_| vec![text.to_owned()]);
    let whole = texts.into_iter().filter(|text| !text.trim().is_empty()).map(|text| text.replace("\\n", "\n"));
    whole.map(|text| is_pem(&text).then_some(text)).collect()
}

/// Whether a text has a certificate as OpenSSL reads it: between two lines of their own.
fn is_pem(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end).filter(|line| line.starts_with("-----"));
    let is_begun = lines.any(|line| line == "-----BEGIN CERTIFICATE-----");
    is_begun && lines.any(|line| line == "-----END CERTIFICATE-----")
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

    #[test]
    fn a_chain_is_a_list_or_one_text() {
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let json = |value: serde_json::Value| value.to_string();
        for (text, expected) in [
            (json(serde_json::json!([pem, " ", pem])), vec![pem, pem]),
            (json(serde_json::json!(pem)), vec![pem]),
            (pem.to_owned(), vec![pem]),
            (pem.replace('\n', "\\n"), vec![pem]),
            ("[]".to_owned(), vec![]),
            ("null".to_owned(), vec![]),
        ] {
            let expected = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(chain(&text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_openssl_does_not_read_is_no_chain() {
        let one_line = "-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----";
        let key = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----";
        for text in ["[", "{}", "[1]", "7", "PEM", "[\"PEM\"]", one_line, key, "-----BEGIN CERTIFICATE-----\nMIIB"] {
            assert_eq!(chain(text), None, "{text}");
        }
    }
}
