//! The commands of Juju with the form of what follows them.
//!
//! *Source*: documentation.ubuntu.com/juju/3.6, the reference of Juju's commands.

use super::form::{
    Form,
    Form::{Charm, End, Endpoint, Name, Number, Secret, Setting, Source, Unit},
};

/// What may follow a command.
pub struct Shape {
    /// The command.
    pub name: &'static str,
    /// The arguments that it must have.
    pub required: &'static [Form],
    /// The forms of any number of others.
    pub others: &'static [Form],
    /// Options with a value, in words without dashes.
    pub valued: &'static str,
    /// Options without.
    pub switches: &'static str,
    /// Whether a program with its own arguments follows.
    pub has_program: bool,
}

/// Options with a value that every command has, and those without.
pub const GLOBAL: [&str; 2] = ["m model format o output", "debug verbose q quiet"];

const fn shape(name: &'static str, required: &'static [Form], others: &'static [Form]) -> Shape {
    Shape { name, required, others, valued: "", switches: "", has_program: false }
}

impl Shape {
    const fn options(self, valued: &'static str, switches: &'static str) -> Self {
        Self { valued, switches, ..self }
    }

    const fn program(self) -> Self {
        Self { has_program: true, ..self }
    }
}

/// How things are removed without further questions.
const REMOVAL: &str = "no-prompt force no-wait destroy-storage dry-run";

/// All commands that texts may name.
pub const COMMANDS: [Shape; 49] = [
    shape("add-model", &[Name], &[Name]).options("config credential owner", "no-switch"),
    shape("add-secret", &[Name], &[Setting]).options("file info", ""),
    shape("add-unit", &[Name], &[]).options("n num-units to", ""),
    shape("attach-resource", &[Name, Setting], &[]),
    shape("bootstrap", &[Name], &[Name])
        .options("config constraints credential model-default add-model agent-version", ""),
    shape("charm-resources", &[Name], &[]).options("channel", ""),
    shape("config", &[Name], &[Setting, Name]).options("reset file", ""),
    shape("constraints", &[Name], &[]),
    shape("consume", &[Name], &[Name]),
    shape("controllers", &[], &[]),
    shape("debug-log", &[], &[]).options(
        "i include x exclude include-module exclude-module include-labels l level n lines limit",
        "replay tail no-tail T date location ms utc color",
    ),
    shape("deploy", &[Source], &[Name]).options(
        "channel n num-units config resource constraints base revision storage overlay to",
        "trust force dry-run",
    ),
    shape("destroy-model", &[Name], &[])
        .options("t timeout", "no-prompt force no-wait destroy-storage release-storage"),
    shape("exec", &[], &[]).options("u unit a application wait", "all background").program(),
    shape("expose", &[Name], &[]).options("endpoints to-cidrs to-spaces", ""),
    shape("find-offers", &[], &[Name]).options("interface offer url", ""),
    shape("grant-secret", &[Secret, Name], &[]),
    shape("info", &[Name], &[]).options("channel revision", ""),
    shape("integrate", &[End, End], &[]).options("via", ""),
    shape("model-config", &[], &[Setting, Name]).options("reset file", ""),
    shape("models", &[], &[]),
    shape("offer", &[Endpoint], &[Name]).options("c controller", ""),
    shape("offers", &[], &[Name]).options("interface", ""),
    shape("operations", &[], &[]).options("actions applications limit status units", ""),
    shape("refresh", &[Name], &[])
        .options("path resource channel revision switch config base", "trust force force-units force-base"),
    shape("remove-application", &[Name], &[Name]).options("", REMOVAL),
    shape("remove-relation", &[End, End], &[]).options("", "force"),
    shape("remove-saas", &[Name], &[Name]).options("", "force no-wait"),
    shape("remove-secret", &[Secret], &[]).options("revision", ""),
    shape("remove-unit", &[Name], &[Name]).options("num-units", REMOVAL),
    shape("resolved", &[Unit], &[]).options("", "no-retry all"),
    shape("resources", &[Name], &[]).options("", "details"),
    shape("revoke-secret", &[Secret, Name], &[]),
    shape("run", &[Unit, Name], &[Setting]).options("wait max-wait params", "background string-args utc"),
    shape("scale-application", &[Name, Number], &[]),
    shape("scp", &[Charm, Charm], &[]).options("container", ""),
    shape("secrets", &[], &[]).options("owner", ""),
    shape("set-constraints", &[Name], &[Setting]),
    shape("show-application", &[Name], &[]),
    shape("show-operation", &[Number], &[]).options("wait", "utc watch"),
    shape("show-secret", &[Secret], &[]).options("r revision", "reveal revisions"),
    shape("show-status-log", &[Name], &[]).options("n days from-date type", "utc include-status-updates"),
    shape("show-unit", &[Unit], &[]).options("endpoint related-unit", "app"),
    shape("ssh", &[Unit], &[]).options("container proxy pty", "remote no-host-key-checks").program(),
    shape("status", &[], &[Name])
        .options("watch retry-count retry-delay", "relations integrations storage utc color no-color"),
    shape("switch", &[Name], &[]),
    shape("trust", &[Name], &[]).options("scope", "remove"),
    shape("update-secret", &[Secret, Setting], &[Setting]).options("file info name", "auto-prune"),
    shape("wait-for", &[Name, Name], &[]).options("query timeout", "summary"),
];
