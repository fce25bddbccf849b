//! The options `web_workers` and `sidekiq_concurrency`: numbers for the server, which at their defaults change nothing.

use serde_json::json;

use crate::forum::{ACTIVE, Forum, Outcome};

/// The variables that the options set.
#[track_caller]
fn variables(forum: &Forum) -> [String; 3] {
    ["UNICORN_WORKERS", "DISCOURSE_SIDEKIQ_WORKERS", "DISCOURSE_DB_POOL"].map(|name| forum.variable(name))
}

#[test]
fn without_the_options_or_at_their_defaults_a_server_has_no_variable_and_is_not_restarted() {
    let mut forum = Forum::active();
    assert_eq!(variables(&forum), [""; 3]);
    forum.stage.config([("web_workers", json!(3)), ("sidekiq_concurrency", json!(5))]).unwrap();
    assert_eq!((forum.settle(), variables(&forum)), (Outcome::active(), [""; 3].map(str::to_owned)));
}

#[test]
fn numbers_are_given_to_the_server_in_one_restart_and_the_pool_follows_the_jobs() {
    let mut forum = Forum::active();
    forum.stage.config([("web_workers", json!(2)), ("sidekiq_concurrency", json!(9))]).unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(variables(&forum), ["2", "9", "12"]);
    assert!(
        forum.log().contains("(re)starting Discourse: changed: sidekiq_concurrency, web_workers"),
        "{}",
        forum.log()
    );
    let run = forum.stage.run(0, "diagnose", json!({})).unwrap();
    let checks = run.results["checks"].as_str().unwrap();
    assert!(checks.contains("2 workers may come to 1300 MiB") && checks.contains("1 units may come to 60"), "{checks}");
    forum.stage.config([("web_workers", json!(3)), ("sidekiq_concurrency", json!(5))]).unwrap();
    assert_eq!((forum.settle(), variables(&forum)), (Outcome::restarted(), [""; 3].map(str::to_owned)));
    let named = "(re)starting Discourse: changed: sidekiq_concurrency, web_workers\n";
    assert_eq!(format!("{}\n", forum.log()).matches(named).count(), 2, "{}", forum.log());
}

#[test]
fn with_0_the_charm_chooses_once() {
    let mut forum = Forum::active_with(&[("web_workers", json!(0)), ("sidekiq_concurrency", json!(0))]);
    let number = |text: &str, usual: u64| text.parse().unwrap_or(usual);
    let [workers, threads, _] = variables(&forum);
    assert!((2..=8).contains(&number(&workers, 3)) && (5..=20).contains(&number(&threads, 5)), "{workers} {threads}");
    assert_eq!(forum.update_status(), Outcome::active());
}

#[test]
fn numbers_that_no_server_can_have_block() {
    let mut forum = Forum::active();
    for (option, value, most) in [("web_workers", -1, 64), ("web_workers", 65, 64), ("sidekiq_concurrency", 51, 50)] {
        forum.set(option, value);
        let expected = format!("blocked: {option} must be a number from 0 to {most}");
        assert_eq!(forum.settle(), Outcome::unchanged(&expected));
        forum.set(option, json!(null));
    }
    forum.settle();
    assert_eq!(forum.status(), ACTIVE);
}
