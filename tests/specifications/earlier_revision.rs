//! A refresh of several units from an earlier revision of this charm, whose units neither acknowledge barriers nor ask for turns, and run
//! no destructive migrations.
//!
//! The earlier revision is not played: a charm that does nothing stands in for it, and the databags are as that one leaves them.

use crate::forum::{Forum, MIGRATE, bare_image, charm, idle_charm, image, names, rails_boots, server_starts, started};

const UNITS: u32 = 3;

/// What the earlier revision publishes.
const KEYS: [&str; 6] = ["image", "schema", "migrated", "port", "version", "warnings"];

/// A forum whose units run the earlier revision with the image `one`.
#[track_caller]
fn forum_of_earlier_revision() -> Forum {
    let mut forum = Forum::related_units(UNITS);
    forum.run_hooks();
    let (charm, image) = (idle_charm(), bare_image());
    forum.stage.refresh(charm.path(), image.path()).unwrap();
    forum.run_hooks();
    let last = "ALTER TABLE user_emails ALTER COLUMN normalized_email DROP NOT NULL; \
                DELETE FROM schema_migrations WHERE version = '20240325000000'";
    forum.postgresql.query(last).unwrap();
    let model = forum.stage.model_mut();
    let peers = model.relation_mut("restart").unwrap().own_mut("discourse-k8s").unwrap();
    peers.app.clear();
    for bag in peers.units.values_mut() {
        bag.retain(|key, _| KEYS.contains(&key.as_str()) || key.contains('-'));
        let schema = format!("{} additive", bag["image"]);
        bag.insert("schema".to_owned(), schema);
    }
    model.secrets.retain(|_, secret| !secret.revisions.values().any(|content| content.contains_key("secret-key")));
    forum
}

/// An option changes during the refresh: nobody waits for ever, and nobody starts more than once.
#[track_caller]
fn assert_refreshed(leader: u32, image_name: &str, migrations: usize) {
    let mut forum = forum_of_earlier_revision();
    forum.stage.elect(leader).unwrap();
    forum.stage.refresh(charm(), image(image_name)).unwrap();
    forum.set("max_category_nesting", 3);
    let runs = forum.run_hooks();
    let units = [2, 1, 0].map(|unit| format!("discourse-k8s/{unit}"));
    assert_eq!((started(&runs), server_starts(&runs)), (units.to_vec(), 3), "{:?}", names(&runs));
    assert_eq!(rails_boots(&runs), vec![MIGRATE.to_owned(); migrations]);
    assert!(forum.schema_versions().contains(&"20240325000000".to_owned()));
    let statuses = (0..UNITS).map(|unit| forum.status_of(unit));
    assert!(statuses.clone().all(|status| status.starts_with("active")), "{:?}", statuses.collect::<Vec<_>>());
    forum.set("max_category_nesting", 2);
    let runs = forum.run_hooks();
    assert_eq!((started(&runs).len(), server_starts(&runs)), (3, 3));
}

#[test]
fn units_of_an_earlier_revision_are_refreshed_one_by_one_and_what_they_left_of_a_migration_runs_once() {
    assert_refreshed(0, "one", 1);
}

#[test]
fn a_new_leader_waits_for_no_unit_of_an_earlier_revision_that_does_not_acknowledge() {
    assert_refreshed(2, "two", 2);
}
