//! The relations that a forum can do without: each is made once, and both sides are looked at.

use std::time::Duration;

use serde_json::json;
use stage::{
    HookEvent, StatusKind,
    remote::{Postgresql, Scripted},
};

use super::{
    life::{Life, Surprise, expect},
    screen,
};

/// What a hook may cost with every relation.
const MOST_TOOLS: usize = 55;
/// How long it may take with 50 ms added to the start of every hook tool.
const MOST_TIME: Duration = Duration::from_millis(800);
/// How often that time is taken at most.
const TRIES: u32 = 20;
const CERTIFICATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

pub fn saml(life: &mut Life) -> Result<(), Surprise> {
    life.configure("force_https", json!(true))?;
    let provider = Scripted::new("saml-integrator", "saml", "saml")
        .app("entity_id", "https://login.example.com")
        .app("x509certs", CERTIFICATE)
        .app("single_sign_on_service_redirect_url", "https://login.example.com/saml/")
        .app("single_sign_on_service_redirect_binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect");
    life.integrate("saml", &provider)?;
    expect_variable(life, "DISCOURSE_SAML_TARGET_URL", "https://login.example.com/saml/")
}

pub fn oauth(life: &mut Life) -> Result<(), Surprise> {
    let provider = Scripted::new("hydra", "oauth", "oauth")
        .app("issuer_url", "https://iam.example.com/hydra")
        .app("client_id", "forum")
        .secret("client_secret_id", &[("secret", "of the client")]);
    life.integrate("oauth", &provider)?;
    expect_heard(&provider, "redirect_uri", "https://forum.example.com/auth/oidc/callback")?;
    expect_variable(life, "DISCOURSE_OPENID_CONNECT_CLIENT_ID", "forum")
}

pub fn smtp(life: &mut Life) -> Result<(), Surprise> {
    let provider = Scripted::new("smtp-integrator", "smtp", "smtp")
        .app("host", "mail.example.com")
        .app("port", "587")
        .app("auth_type", "plain")
        .app("transport_security", "starttls")
        .app("skip_ssl_verify", "False")
        .app("user", "forum")
        .secret("password_id", &[("password", "of the forum")]);
    life.integrate("smtp", &provider)?;
    expect_variable(life, "DISCOURSE_SMTP_ADDRESS", "mail.example.com")
}

pub fn s3(life: &mut Life) -> Result<(), Surprise> {
    let provider = Scripted::new("s3-integrator", "s3", "s3")
        .app("bucket", "uploads")
        .app("region", "eu-west-3")
        .app("lib-version", "1.0")
        .secret("secret-extra", &[("access-key", "id"), ("secret-key", "of the storage")]);
    life.integrate("s3", &provider)?;
    expect_heard(&provider, "requested-secrets", r#"["access-key","secret-key"]"#)?;
    expect_variable(life, "DISCOURSE_S3_BUCKET", "uploads")?;
    life.expect_status(StatusKind::Active, "")
}

pub fn observers(life: &mut Life) -> Result<(), Surprise> {
    let prometheus = Scripted::new("prometheus-k8s", "metrics-endpoint", "prometheus_scrape");
    let grafana = Scripted::new("grafana-k8s", "grafana-dashboard", "grafana_dashboard");
    let loki = Scripted::new("loki-k8s", "logging", "loki_push_api")
        .unit("endpoint", r#"{"url": "http://127.0.0.1:9/loki/api/v1/push"}"#);
    life.integrate("metrics-endpoint", &prometheus)?;
    life.integrate("grafana-dashboard", &grafana)?;
    life.integrate("logging", &loki)?;
    let offered =
        [(&prometheus, "scrape_jobs"), (&prometheus, "alert_rules"), (&grafana, "dashboards"), (&loki, "alert_rules")];
    for (observer, key) in offered {
        let length = observer.heard_app().get(key).map_or(0, String::len);
        screen::observe(&format!("{key}: {length} bytes"));
        expect(length > 2, || format!("{key} was not offered"))?;
    }
    Ok(())
}

/// A hook that finds everything as it should be, with every relation but two.
pub fn rest(life: &mut Life) -> Result<(), Surprise> {
    life.hook(&HookEvent::update_status())?;
    life.expect_thrift(&HookEvent::config_changed(), MOST_TOOLS)?;
    let quickest = life.quickest(MOST_TIME, TRIES)?;
    screen::observe(&format!("with 50 ms added to each hook tool: {} ms", quickest.as_millis()));
    expect(quickest <= MOST_TIME, || format!("{} ms, {} at most", quickest.as_millis(), MOST_TIME.as_millis()))
}

pub fn ingress(life: &mut Life) -> Result<(), Surprise> {
    life.stage.unrelate("nginx-route")?;
    life.settle()?;
    life.configure("external_hostname", json!(""))?;
    let provider =
        Scripted::new("traefik-k8s", "ingress", "ingress").app("ingress", r#"{"url": "https://forum.example.org/"}"#);
    life.integrate("ingress", &provider)?;
    expect_heard(&provider, "name", "\"discourse-k8s\"")?;
    expect_variable(life, "DISCOURSE_HOSTNAME", "forum.example.org")
}

pub fn remove_database(life: &mut Life) -> Result<(), Surprise> {
    life.stage.unrelate("database")?;
    life.settle()?;
    life.expect_status(StatusKind::Blocked, "no database")?;
    life.expect_boots(0)
}

/// Another, empty database is set up.
pub fn db(life: &mut Life) -> Result<(), Surprise> {
    life.stage.relate("db", Postgresql::new("old-postgresql").over_pgsql())?;
    life.settle()?;
    life.expect_active()?;
    life.expect_boots(1)
}

fn expect_heard(provider: &Scripted, key: &str, value: &str) -> Result<(), Surprise> {
    let heard = provider.heard_app().get(key).cloned().unwrap_or_default();
    screen::observe(&format!("the other side is told {key} = {heard}"));
    expect(heard == value, || format!("the other side is told {heard:?} under {key}, expected {value:?}"))
}

fn expect_variable(life: &Life, name: &str, value: &str) -> Result<(), Surprise> {
    life.expect_active()?;
    life.expect_boots(0)?;
    let plan = life.stage.pod(0).and_then(|pod| pod.read("discourse", "/v1/plan?format=yaml"));
    let wanted = format!("{name}: {value}");
    let is_there = plan.and_then(|plan| plan.as_str().map(|plan| plan.contains(&wanted))).unwrap_or_default();
    screen::observe(&format!("Discourse gets {name}={value}"));
    expect(is_there, || format!("Discourse does not get {wanted}"))
}
