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
        object_storage::{self, BUCKET_FORM, ENDPOINT_FORM, REGION_FORM, endpoint},
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
        secrets: &[SecretKey { key: KEYS_SECRET, unless: None, may_be_users: false }],
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
    Ok(Given { variables: storage.variables(origin), certificates, warnings, address, ..Given::default() })
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
    let invalid = || provider::invalid(relation, "region", REGION_FORM);
    match (relation.optional("region"), endpoint) {
        (Some(region), _) => object_storage::region(region).ok_or_else(invalid),
        (None, Some(endpoint)) => Ok(object_storage::usual_region(endpoint)),
        (None, None) => Err(relation.invalid_with("Amazon S3 needs a region", provider::remedy(relation, "region"))),
    }
}

/// Certificates: a JSON list of texts as the library writes it, or one text.
fn ca_chain(relation: &Relation) -> Result<Vec<String>, Problem> {
    let Some(text) = relation.optional("tls-ca-chain") else { return Ok(Vec::new()) };
    let invalid = || relation.invalid("tls-ca-chain must be certificates in PEM, or a JSON list of them");
    certificates::chains(text).ok_or_else(invalid)
}

/// A provider of version 0 answers only once it sees a bucket, which every unit's databag must ask for, too.
fn writes(relation: &Relation, identity: &Identity) -> Vec<Write> {
    let request =
        relation.own_app.as_ref().map(|own| request(own, identity.bucket.as_deref(), relation.id)).unwrap_or_default();
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
        discourse::{environment::Environment, settings::Context},
        relations::{arbitrary, databag::bag},
        secret::SecretContent,
    };
    use proptest::{prelude::*, sample::select};
    use serde_json::json;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

    fn place() -> Vec<(&'static str, &'static str)> {
        vec![
            ("bucket", "theirs"),
            ("region", "eu-west-3"),
            ("endpoint", "https://s3.example.com/"),
            ("s3-uri-style", "host"),
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
            bucket: Bucket::parse("theirs"),
            region: "eu-west-3".to_owned(),
            endpoint: WebAddress::parse("https://s3.example.com"),
            credentials: None,
        }
    }

    fn without(mut relation: Relation, keys: &[&str]) -> Relation {
        relation.bag.retain(|key, _| !keys.contains(&key.as_str()));
        relation
    }

    fn integrator(relation: Relation) -> Relation {
        Relation { app: Some("s3-integrator".to_owned()), ..relation }
    }

    /// What a relation gives beside these options.
    fn given(relation: &Relation, options: &Value) -> Result<Given, Problem> {
        let options = options.as_object().unwrap().clone().into_iter().collect();
        let context = Context { is_storage_related: true, ..Context::ALONE };
        parse(relation, &Settings::check(&options, context).settings)
    }

    fn warnings(relation: &Relation, options: &Value) -> Vec<String> {
        given(relation, options).unwrap().warnings
    }

    fn problem(relation: &Relation) -> String {
        given(relation, &json!({})).unwrap_err().to_string()
    }

    #[test]
    fn keys_are_text_in_both_versions_also_if_they_look_like_numbers() {
        assert_eq!([storage(&clear()), storage(&hidden())], [Ok(expected()), Ok(expected())]);
        let given = given(&clear(), &json!({})).unwrap();
        let address = Some("s3.example.com".to_owned());
        assert_eq!((given.certificates, given.warnings, given.address), (vec![PEM.to_owned()], vec![], address));
    }

    #[test]
    fn the_secret_takes_precedence_over_keys_in_clear_text() {
        assert_eq!(storage(&with(hidden(), "secret-key", "old")), Ok(expected()));
    }

    #[test]
    fn a_credential_of_the_provider_is_never_changed() {
        for relation in [clear(), without(clear(), &["access-key", "secret-key"])] {
            let keys = [("access-key", " 0123\n"), ("secret-key", "\t0456 ")];
            let mut relation = Relation { secrets: [(KEYS_SECRET, secret(&keys))].into(), ..relation };
            relation.bag.extend(bag(&keys));
            let storage = storage(&relation).unwrap();
            assert_eq!((storage.access_key_id.as_str(), storage.secret_access_key.expose()), (" 0123\n", "\t0456 "));
        }
    }

    #[test]
    fn without_an_endpoint_the_storage_is_amazons() {
        let plain = without(clear(), &["endpoint", "tls-ca-chain"]);
        assert_eq!(storage(&plain), Ok(Storage { endpoint: None, ..expected() }));
        assert_eq!(given(&plain, &json!({})).unwrap().certificates, Vec::<String>::new());
    }

    #[test]
    fn only_a_storage_without_an_endpoint_needs_a_region() {
        let plain = without(clear(), &["region"]);
        assert_eq!(storage(&plain), Ok(Storage { region: "us-east-1".to_owned(), ..expected() }));
        for (endpoint, region) in [
            ("https://s3.amazonaws.com", "us-east-1"),
            ("https://s3.eu-west-3.amazonaws.com/", "eu-west-3"),
            ("https://s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("https://s3.eu-west-3.example.com", "us-east-1"),
        ] {
            assert_eq!(storage(&with(plain.clone(), "endpoint", endpoint)).unwrap().region, region, "{endpoint}");
        }
        let amazon = without(plain, &["endpoint"]);
        assert_eq!(problem(&amazon), "s3: Amazon S3 needs a region: set it in s3");
        let expected = "s3: Amazon S3 needs a region: juju config s3-integrator region=<region>";
        assert_eq!(problem(&integrator(amazon)), expected);
    }

    #[test]
    fn spelling_that_keeps_the_meaning_is_put_right_without_a_warning() {
        for (key, value, variable, expected) in [
            ("bucket", " S3://Theirs/ ", "DISCOURSE_S3_BUCKET", "theirs"),
            ("path", "/forum/2026/", "DISCOURSE_S3_BUCKET", "theirs/forum/2026"),
            ("endpoint", " https://s3.example.com:9000/\n", "DISCOURSE_S3_ENDPOINT", "https://s3.example.com:9000"),
            ("endpoint", "http://föhn.example", "DISCOURSE_S3_ENDPOINT", "http://xn--fhn-sna.example"),
            ("region", " EU-west-3\n", "DISCOURSE_S3_REGION", "eu-west-3"),
            ("s3-uri-style", "HOST", "DISCOURSE_S3_BUCKET", "theirs"),
            ("s3-api-version", "4", "DISCOURSE_S3_BUCKET", "theirs"),
        ] {
            let given = given(&with(clear(), key, value), &json!({})).unwrap();
            let mut environment = Environment::default();
            environment.extend(given.variables);
            assert_eq!((environment.get(variable), given.warnings), (expected, vec![]), "{key} {value}");
        }
    }

    #[test]
    fn what_discourse_cannot_do_is_warned_about() {
        let style = "s3: s3-uri-style is ignored: \
                     Discourse puts the bucket before the endpoint, as in https://uploads.s3.example.com";
        let path = "relation s3: endpoint has a path, which links to uploads leave out: they work only with s3_cdn_url";
        let ip = "relation s3: endpoint is an IP address: links to uploads work only with s3_cdn_url";
        let capitals = "relation s3: bucket has capitals in its folder, which Discourse uses in lower case";
        for (key, value, warning) in [
            ("s3-uri-style", "path", style),
            ("s3-uri-style", "hunter2", style),
            ("s3-api-version", "2", "s3: Discourse has no setting for s3-api-version"),
            ("storage-class", "GLACIER", "s3: Discourse has no setting for storage-class"),
            ("endpoint", "https://s3.example.com/minio", path),
            ("endpoint", "http://[fd00::1]:9000", ip),
            ("path", "Forum", capitals),
        ] {
            assert_eq!(warnings(&with(clear(), key, value), &json!({})), [warning], "{key} {value}");
        }
        let behind_cdn = json!({"s3_cdn_url": "https://cdn.example.com"});
        assert!(warnings(&with(clear(), "endpoint", "http://10.0.0.1:9000"), &behind_cdn).is_empty());
    }

    #[test]
    fn a_bucket_that_nobody_has_named_or_that_is_not_the_wanted_one_is_warned_about() {
        let made_up = with(clear(), "bucket", "relation-3");
        let text = "s3: nobody has named a bucket, so one named after a relation is used";
        assert_eq!(warnings(&made_up, &json!({})), [format!("{text}: set it in s3")]);
        let command = "juju config s3-integrator bucket=<bucket>";
        assert_eq!(warnings(&integrator(made_up.clone()), &json!({})), [format!("{text}: {command}")]);
        assert!(warnings(&made_up, &json!({"s3_bucket": "relation-3"})).is_empty());
        let ignored = "s3_bucket is ignored: the relation s3 gives another bucket or folder";
        for (bucket, path, wanted, expected) in [
            ("theirs", "", "Theirs", vec![]),
            ("theirs", "forum", "theirs", vec![]),
            ("theirs", "", "ours", vec![ignored]),
            ("theirs", "", "theirs/forum", vec![ignored]),
        ] {
            let relation = with(with(clear(), "bucket", bucket), "path", path);
            assert_eq!(warnings(&relation, &json!({"s3_bucket": wanted})), expected, "{bucket} {path} {wanted}");
        }
    }

    #[test]
    fn backups_among_the_uploads_of_the_relation_are_warned_about() {
        let shared = "s3_backup_bucket is where uploads are: \
                      Discourse expects another bucket, or a folder that holds no uploads";
        for (backups, expected) in [("theirs", vec![shared]), ("theirs/backups", vec![]), ("others", vec![])] {
            assert_eq!(warnings(&clear(), &json!({"s3_backup_bucket": backups})), expected, "{backups}");
        }
    }

    #[test]
    fn a_missing_key_is_waited_for_by_name() {
        for key in ["access-key", "secret-key", "bucket"] {
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
        for chain in ["[", "{}", "[1]", r#"["MIIB"]"#, r#"["-----BEGIN CERTIFICATE-----"]"#, "hunter2"] {
            let expected = "s3: tls-ca-chain must be certificates in PEM, or a JSON list of them: correct it in s3";
            assert_eq!(problem(&with(clear(), "tls-ca-chain", chain)), expected);
        }
        for (key, values, form) in [
            ("bucket", ["two words", "arn:aws:s3:::theirs", "a\0b"], BUCKET_FORM),
            (
                "endpoint",
                ["s3.example.com:9000", "https://u:p@s3.example.com", "https://s3.example.com?x"],
                ENDPOINT_FORM,
            ),
            ("region", ["eu west 3", "eu_west", "-"], REGION_FORM),
            ("path", ["a\0b", "a\nb", "\u{1b}x"], "be text without control characters"),
        ] {
            for value in values {
                let relation = with(clear(), key, value);
                assert_eq!(problem(&relation), format!("s3: {key} must {form}: correct it in s3"), "{value}");
                let remedy = format!("juju config s3-integrator {key}=<{key}>");
                assert_eq!(problem(&integrator(relation)), format!("s3: {key} must {form}: {remedy}"));
            }
        }
    }

    #[test]
    fn a_provider_is_recognised_by_the_keys_of_its_options_too() {
        let relation = without(with(clear(), "storage-class", "STANDARD"), &["region", "endpoint"]);
        assert_eq!(problem(&relation), "s3: Amazon S3 needs a region: juju config s3 region=<region>");
    }

    #[test]
    fn certificates_may_be_a_list_or_one_text() {
        let base64 = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUIKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQ==";
        for chain in [PEM.to_owned(), base64.to_owned(), json!([PEM]).to_string(), json!([base64]).to_string()] {
            assert_eq!(ca_chain(&with(clear(), "tls-ca-chain", &chain)), Ok(vec![PEM.to_owned()]), "{chain}");
        }
        assert_eq!(ca_chain(&with(clear(), "tls-ca-chain", "[]")), Ok(vec![]));
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
        assert_eq!(request(&bag(&[]), Some("ours"), 3), bag(&whole));
        assert_eq!(request(&bag(&[secrets]), Some(""), 3), bag(&[("bucket", "relation-3"), ("lib-version", "1.0")]));
        let spaced =
            [("bucket", "ours"), ("requested-secrets", r#"["access-key", "secret-key"]"#), ("lib-version", "1.0")];
        assert_eq!(request(&bag(&spaced), Some("ours"), 3), Changes::new());
        assert_eq!(request(&bag(&spaced), None, 3), Changes::new());
        assert_eq!(keys_request(&bag(&[("ingress-address", "10.0.0.1")])), bag(&[secrets]));
        assert_eq!(keys_request(&bag(&[secrets])), Changes::new());
        assert_eq!(keys_request(&bag(&[("requested-secrets", "[")])), bag(&[secrets]));
    }

    const KEYS: [&str; 11] = [
        "access-key",
        "secret-key",
        "bucket",
        "region",
        "endpoint",
        "path",
        "s3-uri-style",
        "storage-class",
        "tls-ca-chain",
        "secret-extra",
        "requested-secrets",
    ];

    /// Slashes at the ends of a bucket and of its folder have no meaning.
    fn without_slashes(text: &str) -> String {
        text.trim_matches(|c: char| c == '/' || c.is_whitespace()).replace('/', "").to_lowercase()
    }

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
            let shown = format!("{:?} {:?}", given(&relation, &json!({})), request(&own, Some("ours"), 3));
            prop_assert!(!shown.contains(arbitrary::MARK), "{shown}");
            if let Err(problem) = given(&relation, &json!({})) {
                prop_assert!(arbitrary::is_one_line(&problem), "{problem}");
            }
            let mut after = own;
            after.extend(keys_request(&after));
            prop_assert_eq!(keys_request(&after), Changes::new());
        }

        #[test]
        fn every_value_is_used_as_it_is_meant_or_named(
            key in select(vec!["bucket", "path", "endpoint", "region"]),
            value in "[aA.:/ \\-_0\n]{0,8}|https?://[aA.:/@ ?]{1,8}",
        ) {
            let relation = with(clear(), key, &value);
            match given(&relation, &json!({})) {
                Err(problem) => prop_assert!(problem.to_string().contains(key) || value.trim().is_empty()),
                Ok(given) => {
                    let storage = storage(&relation).unwrap();
                    let bucket = storage.bucket.unwrap().to_string();
                    let endpoint = storage.endpoint.as_ref().map(WebAddress::as_str).unwrap_or_default();
                    let used = without_slashes(&format!("{bucket} {} {endpoint}", storage.region));
                    let meant = without_slashes(&value);
                    prop_assert!(used.contains(&meant) || !given.warnings.is_empty(), "{used}: {meant}");
                    prop_assert!(!bucket.starts_with('/') && !bucket.ends_with('/'));
                    prop_assert!(endpoint.is_empty() || endpoint.contains("://"));
                }
            }
        }
    }
}
