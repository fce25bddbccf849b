//! Relations and secrets that Juju did not show: what they gave last goes on, and nothing else waits.

use super::*;
use crate::{
    juju::{Fault, ToolError},
    relations::{logging, smtp},
    secret::SecretContent,
};

/// A relation that could not be read.
fn unreadable(endpoint: &'static Endpoint) -> Vec<Relation> {
    vec![Relation::unreadable(endpoint.name, &ToolError { tool: "relation-get", fault: Fault::Silent })]
}

#[test]
fn a_relation_that_cannot_be_read_is_named_and_neither_written_nor_waited_for() {
    let mut world = settled();
    world.relations.insert(&nginx_route::ENDPOINT, unreadable(&nginx_route::ENDPOINT));
    let decision = first(&world);
    let text = "nginx-route cannot be read: run relation-get: it does not answer; the next hook tries again";
    assert_eq!((decision.step, decision.status.kind), (None, Kind::Active));
    assert!(decision.status.message.starts_with(text), "{}", decision.status.message);
    assert!(decision.databags.iter().all(|it| it.endpoint != "nginx-route"), "{:?}", decision.databags);
}

#[test]
fn the_server_keeps_the_variables_of_a_relation_that_cannot_be_read() {
    let mail = json!({"host": "mail.example.com", "port": "25", "auth_type": "none", "transport_security": "none"});
    let mut world = with_relation(&smtp::ENDPOINT, "mail", &mail, fresh());
    for _ in 0..2 {
        hook(&mut world, ALL);
    }
    world.relations.insert(&smtp::ENDPOINT, unreadable(&smtp::ENDPOINT));
    let decision = first(&world);
    assert_eq!((decision.step, decision.status.kind), (None, Kind::Active), "{}", decision.status.message);
}

#[test]
fn log_targets_stay_while_their_relation_cannot_be_read() {
    let mut world = settled();
    let endpoint = json!({"endpoint": "{\"url\": \"http://loki-0:3100/push\"}"});
    let loki = Relation { units: [("loki/0".parse().unwrap(), bag(&endpoint))].into(), ..Relation::default() };
    world.relations.insert(&logging::ENDPOINT, vec![loki]);
    assert_eq!(hook(&mut world, ALL).0, [StepKind::SetLogTargets]);
    world.relations.insert(&logging::ENDPOINT, unreadable(&logging::ENDPOINT));
    assert_eq!(first(&world).step, None);
    world.relations.insert(&logging::ENDPOINT, Vec::new());
    assert_eq!(first(&world).step.unwrap().what.kind(), StepKind::SetLogTargets);
}

#[test]
fn no_server_starts_without_the_secret_of_an_option_that_cannot_be_read() {
    let mut world = with_options(&json!({"smtp_credentials": "secret:x"}), fresh());
    world.option_secrets.insert("smtp_credentials", SecretContent::Failed("run secret-get: boom".to_owned()));
    let decision = first(&world);
    let text = "smtp_credentials cannot be read: run secret-get: boom; the next hook tries again";
    assert_eq!((decision.step, decision.status), (None, Status::new(Kind::Waiting, text)));
}
