//! The endpoint `s3`: interface `s3`, versions 0 (keys in clear text) and 1 (keys in a secret) of its library.
//!
//! *Source*: charmhub.io/s3-integrator, library `s3` versions 0 and 1.

mod provider;

use serde_json::{Value, json};

use crate::{
    address::WebAddress,
    discourse::{
        bucket::Bucket,
        certificates,
        environment::Origin,
        object_storage::{BUCKET_FORM, DEFAULT_REGION, ENDPOINT_FORM, REGION_FORM, endpoint, is_amazon, is_region},
        settings::{Settings, Storage},
    },
    secret::Secret,
};

use super::{
    Changes, Databag, Endpoint, Given, Identity, Need, OwnApp, Problem, Reads, Relation, SecretKey, Write,
    databag::non_empty, difference,
};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    need: Need::WhenRelated,
    reads: Reads {
        secrets: &[SecretKey { key: KEYS_SECRET, label: "extra", unless: None }],
        own_app: OwnApp::Leader,
        own_unit: true,
        ..Reads::REMOTE
    },
    variables: &[
        "DISCOURSE_S3_BUCKET",
        "DISCOURSE_S3_ACCESS_KEY_ID",
        "DISCOURSE_S3_SECRET_ACCESS_KEY",
        "DISCOURSE_S3_REGION",
        "DISCOURSE_S3_ENDPOINT",
        certificates::VARIABLE,
    ],
    dependent_variables: &["DISCOURSE_S3_", "DISCOURSE_BACKUP_LOCATION"],
    gives: Some(parse),
    writes,
    ..Endpoint::requirer("s3", "s3")
};

const KEYS_SECRET: &str = "secret-extra";

/// The variables of the storage, and the certificates to trust.
fn parse(relation: &Relation, settings: &Settings) -> Result<Given, Problem> {
    let storage = storage(relation)?;
    let certificates = ca_chain(relation)?;
    let warnings = provider::warnings(relation, &storage, settings);
    let address = storage.endpoint.as_ref().map(|address| address.authority().to_string());
    Ok(Given { variables: storage.variables(origin), certificates, warnings, address })
}

/// The storage.
fn storage(relation: &Relation) -> Result<Storage, Problem> {
    relation.provider()?;
    let (access_key, secret_key) = (key(relation, "access-key")?, key(relation, "secret-key")?);
    let bucket = bucket(relation)?;
    let endpoint = service(relation)?;
    Ok(Storage {
        access_key_id: access_key.to_owned(),
        secret_access_key: Secret::from(secret_key.to_owned()),
        bucket: Some(bucket),
        region: region(relation, endpoint.as_ref())?,
        endpoint,
        credentials: None,
    })
}

/// The key behind what an option would set.
fn origin(option: &'static str) -> Origin {
    let key = match option {
        "s3_access_key_id" => "access-key",
        "s3_secret_access_key" => "secret-key",
        "s3_bucket" => "bucket",
        "s3_region" => "region",
        "s3_endpoint" => "endpoint",
        _ => return Origin::Option(option),
    };
    Origin::Relation(ENDPOINT.name, key)
}

/// One of the two keys, as text whatever it looks like: from the secret, if one is named, else from the databag.
fn key<'a>(relation: &'a Relation, name: &str) -> Result<&'a str, Problem> {
    if relation.optional(KEYS_SECRET).is_none() {
        return non_empty(&relation.bag, name).ok_or_else(|| relation.missing(name));
    }
    let in_secret = relation.in_secret(KEYS_SECRET, name)?.map(Secret::expose);
    in_secret.ok_or_else(|| relation.missing(format!("{name} in the secret of {KEYS_SECRET}")))
}

/// The bucket, with the folder that the provider names apart.
fn bucket(relation: &Relation) -> Result<Bucket, Problem> {
    let name = relation.required("bucket")?;
    let bucket = Bucket::parse(name).ok_or_else(|| provider::invalid(relation, "bucket", BUCKET_FORM))?;
    let bucket = bucket.in_folder(relation.optional("path").unwrap_or_default());
    bucket.ok_or_else(|| provider::invalid(relation, "path", "be text without control characters"))
}

/// The address of the service.
///
/// *Empty*: Amazon's for the region.
fn service(relation: &Relation) -> Result<Option<WebAddress>, Problem> {
    let Some(text) = relation.optional("endpoint") else { return Ok(None) };
    endpoint(text).map(Some).ok_or_else(|| provider::invalid(relation, "endpoint", ENDPOINT_FORM))
}

/// The region, which providers need not name: most storages know none, but Discourse asks for one.
fn region(relation: &Relation, endpoint: Option<&WebAddress>) -> Result<String, Problem> {
    match relation.optional("region") {
        Some(region) if is_region(region) => Ok(region.to_owned()),
        Some(_) => Err(provider::invalid(relation, "region", REGION_FORM)),
        None if endpoint.is_some_and(|address| !is_amazon(address)) => Ok(DEFAULT_REGION.to_owned()),
        None => Err(relation.invalid_with("Amazon S3 needs a region", provider::remedy(relation, "region"))),
    }
}

/// Certificates: a JSON list of texts as the library writes it, or one text.
fn ca_chain(relation: &Relation) -> Result<Vec<String>, Problem> {
    let Some(text) = relation.optional("tls-ca-chain") else { return Ok(Vec::new()) };
    let texts = serde_json::from_str(text).unwrap_or_else(|_| vec![text.to_owned()]);
    let chains: Option<Vec<Vec<String>>> = texts.iter().map(|text| certificates::chain(text)).collect();
    let chains = chains.ok_or_else(|| relation.invalid("tls-ca-chain must be certificates in PEM, or a JSON list of them"));
    Ok(chains?.concat())
}

/// A provider of version 0 answers only once it sees a bucket, which every unit's databag must ask for, too.
fn writes(relation: &Relation, identity: &Identity) -> Vec<Write> {
    let request = relation.own_app.as_ref().map(|own| request(own, identity.bucket.as_deref(), relation.id)).unwrap_or_default();
    let why = "the request is incomplete";
    vec![Write::unit(keys_request(&relation.own_unit), why), Write::app(request, why)]
}

fn request(own: &Databag, bucket: Option<&str>, id: u32) -> Changes {
    let bucket = bucket.map(|name| if name.is_empty() { format!("relation-{id}") } else { name.to_owned() });
    let wanted = [("bucket", bucket), ("lib-version", Some("1.0".to_owned()))];
    let wanted = wanted.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    let mut changes = difference(own, &wanted);
    changes.extend(keys_request(own));
    changes
}

fn keys_request(own: &Databag) -> Changes {
    let wanted = json!(["access-key", "secret-key"]);
    let current = non_empty(own, "requested-secrets").and_then(|text| serde_json::from_str::<Value>(text).ok());
    if current.as_ref() == Some(&wanted) {
        return Changes::new();
    }
    Changes::from([("requested-secrets".to_owned(), wanted.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        relations::{arbitrary, databag::bag},
        secret::SecretContent,
    };
    use proptest::prelude::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

    fn place() -> Vec<(&'static str, &'static str)> {
        vec![
            ("bucket", "theirs"),
            ("region", "eu-west-3"),
            ("endpoint", "https://s3.example.com/"),
            ("s3-uri-style", "path"),
            ("tls-ca-chain", r#"["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"]"#),
        ]
    }

    fn secret(pairs: &[(&str, &str)]) -> SecretContent {
        let content = pairs.iter().map(|(key, value)| ((*key).to_owned(), Secret::from((*value).to_owned())));
        SecretContent::Known(content.collect())
    }

    /// A provider of version 0.
    fn clear() -> Relation {
        let mut pairs = place();
        pairs.extend([("access-key", "0123"), ("secret-key", "0456"), ("data", "{")]);
        Relation { endpoint: ENDPOINT.name, id: 3, app: Some("s3".to_owned()), bag: bag(&pairs), ..Relation::default() }
    }

    /// A provider of version 1.
    fn hidden() -> Relation {
        let mut pairs = place();
        pairs.extend([("lib-version", "1.0"), ("secret-extra", "secret:cvi2hqmp8e3c7dn1a0t0")]);
        let keys = secret(&[("access-key", "0123"), ("secret-key", "0456")]);
        Relation { bag: bag(&pairs), secrets: [(KEYS_SECRET, keys)].into(), ..clear() }
    }

    fn with(mut relation: Relation, key: &str, value: &str) -> Relation {
        relation.bag.insert(key.to_owned(), value.to_owned());
        relation
    }

    fn expected() -> Storage {
        Storage {
            access_key_id: "0123".to_owned(),
            secret_access_key: Secret::from("0456".to_owned()),
            bucket: "theirs".to_owned(),
            region: "eu-west-3".to_owned(),
            endpoint: "https://s3.example.com".to_owned(),
            credentials: None,
        }
    }

    fn problem(relation: &Relation) -> String {
        parse(relation).unwrap_err().to_string()
    }

    #[test]
    fn keys_are_text_in_both_versions_also_if_they_look_like_numbers() {
        assert_eq!([storage(&clear()), storage(&hidden())], [Ok(expected()), Ok(expected())]);
        assert_eq!(parse(&clear()).unwrap().certificates, [PEM]);
    }

    #[test]
    fn the_secret_takes_precedence_over_keys_in_clear_text() {
        assert_eq!(storage(&with(hidden(), "secret-key", "old")), Ok(expected()));
    }

    #[test]
    fn without_an_endpoint_the_storage_is_amazons() {
        let mut plain = clear();
        for key in ["endpoint", "tls-ca-chain"] {
            plain.bag.remove(key);
        }
        assert_eq!(storage(&plain), Ok(Storage { endpoint: String::new(), ..expected() }));
        assert_eq!(parse(&plain).unwrap().certificates, Vec::<String>::new());
    }

    #[test]
    fn a_missing_key_is_waited_for_by_name() {
        for key in ["access-key", "secret-key", "bucket", "region"] {
            assert_eq!(problem(&with(clear(), key, " ")), format!("waiting for {key} in the relation s3"));
        }
        assert_eq!(problem(&Relation { app: None, ..clear() }), "waiting for a unit in the relation s3");
        for content in [SecretContent::Unnamed, SecretContent::Unreadable] {
            let unread = Relation { secrets: [(KEYS_SECRET, content)].into(), ..hidden() };
            assert_eq!(problem(&unread), "waiting for a readable secret-extra in the relation s3");
        }
        let halved = Relation { secrets: [(KEYS_SECRET, secret(&[("access-key", "0123")]))].into(), ..hidden() };
        let expected = "waiting for secret-key in the secret of secret-extra in the relation s3";
        assert_eq!(problem(&halved), expected);
    }

    #[test]
    fn an_invalid_value_is_named_and_not_shown() {
        for chain in ["[", "{}", "[1]", r#"["MIIB"]"#, r#"["-----BEGIN CERTIFICATE-----"]"#, PEM] {
            let expected = "s3: tls-ca-chain must be a JSON list of certificates in PEM: correct it in s3";
            assert_eq!(problem(&with(clear(), "tls-ca-chain", chain)), expected);
        }
        for key in ["access-key", "secret-key", "bucket", "region", "endpoint"] {
            let expected = format!("s3: {key} must not contain a NUL character: correct it in s3");
            assert_eq!(problem(&with(clear(), key, "a\0b")), expected);
        }
    }

    #[test]
    fn every_variable_names_the_key_that_it_comes_from() {
        let origins: Vec<Origin> =
            ["s3_access_key_id", "s3_secret_access_key", "s3_bucket", "s3_region", "s3_endpoint"].map(origin).into();
        let keys = ["access-key", "secret-key", "bucket", "region", "endpoint"];
        assert_eq!(origins, keys.map(|key| Origin::Relation("s3", key)));
    }

    #[test]
    fn the_request_is_written_once_and_completed_where_it_is_not_whole() {
        let secrets = ("requested-secrets", r#"["access-key","secret-key"]"#);
        let whole = [("bucket", "ours"), secrets, ("lib-version", "1.0")];
        assert_eq!(request(&bag(&[]), "ours", 3), bag(&whole));
        assert_eq!(request(&bag(&[secrets]), "", 3), bag(&[("bucket", "relation-3"), ("lib-version", "1.0")]));
        let spaced =
            [("bucket", "ours"), ("requested-secrets", r#"["access-key", "secret-key"]"#), ("lib-version", "1.0")];
        assert_eq!(request(&bag(&spaced), "ours", 3), Changes::new());
        assert_eq!(keys_request(&bag(&[("ingress-address", "10.0.0.1")])), bag(&[secrets]));
        assert_eq!(keys_request(&bag(&[secrets])), Changes::new());
        assert_eq!(keys_request(&bag(&[("requested-secrets", "[")])), bag(&[secrets]));
    }

    const KEYS: [&str; 9] = [
        "access-key",
        "secret-key",
        "bucket",
        "region",
        "endpoint",
        "s3-uri-style",
        "tls-ca-chain",
        "secret-extra",
        "requested-secrets",
    ];

    proptest! {
        #![proptest_config(crate::relations::arbitrary::trials())]

        #[test]
        fn no_databag_causes_a_panic_or_shows_a_key(
            odd in arbitrary::bag(&KEYS),
            own in arbitrary::bag(&KEYS),
            key in arbitrary::secret(),
            is_clear in any::<bool>(),
        ) {
            let mut relation = clear();
            relation.bag.extend(odd);
            if is_clear {
                relation.bag.remove("secret-extra");
            }
            relation.bag.insert("secret-key".to_owned(), key.clone());
            relation.secrets = [(KEYS_SECRET, secret(&[("access-key", "0123"), ("secret-key", &key)]))].into();
            let shown = format!("{:?} {:?}", parse(&relation), request(&own, "ours", 3));
            prop_assert!(!shown.contains(arbitrary::MARK), "{shown}");
            let mut after = own;
            after.extend(keys_request(&after));
            prop_assert_eq!(keys_request(&after), Changes::new());
        }
    }
}
