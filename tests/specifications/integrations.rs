//! The relations that a forum can do without: what each gives, and what becomes of it when it is late, wrong or gone.

use std::{collections::BTreeMap, time::Duration};

use crate::forum::{ACTIVE, Forum, posts, rails_boots, server_starts, writes};
use serde_json::{Value, json};
use stage::{
    HookEvent,
    remote::{Postgresql, Scripted},
};

/// Options of a forum that others log in to.
const DOMAIN: [(&str, &str); 1] = [("external_hostname", "forum.example.com")];
const CERTIFICATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
const FINGERPRINT: &str = "C6:13:8D:51:4F:FA:21:35:BF:CE:0E:D0:B8:FA:C6:56:69:91:7E:C7";

/// A forum of one unit that serves under a domain over https.
fn domain() -> Forum {
    let options = DOMAIN.map(|(name, value)| (name, json!(value)));
    Forum::active_with(&[&options[..], &[("force_https", json!(true))]].concat())
}

/// A forum with every relation but `db` and `ingress`, once each, that serves.
pub fn whole() -> Forum {
    let mut forum = domain();
    for (endpoint, remote) in [
        ("saml", saml()),
        ("oauth", oauth().secret("client_secret_id", &[("secret", "s")])),
        ("smtp", smtp().secret("password_id", &[("password", "p")])),
        ("s3", s3().secret("secret-extra", &[("access-key", "id"), ("secret-key", "key")])),
        ("metrics-endpoint", Scripted::new("prometheus-k8s", "metrics-endpoint", "prometheus_scrape")),
        ("grafana-dashboard", Scripted::new("grafana-k8s", "grafana-dashboard", "grafana_dashboard")),
        (
            "logging",
            Scripted::new("loki-k8s", "logging", "loki_push_api")
                .unit("endpoint", r#"{"url": "http://127.0.0.1:1/loki/api/v1/push"}"#),
        ),
    ] {
        forum.stage.relate(endpoint, remote).unwrap();
    }
    forum.settle();
    assert_eq!(forum.status(), "active", "{}", forum.log());
    forum
}

fn saml() -> Scripted {
    Scripted::new("saml-integrator", "saml", "saml")
        .app("entity_id", "https://login.example.com")
        .app("x509certs", CERTIFICATE)
        .app("single_sign_on_service_redirect_url", "https://login.example.com/saml/")
        .app("single_sign_on_service_redirect_binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect")
}

fn oauth() -> Scripted {
    Scripted::new("hydra", "oauth", "oauth").app("issuer_url", "https://iam.example.com/hydra").app("client_id", "42")
}

fn smtp() -> Scripted {
    Scripted::new("smtp-integrator", "smtp", "smtp")
        .app("host", "mail.example.com")
        .app("port", "465")
        .app("auth_type", "plain")
        .app("transport_security", "tls")
        .app("skip_ssl_verify", "False")
        .app("user", "forum")
}

fn s3() -> Scripted {
    Scripted::new("s3-integrator", "s3", "s3")
        .app("bucket", "uploads")
        .app("region", "eu-west-3")
        .app("lib-version", "1.0")
}

/// The environment of the server as Pebble has it.
fn environment(forum: &Forum) -> BTreeMap<String, String> {
    let plan = forum.stage.pod(0).unwrap().read("discourse", "/v1/plan?format=yaml").unwrap();
    let plan: Value = serde_yaml::from_str(plan.as_str().unwrap()).unwrap();
    let variables = plan["services"]["discourse"]["environment"].as_object().unwrap().clone();
    variables.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned())).collect()
}

/// The variables whose names begin so.
fn variables(forum: &Forum, prefix: &str) -> Vec<(String, String)> {
    environment(forum).into_iter().filter(|(name, _)| name.starts_with(prefix)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn saml_is_used_once_it_is_whole_and_forced_if_it_shall_be() {
    let mut forum = domain();
    forum.stage.relate("saml", saml()).unwrap();
    forum.stage.config([("force_saml_login", json!(true)), ("saml_sync_groups", json!("staff, team"))]).unwrap();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), rails_boots(&runs)), (ACTIVE, vec![]), "{}", forum.log());
    assert_eq!(
        variables(&forum, "DISCOURSE_SAML_"),
        pairs(&[
            ("DISCOURSE_SAML_CERT_FINGERPRINT", FINGERPRINT),
            ("DISCOURSE_SAML_SYNC_GROUPS", "true"),
            ("DISCOURSE_SAML_SYNC_GROUPS_LIST", "staff|team"),
            ("DISCOURSE_SAML_TARGET_URL", "https://login.example.com/saml/"),
        ])
    );
    assert_eq!(environment(&forum)["DISCOURSE_ENABLE_LOCAL_LOGINS"], "false");
    forum.stage.config([("force_saml_login", Value::Null), ("saml_sync_groups", Value::Null)]).unwrap();
    forum.stage.unrelate("saml").unwrap();
    forum.settle();
    assert_eq!((forum.status().as_str(), variables(&forum, "DISCOURSE_SAML_")), (ACTIVE, vec![]));
}

#[test]
fn a_wrong_certificate_is_named_and_what_ran_goes_on() {
    let mut forum = domain();
    let provider = saml();
    forum.stage.relate("saml", provider.clone()).unwrap();
    forum.settle();
    let before = environment(&forum);
    let _ = provider.app("x509certs", "!!!");
    let runs = forum.settle();
    let status = forum.status();
    assert!(status.starts_with("blocked: the relation saml has a wrong x509certs"), "{status}");
    assert_eq!((environment(&forum), posts(&runs)), (before, vec![]));
}

#[test]
fn open_id_connect_is_used_once_the_client_is_registered_and_its_secret_may_rotate() {
    let mut forum = domain();
    let provider = oauth();
    forum.stage.relate("oauth", provider.clone()).unwrap();
    forum.settle();
    assert_eq!(
        provider.heard_app()["redirect_uri"],
        "https://forum.example.com/auth/oidc/callback",
        "{:?}",
        provider.heard_app()
    );
    assert!(forum.status().starts_with("waiting: waiting for "), "{}", forum.status());
    assert!(forum.status().ends_with(" in the relation oauth"), "{}", forum.status());
    assert_eq!(variables(&forum, "DISCOURSE_OPENID_CONNECT_"), vec![]);
    let _ = provider.clone().secret("client_secret_id", &[("secret", "first-secret")]);
    forum.settle();
    assert_eq!(
        variables(&forum, "DISCOURSE_OPENID_CONNECT_"),
        pairs(&[
            ("DISCOURSE_OPENID_CONNECT_AUTHORIZE_SCOPE", "openid email"),
            ("DISCOURSE_OPENID_CONNECT_CLIENT_ID", "42"),
            ("DISCOURSE_OPENID_CONNECT_CLIENT_SECRET", "first-secret"),
            (
                "DISCOURSE_OPENID_CONNECT_DISCOVERY_DOCUMENT",
                "https://iam.example.com/hydra/.well-known/openid-configuration"
            ),
            ("DISCOURSE_OPENID_CONNECT_ENABLED", "true"),
            ("DISCOURSE_OPENID_CONNECT_MATCH_BY_EMAIL", "true"),
        ])
    );
    let _ = provider.secret("client_secret_id", &[("secret", "second-secret")]);
    let runs = forum.settle();
    assert_eq!((server_starts(&runs), forum.status().as_str()), (1, ACTIVE), "{}", forum.log());
    assert_eq!(environment(&forum)["DISCOURSE_OPENID_CONNECT_CLIENT_SECRET"], "second-secret");
    assert!(!forum.log().contains("-secret"), "{}", forum.log());
}

#[test]
fn logging_in_through_others_without_https_is_refused_with_the_command_that_helps() {
    let mut forum = Forum::active();
    forum.stage.relate("saml", saml()).unwrap();
    forum.settle();
    assert_eq!(forum.status(), "blocked: saml needs https: juju config discourse-k8s force_https=true");
}

#[test]
fn an_ingress_gives_the_name_and_the_scheme_and_learns_where_the_pod_is() {
    let mut forum = Forum::active();
    forum.stage.unrelate("nginx-route").unwrap();
    forum.settle();
    let provider = Scripted::new("traefik-k8s", "ingress", "ingress")
        .app("ingress", r#"{"url": "https://test-discourse-k8s.apps.example.com/"}"#);
    forum.stage.relate("ingress", provider.clone()).unwrap();
    forum.settle();
    assert_eq!(forum.status(), ACTIVE, "{}", forum.log());
    assert_eq!(environment(&forum)["DISCOURSE_HOSTNAME"], "test-discourse-k8s.apps.example.com");
    assert_eq!(environment(&forum)["DISCOURSE_FORCE_HTTPS"], "true");
    assert_eq!(
        (provider.heard_app()["name"].as_str(), provider.heard_app()["port"].as_str()),
        ("\"discourse-k8s\"", "3000")
    );
    let address = forum.stage.unit(0).address();
    assert_eq!(provider.heard_units()["discourse-k8s/0"]["ip"], format!("\"{address}\""));
}

#[test]
fn an_ingress_with_a_path_is_refused_and_one_beside_another_too() {
    let mut forum = Forum::active();
    let provider = Scripted::new("traefik-k8s", "ingress", "ingress");
    forum.stage.relate("ingress", provider.clone()).unwrap();
    forum.settle();
    assert!(forum.status().starts_with("blocked: ingress and nginx-route are both related: "), "{}", forum.status());
    forum.stage.unrelate("nginx-route").unwrap();
    let _ = provider.app("ingress", r#"{"url": "http://apps.example.com/test-discourse-k8s"}"#);
    forum.settle();
    assert!(forum.status().starts_with("blocked: the relation ingress has a wrong ingress"), "{}", forum.status());
    assert!(forum.stage.is_ready(0));
}

#[test]
fn the_mail_server_of_a_relation_stands_over_the_options() {
    let mut forum = Forum::active_with(&[("smtp_address", json!("old.example.com"))]);
    let provider = smtp().secret("password_id", &[("password", "first-secret")]);
    forum.stage.relate("smtp", provider.clone()).unwrap();
    forum.settle();
    assert_eq!(forum.status(), ACTIVE, "{}", forum.log());
    assert_eq!(
        variables(&forum, "DISCOURSE_SMTP_"),
        pairs(&[
            ("DISCOURSE_SMTP_ADDRESS", "mail.example.com"),
            ("DISCOURSE_SMTP_AUTHENTICATION", "plain"),
            ("DISCOURSE_SMTP_ENABLE_START_TLS", "false"),
            ("DISCOURSE_SMTP_FORCE_TLS", "true"),
            ("DISCOURSE_SMTP_OPENSSL_VERIFY_MODE", "peer"),
            ("DISCOURSE_SMTP_PASSWORD", "first-secret"),
            ("DISCOURSE_SMTP_PORT", "465"),
            ("DISCOURSE_SMTP_USER_NAME", "forum"),
        ])
    );
    let _ = provider.clone().app("host", "");
    let before = environment(&forum);
    forum.settle();
    assert_eq!(forum.status(), "waiting: waiting for host in the relation smtp");
    assert_eq!(environment(&forum), before);
    forum.stage.unrelate("smtp").unwrap();
    forum.settle();
    assert_eq!(environment(&forum)["DISCOURSE_SMTP_ADDRESS"], "old.example.com");
}

#[test]
fn the_storage_of_a_relation_is_waited_for_used_and_trusted() {
    let mut forum = Forum::active();
    let provider = s3().app("tls-ca-chain", r#"["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"]"#);
    forum.stage.relate("s3", provider.clone()).unwrap();
    forum.settle();
    assert!(forum.status().starts_with("waiting: waiting for "), "{}", forum.status());
    let _ = provider.clone().secret("secret-extra", &[("access-key", "id"), ("secret-key", "first-secret")]);
    forum.settle();
    assert_eq!(forum.status(), "active", "{}", forum.log());
    let found = environment(&forum);
    assert_eq!(
        ["DISCOURSE_S3_ACCESS_KEY_ID", "DISCOURSE_S3_BUCKET", "DISCOURSE_S3_REGION", "DISCOURSE_S3_SECRET_ACCESS_KEY"]
            .map(|name| found[name].as_str()),
        ["id", "uploads", "eu-west-3", "first-secret"]
    );
    let trusted = &found["SSL_CERT_FILE"];
    let listed = format!("/v1/files?action=list&itself=true&path={trusted}");
    let file = forum.stage.pod(0).unwrap().read("discourse", &listed).unwrap();
    assert_eq!((&file[0]["permissions"], &file[0]["user"]), (&json!("600"), &json!("_daemon_")), "{file}");
    assert_eq!(file[0]["size"], json!("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".len()));
    assert!(provider.heard_app().contains_key("bucket"), "{:?}", provider.heard_app());
}

#[test]
fn credentials_in_a_secret_of_the_operator_wait_for_their_grant() {
    let mut forum = Forum::active();
    let secret = forum.stage.add_secret(&[("username", "forum"), ("password", "first-secret")]);
    forum.stage.config([("smtp_credentials", json!(secret))]).unwrap();
    forum.settle();
    assert!(
        forum.status().starts_with("blocked: smtp_credentials cannot be read: juju grant-secret "),
        "{}",
        forum.status()
    );
    forum.stage.grant_secret(&secret).unwrap();
    forum.stage.update_status(0).unwrap();
    forum.settle();
    assert_eq!(forum.status(), ACTIVE, "{}", forum.log());
    let found = environment(&forum);
    assert_eq!(
        (found["DISCOURSE_SMTP_USER_NAME"].as_str(), found["DISCOURSE_SMTP_PASSWORD"].as_str()),
        ("forum", "first-secret")
    );
}

#[test]
fn a_legacy_database_serves_and_two_databases_are_refused() {
    let mut forum = Forum::deployed(1);
    forum.stage.relate("redis", forum.redis.clone()).unwrap();
    forum.stage.relate("db", Postgresql::new("old-postgresql").over_pgsql()).unwrap();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), rails_boots(&runs).len()), (ACTIVE, 1), "{}", forum.log());
    let password = environment(&forum)["DISCOURSE_DB_PASSWORD"].clone();
    assert!(!forum.log().contains(&password));
    forum.stage.relate("database", forum.postgresql.clone()).unwrap();
    forum.settle();
    assert!(forum.status().starts_with("blocked: db and database are both related: "), "{}", forum.status());
    assert!(forum.stage.is_ready(0));
}

#[test]
fn a_legacy_server_without_extensions_is_waited_for_with_the_command_that_helps() {
    let mut forum = Forum::deployed(1);
    forum.stage.relate("redis", forum.redis.clone()).unwrap();
    forum.stage.relate("db", Scripted::new("old-postgresql", "db", "pgsql").app("database", "discourse")).unwrap();
    forum.settle();
    assert_eq!(
        forum.status(),
        "waiting: waiting for extensions (juju config old-postgresql plugin_hstore_enable=true plugin_pg_trgm_enable=true \
         plugin_unaccent_enable=true) in the relation db"
    );
}

#[test]
fn with_every_relation_a_steady_hook_stays_within_its_budget() {
    let mut forum = whole();
    forum.stage.update_status(0).unwrap();
    for event in [HookEvent::update_status(), HookEvent::config_changed()] {
        let runs = [forum.stage.hook(0, &event).unwrap()];
        let mut calls: Vec<String> = runs[0].tools.iter().map(|call| call.argv.join(" ")).collect();
        assert!(calls.len() <= 55, "{}: {calls:#?}", calls.len());
        assert_eq!((writes(&runs), posts(&runs), rails_boots(&runs)), (vec![], vec![], vec![]));
        calls.sort();
        let count = calls.len();
        calls.dedup();
        assert_eq!(calls.len(), count, "no argv twice: {calls:#?}");
    }
    forum.stage.faults().delay_tools(Duration::from_millis(50));
    let quickest = (0..3).map(|_| forum.stage.update_status(0).unwrap().wall).min().unwrap();
    assert!(quickest < Duration::from_millis(800), "{quickest:?}");
}

#[test]
fn malformed_data_of_any_relation_fails_no_hook_and_shows_no_secret() {
    let mut forum = domain();
    for (endpoint, interface, key) in [
        ("saml", "saml", "x509certs"),
        ("oauth", "oauth", "issuer_url"),
        ("smtp", "smtp", "port"),
        ("s3", "s3", "tls-ca-chain"),
        ("metrics-endpoint", "prometheus_scrape", "event"),
        ("grafana-dashboard", "grafana_dashboard", "event"),
        ("logging", "loki_push_api", "event"),
    ] {
        let remote = Scripted::new("odd", endpoint, interface)
            .app(key, "hunter2\u{1b}[31m{")
            .unit("endpoint", "hunter2")
            .secret("secret-extra", &[("secret-key", "hunter2")]);
        forum.stage.relate(endpoint, remote).unwrap();
        let runs = forum.settle();
        let said = forum.log();
        assert!(runs.iter().all(stage::HookRun::is_success), "{endpoint}: {said}");
        assert!(!said.contains("panicked at"), "{endpoint}: {said}");
        assert!(forum.stage.is_ready(0), "{endpoint}: {}", forum.status());
        let named = forum.status().contains(endpoint) || said.contains(endpoint);
        assert!(
            named || ["metrics-endpoint", "grafana-dashboard"].contains(&endpoint),
            "{endpoint}: {}",
            forum.status()
        );
        forum.stage.unrelate(endpoint).unwrap();
        forum.settle();
    }
}
