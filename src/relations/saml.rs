//! The endpoint `saml`: interface `saml`. We write nothing.
//!
//! *Source*: charmhub.io/saml-integrator, library `saml` version 0.11.

use base64::{
    Engine, alphabet,
    engine::general_purpose::{GeneralPurpose, PAD},
};
use sha1::{Digest, Sha1};

use crate::relations::{Databag, Incomplete, Remote, filled, quoted, web_url};

/// The endpoint's name.
pub const ENDPOINT: &str = "saml";

/// The only binding by which Discourse sends somebody to the identity provider.
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/// What the keys of a sign-on endpoint begin with.
const SIGN_ON: &str = "single_sign_on_service_";

/// Some identity providers leave the unused bits of the last character set.
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));

/// Where people log in, and by what its answers are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saml {
    /// The address of the sign-on by redirect.
    pub target_url: String,
    /// SHA-1 of the first certificate: upper-case pairs of hexadecimal digits with colons between them.
    pub certificate_fingerprint: String,
}

/// What the identity provider says.
///
/// *Empty*: it says nothing yet, or has no unit left.
///
/// # Errors
/// [`Incomplete`] naming the first key that is missing or malformed: the keys are written together, so that waiting does not help.
pub fn parse(remote: &Remote) -> Result<Option<Saml>, Incomplete> {
    if remote.app.is_none() || remote.bag.is_empty() {
        return Ok(None);
    }
    required(&remote.bag, "entity_id")?;
    let target_url = target_url(&remote.bag)?;
    let certificate_fingerprint = fingerprint(required(&remote.bag, "x509certs")?)?;
    Ok(Some(Saml { target_url, certificate_fingerprint }))
}

fn wrong(key: &str, why: &str) -> Incomplete {
    Incomplete::wrong(ENDPOINT, format!("{key}: {why}"))
}

fn required<'a>(bag: &'a Databag, key: &str) -> Result<&'a str, Incomplete> {
    filled(bag, key).ok_or_else(|| wrong(key, "it is missing"))
}

fn target_url(bag: &Databag) -> Result<String, Incomplete> {
    let lack = |why: &str| wrong("single_sign_on_service_redirect_url", why);
    let text = redirect_url(bag).ok_or_else(|| lack("there is no sign-on by HTTP-Redirect"))?;
    let url = web_url(text).ok_or_else(|| lack(&format!("{} is not an http or https address", quoted(text))))?;
    Ok(url.into())
}

/// The binding tells the endpoint; the method in its keys only repeats the binding's last word.
fn redirect_url(bag: &Databag) -> Option<&str> {
    let bindings = bag.iter().filter(|(_, binding)| binding.as_str() == REDIRECT);
    let mut methods = bindings.filter_map(|(key, _)| key.strip_prefix(SIGN_ON)?.strip_suffix("_binding"));
    methods.find_map(|method| filled(bag, &format!("{SIGN_ON}{method}_url")))
}

/// Only the encoding is checked: Discourse compares fingerprints, whatever the certificate says of itself.
fn fingerprint(certificates: &str) -> Result<String, Incomplete> {
    let first = certificates.split(',').next().unwrap_or_default();
    let bare: String = first.split_whitespace().collect();
    let der = BASE64.decode(without_armour(&bare)).ok().filter(|der| !der.is_empty());
    let der = der.ok_or_else(|| wrong("x509certs", "the first certificate is not base64"))?;
    let pairs: Vec<String> = Sha1::digest(der).iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(pairs.join(":"))
}

/// What stands between the lines of PEM, if there are such lines; white space is gone already.
fn without_armour(text: &str) -> &str {
    let body = text.strip_prefix("-----BEGINCERTIFICATE-----");
    body.and_then(|body| body.split_once("-----END")).map_or(text, |(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::relations::{
        arbitrary::{hostile, is_one_line, trials},
        bag,
    };

    const CERTIFICATE: &str =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
    const FOLDED: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\nMDEyMzQ1Njc4OTo7PD0+Pw==\n";
    const FINGERPRINT: &str = "C6:13:8D:51:4F:FA:21:35:BF:CE:0E:D0:B8:FA:C6:56:69:91:7E:C7";
    const OTHER: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+fw==";
    const OTHER_FINGERPRINT: &str = "08:F4:2C:A2:59:CF:12:1D:2E:A9:CD:8B:6C:5B:24:C8:6D:73:3D:B7";
    const KEYS: [&str; 8] = [
        "entity_id",
        "x509certs",
        "single_sign_on_service_redirect_url",
        "single_sign_on_service_redirect_binding",
        "single_sign_on_service_post_url",
        "single_sign_on_service_post_binding",
        "single_sign_on_service_redirect_response_url",
        "single_logout_service_redirect_binding",
    ];
    const VALUES: [&str; 7] = [
        REDIRECT,
        CERTIFICATE,
        FOLDED,
        "https://login.example.com/saml/",
        "http://[fd00::1]:80",
        "-----BEGIN CERTIFICATE-----",
        ",",
    ];

    fn provider(changes: &[(&str, &str)]) -> Remote {
        let mut all = bag(&[
            ("entity_id", "https://login.example.com"),
            ("metadata_url", "https://login.example.com/saml/metadata"),
            ("x509certs", CERTIFICATE),
            ("single_sign_on_service_redirect_url", "https://login.example.com/saml/"),
            ("single_sign_on_service_redirect_binding", REDIRECT),
            ("single_sign_on_service_redirect_response_url", "https://login.example.com/answer"),
            ("single_sign_on_service_post_url", "https://login.example.com/post"),
            ("single_sign_on_service_post_binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"),
            ("single_logout_service_redirect_url", "https://login.example.com/+logout"),
            ("single_logout_service_redirect_binding", REDIRECT),
        ]);
        all.extend(bag(changes));
        all.retain(|_, value| !value.is_empty());
        Remote { id: 8, app: Some("saml-integrator".to_owned()), bag: all, ..Remote::default() }
    }

    fn found(changes: &[(&str, &str)]) -> Saml {
        parse(&provider(changes)).unwrap().unwrap()
    }

    #[test]
    fn the_sign_on_by_redirect_and_the_fingerprint_are_understood() {
        let expected = Saml {
            target_url: "https://login.example.com/saml/".to_owned(),
            certificate_fingerprint: FINGERPRINT.to_owned(),
        };
        assert_eq!(parse(&provider(&[])), Ok(Some(expected)));
    }

    #[test]
    fn a_provider_that_says_nothing_is_no_provider() {
        assert_eq!(parse(&Remote { bag: Databag::new(), ..provider(&[]) }), Ok(None));
        assert_eq!(parse(&Remote { app: None, ..provider(&[]) }), Ok(None));
    }

    #[test]
    fn the_binding_tells_the_endpoint_not_the_key() {
        let method = [
            ("single_sign_on_service_redirect_binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect-2"),
            ("single_sign_on_service_web_binding", REDIRECT),
            ("single_sign_on_service_web_url", "https://login.example.com/web"),
        ];
        assert_eq!(found(&method).target_url, "https://login.example.com/web");
    }

    #[test]
    fn the_address_is_normalised() {
        for (written, read) in [
            ("HTTPS://Login.Example.COM:443", "https://login.example.com/"),
            ("http://Login.Example.COM:80/Saml?A=b", "http://login.example.com/Saml?A=b"),
            ("https://login.example.com:8443", "https://login.example.com:8443/"),
        ] {
            assert_eq!(found(&[("single_sign_on_service_redirect_url", written)]).target_url, read);
        }
    }

    #[test]
    fn the_first_certificate_counts_folded_or_armoured() {
        let armoured = format!("-----BEGIN CERTIFICATE-----\n{FOLDED}-----END CERTIFICATE-----\n");
        for (written, fingerprint) in [
            (FOLDED, FINGERPRINT),
            (&armoured, FINGERPRINT),
            (&format!("{armoured},{OTHER}"), FINGERPRINT),
            (&format!(" {OTHER},{CERTIFICATE}"), OTHER_FINGERPRINT),
            (&CERTIFICATE.replace("w==", "x=="), FINGERPRINT),
        ] {
            assert_eq!(found(&[("x509certs", written)]).certificate_fingerprint, fingerprint, "{written}");
        }
    }

    #[test]
    fn whatever_is_missing_or_malformed_must_be_corrected() {
        let url = "single_sign_on_service_redirect_url";
        for (key, value, lack) in [
            ("entity_id", "", "entity_id: it is missing"),
            ("x509certs", "", "x509certs: it is missing"),
            ("x509certs", "abc", "x509certs: the first certificate is not base64"),
            ("x509certs", ",AAAA", "x509certs: the first certificate is not base64"),
            (url, "", "single_sign_on_service_redirect_url: there is no sign-on by HTTP-Redirect"),
            (
                "single_sign_on_service_redirect_binding",
                "",
                "single_sign_on_service_redirect_url: there is no sign-on by HTTP-Redirect",
            ),
            (url, "ftp://a/", "single_sign_on_service_redirect_url: \"ftp://a/\" is not an http or https address"),
            (url, "/saml/", "single_sign_on_service_redirect_url: \"/saml/\" is not an http or https address"),
            (url, "https://", "single_sign_on_service_redirect_url: \"https://\" is not an http or https address"),
        ] {
            assert_eq!(parse(&provider(&[(key, value)])), Err(Incomplete::wrong(ENDPOINT, lack)));
        }
    }

    proptest! {
        #![proptest_config(trials())]

        #[test]
        fn nothing_that_is_written_does_harm(changes in hostile(&KEYS, &VALUES), is_whole in any::<bool>()) {
            let mut remote = provider(&[]);
            remote.bag = if is_whole { remote.bag.into_iter().chain(changes).collect() } else { changes };
            match parse(&remote) {
                Ok(None) => prop_assert!(remote.bag.is_empty()),
                Ok(Some(saml)) => {
                    prop_assert!(saml.target_url.starts_with("http") && !saml.target_url.contains(char::is_control));
                    prop_assert_eq!(saml.certificate_fingerprint.len(), 59);
                }
                Err(incomplete) => prop_assert!(is_one_line(&incomplete)),
            }
        }
    }
}
