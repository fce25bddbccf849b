//! Services beside the web server.

use super::*;

const APART: &str = r#"{"sidekiq_as_service": true}"#;

fn apart(world: World) -> World {
    with_options(&serde_json::from_str(APART).unwrap(), world)
}

#[test]
fn sidekiq_goes_its_own_way_and_back_with_one_restart_each() {
    let mut world = apart(settled());
    let (there, _) = hook(&mut world, &["1", "2", "3"]);
    let alone = world.container.clone().unwrap().other(SIDEKIQ_SERVICE);
    world = with_options(&json!({}), world);
    let (back, decision) = hook(&mut world, &["1", "2", "3"]);
    let service = &container(&mut world).plan.services[SIDEKIQ_SERVICE];
    assert_eq!((there, alone), (vec!["serve", "open"], Service::Running(Some(NOW))));
    assert_eq!((back, decision.status), (vec!["retire", "serve", "open"], active()));
    assert_eq!((service.startup.as_str(), service.environment.is_empty()), ("disabled", true));
}

#[test]
fn sidekiq_that_was_retired_by_half_is_retired_again() {
    let mut world = apart(settled());
    hook(&mut world, &["1", "2", "3"]);
    let plan = &mut container(&mut world).plan;
    let retired = layer::retired(&plan.services[SIDEKIQ_SERVICE]);
    plan.services.insert(SIDEKIQ_SERVICE.to_owned(), retired);
    let (steps, _) = hook(&mut with_options(&json!({}), world), &["1", "2", "3"]);
    assert_eq!(steps, ["retire", "serve", "open"]);
}

#[test]
fn a_service_beside_the_web_server_that_was_stopped_is_started_and_nothing_else() {
    let mut world = apart(settled());
    hook(&mut world, &["1", "2", "3"]);
    container(&mut world).others.insert(SIDEKIQ_SERVICE.to_owned(), Service::Stopped);
    container(&mut world).others.remove(METRICS_SERVICE);
    let names = vec![METRICS_SERVICE.to_owned(), SIDEKIQ_SERVICE.to_owned()];
    assert_eq!(step(&world), Some(Step::Start(names)));
    assert_eq!(hook(&mut world, &["1", "2", "3"]).0, ["start"]);
}

#[test]
fn sidekiq_that_does_not_stay_up_is_told_before_any_other_warning() {
    let mut world = apart(settled());
    hook(&mut world, &["1", "2", "3"]);
    let text = "no mail is sent, for Sidekiq does not stay up: juju ssh --container discourse forum/0 pebble logs \
                discourse-sidekiq";
    let told = Status::new(Kind::Active, text);
    container(&mut world).others.insert(SIDEKIQ_SERVICE.to_owned(), Service::Crashed);
    let crashed = decide(&world);
    container(&mut world).others.insert(SIDEKIQ_SERVICE.to_owned(), Service::Stopped);
    world.history.chores.insert(Chore::Start);
    let not_started = decide(&world);
    assert_eq!([crashed.step, not_started.step], [None, None]);
    assert_eq!([&crashed.status, &not_started.status], [&told, &told]);
}
