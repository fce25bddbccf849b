//! The endpoint `saml`: interface `saml`. We write nothing.
//!
//! *Source*: charmhub.io/saml-integrator, library `saml` version 0.11.

mod certificates;

use crate::{
    address::WebAddress,
    discourse::{
        coercion,
        environment::{Origin, Variable, Variables},
        mistake::{Findings, Mistake},
        settings::Settings,
    },
};

use super::{Databag, Endpoint, Given, Problem, Reads, Relation, databag::non_empty};

use certificates::Certificates;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    reads: Reads::REMOTE,
    variables: &["DISCOURSE_SAML_TARGET_URL", "DISCOURSE_SAML_CERT_"],
    dependent_variables: &["DISCOURSE_SAML_", "DISCOURSE_ENABLE_LOCAL_LOGINS"],
    check,
    gives: Some(|relation, settings| parse(relation).map(|saml| saml.given(settings))),
    ..Endpoint::requirer("saml", "saml")
};

/// The only binding by which Discourse sends people to the identity provider.
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/// The name of the charm whose option is known.
const INTEGRATOR: &str = "saml-integrator";

/// What the keys of a sign-on endpoint begin with.
const SIGN_ON: &str = "single_sign_on_service_";

/// The key of the address that is used.
const REDIRECT_URL: &str = "single_sign_on_service_redirect_url";

/// Where people log in, and how answers from there are recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Saml {
    /// The address of the sign-on by redirect.
    target: WebAddress,
    /// The certificates of the identity provider.
    certificates: Certificates,
}

/// What options must be: identity providers redirect to https addresses only.
fn check(is_related: bool, settings: &Settings, app: &str) -> Findings {
    let https = format!("saml needs https: juju config {app} force_https=true");
    let forced = format!("force_saml_login needs a saml relation: juju config {app} force_saml_login=false");
    let groups = format!("saml_sync_groups needs a saml relation: juju config {app} --reset saml_sync_groups");
    let mistakes = [
        (is_related && !settings.address.is_https, "force_https", https),
        (!is_related && settings.is_saml_forced, "force_saml_login", forced),
        (!is_related && !settings.saml_sync_groups.is_empty(), "saml_sync_groups", groups),
    ];
    let found = mistakes.into_iter().filter(|(is_mistake, ..)| *is_mistake);
    found.map(|(_, option, text)| Mistake::new(option, text)).collect::<Vec<_>>().into()
}

/// The identity provider, if all of it is there.
fn parse(relation: &Relation) -> Result<Saml, Problem> {
    relation.provider()?;
    relation.required("entity_id")?;
    let target = target(relation)?;
    let certificates = Certificates::parse(relation.required("x509certs")?);
    let invalid = || relation.invalid("x509certs must be a list of certificates in base64 or PEM");
    Ok(Saml { target, certificates: certificates.ok_or_else(invalid)? })
}

impl Saml {
    fn given(&self, settings: &Settings) -> Given {
        let warnings = self.certificates.warning().map(|text| format!("saml: {text}"));
        let address = Some(self.target.authority().to_string());
        Given {
            variables: self.variables(settings),
            address,
            warnings: warnings.into_iter().collect(),
            ..Given::default()
        }
    }

    fn variables(&self, settings: &Settings) -> Variables {
        let key = |key, value: &str| Variable::plain(value, Origin::Relation(ENDPOINT.name, key));
        let option = |option, value: &str| Variable::plain(value, Origin::Option(option));
        let groups = &settings.saml_sync_groups;
        let if_synchronized = |value| option("saml_sync_groups", if groups.is_empty() { "" } else { value });
        let local_logins = if settings.is_saml_forced { "false" } else { "" };
        vec![
            ("DISCOURSE_SAML_TARGET_URL", key(REDIRECT_URL, self.target.normal())),
            ("DISCOURSE_SAML_CERT_FINGERPRINT", key("x509certs", &self.certificates.fingerprint())),
            // Where it is set, the fingerprint does not count.
            ("DISCOURSE_SAML_CERT_MULTI", key("x509certs", &self.certificates.list())),
            ("DISCOURSE_ENABLE_LOCAL_LOGINS", option("force_saml_login", local_logins)),
            ("DISCOURSE_SAML_SYNC_GROUPS", if_synchronized("true")),
            // With true, every login would leave all groups that the identity provider does not name.
            ("DISCOURSE_SAML_GROUPS_FULLSYNC", if_synchronized("false")),
            ("DISCOURSE_SAML_SYNC_GROUPS_LIST", option("saml_sync_groups", &coercion::list(groups, "|"))),
        ]
    }
}

fn target(relation: &Relation) -> Result<WebAddress, Problem> {
    let text = redirect_url(&relation.bag).ok_or_else(|| no_sign_on(relation))?;
    let invalid = || relation.invalid(format!("{REDIRECT_URL} must be an http or https address"));
    WebAddress::parse(text).ok_or_else(invalid)
}

/// The provider writes all that the metadata has at once, so waiting does not help if that is something else.
fn no_sign_on(relation: &Relation) -> Problem {
    let bindings = relation.bag.iter().filter(|(key, _)| key.starts_with(SIGN_ON) && key.ends_with("_binding"));
    let bindings: Vec<&str> = bindings.map(|(_, binding)| binding.trim()).collect();
    let app = relation.remote();
    if bindings.is_empty() && relation.optional("x509certs").is_none() {
        let command = format!("juju config {app} entity_id=<entity>");
        let remedy = if app.contains(INTEGRATOR) { command } else { format!("correct it in {app}") };
        return relation.invalid_with("entity_id must be in the metadata of the identity provider", remedy);
    }
    if bindings.is_empty() || bindings.contains(&REDIRECT) {
        return relation.missing("a sign-on by HTTP-Redirect");
    }
    relation.invalid_with("the identity provider must offer a sign-on by HTTP-Redirect", "enable it there")
}

/// The binding identifies the address; the method in the keys only repeats the binding's last word.
fn redirect_url(bag: &Databag) -> Option<&str> {
    let bindings = bag.iter().filter(|(_, binding)| binding.trim() == REDIRECT);
    let mut methods = bindings.filter_map(|(key, _)| key.strip_prefix(SIGN_ON)?.strip_suffix("_binding"));
    methods.find_map(|method| non_empty(bag, &format!("{SIGN_ON}{method}_url")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::relations::{
        arbitrary::{hostile, is_one_line, trials},
        databag::bag,
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

    fn provider(changes: &[(&str, &str)]) -> Relation {
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
        Relation {
            endpoint: ENDPOINT.name,
            id: 8,
            app: Some("saml-integrator".to_owned()),
            bag: all,
            ..Relation::default()
        }
    }

    fn found(changes: &[(&str, &str)]) -> Saml {
        parse(&provider(changes)).unwrap()
    }

    #[test]
    fn the_sign_on_by_redirect_and_the_fingerprint_are_understood() {
        let found = found(&[]);
        let read = (found.target.normal(), found.certificates.fingerprint());
        assert_eq!(read, ("https://login.example.com/saml/", FINGERPRINT.to_owned()));
    }

    #[test]
    fn the_binding_tells_the_endpoint_not_the_key() {
        let method = [
            ("single_sign_on_service_redirect_binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect-2"),
            ("single_sign_on_service_web_binding", REDIRECT),
            ("single_sign_on_service_web_url", "https://login.example.com/web"),
        ];
        assert_eq!(found(&method).target.normal(), "https://login.example.com/web");
    }

    #[test]
    fn blanks_around_the_binding_have_no_meaning() {
        let blank = format!(" {REDIRECT}\n");
        let found = found(&[("single_sign_on_service_redirect_binding", &blank)]);
        assert_eq!(found.target.normal(), "https://login.example.com/saml/");
    }

    #[test]
    fn the_address_is_normalised() {
        for (written, read) in [
            ("HTTPS://Login.Example.COM:443", "https://login.example.com/"),
            ("http://Login.Example.COM:80/Saml?A=b", "http://login.example.com/Saml?A=b"),
            ("https://login.example.com:8443", "https://login.example.com:8443/"),
        ] {
            assert_eq!(found(&[("single_sign_on_service_redirect_url", written)]).target.normal(), read);
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
            assert_eq!(found(&[("x509certs", written)]).certificates.fingerprint(), fingerprint, "{written}");
        }
    }

    #[test]
    fn a_missing_key_is_waited_for_and_an_invalid_one_must_be_corrected() {
        let waiting = |what: &str| format!("waiting for {what} in the relation saml");
        let invalid = |why: &str| format!("saml: {why}: correct it in saml-integrator");
        let address = "single_sign_on_service_redirect_url must be an http or https address";
        let certificate = "x509certs must be a list of certificates in base64 or PEM";
        for (key, value, expected) in [
            ("entity_id", "", waiting("entity_id")),
            ("x509certs", "", waiting("x509certs")),
            (REDIRECT_URL, "", waiting("a sign-on by HTTP-Redirect")),
            ("x509certs", "abc", invalid(certificate)),
            ("x509certs", ",AAAA", invalid(certificate)),
            (REDIRECT_URL, "ftp://a/", invalid(address)),
            (REDIRECT_URL, "/saml/", invalid(address)),
            (REDIRECT_URL, "https://", invalid(address)),
        ] {
            assert_eq!(parse(&provider(&[(key, value)])).unwrap_err().to_string(), expected);
        }
        let gone = Relation { app: None, ..provider(&[]) };
        assert_eq!(parse(&gone).unwrap_err().to_string(), waiting("a unit"));
    }

    #[test]
    fn what_the_metadata_lacks_is_not_waited_for() {
        let without = |is_gone: fn(&str) -> bool, app: &str| {
            let mut relation = Relation { app: Some(app.to_owned()), ..provider(&[]) };
            relation.bag.retain(|key, _| !is_gone(key));
            parse(&relation).unwrap_err().to_string()
        };
        let post_only = without(|key| key.contains("sign_on_service_redirect"), "saml-integrator");
        assert_eq!(post_only, "saml: the identity provider must offer a sign-on by HTTP-Redirect: enable it there");
        let is_of_entity: fn(&str) -> bool = |key| key.contains("service") || key == "x509certs";
        let unknown = "saml: entity_id must be in the metadata of the identity provider";
        let command = "juju config saml-integrator entity_id=<entity>";
        assert_eq!(without(is_of_entity, "saml-integrator"), format!("{unknown}: {command}"));
        assert_eq!(without(is_of_entity, "idp"), format!("{unknown}: correct it in idp"));
    }

    proptest! {
        #![proptest_config(trials())]

        #[test]
        fn no_databag_does_harm(changes in hostile(&KEYS, &VALUES), is_whole in any::<bool>()) {
            let mut relation = provider(&[]);
            relation.bag = if is_whole { relation.bag.into_iter().chain(changes).collect() } else { changes };
            match parse(&relation) {
                Ok(saml) => {
                    prop_assert!(!saml.target.normal().contains(char::is_control));
                    prop_assert_eq!(saml.certificates.fingerprint().len(), 59);
                }
                Err(problem) => prop_assert!(is_one_line(&problem)),
            }
        }
    }
}
