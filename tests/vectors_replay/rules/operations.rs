//! Differences in commands, hooks and actions.

use serde_json::json;

use super::Rule;

/// In the order of the published table.
pub const RULES: &[Rule] = &[
    Rule {
        on: "command read-version",
        python_charm: "boots Rails to ask for the version",
        this_charm: "reads a file in the image",
        reason: "a Rails boot takes about a minute",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    },
    Rule {
        on: "command set-force-https",
        python_charm: "boots Rails in almost every hook",
        this_charm: "never runs it",
        reason: "the variable `DISCOURSE_FORCE_HTTPS` does the same",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    },
    Rule {
        on: "command migrate",
        python_charm: "also runs with options that it then rejects, and whenever the primary moves",
        this_charm: "runs once per image and database, with valid options",
        reason: "the charm asks the database first; a new primary has the same data",
        allows: |it| {
            let is_migrated = it.recording.environment_before().is_some() || !it.recording.input.leader;
            it.played.is_none() && (it.status() == "blocked" || is_migrated)
        },
    },
    Rule {
        on: "command upload-assets",
        python_charm: "runs in every hook whose plan is new",
        this_charm: "runs once per image and bucket, and only with `s3_cdn_url`",
        reason: "without a CDN, browsers load the assets from the forum itself",
        allows: |it| it.played.is_none() && it.option("s3_cdn_url").is_none(),
    },
    one_command("command find-user"),
    one_command("command activate-user"),
    Rule {
        on: "command write-user",
        python_charm: "not run when the preceding look-up crashes",
        this_charm: "looks up the user itself, and fails",
        reason: "one boot instead of three, and no half-created user",
        allows: |it| it.recorded.is_none() && it.recording.exit_code("users:exists[") == Some(1),
    },
    Rule {
        on: "command anonymize-user",
        python_charm: "not run: the action crashes without `redis`",
        this_charm: "runs whenever the server runs",
        reason: "the environment of the running server has everything that the action needs",
        allows: |it| it.recorded.is_none() && it.recording.output.exception.is_some(),
    },
    Rule {
        on: "hook",
        python_charm: "fails when a command fails or data is missing",
        this_charm: "succeeds; the status or the failed action says why",
        reason: "Juju retries a failed hook forever and shows no reason",
        allows: |it| it.recorded != Some(&json!("done")) && it.played == Some(&json!("done")),
    },
    Rule {
        on: "action",
        python_charm: "`promote-user` accepts any text as an address",
        this_charm: "fails with an explanation",
        reason: "text with commas and brackets would become further arguments of the command",
        allows: |it| it.played == Some(&json!("failed")) && it.has_malformed_address(),
    },
];

const fn one_command(on: &'static str) -> Rule {
    Rule {
        on,
        python_charm: "a separate Rails boot",
        this_charm: "part of the single command that performs the whole operation",
        reason: "one boot instead of three, and no half-created user",
        allows: |it| it.recorded.is_some() && it.played.is_none(),
    }
}
