//! The key `x509certs`: certificates in whatever wrapping people and providers give them.
//!
//! The provider lists every certificate in the identity provider's metadata, for signing and for encryption, sorted by their text.
//!
//! *Source*: charmhub.io/saml-integrator `src/saml.py`; X.690 for DER, whose length tells whether a certificate is whole.

use base64::{
    Engine, alphabet,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD},
    },
};
use sha1::{Digest, Sha1};

/// Padding gets lost, and some identity providers leave the unused bits of the last character set.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The first byte of a certificate: a sequence.
const SEQUENCE: u8 = 0x30;

/// How often a certificate may be wrapped in base64.
const DEEPEST: u32 = 3;

/// The fewest bytes that are taken for a certificate although they are no DER.
const SHORTEST: usize = 64;

/// The certificates of an identity provider, each once, in the provider's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificates {
    /// At least one.
    all: Vec<Vec<u8>>,
    /// Whether an entry of the list is no certificate.
    has_others: bool,
}

impl Certificates {
    /// The certificates of a list that is separated by commas, or is JSON.
    ///
    /// *Empty*: nothing in it is a certificate.
    pub fn parse(text: &str) -> Option<Self> {
        let entries: Vec<_> = entries(text).iter().map(|entry| unwrapped(entry, DEEPEST)).collect();
        let has_others = entries.iter().any(Option::is_none);
        let mut all = Vec::new();
        for certificate in entries.into_iter().flatten().flatten() {
            if !all.contains(&certificate) {
                all.push(certificate);
            }
        }
        (!all.is_empty()).then_some(Self { all, has_others })
    }

    /// SHA-1 of the first one: upper-case pairs of hexadecimal digits with colons between them.
    pub fn fingerprint(&self) -> String {
        let digest = self.all.first().map(Sha1::digest).unwrap_or_default();
        digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// Those that Discourse can use, in base64, separated by `|`; one that it cannot read would make every login fail.
    ///
    /// *Empty*: there is only one, whose fingerprint is enough.
    pub fn list(&self) -> String {
        if self.all.len() == 1 {
            return String::new();
        }
        let is_usable = if self.all.iter().any(|der| is_whole(der)) { is_whole } else { is_sequence };
        let usable = self.all.iter().filter(|der| is_usable(der));
        usable.map(|der| STANDARD.encode(der)).collect::<Vec<_>>().join("|")
    }

    /// What deserves a warning.
    pub fn warning(&self) -> Option<&'static str> {
        let whole = self.all.iter().filter(|der| is_whole(der)).count();
        if whole == 0 {
            return Some("x509certs has no whole certificate in DER: nobody can log in with SAML");
        }
        let is_ignored = self.has_others || whole < self.all.len();
        is_ignored.then_some("an entry of x509certs is ignored, as it is no certificate in base64 or PEM")
    }
}

fn is_sequence(bytes: &[u8]) -> bool {
    bytes.first() == Some(&SEQUENCE)
}

fn is_whole(bytes: &[u8]) -> bool {
    sequence_length(bytes) == Some(bytes.len())
}

/// How many bytes a sequence has according to its header.
///
/// *Empty*: it is none, or longer than any certificate.
fn sequence_length(bytes: &[u8]) -> Option<usize> {
    match *bytes {
        [SEQUENCE, length @ 0..=0x7f, ..] => Some(2 + usize::from(length)),
        [SEQUENCE, 0x81, length, ..] => Some(3 + usize::from(length)),
        [SEQUENCE, 0x82, high, low, ..] => Some(4 + usize::from(u16::from_be_bytes([high, low]))),
        _ => None,
    }
}

/// The entries of a list; empty ones are left out.
fn entries(text: &str) -> Vec<String> {
    let entries: Vec<String> = serde_json::from_str(text).unwrap_or_else(|_| vec![text.to_owned()]);
    let each = entries.iter().flat_map(|entry| entry.split([',', ';', '|']));
    each.filter(|entry| !bare(entry).is_empty()).map(str::to_owned).collect()
}

/// The certificates of one entry: PEM of one or more, or base64 of one or of PEM.
///
/// *Empty*: a part of it is none.
fn unwrapped(entry: &str, depth: u32) -> Option<Vec<Vec<u8>>> {
    let depth = depth.checked_sub(1)?;
    let bodies = bodies(entry)?;
    let of_each: Option<Vec<_>> = bodies.into_iter().map(|body| decoded(&bare(body), depth)).collect();
    Some(of_each?.concat())
}

/// What stands between the lines of PEM, or the whole text without such lines.
///
/// *Empty*: PEM of something else, such as a private key.
fn bodies(text: &str) -> Option<Vec<&str>> {
    let mut blocks = text.split("-----BEGIN");
    let first = blocks.next()?;
    let bodies: Vec<&str> = blocks.map(body).collect::<Option<_>>()?;
    Some(if bodies.is_empty() { vec![first] } else { bodies })
}

fn body(block: &str) -> Option<&str> {
    let (label, rest) = block.split_once("-----")?;
    let is_certificate = label.contains("CERTIFICATE") && !label.contains("REQUEST");
    is_certificate.then(|| rest.split_once("-----END").map_or(rest, |(body, _)| body))
}

/// Base64 in the standard alphabet alone: no white space, quotes, brackets, escapes or invisible characters.
fn bare(text: &str) -> String {
    let text = ["\\n", "\\r", "\\t"].into_iter().fold(text.to_owned(), |text, escape| text.replace(escape, ""));
    let is_kept = |c: &char| {
        !c.is_whitespace()
            && !matches!(c, '"' | '\'' | '\\' | '[' | ']' | '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
    };
    let standard = |c| match c {
        '-' => '+',
        '_' => '/',
        other => other,
    };
    text.chars().filter(is_kept).map(standard).collect()
}

/// One certificate, or those in a text that was wrapped as a whole.
///
/// *Empty*: neither.
fn decoded(base64: &str, depth: u32) -> Option<Vec<Vec<u8>>> {
    let bytes = BASE64.decode(base64).ok()?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if is_readable(text) => unwrapped(text, depth).filter(|all| all.iter().all(|it| is_sequence(it))),
        _ => is_plausible(&bytes).then(|| vec![without_trust(bytes)]),
    }
}

/// Whether bytes may be meant as a certificate: other bytes than DER are let through if they are too many for a word that happens to
/// be base64, because the Python charm took the fingerprint of any bytes.
fn is_plausible(bytes: &[u8]) -> bool {
    is_whole(bytes) || bytes.starts_with(&[SEQUENCE, 0x82]) || bytes.len() >= SHORTEST
}

/// A certificate without the sequence of trusted uses that OpenSSL puts behind it in PEM of the label `TRUSTED CERTIFICATE`.
fn without_trust(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(length) = sequence_length(&bytes)
        && bytes.get(length) == Some(&SEQUENCE)
    {
        bytes.truncate(length);
    }
    bytes
}

/// Whether people could have written a text; no certificate is one.
fn is_readable(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*, sample::Index};

    /// What is whole as a certificate, and long enough for several lines of PEM.
    fn der(number: u8) -> Vec<u8> {
        [&[SEQUENCE, 0x82, 0x01, 0x2c][..], &[number; 300]].concat()
    }

    fn base64(bytes: impl AsRef<[u8]>) -> String {
        STANDARD.encode(bytes)
    }

    fn pem(label: &str, der: &[u8]) -> String {
        let text = base64(der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    }

    /// Every wrapping in which one certificate was seen, or may be.
    fn wrappings(der: &[u8]) -> Vec<String> {
        let (bare, pem) = (base64(der), pem("CERTIFICATE", der));
        let trusted = [der, &[SEQUENCE, 2, 5, 0]].concat();
        vec![
            format!("\u{a0}{}\u{feff}\n", bare.replace('A', "A\n  ")),
            bare.trim_end_matches('=').to_owned(),
            bare.replace('+', "-").replace('/', "_"),
            bare.replace('/', "\\/"),
            format!("\"{bare}\""),
            format!("['{bare}']"),
            pem.replace('\n', "\r\n"),
            pem.replace('\n', " "),
            pem.replace('\n', "\\n"),
            pem.replace(['\n', ' '], ""),
            pem.replace("-----END CERTIFICATE-----", ""),
            format!("identity provider\n{pem}"),
            base64(&pem),
            base64(&bare),
            base64(base64(&pem)),
            serde_json::to_string(&[&pem]).unwrap(),
            self::pem("X509 CERTIFICATE", der),
            self::pem("TRUSTED CERTIFICATE", &trusted),
            bare,
            pem,
        ]
    }

    fn parse(text: &str) -> Option<Certificates> {
        Certificates::parse(text)
    }

    fn whole(all: &[Vec<u8>]) -> Certificates {
        Certificates { all: all.to_vec(), has_others: false }
    }

    #[test]
    fn a_certificate_is_unwrapped_whatever_it_is_wrapped_in() {
        for wrapped in wrappings(&der(0xfb)) {
            assert_eq!(parse(&wrapped), Some(whole(&[der(0xfb)])), "{wrapped}");
        }
    }

    #[test]
    fn every_certificate_is_listed_once() {
        let chain = pem("CERTIFICATE", &der(1)) + &pem("CERTIFICATE", &der(3));
        let text = format!("{},,{chain},{}\n", base64(der(2)), base64(der(2)));
        let certificates = parse(&text);
        assert_eq!(certificates, Some(whole(&[der(2), der(1), der(3)])));
        let listed = [der(2), der(1), der(3)].map(base64).join("|");
        assert_eq!(certificates.map(|it| (it.list(), it.warning())), Some((listed, None)));
    }

    #[test]
    fn the_same_certificate_for_signing_and_encryption_needs_no_list() {
        let one = base64(der(1));
        let certificates = parse(&format!("{one},\n{one}")).unwrap();
        assert_eq!((certificates.list().as_str(), certificates.warning()), ("", None));
    }

    #[test]
    fn text_is_no_certificate_whatever_it_is_wrapped_in() {
        let text =
            base64("this is no certificate at all, though it is long enough for one of those that are very short");
        let deep = (0..4).fold(base64(der(1)), |text, _| base64(text));
        let key = pem("PRIVATE KEY", &der(1));
        let request = pem("CERTIFICATE REQUEST", &der(1));
        let words = ["", " ,", "abc", "!!!", "test", "none", "MAINTENANCE", "-----BEGIN CERTIFICATE-----", "{}", "[]"];
        for text in [&text, &deep, &key, &request].map(String::as_str).into_iter().chain(words) {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_entry_that_is_no_certificate_is_ignored_with_a_warning() {
        let warning = Some("an entry of x509certs is ignored, as it is no certificate in base64 or PEM");
        let cut = base64(&der(1)[..100]);
        for other in ["!!!", "test", &cut, &base64([1; 64])] {
            let certificates = parse(&format!("{},{other},{}", base64(der(2)), base64(der(3)))).unwrap();
            let listed = [der(2), der(3)].map(base64).join("|");
            assert_eq!((certificates.list(), certificates.warning()), (listed, warning), "{other}");
        }
    }

    #[test]
    fn bytes_of_which_none_is_a_whole_certificate_keep_their_fingerprint_with_a_warning() {
        let warning = Some("x509certs has no whole certificate in DER: nobody can log in with SAML");
        let cut = base64(&der(1)[..100]);
        for text in [&cut, &base64([1; 64])] {
            let certificates = parse(text).unwrap();
            assert_eq!((certificates.fingerprint().len(), certificates.warning()), (59, warning), "{text}");
        }
    }

    proptest! {
        #![proptest_config(crate::relations::arbitrary::trials())]

        #[test]
        fn certificates_in_any_wrappings_are_all_found(ders in vec((vec(any::<u8>(), 128..300), any::<Index>()), 1..4)) {
            let wrapped = ders.into_iter().map(|(body, kind)| {
                let length = u16::try_from(body.len()).unwrap().to_be_bytes();
                let der = [&[SEQUENCE, 0x82, length[0], length[1]], &body[..]].concat();
                let single: Vec<String> = wrappings(&der).into_iter().filter(|text| !text.starts_with("[\"")).collect();
                (kind.get(&single).clone(), der)
            });
            let (texts, ders): (Vec<_>, Vec<_>) = wrapped.unzip();
            let found = parse(&texts.join(",")).unwrap();
            prop_assert!(found.all.iter().all(|der| ders.contains(der)) && ders.iter().all(|der| found.all.contains(der)));
            prop_assert_eq!(found.warning(), None);
        }

        #[test]
        fn no_text_does_harm(text in "\\PC{0,200}|[A-Za-z0-9+/=,|\\[\\]\"\\-\n ]{0,200}") {
            if let Some(found) = parse(&text) {
                prop_assert_eq!(found.fingerprint().len(), 59);
                prop_assert!(found.list().split('|').all(|entry| entry.bytes().all(|c| c.is_ascii_graphic())));
            }
        }
    }
}
