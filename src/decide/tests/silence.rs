//! Nothing that came over a relation is shown, wherever and in whatever form it came.

use proptest::{prelude::*, sample::select};

use super::*;
use crate::{
    relations::{ENDPOINTS, arbitrary},
    secret::{Secret, SecretContent},
};

/// Every key that the other sides of all relations write.
const KEYS: [&str; 58] = [
    "access-key",
    "app",
    "auth_type",
    "bucket",
    "ca_chain",
    "client_id",
    "client_secret",
    "client_secret_id",
    "data",
    "database",
    "domain",
    "endpoint",
    "endpoints",
    "entity_id",
    "event",
    "extensions",
    "host",
    "ingress",
    "introspection_endpoint",
    "issuer_url",
    "jwks_endpoint",
    "leader-host",
    "master",
    "openid_configuration_url",
    "password",
    "password_id",
    "path",
    "port",
    "provider_id",
    "read-only-endpoints",
    "receivers",
    "region",
    "requested-secrets",
    "s3-uri-style",
    "scope",
    "secret-extra",
    "secret-key",
    "secret-tls",
    "secret-user",
    "single_logout_service_redirect_url",
    "single_sign_on_service_redirect_binding",
    "single_sign_on_service_redirect_url",
    "skip_ssl_verify",
    "standbys",
    "state",
    "subordinated",
    "tls",
    "tls-ca",
    "tls-ca-chain",
    "token_endpoint",
    "transport_security",
    "url",
    "user",
    "username",
    "userinfo_endpoint",
    "version",
    "x509certs",
    "restart",
];

/// A text with the mark, in the forms in which addresses, credentials and documents come.
fn marked() -> impl Strategy<Value = String> {
    let forms: [fn(&str) -> String; 12] = [
        str::to_owned,
        |text| format!("https://user:{text}@login.example.com/path"),
        |text| format!("{text}.example.com:5432"),
        |text| format!("https://{text}.example.com/{text}"),
        |text| format!("host=pg port=5432 user=u dbname=d password={text}"),
        |text| format!("host={text} port={text} user={text} dbname={text} password={text}"),
        |text| format!("postgresql://u:{text}@pg:5432/d"),
        |text| json!({"url": text}).to_string(),
        |text| json!({"url": format!("http://10.0.0.1:3100/{text}"), "errors": text, "valid": false}).to_string(),
        |text| json!([text]).to_string(),
        |text| json!([{"protocol": {"name": "otlp_http", "type": "http"}, "url": text}]).to_string(),
        |text| format!("secret:{text}"),
    ];
    (arbitrary::secret(), select(forms.to_vec())).prop_map(|(text, form)| form(&text))
}

/// A databag in which any of the keys holds such a text, and others are as they may be.
fn databag() -> impl Strategy<Value = Databag> {
    let usual = select(vec!["", "true", "5432", "plain", "none", "pg.example.com", "discourse"]);
    let value = prop_oneof![2 => marked(), 1 => usual.prop_map(str::to_owned)];
    proptest::collection::btree_map(select(KEYS.to_vec()).prop_map(str::to_owned), value, 0..58)
}

/// A relation of an endpoint whose databags and secrets hold marked texts.
fn related(endpoint: &'static Endpoint, bag: &Databag, unit: &Databag, is_readable: bool) -> Relation {
    let content = bag.iter().map(|(key, value)| (key.clone(), Secret::from(value.clone()))).collect();
    let secret = if is_readable { SecretContent::Known(content) } else { SecretContent::Unreadable };
    Relation {
        units: [("remote/0".parse().unwrap(), unit.clone())].into(),
        secrets: endpoint.reads.secrets.iter().map(|it| (it.key, secret.clone())).collect(),
        bag: bag.clone(),
        ..relation(endpoint, "remote", &json!({}))
    }
}

/// Everything that a hook in a world says in statuses and log lines.
fn texts(world: &World) -> Vec<String> {
    let Decision { complaints, warnings, reasons, step, .. } = first(world);
    let shown = reasons.iter().map(|reason| reason.text(world.names()));
    complaints.into_iter().chain(warnings).chain(shown).chain(step.map(|it| it.why)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..arbitrary::trials() })]

    #[test]
    fn no_text_quotes_what_came_over_a_relation(
        endpoint in select(ENDPOINTS.to_vec()),
        (bag, unit) in (databag(), databag()),
        (is_readable, is_running) in any::<(bool, bool)>(),
    ) {
        let mut world = if is_running { settled() } else { fresh() };
        world.relations.insert(endpoint, vec![related(endpoint, &bag, &unit, is_readable)]);
        for text in texts(&world) {
            prop_assert!(!text.contains(arbitrary::MARK), "{}: {text}", endpoint.name);
        }
    }
}
