//! Remote applications: what they announce is there, and what they change changes.
#![cfg(test)]

mod remote_fixture;

use remote_fixture::{Related, bag, log_in};
use stage::{
    Databag,
    remote::{Endpoints, Loki, Post, Postgresql, Redis, Scripted, Tempo},
    sandbox::run,
};
use std::{process::Command, time::Duration};

const SECRETS: [(&str, &str); 2] = [("database", "discourse"), ("requested-secrets", r#"["username", "password"]"#)];
const LOCKS: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
const CLEAR_TEXT: [(&str, &str); 1] = [("database", "discourse")];

type Database = Related<Postgresql>;

impl Database {
    /// Logs in as announced in clear text, or with another password.
    fn try_announced(&self, password: &str, statement: &str) -> Result<String, String> {
        let app = self.app();
        let (host, port) = app["endpoints"].rsplit_once(':').unwrap();
        let host = if host.starts_with('[') { host.to_owned() } else { self.resolve(host) };
        log_in(&format!("{host}:{port}"), &app["database"], (&app["username"], password), statement)
    }

    fn announced(&self, statement: &str) -> Result<String, String> {
        self.try_announced(&self.app()["password"], statement)
    }
}

#[test]
fn postgresql_writes_nothing_before_it_is_asked_for_a_database() {
    assert_eq!(Related::new(Postgresql::new("postgresql-k8s"), &[]).app(), &Databag::new());
}

#[test]
fn postgresql_announces_credentials_in_clear_text_that_log_in() {
    let related = Related::new(Postgresql::new("postgresql-k8s"), &CLEAR_TEXT);
    let keys: Vec<_> = related.app().keys().map(String::as_str).collect();
    assert_eq!(keys, ["database", "endpoints", "password", "uris", "username", "version"]);
    assert_eq!(related.announced("SELECT current_user"), Ok(related.app()["username"].clone()));
    assert!(related.try_announced("wrong", "SELECT 1").unwrap_err().contains("password authentication failed"));
}

#[test]
fn postgresql_keeps_credentials_in_secrets_if_it_is_asked_to() {
    let related = Related::new(Postgresql::new("postgresql-k8s"), &SECRETS);
    let (user, password) = related.remote.credentials().unwrap();
    let database = &related.app()["database"];
    let uri = format!("postgresql://{user}:{password}@{}/{database}", related.app()["endpoints"]);
    assert_eq!(
        related.revisions("secret-user"),
        [bag(&[("username", &user), ("password", &password), ("uris", &uri)])]
    );
    assert_eq!(related.revisions("secret-tls"), [bag(&[("tls", "False")])]);
    let keys: Vec<_> = related.app().keys().map(String::as_str).collect();
    assert_eq!(keys, ["database", "endpoints", "secret-tls", "secret-user", "version"]);
}

#[test]
fn a_rotated_password_is_a_new_revision_and_the_old_one_is_refused() {
    let mut related = Related::new(Postgresql::new("postgresql-k8s"), &SECRETS);
    related.ask();
    related.remote.rotate_password().unwrap();
    related.ask();
    let revisions = related.revisions("secret-user");
    let endpoint = related.app()["endpoints"].clone();
    let address =
        format!("{}:{}", related.resolve(endpoint.split(':').next().unwrap()), endpoint.split(':').nth(1).unwrap());
    let log_in = |content: &Databag| {
        log_in(&address, &related.app()["database"], (&content["username"], &content["password"]), "SELECT 1")
    };
    assert_eq!(revisions.len(), 2);
    assert!(log_in(&revisions[0]).is_err());
    assert_eq!(log_in(&revisions[1]), Ok("1".to_owned()));
}

#[test]
fn a_moved_primary_has_another_name_and_address_and_the_same_data() {
    let mut related = Related::new(Postgresql::new("postgresql-k8s"), &CLEAR_TEXT);
    let before = related.app()["endpoints"].clone();
    related.announced("CREATE TABLE kept (); SELECT inet_server_addr()").unwrap();
    related.remote.move_primary().unwrap();
    related.ask();
    assert_ne!(related.app()["endpoints"], before);
    assert_eq!(related.announced("SELECT count(*) FROM kept"), Ok("0".to_owned()));
}

#[test]
fn postgresql_announces_an_ipv6_address_that_answers_or_no_endpoint_at_all() {
    let mut related = Related::new(Postgresql::new("postgresql-k8s"), &CLEAR_TEXT);
    related.remote.announce(Endpoints::Ipv6);
    related.ask();
    assert!(related.app()["endpoints"].starts_with("[fd77:"), "{:?}", related.app());
    assert_eq!(related.announced("SELECT family(inet_server_addr())"), Ok("6".to_owned()));
    related.remote.announce(Endpoints::Withdrawn);
    related.ask();
    assert_eq!(related.app().get("endpoints"), None);
}

#[test]
fn extensions_are_refused_until_they_are_switched_on() {
    let related = Related::new(Postgresql::new("postgresql-k8s").without_extensions(), &CLEAR_TEXT);
    let create = || related.announced("CREATE EXTENSION IF NOT EXISTS hstore");
    assert!(create().unwrap_err().contains("permission denied to create extension"));
    assert_eq!(related.announced("CREATE TABLE allowed (); SELECT 1"), Ok("1".to_owned()));
    related.remote.allow_extensions(true).unwrap();
    assert_eq!(create(), Ok(String::new()));
}

#[test]
fn keys_are_withheld_and_written_in_databag_and_secret_until_they_are_restored() {
    let mut related = Related::new(Postgresql::new("postgresql-k8s"), &SECRETS);
    let truth = (related.app().clone(), related.revisions("secret-user").pop());
    related.remote.withhold("password");
    related.remote.write("endpoints", "host-without-port");
    related.remote.write("status", "not json");
    related.ask();
    assert_eq!(related.app()["endpoints"], "host-without-port");
    assert_eq!(related.app()["status"], "not json");
    assert!(!related.revisions("secret-user").pop().unwrap().contains_key("password"));
    related.remote.restore();
    related.ask();
    assert_eq!((related.app().clone(), related.revisions("secret-user").pop()), truth);
}

#[test]
fn a_role_ends_with_its_relation_and_its_tables_are_the_next_ones() {
    let mut related = Related::new(Postgresql::new("postgresql-k8s"), &CLEAR_TEXT);
    related.announced("CREATE TABLE kept (); SELECT 1").unwrap();
    let old = related.app()["password"].clone();
    related.unrelate();
    assert!(related.try_announced(&old, "SELECT 1").is_err());
    related.ask();
    assert_eq!(related.announced("ALTER TABLE kept ADD name text; SELECT count(*) FROM kept"), Ok("0".to_owned()));
}

#[test]
fn two_applications_of_one_process_have_databases_of_their_own() {
    let (one, other) =
        (Related::new(Postgresql::new("one"), &CLEAR_TEXT), Related::new(Postgresql::new("one"), &CLEAR_TEXT));
    assert_ne!(one.app()["database"], other.app()["database"]);
    assert_ne!(one.app()["username"], other.app()["username"]);
}

#[test]
fn a_migration_lock_is_held_until_it_is_dropped() {
    let related = Related::new(Postgresql::new("postgresql-k8s"), &CLEAR_TEXT);
    let lock = related.remote.hold_migration_lock().unwrap();
    assert_eq!(related.remote.query(LOCKS).unwrap(), "1");
    drop(lock);
    assert_eq!(related.remote.query(LOCKS).unwrap(), "0");
}

#[test]
fn redis_announces_a_primary_that_answers() {
    let related = Related::new(Redis::new("redis-k8s"), &[]);
    let host = "redis-k8s-0.redis-k8s-endpoints.forum.svc.cluster.local";
    let address = related.remote.address().unwrap().to_string();
    assert_eq!(related.app(), &bag(&[("leader-host", host)]));
    assert_eq!(related.unit(), bag(&[("hostname", &address), ("port", "6379")]));
    assert_eq!(related.resolve(host), address);
    assert_eq!(related.remote.query(&["PING"]).unwrap(), "PONG");
}

#[test]
fn an_application_with_servers_is_found_by_its_own_name_and_those_of_its_endpoints_and_its_unit() {
    let redis = Related::new(Redis::new("redis-k8s"), &[]);
    let postgresql = Related::new(Postgresql::new("postgresql-k8s"), &CLEAR_TEXT);
    let primary = postgresql.resolve("postgresql-k8s-primary");
    for domain in ["", ".forum", ".forum.svc", ".forum.svc.cluster.local"] {
        for name in ["redis-k8s", "redis-k8s-endpoints", "redis-k8s-0.redis-k8s-endpoints"] {
            let address = redis.remote.address().unwrap().to_string();
            assert_eq!(redis.resolve(&format!("{name}{domain}")), address);
            assert_eq!(postgresql.resolve(&format!("{}{domain}", name.replace("redis", "postgresql"))), primary);
        }
    }
}

#[test]
fn a_failover_of_redis_keeps_the_data_and_is_announced_by_application_data_alone() {
    let mut related = Related::new(Redis::new("redis-k8s"), &[]);
    let (unit, before) = (related.unit(), related.remote.address());
    related.remote.query(&["SET", "kept", "yes"]).unwrap();
    related.remote.fail_over().unwrap();
    related.ask();
    let host = "redis-k8s-1.redis-k8s-endpoints.forum.svc.cluster.local";
    assert_eq!(related.app(), &bag(&[("leader-host", host)]));
    assert_eq!(related.unit(), unit);
    assert_eq!(related.resolve(host), related.remote.address().unwrap().to_string());
    assert_eq!(related.remote.query(&["GET", "kept"]).unwrap(), "yes");
    assert!(std::net::TcpStream::connect((before.unwrap(), 6379)).is_err());
}

#[test]
fn redis_announces_partial_and_odd_values_until_they_are_restored() {
    let mut related = Related::new(Redis::new("redis-k8s"), &[]);
    let truth = (related.app().clone(), related.unit());
    related.remote.withhold("leader-host");
    related.remote.withhold("port");
    related.remote.write("hostname", "None");
    related.remote.write("password", "offered");
    related.ask();
    assert_eq!(related.app(), &Databag::new());
    assert_eq!(related.unit(), bag(&[("hostname", "None"), ("password", "offered")]));
    related.remote.restore();
    related.ask();
    assert_eq!((related.app().clone(), related.unit()), truth);
}

#[test]
fn an_ingress_answers_nothing() {
    let mut related = Related::new(
        Scripted::new("nginx-ingress-integrator", "nginx-route", "nginx-route"),
        &[("service-name", "forum")],
    );
    related.ask();
    assert_eq!(related.app(), &Databag::new());
}

#[test]
fn an_application_changes_its_databags_and_secrets_later() {
    let provider = Scripted::new("smtp-integrator", "smtp", "smtp").app("host", "old").app("port", "25");
    let mut related = Related::new(provider.secret("password_id", &[("password", "old")]), &[]);
    related.remote.say("host", "new");
    related.remote.say("port", "");
    related.remote.say_as_unit("ready", "yes");
    related.remote.say_secret("password_id", &[("password", "new")]);
    related.ask();
    let uri = related.app()["password_id"].clone();
    assert_eq!(related.app(), &bag(&[("host", "new"), ("password_id", &uri)]));
    assert_eq!(related.unit(), bag(&[("ready", "yes")]));
    assert_eq!(related.revisions("password_id"), [bag(&[("password", "old")]), bag(&[("password", "new")])]);
}

#[test]
fn loki_records_what_is_pushed_to_the_announced_address() {
    let related = Related::new(Loki::new("loki-k8s"), &[]);
    let endpoint: serde_json::Value = serde_json::from_str(&related.unit()["endpoint"]).unwrap();
    let push = |body| run(Command::new("curl").args(["-sf", "-d", body]).arg(endpoint["url"].as_str().unwrap()), "");
    assert!(push("not json").is_err());
    push(r#"{"streams": [{"stream": {}, "values": [["1", "a line"]]}]}"#).unwrap();
    let pushed = related.remote.next_push(Duration::from_secs(10)).unwrap();
    assert_eq!(pushed["streams"][0]["values"][0][1], "a line");
    assert_eq!(related.remote.next_push(Duration::ZERO), None);
}

#[test]
fn tempo_records_what_is_posted_to_the_announced_receiver() {
    let related = Related::new(Tempo::new("tempo-k8s"), &[]);
    let receivers: serde_json::Value = serde_json::from_str(&related.app()["receivers"]).unwrap();
    assert_eq!(receivers[0]["protocol"]["name"], "otlp_http");
    let url = format!("{}/v1/traces", receivers[0]["url"].as_str().unwrap());
    run(Command::new("curl").args(["-sf", "-d", "{}", &url]), "").unwrap();
    let post = related.remote.next_post(Duration::from_secs(10));
    assert_eq!(post, Some(Post { path: "/v1/traces".to_owned(), body: serde_json::json!({}) }));
    assert_eq!(related.remote.posts(), []);
}

#[test]
fn a_silent_tempo_records_without_an_answer() {
    let related = Related::new(Tempo::new("tempo-k8s").silent(), &[]);
    let receivers: serde_json::Value = serde_json::from_str(&related.app()["receivers"]).unwrap();
    let url = receivers[0]["url"].as_str().unwrap();
    assert!(run(Command::new("curl").args(["-sf", "--max-time", "0.5", "-d", "{}", url]), "").is_err());
    assert!(related.remote.next_post(Duration::from_secs(10)).is_some());
    assert_eq!(related.remote.posts(), []);
}
