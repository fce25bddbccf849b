//! How long the charm waits for tools.

use std::{
    fs,
    time::{Duration, Instant},
};

use discourse_k8s::juju::RelationId;

use crate::tools::FakeTools;

#[tokio::test]
async fn tools_that_are_called_together_run_together() {
    let once_all_run = |answer: &str| {
        format!(r#"until [ "$(ls "${{0%/*}}" | grep -c words)" = 3 ]; do sleep 0.1; done; echo '{answer}'"#)
    };
    let [leader, other] = ["true", "{}"].map(once_all_run);
    let fake = FakeTools::with([("is-leader", &leader), ("goal-state", &other), ("config-get", &other)]);
    let tools = fake.tools().answering_within(Duration::from_secs(20));
    let (leader, related, options) = tokio::join!(tools.is_leader(), tools.related_endpoints(), tools.config_get());
    assert_eq!((leader.unwrap(), related.unwrap().len(), options.unwrap().len()), (true, 0, 0));
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

#[tokio::test]
async fn a_tool_that_does_not_answer_in_time_is_killed_and_not_run_again() {
    let fake = FakeTools::with([("is-leader", "exec sleep 300"), ("status-set", "")]);
    let tools = fake.tools().answering_within(Duration::from_secs(2));
    let begun = Instant::now();
    let texts = [tools.is_leader().await, tools.is_leader().await].map(|answer| answer.unwrap_err().to_string());
    assert_eq!(texts, ["run is-leader: it does not answer", "run is-leader: it does not answer"]);
    assert_eq!(fake.words("is-leader"), ["--format=json"], "it ran twice");
    tools.status_set("waiting", "for Juju").await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_tool_that_hangs_for_one_relation_is_run_for_another_and_others_are_not_held_up() {
    let lines = r#"case "$*" in *smtp:4*) exec sleep 300;; esac; echo '["pg/0"]'"#;
    let fake = FakeTools::with([("relation-list", lines)]);
    let tools = fake.tools().answering_within(Duration::from_secs(2));
    let [mail, database] = ["smtp:4", "database:1"].map(|id| id.parse::<RelationId>().unwrap());
    assert!(tools.relation_list(&mail).await.is_err());
    assert_eq!(tools.relation_list(&database).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_hook_in_which_every_tool_hangs_ends_within_three_deadlines() {
    let hang = "exec sleep 300";
    let fake =
        FakeTools::with([("relation-list", hang), ("secret-get", hang), ("status-set", hang), ("juju-log", hang)]);
    let deadline = Duration::from_secs(2);
    let tools = fake.tools().answering_within(deadline);
    let begun = Instant::now();
    for number in 0..20 {
        let id: RelationId = format!("smtp:{number}").parse().unwrap();
        tools.relation_list(&id).await.unwrap_err();
    }
    tools.secret_get("secret:9m4e2mr0ui3e8a215n9g").await.unwrap_err();
    tools.status_set("waiting", "for Juju").await.unwrap_err();
    tools.juju_log("WARNING", "a tool hangs").await.unwrap_err();
    assert!(begun.elapsed() < 3 * deadline, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn at_most_32_tools_run_at_once_and_who_waits_for_a_place_has_all_of_its_time() {
    let lines = r#"touch "$0.$$"; sleep 0.6; ls "$0".[0-9]* | wc -l >>"$0.counts"; rm "$0.$$"; echo true"#;
    let fake = FakeTools::with([("is-leader", lines)]);
    let tools = fake.tools().answering_within(Duration::from_secs(5));
    let answers = futures_util::future::join_all((0..100).map(|_| tools.is_leader())).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap()));
    let counts = fake.recorded("is-leader.counts");
    let most = counts.lines().map(|count| count.trim().parse::<u32>().unwrap()).max().unwrap();
    assert!((16..=32).contains(&most), "{most}");
}
