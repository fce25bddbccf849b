//! Relations and secrets that Juju did not show: what they gave last goes on, and nothing else waits.

use super::*;
use crate::{
    juju::{Fault, ToolError},
    relations::{ENDPOINTS, ingress, logging, smtp},
    secret::SecretContent,
};

/// A relation that could not be read.
fn unreadable(endpoint: &'static Endpoint) -> Vec<Relation> {
    vec![Relation::unreadable(endpoint.name, &ToolError { tool: "relation-get", fault: Fault::Silent })]
}

#[test]
fn a_relation_that_cannot_be_read_is_not_written_whatever_its_endpoint() {
    for endpoint in ENDPOINTS.into_iter().filter(|endpoint| endpoint.need.can_be_missed()) {
        let mut world = settled();
        world.relations.insert(endpoint, unreadable(endpoint));
        let written = first(&world).databags;
        assert!(written.iter().all(|it| it.endpoint != endpoint.name), "{written:?}");
    }
}

#[test]
fn a_relation_that_cannot_be_read_is_named_and_not_waited_for() {
    let mut world = settled();
    world.relations.insert(&nginx_route::ENDPOINT, unreadable(&nginx_route::ENDPOINT));
    let decision = first(&world);
    let text = "nginx-route cannot be read: run relation-get: it does not answer; the next hook tries again";
    assert_eq!((decision.step.clone(), shown(&decision).kind), (None, Kind::Active));
    assert!(shown(&decision).message.starts_with(text), "{}", shown(&decision).message);
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
    assert_eq!((decision.step.clone(), shown(&decision).kind), (None, Kind::Active), "{}", shown(&decision).message);
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
    assert_eq!((decision.step.clone(), shown(&decision)), (None, Status::new(Kind::Waiting, text)));
}

/// A forum that serves with this login of an option, and the secret could not be read since.
fn with_failed_login(options: &Value, content: Option<SecretContent>) -> World {
    let mut world = with_options(options, fresh());
    world.option_secrets.extend(content.map(|content| ("smtp_credentials", content)));
    for _ in 0..2 {
        hook(&mut world, ALL);
    }
    world.option_secrets.insert("smtp_credentials", SecretContent::Failed("run secret-get: boom".to_owned()));
    world
}

#[test]
fn the_server_keeps_the_login_of_an_option_whose_secret_cannot_be_read() {
    let login = ["username", "password"].map(|key| (key.to_owned(), "x".to_owned().into()));
    let options = json!({"smtp_address": "mail.example.com", "smtp_credentials": "secret:x"});
    let decision = first(&with_failed_login(&options, Some(SecretContent::Known(login.into()))));
    assert_eq!((decision.step.clone(), shown(&decision).kind), (None, Kind::Active));
    let failure = "smtp_credentials cannot be read: run secret-get: boom; the next hook tries again";
    assert_eq!((decision.databags.as_slice(), decision.warnings.as_slice()), (&[][..], &[failure.to_owned()][..]));
}

#[test]
fn a_newly_named_secret_that_cannot_be_read_holds_up_nothing_else_of_a_running_server() {
    let world = with_failed_login(&json!({"smtp_address": "mail.example.com"}), None);
    let options = json!({
        "smtp_address": "mail.example.com", "smtp_credentials": "secret:x", "max_category_nesting": 3,
    });
    let world = with_options(&options, world);
    let Some(Step::Replan(Some(environment))) = step(&world) else { panic!("{:?}", step(&world)) };
    let variables = ["MAX_CATEGORY_NESTING", "SMTP_ADDRESS", "SMTP_PASSWORD"];
    let values = variables.map(|name| environment.get(&format!("DISCOURSE_{name}")));
    assert_eq!(values, ["3", "mail.example.com", ""]);
}

#[test]
fn what_cannot_be_read_for_once_changes_no_databag() {
    let mut world = settled();
    world.relations.insert(&nginx_route::ENDPOINT, unreadable(&nginx_route::ENDPOINT));
    let decision = first(&world);
    assert_eq!((decision.databags.as_slice(), decision.warnings.len()), (&[][..], 1));
}

#[test]
fn an_address_that_juju_does_not_say_is_left_where_it_is_written() {
    let url = json!({"ingress": "{\"url\": \"https://forum.example.com/\"}"});
    let mut world = with_relation(&ingress::ENDPOINT, "traefik", &url, settled());
    world.relations.insert(&nginx_route::ENDPOINT, Vec::new());
    world.address = Ok(Some("10.1.42.17".to_owned()));
    for _ in 0..2 {
        hook(&mut world, ALL);
    }
    world.address = Err("run network-get: boom".to_owned());
    let decision = first(&world);
    let text = "relations do not get the address of the pod: run network-get: boom; the next hook tries again";
    assert_eq!((decision.step.clone(), decision.databags.as_slice()), (None, &[][..]));
    assert!(shown(&decision).message.starts_with(text), "{:?}", shown(&decision));
}
