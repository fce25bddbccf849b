//! Replicas: handed to the server when it starts, and never a reason to restart it.

use super::*;

/// A world whose database offers servers that only read.
fn offering(replicas: &str, mut world: World) -> World {
    let bag = &mut world.relations.one_mut(&database::ENDPOINT).bag;
    bag.insert("read-only-endpoints".to_owned(), replicas.to_owned());
    world
}

/// Host and port of the replica with which the server runs.
fn in_use(world: &World) -> Option<String> {
    let environment = world.running_environment();
    let [host, port] = ["HOST", "PORT"].map(|name| environment.get(&format!("DISCOURSE_DB_REPLICA_{name}")));
    Some(format!("{}:{}", host?, port?))
}

#[test]
fn a_server_that_starts_is_given_a_replica_and_a_migration_is_not() {
    let mut world = offering("pg:5432,pg-replicas:5432", fresh());
    let job = first(&inspected(&[], world.clone())).step.unwrap().what;
    let Step::RunJob(Job::Migrate, _, environment) = job else { panic!("{job:?}") };
    assert_eq!(environment.get("DISCOURSE_DB_REPLICA_HOST"), "");
    hook(&mut world, ALL);
    assert_eq!(in_use(&world).as_deref(), Some("pg-replicas:5432"));
}

#[test]
fn another_replica_alone_waits_for_the_next_restart() {
    let mut world = offering("pg-1:5432", settled());
    assert_eq!(hook(&mut world, ALL).0, []);
    assert_eq!((in_use(&world), first(&world).databags), (None, vec![]));
    let mut world = with_options(&json!({"max_category_nesting": 3}), world);
    assert_eq!(
        first(&world).step.unwrap().why,
        "changed: max_category_nesting, relation database: read-only-endpoints"
    );
    hook(&mut world, ALL);
    assert_eq!(in_use(&world).as_deref(), Some("pg-1:5432"));
    let mut world = offering("", world);
    assert_eq!((hook(&mut world, ALL).0, in_use(&world).as_deref()), (vec![], Some("pg-1:5432")));
}

#[test]
fn the_replica_in_use_stays_as_long_as_it_is_offered() {
    let mut world = offering("pg-2:5432", fresh());
    hook(&mut world, ALL);
    for (offered, replica) in [("pg-1:5432,pg-2:5432", "pg-2:5432"), ("pg-1:5432", "pg-1:5432")] {
        let nesting = if offered.contains(',') { 3 } else { 2 };
        world = with_options(&json!({"max_category_nesting": nesting}), offering(offered, world));
        hook(&mut world, ALL);
        assert_eq!(in_use(&world).as_deref(), Some(replica), "{offered}");
    }
}

#[test]
fn a_server_that_is_down_gets_another_replica_and_a_primary_that_was_one_is_none() {
    let mut world = offering("pg-1:5432", fresh());
    hook(&mut world, ALL);
    container(&mut world).service = Service::Crashed;
    assert!(matches!(step(&inspected(ALL, offering("pg-2:5432", world.clone()))), Some(Step::Replan(Some(_)))));
    container(&mut world).service = Service::Running(Some(NOW));
    let bag = &mut world.relations.one_mut(&database::ENDPOINT).bag;
    bag.insert("endpoints".to_owned(), "PG-1:5432".to_owned());
    hook(&mut world, ALL);
    assert_eq!((world.running_environment()["DISCOURSE_DB_HOST"].as_str(), in_use(&world)), ("pg-1", None));
}

#[test]
fn an_invalid_replica_is_a_warning() {
    let mut world = offering("pg replicas", fresh());
    let (_, decision) = hook(&mut world, ALL);
    let text = "database: read-only-endpoints must be a list of host:port on the network, so a replica is not used: \
                correct it in pg; and 2 more warnings: juju run forum/0 explain";
    assert_eq!(shown(&decision), Status::new(Kind::Active, text));
}
