//! The endpoint `s3`: interface `s3`, versions 0 (keys in clear) and 1 (keys in a secret) of its library.
//!
//! *Source*: charmhub.io/s3-integrator, library `s3` versions 0 and 1.

use serde_json::{Value, json};

use crate::{
    relations::{Changes, Databag, Incomplete, Remote, SecretContent, difference, filled, required, storable},
    secret::Secret,
};

/// The endpoint's name.
pub const ENDPOINT: &str = "s3";

/// An object storage as the other side describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Key id.
    pub access_key_id: String,
    /// Secret key.
    pub secret_access_key: Secret,
    /// The bucket, which may be another than we asked for.
    pub bucket: String,
    /// Region, also of storage that knows none.
    pub region: String,
    /// URL of the service, without a slash at its end.
    ///
    /// *Empty*: Amazon's.
    pub endpoint: String,
    /// Certificates in PEM that the service's own leads back to.
    ///
    /// *Empty*: those of the system will do.
    pub ca_chain: Vec<String>,
}

/// The secret that must be read to know the keys.
///
/// *Empty*: the keys stand in the bag in clear.
#[must_use]
pub fn secret_uri(bag: &Databag) -> Option<&str> {
    filled(bag, "secret-extra").map(str::trim)
}

/// The label by which this unit reads that secret.
#[must_use]
pub fn label(id: u32) -> String {
    format!("{ENDPOINT}.{id}.extra.secret")
}

/// The storage, if the other side has said all of it.
///
/// # Errors
/// [`Incomplete`] naming the key that is missing or wrong.
pub fn parse(remote: &Remote) -> Result<Storage, Incomplete> {
    if remote.app.is_none() {
        return Err(Incomplete::new(ENDPOINT, "a unit"));
    }
    let bag = &remote.bag;
    let access_key = key(remote, "access-key")?;
    let secret_key = key(remote, "secret-key")?;
    Ok(Storage {
        access_key_id: storable(ENDPOINT, "access-key", access_key)?,
        secret_access_key: storable(ENDPOINT, "secret-key", secret_key).map(Secret::from)?,
        bucket: storable(ENDPOINT, "bucket", required(ENDPOINT, bag, "bucket")?)?,
        region: storable(ENDPOINT, "region", required(ENDPOINT, bag, "region")?)?,
        endpoint: storable(
            ENDPOINT,
            "endpoint",
            filled(bag, "endpoint").unwrap_or_default().trim().trim_end_matches('/'),
        )?,
        ca_chain: ca_chain(bag)?,
    })
}

/// What the leader must write into our application bag; a provider of version 0 answers only once it sees a bucket.
///
/// *Empty*: nothing, or we are not the leader.
#[must_use]
pub fn request(remote: &Remote, bucket: &str) -> Changes {
    let Some(own) = &remote.own_app else { return Changes::new() };
    let bucket = if bucket.is_empty() { format!("relation-{}", remote.id) } else { bucket.to_owned() };
    let wanted = Databag::from([("bucket".to_owned(), bucket), ("lib-version".to_owned(), "1.0".to_owned())]);
    let mut changes = difference(own, &wanted);
    changes.extend(unit_request(own));
    changes
}

/// What every unit must write into its own bag.
#[must_use]
pub fn unit_request(own_unit: &Databag) -> Changes {
    let wanted = json!(["access-key", "secret-key"]);
    let current = own_unit.get("requested-secrets").and_then(|text| serde_json::from_str::<Value>(text).ok());
    if current.as_ref() == Some(&wanted) {
        return Changes::new();
    }
    Changes::from([("requested-secrets".to_owned(), wanted.to_string())])
}

/// One of the two keys, as text whatever it looks like: from the secret, if one is named, else from the bag.
fn key<'a>(remote: &'a Remote, name: &str) -> Result<&'a str, Incomplete> {
    match (&remote.secret, secret_uri(&remote.bag)) {
        (_, None) => required(ENDPOINT, &remote.bag, name),
        (SecretContent::Known(content), Some(_)) => {
            let in_secret = content.get(name).filter(|value| !value.is_empty());
            let lack = || Incomplete::new(ENDPOINT, format!("{name} in the secret of secret-extra"));
            in_secret.map(Secret::expose).ok_or_else(lack)
        }
        (_, Some(_)) => Err(Incomplete::new(ENDPOINT, "a readable secret-extra")),
    }
}

/// The only value that is JSON: a list of certificates.
fn ca_chain(bag: &Databag) -> Result<Vec<String>, Incomplete> {
    let Some(text) = filled(bag, "tls-ca-chain") else { return Ok(Vec::new()) };
    let chain = serde_json::from_str(text).ok().filter(|chain: &Vec<String>| chain.iter().all(|pem| is_pem(pem)));
    chain.ok_or_else(|| Incomplete::wrong(ENDPOINT, "tls-ca-chain: it is not a JSON list of certificates in PEM"))
}

fn is_pem(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("-----BEGIN CERTIFICATE-----")
        && text.ends_with("-----END CERTIFICATE-----")
        && !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::{arbitrary, bag};
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
    fn clear() -> Remote {
        let mut pairs = place();
        pairs.extend([("access-key", "0123"), ("secret-key", "0456"), ("data", "{")]);
        Remote { id: 3, app: Some("s3".to_owned()), bag: bag(&pairs), ..Remote::default() }
    }

    /// A provider of version 1.
    fn hidden() -> Remote {
        let mut pairs = place();
        pairs.extend([("lib-version", "1.0"), ("secret-extra", "secret:cvi2hqmp8e3c7dn1a0t0")]);
        let keys = secret(&[("access-key", "0123"), ("secret-key", "0456")]);
        Remote { bag: bag(&pairs), secret: keys, ..clear() }
    }

    fn with(remote: Remote, key: &str, value: &str) -> Remote {
        let mut remote = remote;
        remote.bag.insert(key.to_owned(), value.to_owned());
        remote
    }

    fn storage() -> Storage {
        Storage {
            access_key_id: "0123".to_owned(),
            secret_access_key: Secret::from("0456".to_owned()),
            bucket: "theirs".to_owned(),
            region: "eu-west-3".to_owned(),
            endpoint: "https://s3.example.com".to_owned(),
            ca_chain: vec![PEM.to_owned()],
        }
    }

    #[test]
    fn keys_are_text_in_both_versions_also_if_they_look_like_numbers() {
        assert_eq!((secret_uri(&clear().bag), parse(&clear())), (None, Ok(storage())));
        let uri = Some("secret:cvi2hqmp8e3c7dn1a0t0");
        assert_eq!((secret_uri(&hidden().bag), parse(&hidden())), (uri, Ok(storage())));
        assert_eq!(label(3), "s3.3.extra.secret");
    }

    #[test]
    fn the_secret_stands_over_keys_in_clear() {
        assert_eq!(parse(&with(hidden(), "secret-key", "old")), Ok(storage()));
    }

    #[test]
    fn what_is_not_said_is_what_amazon_does() {
        let mut plain = clear();
        for key in ["endpoint", "tls-ca-chain"] {
            plain.bag.remove(key);
        }
        let expected = Storage { endpoint: String::new(), ca_chain: Vec::new(), ..storage() };
        assert_eq!(parse(&plain), Ok(expected));
    }

    #[test]
    fn whatever_is_missing_is_waited_for_by_name() {
        for key in ["access-key", "secret-key", "bucket", "region"] {
            assert_eq!(parse(&with(clear(), key, " ")), Err(Incomplete::new(ENDPOINT, key)));
        }
        assert_eq!(parse(&Remote { app: None, ..clear() }), Err(Incomplete::new(ENDPOINT, "a unit")));
        for secret in [SecretContent::Unnamed, SecretContent::Unreadable] {
            let unread = Remote { secret, ..hidden() };
            assert_eq!(parse(&unread), Err(Incomplete::new(ENDPOINT, "a readable secret-extra")));
        }
        let halved = Remote { secret: secret(&[("access-key", "0123")]), ..hidden() };
        assert_eq!(parse(&halved), Err(Incomplete::new(ENDPOINT, "secret-key in the secret of secret-extra")));
    }

    #[test]
    fn what_somebody_must_correct_is_named_and_not_shown() {
        for chain in ["[", "{}", "[1]", r#"["MIIB"]"#, r#"["-----BEGIN CERTIFICATE-----"]"#, PEM] {
            let lack = "tls-ca-chain: it is not a JSON list of certificates in PEM";
            assert_eq!(parse(&with(clear(), "tls-ca-chain", chain)), Err(Incomplete::wrong(ENDPOINT, lack)));
        }
        for key in ["access-key", "secret-key", "bucket", "region", "endpoint"] {
            let lack = format!("{key}: it holds a NUL character");
            assert_eq!(parse(&with(clear(), key, "a\0b")), Err(Incomplete::wrong(ENDPOINT, lack)));
        }
    }

    #[test]
    fn the_request_is_written_once_and_completed_where_it_is_not_whole() {
        let asked = |own: &[(&str, &str)], bucket| request(&Remote { own_app: Some(bag(own)), ..clear() }, bucket);
        let secrets = ("requested-secrets", r#"["access-key","secret-key"]"#);
        let whole = [("bucket", "ours"), secrets, ("lib-version", "1.0")];
        assert_eq!(asked(&[], "ours"), bag(&whole));
        assert_eq!(asked(&[secrets], ""), bag(&[("bucket", "relation-3"), ("lib-version", "1.0")]));
        let spaced =
            [("bucket", "ours"), ("requested-secrets", r#"["access-key", "secret-key"]"#), ("lib-version", "1.0")];
        assert_eq!(asked(&spaced, "ours"), Changes::new());
        assert_eq!(request(&clear(), "ours"), Changes::new());
        assert_eq!(unit_request(&bag(&[("ingress-address", "10.0.0.1")])), bag(&[secrets]));
        assert_eq!(unit_request(&bag(&[secrets])), Changes::new());
        assert_eq!(unit_request(&bag(&[("requested-secrets", "[")])), bag(&[secrets]));
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
        fn no_bag_brings_it_down_or_shows_a_key(
            odd in arbitrary::bag(&KEYS),
            own in arbitrary::bag(&KEYS),
            key in arbitrary::secret(),
            is_clear in any::<bool>(),
        ) {
            let mut remote = Remote { own_app: Some(own.clone()), ..clear() };
            remote.bag.extend(odd);
            if is_clear {
                remote.bag.remove("secret-extra");
            }
            remote.bag.insert("secret-key".to_owned(), key.clone());
            remote.secret = secret(&[("access-key", "0123"), ("secret-key", &key)]);
            let shown = format!("{:?} {:?}", parse(&remote), request(&remote, "ours"));
            prop_assert!(!shown.contains(arbitrary::MARK), "{shown}");
            let mut after = own;
            after.extend(unit_request(&after));
            prop_assert_eq!(unit_request(&after), Changes::new());
        }
    }
}
