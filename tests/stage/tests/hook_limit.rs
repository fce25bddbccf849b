//! How long a hook may take, what is seen of it meanwhile, and what its whole tree of processes costs.
#![cfg(test)]

mod shell;

use shell::settled;
use stage::{Exit, StatusKind};
use std::{fs, iter, thread, time::Duration};

/// Command lines of all processes that hold this text.
fn processes(text: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(text)).collect()
}

#[test]
fn a_hook_that_hangs_is_killed_at_its_limit_with_all_that_it_started() {
    let mut stage = settled("setsid sleep 4711.1 & (sleep 4711.2 &) ; status-set active; sleep 4711.3");
    stage.watch().set_limit(Duration::from_secs(2));
    let run = stage.update_status(0).unwrap();
    assert_eq!(run.exit, Exit::TimedOut("sleep 4711.3".to_owned()));
    assert_eq!(run.exit.to_string(), "killed at the limit for hooks, in `sleep 4711.3`");
    assert_eq!(stage.unit(0).status().status, StatusKind::Error);
    assert_eq!(processes("sleep 4711"), Vec::<String>::new());
}

#[test]
fn an_action_that_hangs_fails() {
    let mut stage = settled("sleep 4712");
    stage.watch().set_limit(Duration::from_secs(1));
    let run = stage.run(0, "act", serde_json::json!({})).unwrap();
    assert_eq!(run.message, "killed at the limit for hooks, in `sleep 4712`");
}

#[test]
fn the_running_hook_is_seen_with_what_it_is_at() {
    let folder = tempfile::tempdir().unwrap();
    let end = folder.path().join("end");
    let mut stage = settled(&format!("until [ -e {} ]; do sleep 0.4713; done", end.display()));
    let watch = stage.watch();
    assert_eq!(watch.running(), None);
    let looker = thread::spawn(move || {
        let looks = iter::repeat_with(|| watch.running()).inspect(|_| thread::sleep(Duration::from_millis(10)));
        let seen = looks.take(3_000).flatten().find(|running| running.doing() == "sleep 0.4713");
        fs::write(end, "").unwrap();
        seen
    });
    stage.update_status(0).unwrap();
    let seen = looker.join().unwrap().unwrap();
    assert_eq!((seen.unit.as_str(), seen.hook.as_str()), ("tiny/0", "update-status"));
}

#[test]
fn the_tree_of_a_hook_costs_what_its_children_cost() {
    let work = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
    let mut stage = settled(&format!("sh -c '{work}'"));
    let run = stage.update_status(0).unwrap();
    assert!(run.tree.cpu > run.cpu + Duration::from_millis(50), "{:?}", (run.tree, run.cpu));
    assert!(run.tree.peak_kib > run.peak_kib, "{:?}", (run.tree, run.peak_kib));
}
