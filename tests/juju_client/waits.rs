//! How long the charm waits for tools.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::tools::FakeTools;

#[tokio::test]
async fn tools_that_are_called_together_run_together() {
    let slow = "sleep 0.5; echo true";
    let fake = FakeTools::with([
        ("is-leader", slow),
        ("goal-state", "sleep 0.5; echo '{}'"),
        ("config-get", "sleep 0.5; echo '{}'"),
    ]);
    let tools = fake.tools();
    let begun = Instant::now();
    let (leader, related, options) = tokio::join!(tools.is_leader(), tools.related_endpoints(), tools.config_get());
    assert_eq!((leader.unwrap(), related.unwrap().len(), options.unwrap().len()), (true, 0, 0));
    assert!(begun.elapsed() < Duration::from_millis(1400), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_tool_whose_caller_gives_up_is_killed() {
    let fake = FakeTools::with([("is-leader", r#"echo $$ >"$0.pid"; exec sleep 300"#)]);
    let tools = fake.tools();
    let pid = async {
        while !fake.recorded("is-leader.pid").ends_with('\n') {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        answer = tools.is_leader() => panic!("{answer:?}"),
        () = pid => {}
    }
    let command_line = format!("/proc/{}/cmdline", fake.recorded("is-leader.pid").trim());
    let end = Instant::now() + Duration::from_secs(20);
    while fs::read(&command_line).is_ok_and(|words| !words.is_empty()) {
        assert!(Instant::now() < end, "it still runs");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
