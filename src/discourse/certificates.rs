//! Certificates of private certificate authorities, which providers send.

use base64::{Engine, engine::general_purpose::STANDARD};
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

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The characters of a line of PEM. *Source*: RFC 7468, section 2.
const LINE: usize = 64;

/// The first byte of every certificate in DER, which is a sequence. *Source*: X.690.
const SEQUENCE: u8 = 0x30;

/// The certificates of a JSON list of texts, or of one text; see [`chain`].
///
/// *Empty*: one of them has none, or something else too.
#[must_use]
pub fn chains(text: &str) -> Option<Vec<String>> {
    let texts: Option<Vec<String>> = serde_json::from_str(text).unwrap_or_else(|_| Some(vec![text.to_owned()]));
    let texts = texts.into_iter().flatten().filter(|text| !text.trim().is_empty());
    texts.map(|text| chain(&text)).collect::<Option<Vec<_>>>().map(|chains| chains.concat())
}

/// Every certificate of a text in PEM, which may be in base64 once more; comments between them are left out.
///
/// *Empty*: it has none, or something else too.
#[must_use]
pub fn chain(text: &str) -> Option<Vec<String>> {
    let decoded = decode(text).and_then(|bytes| String::from_utf8(bytes).ok());
    let mut rest = decoded.as_deref().unwrap_or(text);
    let mut found = Vec::new();
    while let Some((comment, more)) = rest.split_once(BEGIN) {
        let (body, after) = more.split_once(END)?;
        found.push(certificate(body).filter(|_| is_comment(comment))?);
        rest = after;
    }
    (is_comment(rest) && !found.is_empty()).then_some(found)
}

fn is_comment(text: &str) -> bool {
    !text.contains("-----")
}

/// A certificate in PEM with lines as OpenSSL reads them.
fn certificate(body: &str) -> Option<String> {
    let der = decode(&body.replace("\\n", "\n")).filter(|der| der.first() == Some(&SEQUENCE))?;
    let base64 = STANDARD.encode(der);
    let lines = base64.as_bytes().chunks(LINE).map(String::from_utf8_lossy);
    Some(format!("{BEGIN}\n{}\n{END}", lines.collect::<Vec<_>>().join("\n")))
}

/// What base64 holds, whatever white space is in it.
fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.split_whitespace().collect::<String>()).ok()
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

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

    #[test]
    fn certificates_are_found_in_whatever_wrapping_they_are() {
        let one = || vec![PEM.to_owned()];
        for (text, expected) in [
            (PEM.to_owned(), one()),
            (format!("# Root\n{PEM}\n\nsubject=/CN=ca\n{PEM}\n"), vec![PEM.to_owned(), PEM.to_owned()]),
            (PEM.replace('\n', "\r\n"), one()),
            (PEM.replace('\n', " "), one()),
            (PEM.replace('\n', ""), one()),
            (PEM.replace('\n', "\\n"), one()),
            (STANDARD.encode(PEM) + "\n", one()),
        ] {
            assert_eq!(chain(&text), Some(expected), "{text}");
        }
    }

    #[test]
    fn lines_of_a_certificate_have_64_characters() {
        let body = format!("MIIB{}", "A".repeat(92));
        let expected = format!("{BEGIN}\n{}\n{}\n{END}", &body[..64], &body[64..]);
        assert_eq!(chain(&format!("{BEGIN}{body}{END}")), Some(vec![expected]));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let key = format!("{PEM}\n-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----");
        let cut = PEM.replace(END, "");
        for text in ["", "MIIB", BEGIN, &cut, &key, &PEM.replace("MIIB", ""), &PEM.replace("MIIB", "AAAA")] {
            assert_eq!(chain(text), None, "{text}");
        }
    }
}
