//! The relation `db`: PostgreSQL over the legacy interface.

use stage::{
    Builder, Stage,
    remote::{Postgresql, Scripted},
};

use crate::forum::{Forum, Outcome, image, on_every_juju};

/// A forum on this stage without a database.
#[track_caller]
fn forum_without_database(stage: Builder) -> Forum {
    let mut forum = Forum::deployed_on(stage.image(image("one")));
    forum.stage.relate("redis", forum.redis.clone()).unwrap();
    forum
}

#[test]
fn a_legacy_database_that_admits_the_address_of_the_service_is_set_up_and_its_password_not_logged() {
    on_every_juju(|stage| {
        let mut forum = forum_without_database(stage);
        forum.stage.relate("db", Postgresql::new("old-postgresql").over_pgsql()).unwrap();
        assert_eq!(forum.settle(), Outcome::migrated());
        let password = forum.variable("DISCOURSE_DB_PASSWORD");
        assert!(!password.is_empty() && !forum.log().contains(&password));
    });
}

#[test]
fn db_and_database_together_block_and_leave_the_server_alone() {
    let mut forum = Forum::active();
    forum.stage.relate("db", Postgresql::new("old-postgresql").over_pgsql()).unwrap();
    forum.settle().assert_unchanged(
        "blocked: db and database are both related: \
                                        juju remove-relation discourse-k8s:db old-postgresql",
    );
}

#[test]
fn a_legacy_database_without_extensions_is_waited_for_with_the_command_that_enables_them() {
    let mut forum = forum_without_database(Stage::builder());
    forum.stage.relate("db", Scripted::new("old-postgresql", "db", "pgsql").app("database", "discourse")).unwrap();
    assert_eq!(
        forum.settle(),
        Outcome::unready(
            "waiting: waiting for extensions (if they are disabled: juju config old-postgresql plugin_hstore_enable=true \
             plugin_pg_trgm_enable=true plugin_unaccent_enable=true; if old-postgresql is an offer, for its application \
             in its model; then add the relation again) in the relation db"
        )
    );
}
