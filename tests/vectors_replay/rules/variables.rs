//! Differences in the environment variables of the workload.

use serde_json::{Value, json};

use super::Rule;

/// In the order of the published table.
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
        python_charm: "always set when S3 is used",
        this_charm: "never set",
        reason: "it makes every upload of assets send files again that the bucket already has",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    },
    Rule {
        on: "variable DISCOURSE_SAML_FULL_SCREEN_LOGIN",
        python_charm: "set by `force_saml_login`",
        this_charm: "not set; `force_saml_login` sets `DISCOURSE_ENABLE_LOCAL_LOGINS` to `false`",
        reason: "Discourse does not read this variable, so SAML was never enforced",
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
        python_charm: "keeps the old secret after `secret-changed`",
        this_charm: "uses the new secret",
        reason: "the provider stops accepting the old secret",
        allows: |it| it.recorded.is_some() && it.played == it.newest("secret").as_ref(),
    },
    as_configured("variable DISCOURSE_HOSTNAME"),
    as_configured("variable DISCOURSE_CORS_ORIGIN"),
    Rule {
        on: "variable DISCOURSE_CORS_ORIGIN",
        python_charm: "contains `s3_cdn_url` even without S3",
        this_charm: "contains the origin of `s3_cdn_url` if S3 is used",
        reason: "without S3, browsers load nothing from there",
        allows: |it| {
            let config = &it.recording.input.config;
            let is_used = config.get("s3_enabled") == Some(&json!(true));
            let cdn = config.get("s3_cdn_url").and_then(Value::as_str).unwrap_or_default();
            let origins = it.recorded.and_then(Value::as_str).unwrap_or_default().split(',');
            let others: Vec<&str> = origins.filter(|origin| *origin != cdn).collect();
            !is_used && it.played == Some(&json!(others.join(",")))
        },
    },
    Rule {
        on: "variable DISCOURSE_SECRET_KEY_BASE",
        python_charm: "not set: Discourse keeps a key that it made in Redis",
        this_charm: "that key, which a secret of the application keeps as well",
        reason: "a lost Redis would log everybody out",
        allows: |it| it.recorded.is_none() && it.played.and_then(Value::as_str).is_some_and(|key| key.len() == 128),
    },
    Rule {
        on: "variable RAILS_LOG_TO_STDOUT",
        python_charm: "not set",
        this_charm: "`1`",
        reason: "Pebble forwards standard output, not log files",
        allows: |it| it.recorded.is_none() && it.played == Some(&json!("1")),
    },
    Rule {
        on: "variable DISCOURSE_SMTP_AUTHENTICATION",
        python_charm: "passes `none` on",
        this_charm: "not set when the option is `none`",
        reason: "the mail library has no method of that name",
        allows: |it| it.recorded == Some(&json!("none")) && it.played.is_none(),
    },
    Rule {
        on: "variable DISCOURSE_DB_PORT",
        python_charm: "not set",
        this_charm: "the port of the first endpoint",
        reason: "a database on another port cannot be reached without it",
        allows: |it| it.recorded.is_none() && it.is_endpoint_port(),
    },
    Rule {
        on: "variable DISCOURSE_DB_REPLICA_HOST",
        python_charm: "not set",
        this_charm: "a host of `read-only-endpoints`",
        reason: "Discourse reads from there while the primary does not answer",
        allows: |it| it.recorded.is_none() && it.is_part_of_replica(),
    },
    Rule {
        on: "variable DISCOURSE_DB_REPLICA_PORT",
        python_charm: "not set",
        this_charm: "the port of that host of `read-only-endpoints`",
        reason: "Discourse reads from there while the primary does not answer",
        allows: |it| it.recorded.is_none() && it.is_part_of_replica(),
    },
    Rule {
        on: "variable DISCOURSE_FORCE_HTTPS",
        python_charm: "writes the setting into the database with a Rails command",
        this_charm: "sets the variable from the option, `false` included",
        reason: "a variable needs no Rails boot and takes precedence over the database",
        allows: |it| {
            let is_held = it.status() == "blocked";
            it.recorded.is_none() && (is_held || it.played == Some(&json!(it.is_true("force_https").to_string())))
        },
    },
    Rule {
        on: "variable UNICORN_BIND_ALL",
        python_charm: "set by its launch script",
        this_charm: "`1`",
        reason: "without it, Discourse listens on 127.0.0.1 only",
        allows: |it| it.recorded.is_none() && it.played == Some(&json!("1")),
    },
    Rule {
        on: "variable UNICORN_SIDEKIQS",
        python_charm: "set by its launch script",
        this_charm: "`1`",
        reason: "without it, no background jobs run and no mail is sent",
        allows: |it| it.recorded.is_none() && it.played == Some(&json!("1")),
    },
    Rule {
        on: "variable DISCOURSE_DB_VARIABLES_TCP_KEEPALIVES_IDLE",
        python_charm: "not set",
        this_charm: "`30` seconds",
        reason: "a connection from a lost node could hold the migration lock for hours",
        allows: |it| it.recorded.is_none() && it.played == Some(&json!("30")),
    },
    Rule {
        on: "variable DISCOURSE_MAX_ADMIN_API_REQS_PER_KEY_PER_MINUTE",
        python_charm: "uses this name",
        this_charm: "uses `DISCOURSE_MAX_ADMIN_API_REQS_PER_MINUTE`",
        reason: "Discourse has deprecated the old name",
        allows: |it| it.recorded.is_some() && it.variable("DISCOURSE_MAX_ADMIN_API_REQS_PER_MINUTE") == it.recorded,
    },
    Rule {
        on: "variable DISCOURSE_MAX_ADMIN_API_REQS_PER_MINUTE",
        python_charm: "uses the old name",
        this_charm: "set by `throttle_level`",
        reason: "Discourse has deprecated the old name",
        allows: |it| it.recorded.is_none() && it.played == Some(&json!("3000")),
    },
    Rule {
        on: "variable DISCOURSE_REDIS_HOST",
        python_charm: "keeps the old host when only the application databag of `redis` changes",
        this_charm: "uses the announced leader",
        reason: "the old primary no longer accepts writes",
        allows: |it| it.played.is_some() && it.played == it.remote("redis", "leader-host").as_ref(),
    },
    Rule {
        on: "variable DISCOURSE_REDIS_PASSWORD",
        python_charm: "ignores a password in the databag",
        this_charm: "uses that password",
        reason: "such a Redis server rejects every command without its password",
        allows: |it| it.recorded.is_none() && it.played.is_some() && it.played == it.offered_password().as_ref(),
    },
];

const fn dead(on: &'static str) -> Rule {
    Rule {
        on,
        python_charm: "set",
        this_charm: "not set",
        reason: "nothing reads it",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    }
}

const fn left_out_when_empty(on: &'static str) -> Rule {
    Rule {
        on,
        python_charm: "set to an empty string when its option is empty",
        this_charm: "not set when its option is empty",
        reason: "Discourse reads an empty variable as nil, which overrides its default",
        allows: |it| it.recorded == Some(&json!("")) && it.played.is_none(),
    }
}

const fn unregistered(on: &'static str) -> Rule {
    Rule {
        on,
        python_charm: "set before the client is registered, without its ID and secret",
        this_charm: "set once the client is registered and its secret is readable",
        reason: "Discourse would offer a login that cannot work",
        allows: |it| it.recorded.is_some() && it.played.is_none() && it.status() == "waiting",
    }
}

const fn as_configured(on: &'static str) -> Rule {
    Rule {
        on,
        python_charm: "keeps the previous value, or follows options that are incomplete",
        this_charm: "follows the options in every hook, as soon as they are valid",
        reason: "an option that was set must take effect",
        allows: |it| it.played.is_some() && it.recording.relation("oauth").is_some(),
    }
}
