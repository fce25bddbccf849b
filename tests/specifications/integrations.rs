//! The optional relations: what each gives, and what happens when its data is late, wrong or gone.

mod db;
mod ingress;
mod oauth;
mod s3;
mod saml;
mod smtp;

use std::collections::BTreeSet;

use rehearsal::providers;
use stage::{
    Builder, HookEvent, Remote, Stage,
    remote::{Scripted, Tempo},
};

use crate::forum::{Forum, Outcome, on_every_juju, writes};

/// What a unit shows that serves and has nothing to warn about.
const FLAWLESS: &str = "active";

/// A forum of one unit that serves under a domain over https.
#[track_caller]
fn https_forum() -> Forum {
    https_forum_with([])
}

/// A forum of one unit that serves under a domain over https, related to more applications.
#[track_caller]
fn https_forum_with(providers: impl IntoIterator<Item = Scripted>) -> Forum {
    https_forum_on(Stage::builder(), providers)
}

/// A forum of one unit on this stage that serves under a domain over https, related to more applications.
#[track_caller]
pub fn https_forum_on(stage: Builder, providers: impl IntoIterator<Item = Scripted>) -> Forum {
    let mut forum = Forum::related_on(stage);
    forum.set("external_hostname", "forum.example.com");
    forum.set("force_https", true);
    for provider in providers {
        let endpoint = provider.endpoint().0.to_owned();
        forum.stage.relate(&endpoint, provider).unwrap();
    }
    forum.settle();
    assert!(forum.status().starts_with("active"), "{}", forum.status());
    forum
}

/// A forum on this stage that serves with every relation once, `db` and `ingress` apart.
#[track_caller]
pub fn fully_related_forum(stage: Builder) -> Forum {
    let mut forum = https_forum_on(stage, providers::optional());
    forum.stage.relate("tracing", Tempo::new("tempo-k8s")).unwrap();
    assert_eq!(forum.settle(), Outcome::unchanged(FLAWLESS));
    forum
}

#[test]
fn with_every_relation_a_steady_hook_stays_within_its_budget_and_changes_nothing() {
    on_every_juju(|stage| {
        let mut forum = fully_related_forum(stage);
        forum.update_status();
        for event in [HookEvent::update_status(), HookEvent::config_changed()] {
            let runs = [forum.stage.hook(0, &event).unwrap()];
            let calls: Vec<String> = runs[0].tools.iter().map(|call| call.argv.join(" ")).collect();
            assert!(calls.len() <= 55, "{}: {calls:#?}", calls.len());
            assert_eq!(calls.iter().collect::<BTreeSet<_>>().len(), calls.len(), "a call is made twice: {calls:#?}");
            assert_eq!((forum.outcome(&runs), writes(&runs)), (Outcome::unchanged(FLAWLESS), vec![]));
        }
    });
}

#[test]
fn with_every_relation_tools_are_started_together() {
    let mut forum = fully_related_forum(Stage::builder());
    forum.update_status();
    let rounds = forum.rounds_of_tools();
    assert!(rounds <= 8, "{rounds} rounds");
}

#[test]
fn malformed_data_of_a_relation_fails_no_hook_and_leaves_the_server_ready() {
    let mut forum = https_forum();
    for (endpoint, interface, key, is_reported) in [
        ("saml", "saml", "x509certs", true),
        ("oauth", "oauth", "issuer_url", true),
        ("smtp", "smtp", "port", true),
        ("s3", "s3", "tls-ca-chain", true),
        ("metrics-endpoint", "prometheus_scrape", "event", false),
        ("grafana-dashboard", "grafana_dashboard", "event", false),
        ("logging", "loki_push_api", "event", true),
        ("tracing", "tracing", "receivers", true),
    ] {
        let remote = Scripted::new("odd", endpoint, interface)
            .app(key, "odd\u{1b}[31m{")
            .unit("endpoint", "hunter2")
            .secret("secret-extra", &[("secret-key", "hunter2")]);
        forum.stage.relate(endpoint, remote).unwrap();
        let outcome = forum.settle();
        assert_eq!((outcome.failed_hooks, outcome.is_ready), (vec![], true), "{endpoint}: {}", outcome.status);
        assert!(!is_reported || format!("{}{}", forum.status(), forum.log()).contains(endpoint), "{}", outcome.status);
        forum.stage.unrelate(endpoint).unwrap();
        forum.settle();
    }
}

#[test]
fn credentials_in_a_secret_of_the_operator_are_used_once_granted() {
    let mut forum = Forum::related();
    let secret = forum.stage.add_secret(&[("username", "forum"), ("password", "hunter2")]);
    forum.stage.grant_secret(&secret).unwrap();
    forum.set("smtp_credentials", secret);
    assert_eq!(forum.settle(), Outcome::migrated());
    let credentials = ["USER_NAME", "PASSWORD"].map(|name| forum.variable(&format!("DISCOURSE_SMTP_{name}")));
    assert_eq!(credentials, ["forum", "hunter2"]);
}
