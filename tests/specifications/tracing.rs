//! The relation `tracing`: a trace of each hook, which costs no hook its success and shows no secret.

mod trace;

use std::{collections::BTreeMap, time::Duration};

use rehearsal::providers::{self, oauth, s3, smtp};
use serde_json::{Value, json};
use stage::{
    ActionStatus, HookRun, Remote as _, Span, Stage, ToolCall, Version,
    remote::{Scripted, Tempo},
};

use crate::forum::{Forum, Outcome};
use trace::Trace;

/// An address that no machine has.
const CLOSED: &str = "http://192.0.2.1:9";

/// How long the charm waits for a receiver.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A forum that serves and sends traces to this receiver, with a Juju that can name a trace.
#[track_caller]
fn forum_with(tempo: &Tempo) -> Forum {
    let mut forum = Forum::active_on(Stage::builder().juju(Version::V4_0), &[]);
    forum.stage.relate("tracing", tempo.clone()).unwrap();
    assert_eq!(forum.settle(), Outcome::active());
    drop(tempo.posts());
    forum
}

/// Relates an application to a forum that serves.
#[track_caller]
fn related(provider: Scripted) -> (Forum, Outcome) {
    let mut forum = Forum::active();
    forum.stage.relate("tracing", provider).unwrap();
    let outcome = forum.settle();
    (forum, outcome)
}

/// The one trace that came since the last look.
#[track_caller]
fn one_trace(tempo: &Tempo) -> Trace {
    let posts = tempo.posts();
    assert_eq!(posts.len(), 1, "{posts:?}");
    Trace::of(&posts[0])
}

/// The names of the hook tools of a run, sorted.
fn tools(run: &HookRun) -> Vec<&str> {
    let mut names: Vec<&str> = run.tools.iter().map(|call| call.argv[0].as_str()).collect();
    names.sort_unstable();
    names
}

/// The longest time between two hook tools of a run: other work of the machine makes it longer, never shorter.
fn longest_pause(run: &HookRun) -> Duration {
    let took = |call: &ToolCall| Duration::from_secs_f64(call.millis / 1000.0);
    let pauses = run.tools.windows(2).map(|pair| (pair[1].began - (pair[0].began + took(&pair[0]))).unsigned_abs());
    pauses.max().unwrap()
}

#[test]
fn the_protocol_of_the_charm_is_requested() {
    let tempo = Tempo::new("tempo-k8s");
    let _forum = forum_with(&tempo);
    assert_eq!(tempo.heard_app()["receivers"], r#"["otlp_http"]"#);
}

#[test]
fn a_hook_is_one_trace_with_a_span_for_each_of_its_parts_and_hook_tools() {
    let tempo = Tempo::new("tempo-k8s");
    let mut forum = forum_with(&tempo);
    let run = forum.stage.update_status(0).unwrap();
    let trace = one_trace(&tempo);
    let hook = trace.outermost();
    assert_eq!(
        (hook.name.as_str(), hook.attributes["event"].as_str(), hook.parent.as_str()),
        ("hook", "update-status", "")
    );
    assert_eq!(trace.within(hook), ["observe", "decide", "report"]);
    let mut observed = trace.within(trace.span("observe"));
    observed.sort_unstable();
    assert_eq!(observed, tools(&run));
    assert!(trace.spans.iter().all(|span| span.trace == hook.trace), "{trace:?}");
    assert_eq!(trace.spans.len(), 4 + run.tools.len());
}

#[test]
fn each_step_of_a_hook_is_a_span_after_which_the_charm_decides_again() {
    let tempo = Tempo::new("tempo-k8s");
    let mut forum = forum_with(&tempo);
    forum.set("smtp_domain", "example.com");
    assert_eq!(forum.settle(), Outcome::restarted());
    let posts = tempo.posts();
    let trace = Trace::of(&posts[0]);
    assert_eq!(trace.outermost().attributes["event"], "config-changed");
    let steps = ["bring the services to the plan", "open the gate"];
    let parts = ["observe", "decide", steps[0], "decide", steps[1], "decide", "report", "juju-log"];
    assert_eq!(trace.within(trace.outermost()), parts);
    assert_eq!(steps.map(|step| trace.span(step).attributes["step"].as_str()), steps);
}

#[test]
fn the_resource_of_a_trace_is_the_unit() {
    let tempo = Tempo::new("tempo-k8s");
    let mut forum = forum_with(&tempo);
    forum.update_status();
    let expected = [
        ("juju_application", "discourse-k8s"),
        ("juju_charm", "discourse-k8s"),
        ("juju_model", "forum"),
        ("juju_model_uuid", &forum.stage.model().uuid),
        ("juju_unit", "discourse-k8s/0"),
        ("service.instance.id", "discourse-k8s/0"),
        ("service.name", "discourse-k8s"),
        ("service.version", env!("CARGO_PKG_VERSION")),
    ];
    let expected: BTreeMap<String, String> =
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(one_trace(&tempo).resource, expected);
}

#[test]
fn a_hook_is_part_of_the_trace_that_juju_names() {
    let tempo = Tempo::new("tempo-k8s");
    let mut forum = forum_with(&tempo);
    let span = Span { trace: "80f198ee56343ba864fe8b2a57d3eff7".to_owned(), id: "ff00000000000000".to_owned() };
    forum.stage.model_mut().span = Some(span.clone());
    forum.update_status();
    let trace = one_trace(&tempo);
    let hook = trace.outermost();
    assert_eq!(Span { trace: hook.trace.clone(), id: hook.parent.clone() }, span);
    assert!(trace.spans.iter().all(|one| one.trace == span.trace), "{trace:?}");
}

#[test]
fn no_secret_is_part_of_a_trace() {
    let tempo = Tempo::new("tempo-k8s");
    let mut forum = Forum::related();
    forum.set("external_hostname", "forum.example.com");
    forum.set("force_https", true);
    forum.set("smtp_password", "hunter2-of-an-option");
    forum.stage.relate("tracing", tempo.clone()).unwrap();
    for provider in [
        smtp().secret("password_id", &[("password", "hunter2-of-smtp")]),
        s3().secret("secret-extra", &[("access-key", "hunter2-id"), ("secret-key", "hunter2-of-s3")]),
        oauth().secret("client_secret_id", &[("secret", "hunter2-of-oauth")]),
    ] {
        let endpoint = provider.endpoint().0.to_owned();
        forum.stage.relate(&endpoint, provider).unwrap();
    }
    let outcome = forum.settle();
    let created = forum.stage.run(0, "create-user", json!({"email": "jane@example.com"})).unwrap();
    let (_, database_password) = forum.postgresql.credentials().unwrap();
    let secrets = ["hunter2", &database_password, created.results["password"].as_str().unwrap()];
    let posts: Vec<String> = tempo.posts().iter().map(|post| post.body.to_string()).collect();
    assert_eq!((outcome.rails_boots.len(), posts.len() > 3), (1, true), "{outcome:?}, {} posts", posts.len());
    for secret in secrets {
        assert_eq!(posts.iter().find(|post| post.contains(secret)), None, "{secret}");
    }
}

#[test]
fn a_tool_that_fails_is_marked_without_what_it_said() {
    let tempo = Tempo::new("tempo-k8s");
    let mut forum = forum_with(&tempo);
    forum.stage.faults().fail_calls(&["action-set"], 1, "hunter2");
    let run = forum.stage.run(0, "explain", json!({})).unwrap();
    let trace = one_trace(&tempo);
    assert_eq!((run.status, trace.outermost().attributes["event"].as_str()), (ActionStatus::Failed, "explain"));
    assert_eq!(trace.span("action-set").status, json!({"code": 2}));
}

#[test]
fn a_receiver_with_https_gets_nothing_and_the_status_warns() {
    let (mut forum, outcome) = related(providers::tracing("https://192.0.2.1:9"));
    let warning = "active: tracing: no traces are sent, for tempo-k8s wants https, which this charm cannot speak; \
                   and 2 more warnings: juju run discourse-k8s/0 explain";
    assert_eq!(outcome, Outcome::unchanged(warning));
    assert_eq!(forum.update_status(), Outcome::unchanged(warning));
    assert!(!forum.log().contains("sending the trace"), "{}", forum.log());
}

#[test]
fn a_receiver_that_never_answers_costs_a_hook_two_seconds_and_nothing_else() {
    let tempo = Tempo::new("tempo-k8s").silent();
    let mut forum = forum_with(&tempo);
    let mut pauses = (0..5).map(|_| longest_pause(&forum.stage.update_status(0).unwrap()));
    assert!(pauses.any(|pause| (TIMEOUT..TIMEOUT + TIMEOUT / 4).contains(&pause)));
    drop(tempo.posts());
    assert_eq!((forum.update_status(), tempo.posts().len()), (Outcome::active(), 1));
    assert!(forum.log().contains("sending the trace failed: no answer in time"), "{}", forum.log());
}

#[test]
fn a_receiver_that_is_away_fails_nothing() {
    let (mut forum, outcome) = related(providers::tracing(CLOSED));
    assert_eq!((outcome, forum.update_status()), (Outcome::active(), Outcome::active()));
    assert!(forum.log().contains("sending the trace failed: "), "{}", forum.log());
}

#[test]
fn malformed_receivers_block_and_leave_the_server_alone() {
    let provider = providers::tracing(CLOSED);
    let (mut forum, _) = related(provider.clone());
    let receiver = |url: &str| json!([{"protocol": {"name": "otlp_http", "type": "http"}, "url": url}]).to_string();
    for (receivers, why) in [
        ("hunter2{".to_owned(), "receivers must be a JSON list of receivers with protocol and url"),
        (receiver("hunter2"), "the url of otlp_http in receivers must be an http or https address"),
    ] {
        provider.say("receivers", &receivers);
        let expected = format!("blocked: tracing: {why}: correct it in tempo-k8s");
        assert_eq!(forum.settle(), Outcome::unchanged(&expected));
    }
}

#[test]
fn receivers_that_are_not_there_yet_are_waited_for() {
    let provider = Scripted::new("tempo-k8s", "tracing", "tracing");
    let (mut forum, outcome) = related(provider.clone());
    assert_eq!(outcome, Outcome::unchanged("waiting: waiting for receivers in the relation tracing"));
    provider.say("receivers", &Value::Array(Vec::new()).to_string());
    let expected = "waiting: waiting for a receiver of otlp_http in the relation tracing";
    assert_eq!(forum.settle(), Outcome::unchanged(expected));
}
