//! Pods: containers with a Pebble, the counting proxy before it, and the charm's own view.
#![cfg(test)]

#[path = "pod/images.rs"]
mod images;
#[path = "pod/packed.rs"]
mod packed;
mod pod_fixture;

use packed::root;
use pod_fixture::{Fixture, api, ask, gets_ready, sh};
use serde_json::json;
use stage::pod::{Fault, Moment, Verdict};
use std::{fs, net::IpAddr, os::unix::fs::symlink, path::Path, process::Command, time::Duration};

#[test]
fn a_pod_has_an_address_that_the_sandbox_reaches_its_pebble_at() {
    let fixture = Fixture::new();
    assert!(gets_ready(&fixture.pod));
    assert!(fixture.pod.boot_id("web").is_some());
}

#[test]
fn a_cable_that_an_earlier_stage_has_left_is_replaced() {
    let fixture = Fixture::new();
    let IpAddr::V4(address) = fixture.pod.address() else { panic!("{}", fixture.pod.address()) };
    let [_, bridge, high, low] = address.octets();
    let next = u16::from_be_bytes([high, low]) + 1;
    let cable = format!("link add s{bridge}p{next} type veth peer name left{bridge}");
    assert!(Command::new("ip").args(cable.split(' ')).status().unwrap().success(), "{cable}");
    assert!(gets_ready(&fixture.another_pod("forum/1")));
}

#[test]
fn a_command_runs_as_the_workloads_user_in_the_images_files() {
    let fixture = Fixture::new();
    let line = "id -un; pwd; cat /srv/discourse/VERSION";
    let output = api::exec(&fixture.socket(), &json!({"command": ["sh", "-c", line], "user": "_daemon_"}), "");
    assert_eq!(output, "_daemon_\n/var/lib/pebble/default\n2026.1.7\n");
}

#[test]
fn the_processes_of_a_container_are_those_that_run_in_it() {
    let fixture = Fixture::new();
    let another = fixture.another_pod("forum/1");
    let commands = || fixture.pod.processes("web").into_values().collect::<Vec<_>>();
    assert!(commands().iter().all(|line| line.starts_with("/charm/bin/pebble run")), "{:?}", commands());
    sh(&another, "sleep 41 >/dev/null 2>&1 &");
    sh(&fixture.pod, "sleep 42 >/dev/null 2>&1 &");
    let sleeping = commands().into_iter().filter(|line| line.starts_with("sleep")).collect::<Vec<_>>();
    assert_eq!(sleeping, ["sleep 42"]);
    fixture.pod.kill_container("web").unwrap();
    assert_eq!(commands(), Vec::<String>::new());
}

#[test]
fn a_killed_container_refuses_and_a_stopped_one_is_gone() {
    let fixture = Fixture::new();
    let socket = fixture.socket();
    fixture.pod.kill_container("web").unwrap();
    assert_eq!(ask(&socket, "/v1/health").unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    fixture.pod.start_container("web").unwrap();
    fixture.pod.stop_container("web").unwrap();
    assert_eq!(ask(&socket, "/v1/health").unwrap_err().kind(), std::io::ErrorKind::NotFound);
    assert!(!fixture.pod.is_ready());
}

#[test]
fn a_restarted_container_has_a_new_boot_id_and_its_images_files_afresh() {
    let fixture = Fixture::new();
    let before = fixture.pod.boot_id("web");
    fs::write(fixture.pod.path("web", "/srv/discourse/VERSION").unwrap(), "changed").unwrap();
    fs::write(fixture.pod.path("web", "/srv/discourse/extra").unwrap(), "left").unwrap();
    fixture.pod.kill_container("web").unwrap();
    fixture.pod.start_container("web").unwrap();
    assert_ne!(fixture.pod.boot_id("web"), before);
    assert_eq!(sh(&fixture.pod, "cd /srv/discourse; cat VERSION; ls"), "2026.1.7\nJOURNAL\nVERSION\n");
}

#[test]
fn the_journal_names_every_start_of_a_command_once() {
    let fixture = Fixture::new();
    let line = r#"{"argv":["rake","db:migrate"],"user":"_daemon_"}"#;
    let note = format!("echo '{line}' >> $(cat /srv/discourse/JOURNAL)");
    api::exec(&fixture.socket(), &json!({"command": ["sh", "-c", note], "user": "_daemon_"}), "");
    let commands = || fixture.pod.boots().take().into_iter().map(|boot| boot.argv).collect::<Vec<_>>();
    assert_eq!(commands(), [["rake", "db:migrate"]]);
    assert_eq!(commands(), Vec::<Vec<String>>::new());
}

#[test]
fn requests_are_counted_with_their_answers() {
    let fixture = Fixture::new();
    ask(&fixture.socket(), "/v1/health?level=ready").unwrap();
    ask(&fixture.socket(), "/v1/changes/99").unwrap();
    let seen = |request: stage::PebbleRequest| (request.method, request.path, request.status);
    let get = |path: &str, status| ("GET".to_owned(), path.to_owned(), Some(status));
    assert_eq!(
        fixture.pod.requests().take().into_iter().map(seen).collect::<Vec<_>>(),
        [get("/v1/health?level=ready", 200), get("/v1/changes/99", 404)]
    );
    assert_eq!(fixture.pod.requests().entries(), []);
}

#[test]
fn an_exec_over_websockets_passes_through_with_its_input_and_output() {
    let fixture = Fixture::new();
    let command = json!({"command": ["tr", "a-z", "A-Z"]});
    assert_eq!(api::exec(&fixture.socket(), &command, "through\n"), "THROUGH\n");
    let upgrades = fixture.pod.requests().take().iter().filter(|request| request.status == Some(101)).count();
    assert_eq!(upgrades, 2);
}

#[test]
fn faults_show_and_go() {
    let fixture = Fixture::new();
    let kind = |fault| {
        fixture.pod.set_fault(Some(fault));
        let answer = ask(&fixture.socket(), "/v1/system-info").map_err(|error| error.kind());
        fixture.pod.set_fault(None);
        answer
    };
    assert_eq!(kind(Fault::Refused), Err(std::io::ErrorKind::ConnectionRefused));
    assert_eq!(kind(Fault::Gone), Err(std::io::ErrorKind::NotFound));
    assert_eq!(kind(Fault::Cut(12)), Ok("HTTP/1.1 200".to_owned()));
    assert!(kind(Fault::Slow(Duration::from_millis(1))).unwrap().contains("boot-id"));
    assert!(ask(&fixture.socket(), "/v1/system-info").unwrap().contains("boot-id"));
}

#[test]
fn a_request_can_be_cut_off_before_pebble_sees_it_or_after() {
    let fixture = Fixture::new();
    let cut = |moment| {
        fixture.pod.requests().on(2, moment, || Verdict::Cut);
        let answers = ["/v1/health", "/v1/system-info"].map(|path| ask(&fixture.socket(), path).unwrap().is_empty());
        (answers, fixture.pod.requests().take().last().and_then(|request| request.status))
    };
    assert_eq!(cut(Moment::Before), ([false, true], None));
    assert_eq!(cut(Moment::After), ([false, true], Some(200)));
}

#[test]
fn the_charm_finds_a_pebble_that_it_cannot_change() {
    let fixture = Fixture::new();
    let run = fixture.dispatch(
        "{ /charm/bin/pebble version --client; echo >/charm/bin/pebble; touch /charm/bin/x; ls /charm/bin; } 2>&1",
    );
    let lines: Vec<_> = run.output.lines().collect();
    let is_refused = |line: &str| line.ends_with("Read-only file system");
    assert_eq!((lines.len(), lines.iter().filter(|line| is_refused(line)).count()), (4, 2), "{lines:?}");
    assert_eq!((lines.first().unwrap().starts_with('v'), lines.last()), (true, Some(&"pebble")));
}

#[test]
fn the_charms_program_has_the_childs_process_id_and_sees_its_own_folders_only() {
    let fixture = Fixture::new();
    let child = fixture.dispatch("echo $$; pwd; ls /charm/containers /var/lib/juju; ip -4 -br addr show eth0; env");
    let lines: Vec<_> = child.output.lines().collect();
    assert_eq!(lines[0], child.pid.to_string());
    assert_eq!(lines[1..6], ["/var/lib/juju/agents", "/charm/containers:", "web", "", "/var/lib/juju:"]);
    assert_eq!(lines[6], "agents");
    assert!(lines[7].contains(&fixture.pod.address().to_string()), "{lines:?}");
    assert_eq!(lines[8..], ["ONLY=this", "PWD=/var/lib/juju/agents"]);
}

#[test]
fn names_of_the_sandbox_are_known_in_the_pod_at_once() {
    let fixture = Fixture::new();
    let address = "10.9.8.7".parse().unwrap();
    fixture.sandbox.name("primary.forum.svc.cluster.local", address).unwrap();
    let found = sh(&fixture.pod, "getent hosts primary.forum.svc.cluster.local");
    assert_eq!(found.split_whitespace().next(), Some("10.9.8.7"));
    assert!(fixture.dispatch("getent hosts primary.forum.svc.cluster.local").output.starts_with("10.9.8.7"));
}

/// A name that nobody has is no server's to seek: the search ends at once.
#[test]
fn programs_ask_an_address_where_nobody_listens_for_other_names() {
    let resolver =
        "search forum.svc.cluster.local svc.cluster.local cluster.local\nnameserver 127.0.0.53\noptions ndots:5\n";
    let link = |dir: &Path| {
        let image = root(&dir.join("image"));
        symlink("../run/resolve/stub.conf", image.join("etc/resolv.conf")).unwrap();
        image
    };
    for fixture in [Fixture::new(), Fixture::with_image(link)] {
        assert_eq!(fixture.dispatch("cat /etc/resolv.conf").output, resolver);
        assert_eq!(sh(&fixture.pod, "cat /etc/resolv.conf"), resolver);
    }
}

#[test]
fn a_check_that_fails_and_recovers_is_noticed_as_hooks() {
    let fixture = Fixture::new();
    let layer = "checks: {up: {override: replace, threshold: 1, period: 1h, exec: {command: test -f /tmp/up}}}";
    fixture.add_layer(layer);
    let steps = |after: Option<String>| fixture.pod.notices("web", after.as_deref());
    fixture.refresh("up");
    let failed = fixture.noticed(None);
    sh(&fixture.pod, "touch /tmp/up");
    fixture.refresh("up");
    let recovered = fixture.noticed(failed.last.as_deref());
    let check = "up".to_owned();
    assert_eq!(failed.steps, [stage::WorkloadStep::CheckFailed { check: check.clone() }]);
    assert_eq!(recovered.steps, [stage::WorkloadStep::CheckRecovered { check }]);
    assert_eq!(steps(recovered.last).steps, []);
}

#[test]
fn pods_of_one_sandbox_reach_each_other_and_those_of_another_do_not_collide() {
    let (one, other) = (Fixture::new(), Fixture::new());
    let second = one.another_pod("forum/1");
    let address = second.address();
    let get = r"printf 'GET /v1/health HTTP/1.0\r\n\r\n' >&3; head -n 1 <&3";
    let answer = sh(&one.pod, &format!("bash -c \"exec 3<>/dev/tcp/{address}/38813; {get}\""));
    assert_eq!(answer.trim(), "HTTP/1.0 200 OK");
    assert_ne!(one.pod.address(), other.pod.address());
}
