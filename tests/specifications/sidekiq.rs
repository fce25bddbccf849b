//! Sidekiq, which does background jobs: a part of the web server, or a service of its own.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use stage::{Exit, HookRun};

use crate::forum::{ACTIVE, Forum, faulty_image, posts, server_starts};

const OFF_WITHOUT_MAIL: &str = "active: no mail is sent, for Sidekiq does not stay up: juju ssh --container discourse \
                                discourse-k8s/0 pebble logs discourse-sidekiq";

fn apart(forum: &mut Forum, is_apart: bool) -> Vec<HookRun> {
    forum.stage.config([("sidekiq_as_service", json!(is_apart))]).unwrap();
    forum.settle()
}

/// A forum that serves, with Sidekiq as a service of its own.
fn active_apart() -> Forum {
    Forum::active_with(&[("sidekiq_as_service", json!(true))])
}

/// State and startup of the service, empty where the plan has none.
fn service(forum: &Forum) -> [String; 2] {
    let services = forum.stage.pod(0).unwrap().read("discourse", "/v1/services?names=discourse-sidekiq").unwrap();
    ["current", "startup"].map(|key| services[0][key].as_str().unwrap_or_default().to_owned())
}

fn plan(forum: &Forum) -> Value {
    let plan = forum.stage.pod(0).unwrap().read("discourse", "/v1/plan?format=yaml").unwrap();
    serde_yaml::from_str(plan.as_str().unwrap()).unwrap()
}

fn metrics(forum: &Forum) -> String {
    forum.ask(9394, "GET /metrics HTTP/1.0\r\n\r\n")
}

/// Whether Prometheus is told of one process of Sidekiq, once it has booted.
fn has_one_process(forum: &Forum) -> bool {
    eventually(|| metrics(forum).contains("\ndiscourse_sidekiq_processes 1\n"))
}

/// Asks the forum for a background job and waits for it.
fn does_a_job(forum: &Forum) -> bool {
    let body = |answer: String| answer.rsplit("\r\n\r\n").next().unwrap_or_default().trim().to_owned();
    let id = body(forum.ask(3000, "POST /jobs HTTP/1.0\r\nContent-Length: 0\r\n\r\n"));
    eventually(|| body(forum.ask(3000, &format!("GET /jobs/{id} HTTP/1.0\r\n\r\n"))) == "done")
}

/// On a machine that is busy, Sidekiq waits: it gives way to others.
fn eventually(mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_mins(1);
    while Instant::now() < deadline {
        if is_so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}

fn is_stopping(forum: &Forum) -> bool {
    let changes = forum.stage.pod(0).unwrap().read("discourse", "/v1/changes?select=in-progress").unwrap();
    changes.as_array().unwrap().iter().any(|change| change["kind"] == "stop")
}

/// What `pebble stop discourse-sidekiq` does in the container.
fn stop(forum: &Forum) {
    let body = r#"{"action": "stop", "services": ["discourse-sidekiq"]}"#;
    let mut socket =
        UnixStream::connect(forum.stage.pod(0).unwrap().container_dir().join("containers/discourse/pebble.socket"))
            .unwrap();
    write!(
        socket,
        "POST /v1/services HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    socket.read_to_string(&mut String::new()).unwrap();
}

/// Whether the unit has this status after one more hook.
fn shows(forum: &mut Forum, status: &str) -> bool {
    forum.stage.update_status(0).unwrap();
    forum.status() == status
}

fn assert_rests(forum: &mut Forum) {
    assert_eq!(posts(&[forum.stage.update_status(0).unwrap()]), Vec::<String>::new());
}

#[test]
fn sidekiq_is_a_part_of_the_web_server_unless_told_otherwise() {
    let forum = Forum::active();
    assert_eq!((service(&forum), has_one_process(&forum)), ([String::new(), String::new()], true));
    assert!(does_a_job(&forum));
}

#[test]
fn the_option_moves_sidekiq_into_a_service_of_its_own_and_back_with_one_restart_each() {
    let mut forum = Forum::active();
    assert_eq!(server_starts(&apart(&mut forum, true)), 1);
    assert_eq!((service(&forum), has_one_process(&forum)), (["active", "enabled"].map(str::to_owned), true));
    assert!(does_a_job(&forum) && forum.status() == ACTIVE, "{}", forum.log());
    assert!(forum.log().contains("changed: sidekiq_as_service"), "{}", forum.log());
    assert_rests(&mut forum);

    assert_eq!(server_starts(&apart(&mut forum, false)), 1);
    assert_eq!((service(&forum), has_one_process(&forum)), (["inactive", "disabled"].map(str::to_owned), true));
    assert!(does_a_job(&forum) && forum.status() == ACTIVE, "{}", forum.log());
    assert_eq!(plan(&forum)["services"]["discourse-sidekiq"]["environment"], Value::Null, "no credentials are left");
    assert_rests(&mut forum);

    forum.stage.config([("smtp_domain", json!("example.com"))]).unwrap();
    assert_eq!(server_starts(&forum.settle()), 1);
    assert_eq!(service(&forum), ["inactive", "disabled"].map(str::to_owned), "it stays away");
}

#[test]
fn sidekiq_of_its_own_has_the_environment_of_the_forum() {
    let forum = active_apart();
    let services = &plan(&forum)["services"];
    let (own, forums) = (&services["discourse-sidekiq"], &services["discourse"]);
    assert_eq!((&own["environment"], &own["user"]), (&forums["environment"], &forums["user"]));
    assert_eq!(own["environment"]["UNICORN_SIDEKIQS"], "0");
}

#[test]
fn sidekiq_that_does_not_stay_up_is_told_while_the_forum_serves() {
    let mut forum = active_apart();
    forum.turn_on("boot-fail", "sidekiq");
    forum.stage.config([("smtp_domain", json!("example.com"))]).unwrap();
    forum.settle();
    assert!(eventually(|| shows(&mut forum, OFF_WITHOUT_MAIL)), "{}", forum.status());
    assert!(forum.stage.is_ready("discourse-k8s/0"));
    forum.turn_off("boot-fail");
    assert!(eventually(|| shows(&mut forum, ACTIVE)), "{}", forum.status());
    assert!(does_a_job(&forum));
}

#[test]
fn sidekiq_that_was_stopped_is_started_without_a_restart_of_the_web_server() {
    let mut forum = active_apart();
    stop(&forum);
    // Pebble calls a service inactive while it ends, and starts none that does.
    assert!(eventually(|| service(&forum)[0] == "inactive" && !is_stopping(&forum)));
    let run = forum.stage.update_status(0).unwrap();
    assert_eq!((posts(std::slice::from_ref(&run)), server_starts(&[run])), (vec!["POST /v1/services".to_owned()], 0));
    assert_eq!((service(&forum)[0].as_str(), forum.status().as_str()), ("active", ACTIVE));
}

#[test]
fn sidekiq_with_too_much_memory_is_started_again_by_pebble() {
    let image = faulty_image(&[("sidekiq-memory", "700")]);
    let variables = std::fs::read_to_string(image.path().join("image.env")).unwrap_or_default();
    std::fs::write(image.path().join("image.env"), variables + "SIDEKIQ_WATCH_INTERVAL=0.5\n").unwrap();
    let mut forum = Forum::related_from(image);
    forum.stage.config([("sidekiq_as_service", json!(true)), ("sidekiq_max_memory", json!(600))]).unwrap();
    forum.settle();
    let starts = |forum: &Forum| {
        let boots = forum.stage.pod(0).unwrap().boots().entries();
        boots.iter().filter(|boot| boot.argv.first().is_some_and(|program| program == "bin/sidekiq")).count()
    };
    assert!(eventually(|| starts(&forum) > 2), "{}", starts(&forum));
    forum.turn_off("sidekiq-memory");
    assert!(eventually(|| does_a_job(&forum)));
}

#[test]
fn a_forum_without_its_database_has_no_sidekiq_either() {
    let mut forum = active_apart();
    forum.stage.unrelate("database").unwrap();
    forum.settle();
    assert_eq!(service(&forum)[0], "inactive");
}

#[test]
fn sidekiq_that_goes_back_while_nothing_runs_stays_away_when_the_forum_returns() {
    let mut forum = active_apart();
    forum.stage.unrelate("redis").unwrap();
    forum.settle();
    forum.stage.config([("sidekiq_as_service", json!(false))]).unwrap();
    forum.settle();
    forum.stage.relate("redis", forum.redis.clone()).unwrap();
    forum.settle();
    assert_eq!((service(&forum), forum.status().as_str()), (["inactive", "disabled"].map(str::to_owned), ACTIVE));
    assert!(has_one_process(&forum) && does_a_job(&forum));
    assert_rests(&mut forum);
}

/// Kills the charm after each request that changes something while Sidekiq moves, and lets the next hooks finish.
fn killed_while_it_moves(is_apart: bool) {
    let mut forum = Forum::active();
    apart(&mut forum, !is_apart);
    let runs = apart(&mut forum, is_apart);
    let requests = &runs.first().unwrap().requests;
    let writes: Vec<u32> = (1..).zip(requests).filter(|(_, it)| it.method != "GET").map(|(number, _)| number).collect();
    assert!(writes.len() > 5, "{requests:?}");
    for number in writes {
        apart(&mut forum, !is_apart);
        forum.stage.faults().kill_after_request(number);
        let runs = apart(&mut forum, is_apart);
        assert!(runs.iter().any(|run| run.exit == Exit::Signal(9)), "{number}: not killed");
        assert_moved(&mut forum, is_apart, number);
    }
}

fn assert_moved(forum: &mut Forum, is_apart: bool, number: u32) {
    let (state, of_unicorn) = if is_apart { ("active", "0") } else { ("inactive", "1") };
    let variable = &plan(forum)["services"]["discourse"]["environment"]["UNICORN_SIDEKIQS"];
    let found = (service(forum)[0].clone(), variable.as_str(), forum.status());
    assert_eq!(found, (state.to_owned(), Some(of_unicorn), ACTIVE.to_owned()), "{number}: {}", forum.log());
    assert!(has_one_process(forum), "{number}: {}", metrics(forum));
    assert!(
        forum.stage.is_ready("discourse-k8s/0"),
        "{number}: {:?}",
        forum.stage.pod(0).unwrap().read("discourse", "/v1/checks")
    );
    assert_rests(forum);
}

#[test]
fn a_charm_that_is_killed_while_sidekiq_becomes_a_service_finishes_in_the_next_hook() {
    killed_while_it_moves(true);
}

#[test]
fn a_charm_that_is_killed_while_sidekiq_goes_back_finishes_in_the_next_hook() {
    killed_while_it_moves(false);
}
