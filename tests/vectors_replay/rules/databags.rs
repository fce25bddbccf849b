//! Differences in the databags that this charm writes.

use serde_json::{Value, json};

use super::Rule;
use crate::vectors_replay::difference::Difference;

/// In the order of the published table.
pub const RULES: &[Rule] = &[
    Rule {
        on: "databag database unit data",
        python_charm: "a copy of the remote databag",
        this_charm: "removed",
        reason: "it may contain the password in plain text, and nothing needs it",
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
        python_charm: "Discourse's own port 3000",
        this_charm: "port 9394, once every unit runs this charm's image",
        reason: "an ingress would show the metrics on port 3000 to everybody",
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
    remembered("databag restart unit warnings"),
    remembered("databag restart unit served"),
    remembered("databag restart unit state"),
    decided("databag restart app barrier"),
    decided("databag restart app secret-key"),
];

const fn requested_late(on: &'static str, allows: fn(&Difference<'_>) -> bool) -> Rule {
    Rule {
        on,
        python_charm: "written only when the relation is created",
        this_charm: "written by the leader in any hook that finds it missing",
        reason: "a relation created while there was no leader would never get a database",
        allows,
    }
}

const fn asked_late(on: &'static str) -> Rule {
    Rule {
        on,
        python_charm: "written only in hooks of that relation",
        this_charm: "written by the leader in any hook that finds it missing",
        reason: "a relation created while there was no leader would never get a client",
        allows: |it| it.recorded.is_none() && it.played.is_some() && it.recording.input.leader,
    }
}

const fn unasked(on: &'static str) -> Rule {
    Rule {
        on,
        python_charm: "written even without `force_https`",
        this_charm: "written once the options are valid",
        reason: "the redirect address depends on them",
        allows: |it| it.recorded.is_some() && it.played.is_none() && it.status() == "blocked",
    }
}

const fn offered_late(on: &'static str) -> Rule {
    Rule {
        on,
        python_charm: "written in some hooks only",
        this_charm: "written by any hook that finds it missing",
        reason: "a change between those hooks would go unnoticed",
        allows: |it| it.recorded.is_none() && it.played.is_some(),
    }
}

const fn own_rules(on: &'static str) -> Rule {
    Rule {
        on,
        python_charm: "one rule that any target in the model can fire, or none",
        this_charm: "rules about traffic, queues, stores, processes and logs",
        reason: "they tell the operator what is wrong, and where",
        allows: |it| it.played.is_some_and(|rules| rules.get("groups").is_some()),
    }
}

const fn remembered(on: &'static str) -> Rule {
    Rule {
        on,
        python_charm: "not written",
        this_charm: "what the unit has done so far",
        reason: "files in the container are lost with it, and the peers must know how far each unit is",
        allows: |it| it.recorded.is_none() && it.played.is_some_and(Value::is_string),
    }
}

const fn decided(on: &'static str) -> Rule {
    Rule {
        on,
        python_charm: "not written",
        this_charm: "what the leader has decided for all units",
        reason: "every unit must know it, the next leader too",
        allows: |it| it.recorded.is_none() && it.played.is_some() && it.recording.input.leader,
    }
}

/// What the Python charm asks a database for.
fn requested_secrets() -> Value {
    json!(["username", "password", "tls", "tls-ca", "uris", "read-only-uris", "entity-name", "entity-password"])
}
