//! Where this charm differs from the Python charm on purpose: every difference, on what it is, and why.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::difference::Difference;

/// A difference that is meant.
pub struct Rule {
    /// The one fact that it speaks of.
    pub on: &'static str,
    /// What the Python charm does.
    pub peer: &'static str,
    /// What this charm does.
    pub ours: &'static str,
    /// Why.
    pub reason: &'static str,
    /// Whether a difference is of this kind.
    pub allows: fn(&Difference<'_>) -> bool,
}

/// The table of README: one line for all facts that differ in the same way for the same reason.
pub fn table() -> String {
    let mut text = String::from("| What | Python charm | This charm | Why |\n|---|---|---|---|\n");
    let mut rules: Vec<&Rule> = RULES.iter().collect();
    while let Some(first) = rules.first().copied() {
        let is_alike = |rule: &&Rule| (rule.peer, rule.ours, rule.reason) == (first.peer, first.ours, first.reason);
        let names: Vec<String> = rules.iter().filter(|rule| is_alike(rule)).map(|rule| shown(rule.on)).collect();
        rules.retain(|rule| !is_alike(rule));
        let _ = writeln!(text, "| {} | {} | {} | {} |", names.join(", "), first.peer, first.ours, first.reason);
    }
    text
}

/// A fact's name for a reader: the variable or command alone, as code.
fn shown(on: &str) -> String {
    match on.split_once(' ') {
        Some(("variable", name)) => format!("`{name}`"),
        Some((kind, name)) => format!("{kind} `{name}`"),
        None => on.to_owned(),
    }
}

/// Every difference that is meant.
pub const RULES: &[Rule] = &[
    dead("variable CONTAINER_APP_NAME"),
    dead("variable CONTAINER_APP_ROOT"),
    dead("variable CONTAINER_APP_USERNAME"),
    dead("variable DISCOURSE_USE_S3"),
    left_out_when_empty("variable DISCOURSE_CORS_ORIGIN"),
    left_out_when_empty("variable DISCOURSE_DEVELOPER_EMAILS"),
    left_out_when_empty("variable DISCOURSE_SMTP_ADDRESS"),
    left_out_when_empty("variable DISCOURSE_SMTP_DOMAIN"),
    left_out_when_empty("variable DISCOURSE_SMTP_PASSWORD"),
    left_out_when_empty("variable DISCOURSE_SMTP_USER_NAME"),
    left_out_when_empty("variable DISCOURSE_S3_ENDPOINT"),
    left_out_when_empty("variable HTTP_PROXY"),
    left_out_when_empty("variable HTTPS_PROXY"),
    left_out_when_empty("variable NO_PROXY"),
    left_out_when_empty("variable http_proxy"),
    left_out_when_empty("variable https_proxy"),
    left_out_when_empty("variable no_proxy"),
    Rule {
        on: "variable FORCE_S3_UPLOADS",
        peer: "always set with S3",
        ours: "never set",
        reason: "it makes every upload of assets repeat what the bucket holds already",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    },
    Rule {
        on: "variable DISCOURSE_SAML_FULL_SCREEN_LOGIN",
        peer: "set by `force_saml_login`",
        ours: "`DISCOURSE_ENABLE_LOCAL_LOGINS` is `false` when it is forced",
        reason: "Discourse reads no such variable: nobody was forced",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    },
    unregistered("variable DISCOURSE_OPENID_CONNECT_AUTHORIZE_SCOPE"),
    unregistered("variable DISCOURSE_OPENID_CONNECT_CLIENT_ID"),
    unregistered("variable DISCOURSE_OPENID_CONNECT_CLIENT_SECRET"),
    unregistered("variable DISCOURSE_OPENID_CONNECT_DISCOVERY_DOCUMENT"),
    unregistered("variable DISCOURSE_OPENID_CONNECT_ENABLED"),
    unregistered("variable DISCOURSE_OPENID_CONNECT_MATCH_BY_EMAIL"),
    Rule {
        on: "variable DISCOURSE_OPENID_CONNECT_CLIENT_SECRET",
        peer: "the old secret after `secret-changed`",
        ours: "the new one",
        reason: "the old one stops working",
        allows: |it| it.recorded.is_some() && it.played == it.newest("secret").as_ref(),
    },
    as_configured("variable DISCOURSE_HOSTNAME"),
    as_configured("variable DISCOURSE_CORS_ORIGIN"),
    Rule {
        on: "variable RAILS_LOG_TO_STDOUT",
        peer: "not set",
        ours: "`1`",
        reason: "Pebble forwards what is printed, not what stands in files",
        allows: |it| it.recorded.is_none() && it.played == Some(&json!("1")),
    },
    Rule {
        on: "variable DISCOURSE_SMTP_AUTHENTICATION",
        peer: "`none` is passed on",
        ours: "`none` leaves it out",
        reason: "the mail library knows no method of that name",
        allows: |it| it.recorded == Some(&json!("none")) && it.played.is_none(),
    },
    Rule {
        on: "variable DISCOURSE_DB_PORT",
        peer: "not set",
        ours: "the port of the first endpoint",
        reason: "a database on another port is not reached without it",
        allows: |it| it.recorded.is_none() && it.is_endpoint_port(),
    },
    Rule {
        on: "variable DISCOURSE_FORCE_HTTPS",
        peer: "a Rails command writes the setting into the database",
        ours: "the option as a variable, also when it is false",
        reason: "it needs no boot of Rails, and wins over what the database holds",
        allows: |it| {
            let is_held = it.status() == "blocked";
            it.recorded.is_none() && (is_held || it.played == Some(&json!(it.truth("force_https").to_string())))
        },
    },
    Rule {
        on: "variable UNICORN_BIND_ALL",
        peer: "set by its launcher",
        ours: "`1`",
        reason: "Discourse would listen on 127.0.0.1 only",
        allows: |it| it.recorded.is_none() && it.played == Some(&json!("1")),
    },
    Rule {
        on: "variable UNICORN_SIDEKIQS",
        peer: "set by its launcher",
        ours: "`1`",
        reason: "no background job, hence no mail, would run",
        allows: |it| it.recorded.is_none() && it.played == Some(&json!("1")),
    },
    Rule {
        on: "variable DISCOURSE_DB_VARIABLES_TCP_KEEPALIVES_IDLE",
        peer: "not set",
        ours: "`30` seconds",
        reason: "a lost node could hold the lock of a migration for hours",
        allows: |it| it.recorded.is_none() && it.played == Some(&json!("30")),
    },
    Rule {
        on: "variable DISCOURSE_MAX_ADMIN_API_REQS_PER_KEY_PER_MINUTE",
        peer: "this name",
        ours: "`DISCOURSE_MAX_ADMIN_API_REQS_PER_MINUTE`",
        reason: "Discourse calls the old name deprecated",
        allows: |it| it.recorded.is_some() && it.variable("DISCOURSE_MAX_ADMIN_API_REQS_PER_MINUTE") == it.recorded,
    },
    Rule {
        on: "variable DISCOURSE_MAX_ADMIN_API_REQS_PER_MINUTE",
        peer: "under the older name",
        ours: "set by `throttle_level`",
        reason: "Discourse calls the old name deprecated",
        allows: |it| it.recorded.is_none() && it.played == Some(&json!("3000")),
    },
    Rule {
        on: "variable DISCOURSE_REDIS_HOST",
        peer: "keeps the old host when only the application bag of `redis` changed",
        ours: "the announced leader",
        reason: "the old primary no longer accepts writes",
        allows: |it| it.played.is_some() && it.played == it.remote("redis", "leader-host").as_ref(),
    },
    Rule {
        on: "variable DISCOURSE_REDIS_PASSWORD",
        peer: "a password that the provider offers is ignored",
        ours: "passed on",
        reason: "such a Redis refuses every command without it",
        allows: |it| it.recorded.is_none() && it.played.is_some() && it.played == it.offered_password().as_ref(),
    },
    Rule {
        on: "command read-version",
        peer: "boots Rails to ask for the version",
        ours: "reads a file of the image",
        reason: "a boot takes a minute",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    },
    Rule {
        on: "command set-force-https",
        peer: "boots Rails in almost every hook",
        ours: "never",
        reason: "the variable `DISCOURSE_FORCE_HTTPS` does it",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    },
    Rule {
        on: "command migrate",
        peer: "also with options that it then refuses, and whenever the primary moved",
        ours: "once for each image and database, with valid options",
        reason: "the database is asked first; a new primary holds the same data",
        allows: |it| {
            let is_migrated = it.recording.environment_before().is_some() || !it.recording.input.leader;
            it.played.is_none() && (it.status() == "blocked" || is_migrated)
        },
    },
    Rule {
        on: "command upload-assets",
        peer: "in every hook in which its plan is new",
        ours: "for each image and bucket once, and only with `s3_cdn_url`",
        reason: "without a CDN browsers load the assets from the forum itself",
        allows: |it| it.played.is_none() && it.option("s3_cdn_url").is_none(),
    },
    one_command("command find-user"),
    one_command("command activate-user"),
    Rule {
        on: "command write-user",
        peer: "not run when the look-up before it crashes",
        ours: "looks up by itself, and fails",
        reason: "one boot instead of three, and no half-made user",
        allows: |it| it.recorded.is_none() && it.recording.exit_code("users:exists[") == Some(1),
    },
    Rule {
        on: "command anonymize-user",
        peer: "not run: the action crashes without `redis`",
        ours: "runs while the server runs",
        reason: "the environment of the running server has all that is needed",
        allows: |it| it.recorded.is_none() && it.recording.output.exception.is_some(),
    },
    Rule {
        on: "hook",
        peer: "fails when a command fails or data is missing",
        ours: "ends well, with a status or a failed action that says why",
        reason: "a failed hook is retried for ever and says nothing",
        allows: |it| it.recorded != Some(&json!("done")) && it.played == Some(&json!("done")),
    },
    Rule {
        on: "action",
        peer: "`promote-user` takes any text for an address",
        ours: "fails and says why",
        reason: "text with commas and brackets becomes other arguments of the command",
        allows: |it| it.played == Some(&json!("failed")) && it.has_odd_address(),
    },
    Rule {
        on: "restart",
        peer: "replans in almost every hook, or not although the data changed",
        ours: "replans when something that matters changed",
        reason: "Pebble restarts nothing for an equal plan, and old data is of no use",
        allows: |it| it.is_unneeded_replan() || it.has_new_redis() || it.has_new_secret() || it.follows_options_late(),
    },
    Rule {
        on: "restart",
        peer: "no replan, or one of an equal plan, before the hook fails",
        ours: "replans when something that matters changed",
        reason: "the hook does not fail",
        allows: |it| it.crashed() && it.played == Some(&json!(it.has_new_options())),
    },
    Rule {
        on: "restart",
        peer: "also with a host name that `oauth` refuses",
        ours: "keeps what runs until the host name is set",
        reason: "nobody could log in",
        allows: |it| {
            it.played == Some(&json!(false)) && it.status() == "blocked" && it.recording.relation("oauth").is_some()
        },
    },
    Rule {
        on: "service",
        peer: "stopped as soon as the database's data is incomplete",
        ours: "keeps running until the relation is removed",
        reason: "the old credentials may still work",
        allows: |it| it.played == Some(&json!("running")) && !it.lacks_relation() && it.status() == "waiting",
    },
    Rule {
        on: "service",
        peer: "runs on without the relations that it needs until some hook looks",
        ours: "stopped by any hook",
        reason: "it serves errors only",
        allows: |it| it.played == Some(&json!("stopped")) && it.lacks_relation(),
    },
    Rule {
        on: "status",
        peer: "waiting, or what it was before, while a required relation does not exist",
        ours: "blocked, with the command that adds it",
        reason: "waiting does not help: the operator must act",
        allows: |it| it.played == Some(&json!("blocked")) && it.lacks_relation(),
    },
    Rule {
        on: "status",
        peer: "what it was before, in hooks that do not look at the relations",
        ours: "waiting, and for what, while their data is incomplete",
        reason: "a status says what is true now",
        allows: |it| it.played == Some(&json!("waiting")) && it.lacks_data(),
    },
    Rule {
        on: "status",
        peer: "active while `oauth` has no client yet, or one whose secret it cannot read",
        ours: "waiting, and for what",
        reason: "nobody can log in through it yet",
        allows: |it| {
            it.played == Some(&json!("waiting")) && it.recording.relation("oauth").is_some() && !it.lacks_data()
        },
    },
    Rule {
        on: "status",
        peer: "active with a host name that `oauth` refuses",
        ours: "blocked, with the option to set",
        reason: "the operator must act",
        allows: |it| it.played == Some(&json!("blocked")) && it.recording.relation("oauth").is_some() && !it.crashed(),
    },
    Rule {
        on: "status",
        peer: "what it was before, while Pebble does not answer",
        ours: "waiting for Pebble",
        reason: "a status says what is true now",
        allows: |it| it.played == Some(&json!("waiting")) && !it.recording.input.container.can_connect,
    },
    Rule {
        on: "status",
        peer: "maintenance, left behind by a step that failed",
        ours: "active",
        reason: "the step is not needed, and nothing else is wrong",
        allows: |it| it.recorded == Some(&json!("maintenance")) && it.played == Some(&json!("active")) && it.crashed(),
    },
    Rule {
        on: "status",
        peer: "what it was before the hook failed over an invalid option",
        ours: "blocked, naming the option",
        reason: "the operator must mend it",
        allows: |it| it.played == Some(&json!("blocked")) && it.crashed() && !it.lacks_relation(),
    },
    Rule {
        on: "version",
        peer: "with a line break, or not set while its flag file is there",
        ours: "the version of the image, in every hook that finds another",
        reason: "the image is the truth",
        allows: |it| it.played.is_some() && Some(it.played_text()) == it.recording.image_version(),
    },
    Rule {
        on: "port 3000/tcp",
        peer: "not opened",
        ours: "opened",
        reason: "`juju expose` and the status show it",
        allows: |it| it.played == Some(&json!(true)),
    },
    Rule {
        on: "databag database unit data",
        peer: "a copy of the other side's bag",
        ours: "removed",
        reason: "it may hold the password in clear text, and nothing needs it",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    },
    requested_late("databag database app database", |it| it.requests(&json!("discourse"))),
    requested_late("databag database app requested-secrets", |it| it.requests(&requested_secrets())),
    requested_late("databag database app provided-secrets", |it| it.requests(&json!(["mtls-cert"]))),
    asked_late("databag oauth app audience"),
    asked_late("databag oauth app grant_types"),
    asked_late("databag oauth app redirect_uri"),
    asked_late("databag oauth app scope"),
    asked_late("databag oauth app token_endpoint_auth_method"),
    unasked("databag oauth app audience"),
    unasked("databag oauth app grant_types"),
    unasked("databag oauth app redirect_uri"),
    unasked("databag oauth app scope"),
    unasked("databag oauth app token_endpoint_auth_method"),
    offered_late("databag metrics-endpoint app scrape_metadata"),
    offered_late("databag metrics-endpoint unit prometheus_scrape_unit_address"),
    offered_late("databag metrics-endpoint unit prometheus_scrape_unit_fqdn"),
    offered_late("databag metrics-endpoint unit prometheus_scrape_unit_name"),
    offered_late("databag logging app metadata"),
    Rule {
        on: "databag metrics-endpoint app scrape_jobs",
        peer: "Discourse's own port 3000",
        ours: "port 9394, once every unit runs this charm's image",
        reason: "an ingress shows everybody what Discourse answers on its own port",
        allows: |it| {
            it.played == Some(&json!([{"metrics_path": "/metrics", "static_configs": [{"targets": ["*:9394"]}]}]))
        },
    },
    own_rules("databag metrics-endpoint app alert_rules"),
    own_rules("databag logging app alert_rules"),
    remembered("databag restart unit port"),
    remembered("databag restart unit image"),
    remembered("databag restart unit schema"),
    remembered("databag restart unit migrated"),
    remembered("databag restart unit version"),
];

const fn dead(on: &'static str) -> Rule {
    Rule {
        on,
        peer: "set",
        ours: "not set",
        reason: "nothing reads it",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    }
}

const fn left_out_when_empty(on: &'static str) -> Rule {
    Rule {
        on,
        peer: "set to nothing when its option is empty",
        ours: "left out then",
        reason: "set but empty means nil to Discourse, and overrides its default",
        allows: |it| it.recorded == Some(&json!("")) && it.played.is_none(),
    }
}

const fn one_command(on: &'static str) -> Rule {
    Rule {
        on,
        peer: "a boot of Rails of its own",
        ours: "part of the one command that does the whole operation",
        reason: "one boot instead of three, and no half-made user",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    }
}

const fn requested_late(on: &'static str, allows: fn(&Difference<'_>) -> bool) -> Rule {
    Rule {
        on,
        peer: "written only when the relation is created",
        ours: "written by any hook of the leader in which it is missing",
        reason: "a relation that was made while there was no leader would never get a database",
        allows,
    }
}

const fn unregistered(on: &'static str) -> Rule {
    Rule {
        on,
        peer: "set, without a client, before there is one",
        ours: "set once the client is registered and its secret can be read",
        reason: "Discourse would offer a login that cannot work",
        allows: |it| it.recorded.is_some() && it.played.is_none() && it.status() == "waiting",
    }
}

const fn as_configured(on: &'static str) -> Rule {
    Rule {
        on,
        peer: "what it was before, or follows options that are not complete",
        ours: "follows the options in every hook, as soon as they can be used",
        reason: "an option that was set is meant",
        allows: |it| it.played.is_some() && it.recording.relation("oauth").is_some(),
    }
}

const fn asked_late(on: &'static str) -> Rule {
    Rule {
        on,
        peer: "written only in hooks of the relation",
        ours: "written by any hook of the leader in which it is missing",
        reason: "a relation that was made while there was no leader would never get a client",
        allows: |it| it.recorded.is_none() && it.played.is_some() && it.recording.input.leader,
    }
}

const fn unasked(on: &'static str) -> Rule {
    Rule {
        on,
        peer: "written also without `force_https`",
        ours: "written once the options can be used",
        reason: "the address to come back to depends on them",
        allows: |it| it.recorded.is_some() && it.played.is_none() && it.status() == "blocked",
    }
}

const fn offered_late(on: &'static str) -> Rule {
    Rule {
        on,
        peer: "written in some hooks only",
        ours: "written by any hook in which it is missing",
        reason: "a change between those hooks would go unnoticed",
        allows: |it| it.recorded.is_none() && it.played.is_some(),
    }
}

const fn own_rules(on: &'static str) -> Rule {
    Rule {
        on,
        peer: "one rule that any target of the model fires, or none",
        ours: "rules on traffic, queues, stores, processes and logs",
        reason: "an operator is told what is wrong, and where",
        allows: |it| it.played.is_some_and(|rules| rules.get("groups").is_some()),
    }
}

const fn remembered(on: &'static str) -> Rule {
    Rule {
        on,
        peer: "not written",
        ours: "what this unit must remember",
        reason: "files of the container are lost with it; other units see how far this one is",
        allows: |it| it.recorded.is_none() && it.played.is_some_and(Value::is_string),
    }
}

/// What the Python charm asks a database for.
fn requested_secrets() -> Value {
    json!(["username", "password", "tls", "tls-ca", "uris", "read-only-uris", "entity-name", "entity-password"])
}
