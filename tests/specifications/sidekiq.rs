//! Sidekiq, which runs background jobs: as a part of the web server, or as a service of its own.

mod killed;
mod rolled;

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::forum::{Forum, Outcome, faulty_image};

const ACTIVE_WITHOUT_MAIL: &str = "active: no mail is sent, for Sidekiq does not stay up: juju ssh --container discourse \
                                   discourse-k8s/0 pebble logs discourse-sidekiq; and 2 more warnings: juju run \
                                   discourse-k8s/0 explain";

/// A forum that serves, with Sidekiq as a service of its own.
#[track_caller]
fn forum_with_service() -> Forum {
    Forum::active_with(&[("sidekiq_as_service", json!(true))])
}

#[test]
fn sidekiq_is_a_part_of_the_web_server_by_default() {
    let forum = Forum::active();
    assert_eq!(forum.service("discourse-sidekiq"), ["", ""]);
    assert!(has_one_process(&forum) && runs_a_job(&forum));
}

#[test]
fn the_option_moves_sidekiq_into_a_service_of_its_own_with_one_restart() {
    let mut forum = Forum::active();
    forum.set("sidekiq_as_service", true);
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.service("discourse-sidekiq"), ["active", "enabled"]);
    assert!(has_one_process(&forum) && runs_a_job(&forum));
    assert!(forum.log().contains("changed: sidekiq_as_service"), "{}", forum.log());
    assert_eq!(forum.update_status(), Outcome::active());
}

#[test]
fn the_option_moves_sidekiq_back_into_the_web_server_with_one_restart() {
    let mut forum = forum_with_service();
    forum.set("sidekiq_as_service", false);
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.service("discourse-sidekiq"), ["inactive", "disabled"]);
    assert!(has_one_process(&forum) && runs_a_job(&forum));
    let environment = &forum.plan()["services"]["discourse-sidekiq"]["environment"];
    assert_eq!(environment, &Value::Null, "credentials are left behind");
    assert_eq!(forum.update_status(), Outcome::active());
}

#[test]
fn a_disabled_sidekiq_service_stays_away_when_the_server_restarts() {
    let mut forum = forum_with_service();
    forum.set("sidekiq_as_service", false);
    forum.settle();
    forum.set("smtp_domain", "example.com");
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.service("discourse-sidekiq"), ["inactive", "disabled"]);
}

#[test]
fn the_sidekiq_service_has_the_environment_and_user_of_the_server() {
    let services = &forum_with_service().plan()["services"];
    let (sidekiq, server) = (&services["discourse-sidekiq"], &services["discourse"]);
    assert_eq!((&sidekiq["environment"], &sidekiq["user"]), (&server["environment"], &server["user"]));
    assert_eq!(sidekiq["environment"]["UNICORN_SIDEKIQS"], "0");
}

#[test]
fn a_crashing_sidekiq_service_is_a_warning_while_the_forum_serves() {
    let mut forum = forum_with_service();
    forum.turn_on("boot-fail", "sidekiq");
    forum.set("smtp_domain", "example.com");
    forum.settle();
    assert!(eventually(|| forum.update_status().status == ACTIVE_WITHOUT_MAIL), "{}", forum.status());
    assert!(forum.stage.is_ready(0));
    forum.turn_off("boot-fail");
    assert!(eventually(|| forum.update_status() == Outcome::active()), "{}", forum.status());
    assert!(runs_a_job(&forum));
}

#[test]
fn a_stopped_sidekiq_service_is_started_without_a_restart_of_the_server() {
    let mut forum = forum_with_service();
    stop_service(&forum);
    // Pebble calls a service inactive while it ends, and starts none that does.
    assert!(eventually(|| forum.service("discourse-sidekiq")[0] == "inactive" && !is_stopping(&forum)));
    assert_eq!(forum.update_status(), Outcome::active().posts(&["POST /v1/services"]));
    assert_eq!(forum.service("discourse-sidekiq")[0], "active");
}

#[test]
fn a_sidekiq_service_with_too_much_memory_is_restarted_by_pebble() {
    let image = faulty_image(&[("sidekiq-memory", "700")]);
    let variables = std::fs::read_to_string(image.path().join("image.env")).unwrap_or_default();
    std::fs::write(image.path().join("image.env"), variables + "SIDEKIQ_WATCH_INTERVAL=0.5\n").unwrap();
    let mut forum = Forum::related_from(image);
    forum.stage.config([("sidekiq_as_service", json!(true)), ("sidekiq_max_memory", json!(600))]).unwrap();
    forum.settle();
    assert!(eventually(|| sidekiq_starts(&forum) > 2), "{}", sidekiq_starts(&forum));
    forum.turn_off("sidekiq-memory");
    assert!(eventually(|| runs_a_job(&forum)));
}

#[test]
fn a_removed_database_stops_the_sidekiq_service() {
    let mut forum = forum_with_service();
    forum.stage.unrelate("database").unwrap();
    forum.settle();
    assert_eq!(forum.service("discourse-sidekiq")[0], "inactive");
}

#[test]
fn a_sidekiq_service_that_is_disabled_while_the_server_is_stopped_stays_away_when_it_starts() {
    let mut forum = forum_with_service();
    forum.stage.unrelate("redis").unwrap();
    forum.settle();
    forum.set("sidekiq_as_service", false);
    forum.settle();
    forum.stage.relate("redis", forum.redis.clone()).unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.service("discourse-sidekiq"), ["inactive", "disabled"]);
    assert!(has_one_process(&forum) && runs_a_job(&forum));
    assert_eq!(forum.update_status(), Outcome::active());
}

#[track_caller]
fn metrics(forum: &Forum) -> String {
    forum.ask(9394, "GET /metrics HTTP/1.0\r\n\r\n")
}

/// Whether the metrics count one process of Sidekiq, once it has booted.
#[track_caller]
pub fn has_one_process(forum: &Forum) -> bool {
    eventually(|| metrics(forum).contains("\ndiscourse_sidekiq_processes 1\n"))
}

/// Asks the forum for a background job and waits for it.
#[track_caller]
fn runs_a_job(forum: &Forum) -> bool {
    let id = post_job(forum);
    eventually(|| is_done(forum, &id))
}

/// Whether a background job was performed.
#[track_caller]
pub fn is_done(forum: &Forum, id: &str) -> bool {
    body(&forum.ask(3000, &format!("GET /jobs/{id} HTTP/1.0\r\n\r\n"))) == "done"
}

/// Asks the forum for a background job; gives its identity.
#[track_caller]
pub fn post_job(forum: &Forum) -> String {
    body(&forum.ask(3000, "POST /jobs HTTP/1.0\r\nContent-Length: 0\r\n\r\n"))
}

fn body(answer: &str) -> String {
    answer.rsplit("\r\n\r\n").next().unwrap_or_default().trim().to_owned()
}

/// How often the service was started.
#[track_caller]
fn sidekiq_starts(forum: &Forum) -> usize {
    let boots = forum.stage.boots(0);
    boots.iter().filter(|boot| boot.argv.first().is_some_and(|program| program == "bin/sidekiq")).count()
}

/// Whether something becomes so within a minute: on a busy machine Sidekiq gives way to other processes.
pub fn eventually(mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_mins(1);
    while Instant::now() < deadline {
        if is_so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}

#[track_caller]
fn is_stopping(forum: &Forum) -> bool {
    let changes = forum.pebble("/v1/changes?select=in-progress");
    changes.as_array().unwrap().iter().any(|change| change["kind"] == "stop")
}

/// What `pebble stop discourse-sidekiq` does in the container.
#[track_caller]
fn stop_service(forum: &Forum) {
    let body = r#"{"action": "stop", "services": ["discourse-sidekiq"]}"#;
    let socket = forum.pod().container_dir().join("containers/discourse/pebble.socket");
    let mut connection = UnixStream::connect(socket).unwrap();
    let head = format!("Content-Type: application/json\r\nContent-Length: {}", body.len());
    write!(connection, "POST /v1/services HTTP/1.0\r\n{head}\r\n\r\n{body}").unwrap();
    connection.read_to_string(&mut String::new()).unwrap();
}
