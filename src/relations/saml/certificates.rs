//! The key `x509certs`: certificates in whatever wrapping people and providers give them.
//!
//! The provider lists every certificate of the identity provider's metadata, for signing and for encryption, sorted by their text.
//!
//! *Source*: charmhub.io/saml-integrator `src/saml.py`; X.690 for DER, which begins with a sequence.

use base64::{
    Engine, alphabet,
    engine::DecodePaddingMode,
    engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD},
};
use sha1::{Digest, Sha1};

/// Some identity providers leave the unused bits of the last character set.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// The same, whatever became of the padding.
const UNPADDED: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The first byte of a certificate: a sequence.
const SEQUENCE: u8 = 0x30;

/// How often a certificate may be wrapped in base64.
const DEEPEST: u32 = 3;

/// The certificates of an identity provider, each once, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificates(Vec<Vec<u8>>);

impl Certificates {
    /// The certificates of a list that is separated by commas, or is JSON.
    ///
    /// *Empty*: something in it is no certificate, or there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = Vec::new();
        for entry in entries(text) {
            for certificate in unwrapped(&entry, DEEPEST)? {
                if !all.contains(&certificate) {
                    all.push(certificate);
                }
            }
        }
        (!all.is_empty()).then_some(Self(all))
    }

    /// SHA-1 of the first one: upper-case pairs of hexadecimal digits with colons between them.
    pub fn fingerprint(&self) -> String {
        let digest = self.0.first().map(Sha1::digest).unwrap_or_default();
        digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// All of them in base64, separated by `|`, if the fingerprint of one does not do.
    ///
    /// *Empty*: there is only one, or none of them is DER, which makes the plugin fail.
    pub fn list(&self) -> String {
        let ders = self.0.iter().filter(|it| is_der(it)).map(|it| STANDARD.encode(it));
        if self.0.len() > 1 { ders.collect::<Vec<_>>().join("|") } else { String::new() }
    }

    /// How many of them cannot be certificates, though they are bytes that had a fingerprint under the Python charm.
    pub fn strays(&self) -> usize {
        self.0.iter().filter(|it| !is_der(it)).count()
    }
}

fn is_der(bytes: &[u8]) -> bool {
    bytes.first() == Some(&SEQUENCE)
}

/// The entries of a list; empty ones are left out.
fn entries(text: &str) -> Vec<String> {
    let plain = || text.split(',').map(str::to_owned).collect();
    let entries: Vec<String> = serde_json::from_str(text).unwrap_or_else(|_| plain());
    entries.into_iter().filter(|entry| !bare(entry).is_empty()).collect()
}

/// The certificates of one entry: PEM of one or more, or base64 of one or of PEM.
fn unwrapped(entry: &str, depth: u32) -> Option<Vec<Vec<u8>>> {
    let depth = depth.checked_sub(1)?;
    let bodies = bodies(entry)?;
    let of_each = bodies.iter().map(|body| decoded(&bare(body), depth)).collect::<Option<Vec<_>>>()?;
    Some(of_each.concat())
}

/// What stands between the lines of PEM, or the whole text without such lines.
fn bodies(text: &str) -> Option<Vec<&str>> {
    if !text.contains("-----BEGIN") {
        return Some(vec![text]);
    }
    let blocks = text.split("-----BEGIN").skip(1);
    blocks.map(|block| Some(block.split_once("-----")?.1.split_once("-----END")?.0)).collect()
}

/// A text without what base64 does not need: white space, its escapes, quotes, invisible characters.
fn bare(text: &str) -> String {
    let text = text.replace("\\n", "").replace("\\r", "");
    let is_kept = |c: char| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\u{feff}' | '\u{200b}');
    text.chars()
        .filter(|c| is_kept(*c))
        .map(|c| {
            if c == '-' {
                '+'
            } else if c == '_' {
                '/'
            } else {
                c
            }
        })
        .collect()
}

/// A certificate, or those in a text that was wrapped as a whole.
fn decoded(base64: &str, depth: u32) -> Option<Vec<Vec<u8>>> {
    let unpadded = || UNPADDED.decode(base64).ok().filter(|bytes| is_der(bytes));
    let bytes = unpadded().or_else(|| BASE64.decode(base64).ok()).filter(|bytes| !bytes.is_empty())?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if !is_der(&bytes) && is_readable(text) => {
            unwrapped(text, depth).filter(|inside| inside.iter().all(|it| is_der(it)))
        }
        _ => Some(vec![bytes]),
    }
}

/// Whether people could have written a text; no certificate is one.
fn is_readable(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    /// The beginning of a certificate, which is long enough for lines.
    fn der(number: u8) -> Vec<u8> {
        [&[SEQUENCE, 0x82, 0x02, 0xfb][..], &[number; 80]].concat()
    }

    fn pem(label: &str, der: &[u8]) -> String {
        let text = STANDARD.encode(der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    }

    /// Every wrapping in which one certificate was seen, or may be.
    fn wrappings(der: &[u8]) -> Vec<String> {
        let (bare, pem, trusted) = (STANDARD.encode(der), pem("CERTIFICATE", der), pem("TRUSTED CERTIFICATE", der));
        vec![
            format!("\u{a0}{}\u{feff}\n", bare.replace('A', "A\n  ")),
            bare.trim_end_matches('=').to_owned(),
            bare.replace('+', "-").replace('/', "_"),
            format!("\"{bare}\""),
            pem.replace('\n', "\r\n"),
            pem.replace('\n', " "),
            pem.replace('\n', "\\n"),
            STANDARD.encode(&pem),
            STANDARD.encode(&bare),
            format!("# identity provider\n{pem}"),
            serde_json::to_string(&[&pem]).unwrap(),
            bare,
            pem,
            trusted,
        ]
    }

    fn parse(text: &str) -> Option<Certificates> {
        Certificates::parse(text)
    }

    #[test]
    fn a_certificate_is_unwrapped_whatever_it_is_wrapped_in() {
        for wrapped in wrappings(&der(1)) {
            assert_eq!(parse(&wrapped), Some(Certificates(vec![der(1)])), "{wrapped}");
        }
    }

    #[test]
    fn every_certificate_is_listed_once() {
        let text = format!(
            "{},,{}{},{}",
            STANDARD.encode(der(2)),
            pem("CERTIFICATE", &der(1)),
            pem("CERTIFICATE", &der(3)),
            STANDARD.encode(der(2))
        );
        let certificates = parse(&text).unwrap();
        assert_eq!(certificates, Certificates(vec![der(2), der(1), der(3)]));
        let listed = [der(2), der(1), der(3)].map(|der| STANDARD.encode(der)).join("|");
        assert_eq!((certificates.list(), certificates.strays()), (listed, 0));
    }

    #[test]
    fn one_certificate_needs_no_list() {
        let one = STANDARD.encode(der(1));
        let certificates = parse(&format!("{one},{one}")).unwrap();
        assert_eq!((certificates.list().as_str(), certificates.fingerprint().len()), ("", 59));
    }

    #[test]
    fn text_is_no_certificate_whatever_it_is_wrapped_in() {
        let text = STANDARD.encode("not a certificate at all");
        let deep = (0..5).fold(STANDARD.encode(der(1)), |text, _| STANDARD.encode(text));
        for text in [
            "",
            ",",
            "abc",
            "!!!",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----MAA=",
            &text,
            &deep,
            &format!("MAA=,{text}"),
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_certificate_keep_their_fingerprint_and_are_counted_but_not_listed() {
        let certificates = parse(&format!("AAECAwQF,{},{}", STANDARD.encode(der(1)), STANDARD.encode(der(2)))).unwrap();
        let listed = [der(1), der(2)].map(|der| STANDARD.encode(der)).join("|");
        assert_eq!((certificates.strays(), certificates.list()), (1, listed));
        assert_eq!(
            parse("AAECAwQF").unwrap().fingerprint(),
            "86:84:60:D9:8D:09:D8:BB:B9:3D:7B:6C:DD:15:CC:7F:BE:C6:76:B9"
        );
    }

    proptest! {
        #![proptest_config(crate::relations::arbitrary::trials())]

        #[test]
        fn certificates_in_any_wrappings_are_all_found(bytes in vec(vec(any::<u8>(), 1..100), 1..4), kind in 0..14_usize) {
            let ders: Vec<Vec<u8>> = bytes.into_iter().map(|body| [&[SEQUENCE][..], &body].concat()).collect();
            let json = 10;
            let wrapped: Vec<String> = ders.iter().map(|der| wrappings(der)[if kind == json { 0 } else { kind }].clone()).collect();
            let found = parse(&wrapped.join(",")).unwrap();
            prop_assert!(ders.iter().all(|der| found.0.contains(der)) && found.0.len() <= ders.len());
        }
    }
}
