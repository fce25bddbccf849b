//! The relations that a forum can do without: each is made once, and both sides are looked at.

use rehearsal::providers;
use serde_json::json;
use stage::{
    HookEvent, StatusKind,
    remote::{Postgresql, Scripted, Tempo},
};

use crate::{
    budget::EVERY_RELATION,
    life::{Life, StepError, expect},
    screen,
};

pub fn saml(life: &mut Life) -> Result<(), StepError> {
    life.configure("force_https", json!(true))?;
    life.integrate(&providers::saml())?;
    expect_variable(life, "DISCOURSE_SAML_TARGET_URL", "https://login.example.com/saml/")
}

pub fn oauth(life: &mut Life) -> Result<(), StepError> {
    let provider = providers::oauth_with_secret().app("client_id", "forum");
    life.integrate(&provider)?;
    expect_heard(&provider, "redirect_uri", "https://forum.example.com/auth/oidc/callback")?;
    expect_variable(life, "DISCOURSE_OPENID_CONNECT_CLIENT_ID", "forum")
}

pub fn smtp(life: &mut Life) -> Result<(), StepError> {
    life.integrate(&providers::smtp_with_password())?;
    expect_variable(life, "DISCOURSE_SMTP_ADDRESS", "mail.example.com")
}

pub fn s3(life: &mut Life) -> Result<(), StepError> {
    let provider = providers::s3_with_keys();
    life.integrate(&provider)?;
    expect_heard(&provider, "requested-secrets", r#"["access-key","secret-key"]"#)?;
    expect_variable(life, "DISCOURSE_S3_BUCKET", "uploads")?;
    life.expect_status(StatusKind::Active, "")
}

pub fn observability(life: &mut Life) -> Result<(), StepError> {
    let (prometheus, grafana, loki) =
        (providers::metrics_endpoint(), providers::grafana_dashboard(), providers::logging());
    for observer in [&prometheus, &grafana, &loki] {
        life.integrate(observer)?;
    }
    let published =
        [(&prometheus, "scrape_jobs"), (&prometheus, "alert_rules"), (&grafana, "dashboards"), (&loki, "alert_rules")];
    for (observer, key) in published {
        let length = observer.heard_app().get(key).map_or(0, String::len);
        screen::observe(&format!("{key}: {length} bytes"));
        expect(length > 2, || format!("{key} was not published"))?;
    }
    Ok(())
}

pub fn tracing(life: &mut Life) -> Result<(), StepError> {
    let tempo = Tempo::new("tempo-k8s");
    life.stage.relate("tracing", tempo.clone())?;
    life.settle()?;
    life.expect_status(StatusKind::Active, "")?;
    drop(tempo.posts());
    let run = life.hook(&HookEvent::update_status())?;
    let posts = tempo.posts();
    screen::observe(&format!("traces of one hook with {} hook tools: {}", run.tools.len(), posts.len()));
    expect(posts.len() == 1, || format!("{} requests instead of one trace", posts.len()))
}

/// A hook that finds everything as it should be, with every relation but two.
pub fn idle(life: &mut Life) -> Result<(), StepError> {
    life.hook(&HookEvent::update_status())?;
    life.expect_thrift(&HookEvent::config_changed(), EVERY_RELATION)?;
    life.expect_speed(EVERY_RELATION)
}

pub fn ingress(life: &mut Life) -> Result<(), StepError> {
    life.stage.unrelate("nginx-route")?;
    life.settle()?;
    life.configure("external_hostname", json!(""))?;
    let provider = providers::ingress("https://forum.example.org/");
    life.integrate(&provider)?;
    expect_heard(&provider, "name", "\"discourse-k8s\"")?;
    expect_variable(life, "DISCOURSE_HOSTNAME", "forum.example.org")
}

pub fn remove_database(life: &mut Life) -> Result<(), StepError> {
    life.stage.unrelate("database")?;
    life.settle()?;
    life.expect_status(StatusKind::Blocked, "no database")?;
    life.expect_boots(0)
}

/// Another, empty database is set up.
pub fn db(life: &mut Life) -> Result<(), StepError> {
    life.stage.relate("db", Postgresql::new("old-postgresql").over_pgsql())?;
    life.settle()?;
    life.expect_active()?;
    life.expect_boots(1)
}

fn expect_heard(provider: &Scripted, key: &str, value: &str) -> Result<(), StepError> {
    let heard = provider.heard_app().get(key).cloned().unwrap_or_default();
    screen::observe(&format!("the other side reads {key} = {heard}"));
    expect(heard == value, || format!("the other side reads {heard:?} under {key}, expected {value:?}"))
}

fn expect_variable(life: &Life, name: &str, value: &str) -> Result<(), StepError> {
    life.expect_active()?;
    life.expect_boots(0)?;
    let plan = life.stage.pod(0).and_then(|pod| pod.read("discourse", "/v1/plan?format=yaml"));
    let wanted = format!("{name}: {value}");
    let is_there = plan.and_then(|plan| plan.as_str().map(|plan| plan.contains(&wanted))).unwrap_or_default();
    screen::observe(&format!("Discourse gets {name}={value}"));
    expect(is_there, || format!("Discourse does not get {wanted}"))
}
