//! Hooks of a charm with very many units on its relations, and hooks whose tools hang.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::tools::FakeTools;

/// The most memory that a hook may take. *Units*: KiB.
const MOST_MEMORY: u64 = 64 << 10;

/// What a hook led to that ran with fake tools.
struct Hook {
    is_success: bool,
    /// The arguments of all calls of `status-set`.
    status: Vec<String>,
    /// How many databags were read.
    bags: usize,
    /// *Units*: KiB.
    peak_memory: u64,
}

/// Runs `update-status` with these tools, without a workload container and with few open files.
#[track_caller]
fn update_status(fake: &FakeTools) -> Hook {
    let script = r#"ulimit -n 256; exec "$0""#;
    let path = format!("{}:{}", fake.dir.display(), std::env::var("PATH").unwrap());
    let mut dispatch = Command::new("/bin/sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_dispatch")])
        .env_clear()
        .envs([("PATH", path.as_str()), ("JUJU_UNIT_NAME", "forum/0"), ("JUJU_MODEL_NAME", "prod")])
        .envs([
            ("JUJU_DISPATCH_PATH", "hooks/update-status"),
            ("JUJU_MODEL_UUID", "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14"),
        ])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let status_file = format!("/proc/{}/status", dispatch.id());
    let mut peak_memory = 0;
    let end = Instant::now() + Duration::from_mins(5);
    let status = loop {
        let memory = fs::read_to_string(&status_file).unwrap_or_default();
        let peak = memory.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|it| it.replace("kB", ""));
        peak_memory = peak_memory.max(peak.and_then(|it| it.trim().parse().ok()).unwrap_or_default());
        if let Some(status) = dispatch.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < end, "the hook does not end");
        thread::sleep(Duration::from_millis(5));
    };
    let bags = fake.words("relation-get").iter().filter(|word| *word == "-").count();
    Hook { is_success: status.success(), status: fake.words("status-set"), bags, peak_memory }
}

/// A list of names in JSON, from a format with one number.
fn names(format: &str, numbers: std::ops::Range<u32>) -> String {
    let names: Vec<String> =
        numbers.map(|number| format!("\"{}\"", format.replace('N', &number.to_string()))).collect();
    format!("[{}]", names.join(","))
}

/// The shell lines that answer as Juju does to a forum with these relations and units at each.
fn answers(relations: &[(&str, &str)], units: &str) -> [(&'static str, String); 10] {
    let related: Vec<String> = relations.iter().map(|(endpoint, _)| format!("\"{endpoint}\": {{}}")).collect();
    let ids: Vec<String> = relations.iter().map(|(endpoint, ids)| format!("*' {endpoint}') echo '{ids}' ;;")).collect();
    let bag = r#"{\"endpoint\": \"{\\\"url\\\": \\\"http://10.1.2.3:$n/push\\\"}\", \"hostname\": \"redis\", \"port\": \"6379\"}"#;
    [
        ("config-get", "echo '{}'".to_owned()),
        ("is-leader", "echo false".to_owned()),
        ("status-get", r#"echo '{"status": "active", "message": ""}'"#.to_owned()),
        ("goal-state", format!("echo '{{\"relations\": {{{}}}}}'", related.join(", "))),
        ("relation-ids", format!("case \"$*\" in {} *) echo '[]' ;; esac", ids.join(" "))),
        ("relation-list", format!("echo '{units}'")),
        ("relation-get", format!("for word; do n=${{word##*/}}; done; echo \"{bag}\"")),
        ("relation-set", "cat >/dev/null".to_owned()),
        ("juju-log", String::new()),
        ("status-set", String::new()),
    ]
}

#[track_caller]
fn fake(answers: &[(&'static str, String); 10]) -> FakeTools {
    FakeTools::with(answers.each_ref().map(|(tool, lines)| (*tool, lines.as_str())))
}

#[test]
fn a_thousand_units_of_loki_of_redis_and_of_peers_take_few_files_and_little_memory() {
    let relations = [("logging", r#"["logging:1"]"#), ("redis", r#"["redis:2"]"#), ("restart", r#"["restart:3"]"#)];
    let fake = fake(&answers(&relations, &names("app/N", 1..1001)));
    let hook = update_status(&fake);
    assert_eq!((hook.is_success, hook.bags >= 3000), (true, true), "{:?}", hook.status);
    assert!(hook.status.concat().contains("no database"), "{:?}", hook.status);
    assert!(hook.peak_memory > 0 && hook.peak_memory <= MOST_MEMORY, "{} KiB", hook.peak_memory);
}

#[test]
fn a_thousand_relations_of_one_endpoint_take_few_files_and_little_memory() {
    let ids = names("logging:N", 1..1001);
    let fake = fake(&answers(&[("logging", &ids)], &names("app/N", 0..1)));
    let hook = update_status(&fake);
    assert_eq!((hook.is_success, hook.bags >= 1000), (true, true), "{:?}", hook.status);
    assert!(hook.status.concat().contains("no database"), "{:?}", hook.status);
    assert!(hook.peak_memory > 0 && hook.peak_memory <= MOST_MEMORY, "{} KiB", hook.peak_memory);
}
