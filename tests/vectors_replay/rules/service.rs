//! Differences in what Juju and Pebble show of the unit: restarts, service, status, version and port.

use serde_json::json;

use super::Rule;

/// In the order of the published table.
pub const RULES: &[Rule] = &[
    Rule {
        on: "restart",
        python_charm: "replans in almost every hook, yet sometimes not when the data changed",
        this_charm: "replans when something relevant changed",
        reason: "Pebble restarts nothing for an unchanged plan, and Discourse needs current data",
        allows: |it| {
            it.is_unneeded_replan() || it.has_new_redis() || it.has_new_secret() || it.follows_earlier_options()
        },
    },
    Rule {
        on: "restart",
        python_charm: "does not replan, or replans without a change, before the hook fails",
        this_charm: "replans when something relevant changed",
        reason: "the hook does not fail",
        allows: |it| it.crashed() && it.played == Some(&json!(it.has_new_options())),
    },
    Rule {
        on: "restart",
        python_charm: "replans even with a host name that `oauth` does not accept",
        this_charm: "leaves the server running as it is until the host name is set",
        reason: "nobody could log in",
        allows: |it| {
            it.played == Some(&json!(false)) && it.status() == "blocked" && it.recording.relation("oauth").is_some()
        },
    },
    Rule {
        on: "service",
        python_charm: "stopped as soon as the data of the database relation is incomplete",
        this_charm: "keeps running until the relation is removed",
        reason: "the old credentials may still work",
        allows: |it| it.played == Some(&json!("running")) && !it.is_missing_relation() && it.status() == "waiting",
    },
    Rule {
        on: "service",
        python_charm: "keeps running without a required relation until some hook checks for it",
        this_charm: "stopped by any hook",
        reason: "it would serve nothing but errors",
        allows: |it| it.played == Some(&json!("stopped")) && it.is_missing_relation(),
    },
    Rule {
        on: "environment",
        python_charm: "left in the plan of Pebble without a required relation",
        this_charm: "taken out of the plan",
        reason: "it holds passwords, and nothing runs that reads it",
        allows: |it| it.has_no_environment() && it.is_missing_relation(),
    },
    Rule {
        on: "status",
        python_charm: "waiting, or unchanged, while a required relation does not exist",
        this_charm: "blocked, with the command that adds the relation",
        reason: "waiting does not help: the operator must act",
        allows: |it| it.played == Some(&json!("blocked")) && it.is_missing_relation(),
    },
    Rule {
        on: "status",
        python_charm: "unchanged in hooks that do not check the relations",
        this_charm: "waiting while relation data is incomplete, naming what is missing",
        reason: "a status must describe the present state",
        allows: |it| it.played == Some(&json!("waiting")) && it.has_incomplete_data(),
    },
    Rule {
        on: "status",
        python_charm: "active while `oauth` has no client yet, or one whose secret is unreadable",
        this_charm: "waiting, naming what is missing",
        reason: "nobody can log in through it yet",
        allows: |it| {
            it.played == Some(&json!("waiting"))
                && it.recording.relation("oauth").is_some()
                && !it.has_incomplete_data()
        },
    },
    Rule {
        on: "status",
        python_charm: "active without the data of `saml`, or unchanged when the hook fails over a part of it that is missing",
        this_charm: "waiting, naming what is missing",
        reason: "nobody can log in through it yet",
        allows: |it| {
            it.played == Some(&json!("waiting")) && it.recording.relation("saml").is_some() && !it.has_incomplete_data()
        },
    },
    Rule {
        on: "status",
        python_charm: "unchanged when the hook fails over an identity provider without a sign-on by HTTP-Redirect",
        this_charm: "blocked, naming what the identity provider must offer",
        reason: "the provider writes all at once, so waiting does not help",
        allows: |it| {
            let redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
            let bag = it.recording.relation("saml").map(|relation| &relation.remote_app_data);
            let has_none = bag.is_some_and(|bag| !bag.values().any(|value| value == redirect));
            it.played == Some(&json!("blocked")) && has_none && it.crashed()
        },
    },
    Rule {
        on: "status",
        python_charm: "active with a host name that `oauth` does not accept",
        this_charm: "blocked, naming the option to set",
        reason: "the operator must act",
        allows: |it| it.played == Some(&json!("blocked")) && it.recording.relation("oauth").is_some() && !it.crashed(),
    },
    Rule {
        on: "status",
        python_charm: "unchanged while Pebble does not answer",
        this_charm: "waiting for Pebble",
        reason: "a status must describe the present state",
        allows: |it| it.played == Some(&json!("waiting")) && !it.recording.input.container.can_connect,
    },
    Rule {
        on: "status",
        python_charm: "maintenance, left over from a step that failed",
        this_charm: "active",
        reason: "the step is unnecessary, and nothing else is wrong",
        allows: |it| it.recorded == Some(&json!("maintenance")) && it.played == Some(&json!("active")) && it.crashed(),
    },
    Rule {
        on: "status",
        python_charm: "unchanged when the hook fails over an invalid option",
        this_charm: "blocked, naming the option",
        reason: "the operator must correct it",
        allows: |it| it.played == Some(&json!("blocked")) && it.crashed() && !it.is_missing_relation(),
    },
    Rule {
        on: "version",
        python_charm: "ends with a line break, or is not set while a flag file exists",
        this_charm: "the version in the image, set by any hook that finds another one",
        reason: "the image defines the version",
        allows: |it| it.played.is_some() && Some(it.played_text()) == it.recording.image_version(),
    },
    Rule {
        on: "port 3000/tcp",
        python_charm: "not opened",
        this_charm: "opened",
        reason: "`juju expose` and `juju status` show it",
        allows: |it| it.played == Some(&json!(true)),
    },
];
