//! Services besides the web server.

use super::*;

const DISABLE: StepKind = StepKind::DisableService(SIDEKIQ_SERVICE);

/// A unit with Sidekiq as a service of its own.
fn with_sidekiq(world: World) -> World {
    with_options(&json!({"sidekiq_as_service": true}), world)
}

#[test]
fn sidekiq_becomes_a_service_and_part_of_the_server_again_with_one_restart_each() {
    let mut world = with_sidekiq(settled());
    let (there, _) = hook(&mut world, ALL);
    let sidekiq = container(&mut world).other(SIDEKIQ_SERVICE);
    world = with_options(&json!({}), world);
    let (back, decision) = hook(&mut world, ALL);
    let service = &container(&mut world).plan.services[SIDEKIQ_SERVICE];
    assert_eq!((there, sidekiq), (vec![StepKind::Replan, StepKind::OpenGate], Service::Running(Some(NOW))));
    assert_eq!((back, shown(&decision)), (vec![DISABLE, StepKind::Replan, StepKind::OpenGate], active()));
    assert_eq!((service.startup.as_str(), service.environment.is_empty()), ("disabled", true));
}

#[test]
fn a_half_disabled_sidekiq_is_disabled_again() {
    let mut world = with_sidekiq(settled());
    hook(&mut world, ALL);
    let plan = &mut container(&mut world).plan;
    let disabled = layer::disabled(&plan.services[SIDEKIQ_SERVICE]);
    plan.services.insert(SIDEKIQ_SERVICE.to_owned(), disabled);
    let (steps, _) = hook(&mut with_options(&json!({}), world), ALL);
    assert_eq!(steps, [DISABLE, StepKind::Replan, StepKind::OpenGate]);
}

#[test]
fn a_stopped_side_service_is_started_and_nothing_else() {
    let mut world = with_sidekiq(settled());
    hook(&mut world, ALL);
    container(&mut world).others.insert(SIDEKIQ_SERVICE.to_owned(), Service::Stopped);
    container(&mut world).others.remove(METRICS_SERVICE);
    let names = vec![METRICS_SERVICE.to_owned(), SIDEKIQ_SERVICE.to_owned()];
    assert_eq!(step(&world), Some(Step::StartServices(names)));
    assert_eq!(hook(&mut world, ALL).0, [StepKind::StartServices]);
}

#[test]
fn a_crashing_sidekiq_is_shown_before_any_other_warning() {
    let mut world = with_sidekiq(settled());
    hook(&mut world, ALL);
    let text = "no mail is sent, for Sidekiq does not stay up: juju ssh --container discourse forum/0 pebble logs \
                discourse-sidekiq; and 2 more warnings: juju run forum/0 explain";
    let warning = Status::new(Kind::Active, text);
    container(&mut world).others.insert(SIDEKIQ_SERVICE.to_owned(), Service::Crashed);
    let crashed = first(&world);
    container(&mut world).others.insert(SIDEKIQ_SERVICE.to_owned(), Service::Stopped);
    let not_started = decide(&world, &done(&[Step::StartServices(Vec::new())]));
    assert_eq!([&crashed.step, &not_started.step], [&None, &None]);
    assert_eq!([shown(&crashed), shown(&not_started)], [warning.clone(), warning]);
}
