//! Juju's environment as an event: why this process was started.
//!
//! *Source*: Juju 3.6 and 4.0, `internal/worker/uniter/runner/context`.

use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    discourse::{
        image::{CONTAINER, GATE_CHECK, JOB_NOTICE},
        variables::Proxy,
    },
    juju::{RelationId, UnitName},
    relations,
    status::Names,
};

/// Deploys and runs Discourse. Juju starts this program for every hook; a person can ask it to explain itself.
///
/// It reads what Juju puts into the environment, asks the hook tools for options and relation data, drives the workload through
/// Pebble, and reports a status. Without a dispatch path and a command it prints what it is.
#[derive(Debug, Clone, Parser)]
#[command(name = "dispatch", version)]
pub struct Environment {
    #[command(subcommand)]
    command: Option<Command>,
    /// The hook context, without which no hook tool works.
    #[arg(long, env = "JUJU_CONTEXT_ID", default_value = "", hide_env_values = true, hide_default_value = true)]
    context_id: String,
    /// What to do, such as hooks/config-changed or actions/create-user.
    #[arg(long, env = "JUJU_DISPATCH_PATH", default_value = "", hide_env_values = true, hide_default_value = true)]
    dispatch_path: String,
    /// The unit, such as discourse-k8s/0.
    #[arg(long, env = "JUJU_UNIT_NAME", default_value = "", hide_env_values = true, hide_default_value = true)]
    unit_name: String,
    /// The model, which is the Kubernetes namespace.
    #[arg(long, env = "JUJU_MODEL_NAME", default_value = "", hide_env_values = true, hide_default_value = true)]
    model_name: String,
    /// The model's UUID.
    #[arg(long, env = "JUJU_MODEL_UUID", default_value = "", hide_env_values = true, hide_default_value = true)]
    model_uuid: String,
    /// The relation of a relation hook, such as database:7.
    #[arg(long, env = "JUJU_RELATION_ID", default_value = "", hide_env_values = true, hide_default_value = true)]
    relation_id: String,
    /// The application on the other side of a relation hook.
    #[arg(long, env = "JUJU_REMOTE_APP", default_value = "", hide_env_values = true, hide_default_value = true)]
    remote_app: String,
    /// The unit that leaves in a departed hook.
    #[arg(long, env = "JUJU_DEPARTING_UNIT", default_value = "", hide_env_values = true, hide_default_value = true)]
    departing_unit: String,
    /// The check of a check hook.
    #[arg(long, env = "JUJU_PEBBLE_CHECK_NAME", default_value = "", hide_env_values = true, hide_default_value = true)]
    check_name: String,
    /// The key of the notice of a notice hook.
    #[arg(long, env = "JUJU_NOTICE_KEY", default_value = "", hide_env_values = true, hide_default_value = true)]
    notice_key: String,
    /// The trace of which this hook is a part.
    #[arg(long, env = "JUJU_TRACE_ID", default_value = "", hide_env_values = true, hide_default_value = true)]
    trace_id: String,
    /// The span of that trace around this hook.
    #[arg(long, env = "JUJU_SPAN_ID", default_value = "", hide_env_values = true, hide_default_value = true)]
    span_id: String,
    /// The model's http proxy for charms.
    #[arg(long, env = "JUJU_CHARM_HTTP_PROXY", default_value = "", hide_env_values = true, hide_default_value = true)]
    http_proxy: String,
    /// The model's https proxy for charms.
    #[arg(long, env = "JUJU_CHARM_HTTPS_PROXY", default_value = "", hide_env_values = true, hide_default_value = true)]
    https_proxy: String,
    /// The hosts that are reached without a proxy.
    #[arg(long, env = "JUJU_CHARM_NO_PROXY", default_value = "", hide_env_values = true, hide_default_value = true)]
    no_proxy: String,
}

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Prints what the charm sees and would do now, and why: juju exec --unit UNIT -- ./dispatch explain
    Explain {
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Prints what is well and what is not, with remedies: juju exec --unit UNIT -- ./dispatch diagnose
    Diagnose {
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// How the answer to a person is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// What the environment asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Nothing: a hook that this charm does not know, or one that needs no work.
    Ignored,
    /// Say which charm this is: the first hook of a unit, before which nothing can be done to its container.
    Install,
    /// Print what the program is: Juju names a hook or an action to it, but not to a command of `juju exec`.
    Help,
    /// Bring the unit to the wanted state.
    Reconcile(Trigger),
    /// Run an action, by its name.
    Action(String),
    /// Print what a person asks for.
    Print(Command),
}

/// What a reconciling hook must know of the event that triggered it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trigger {
    /// The relation that is being broken and must be treated as gone.
    pub broken: Option<u32>,
    /// The relation of any other relation hook, and the remote application.
    pub relation: Option<(u32, String)>,
    /// Whether this is the first hook of a new charm revision.
    pub is_upgrade: bool,
    /// Whether this very unit departs from a relation because it leaves, or its application does.
    pub is_leaving: bool,
    /// Whether Pebble caused this hook: only such a one may come after `stop`.
    pub is_of_workload: bool,
}

impl Trigger {
    /// The remote application, if this is a hook of the relation with this number.
    #[must_use]
    pub fn remote_app(&self, relation: u32) -> Option<&str> {
        let (number, app) = self.relation.as_ref()?;
        (*number == relation && !app.is_empty()).then_some(app)
    }
}

/// Who we are, and why we were started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// What to do.
    pub event: Event,
    /// The name of the hook or action.
    pub name: String,
    /// The trace and the span around this hook, not yet checked.
    pub trace: (String, String),
    /// This unit.
    pub unit: UnitName,
    /// The model's name, which is the Kubernetes namespace.
    pub model: String,
    /// The model's UUID.
    pub model_uuid: String,
    /// The model's proxies.
    pub proxy: Proxy,
}

impl Context {
    /// Who we are, for commands in texts.
    #[must_use]
    pub fn names(&self) -> Names<'_> {
        Names { unit: &self.unit }
    }

    /// Whether the log says which charm this is: it is new to this unit, or to this pod.
    #[must_use]
    pub fn is_new(&self) -> bool {
        match &self.event {
            Event::Install => true,
            Event::Reconcile(trigger) => trigger.is_upgrade || self.name == "start",
            _ => false,
        }
    }
}

/// Juju's environment does not say who we are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// Not Juju started this process, or Juju's environment is broken.
    #[error("reading JUJU_UNIT_NAME failed: {0:?} is not application/number")]
    Unit(String),
    /// A person started this process outside a hook context.
    #[error("{0} needs a hook context: juju exec --unit <unit> -- ./dispatch {0}")]
    NoContext(&'static str),
}

impl Command {
    fn name(self) -> &'static str {
        match self {
            Self::Explain { .. } => "explain",
            Self::Diagnose { .. } => "diagnose",
        }
    }
}

const HOOKS: [&str; 6] =
    ["config-changed", "leader-elected", "secret-changed", "start", "update-status", "upgrade-charm"];
const RELATION_HOOKS: [&str; 5] = ["created", "joined", "changed", "departed", "broken"];

impl Environment {
    /// Understands the environment.
    ///
    /// # Errors
    /// [`ContextError`] if work is asked for and the unit's name is missing or malformed.
    pub fn context(&self) -> Result<Context, ContextError> {
        let event = self.event();
        let is_inside = !self.context_id.is_empty() && self.unit_name.parse::<UnitName>().is_ok();
        if let (Event::Print(command), false) = (&event, is_inside) {
            return Err(ContextError::NoContext(command.name()));
        }
        let unit = match (&event, self.unit_name.parse()) {
            (_, Ok(unit)) => unit,
            (Event::Ignored | Event::Help, Err(_)) => UnitName { application: String::new(), number: 0 },
            _ => return Err(ContextError::Unit(self.unit_name.chars().take(80).collect())),
        };
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Ok(Context {
            event,
            name: self.dispatch_path.rsplit('/').next().unwrap_or_default().to_owned(),
            trace: (self.trace_id.clone(), self.span_id.clone()),
            unit,
            model: self.model_name.clone(),
            model_uuid: self.model_uuid.clone(),
            proxy: Proxy {
                http: filled(&self.http_proxy),
                https: filled(&self.https_proxy),
                exempt: filled(&self.no_proxy),
            },
        })
    }

    fn event(&self) -> Event {
        if let Some(command) = self.command {
            return Event::Print(command);
        }
        if self.dispatch_path.is_empty() {
            return Event::Help;
        }
        match self.dispatch_path.split_once('/') {
            Some(("hooks", hook)) => self.hook(hook),
            Some(("actions", action)) if !action.is_empty() => Event::Action(action.to_owned()),
            _ => Event::Ignored,
        }
    }

    /// `stop` and `remove` reconcile nothing: the pod goes away, and Pebble stops what runs in it.
    fn hook(&self, hook: &str) -> Event {
        if hook == "install" {
            return Event::Install;
        }
        let is_of_workload = self.is_workload_hook(hook);
        let mut trigger = Trigger { is_upgrade: hook == "upgrade-charm", is_of_workload, ..Trigger::default() };
        if let Some((_, what)) = relation_hook(hook) {
            let number = self.relation_id.parse().ok().map(|id: RelationId| id.number);
            trigger.is_leaving = what == "departed" && self.departing_unit == self.unit_name;
            match what {
                "broken" => trigger.broken = number,
                _ => trigger.relation = number.map(|number| (number, self.remote_app.clone())),
            }
            return Event::Reconcile(trigger);
        }
        if HOOKS.contains(&hook) || is_of_workload { Event::Reconcile(trigger) } else { Event::Ignored }
    }

    /// The gate is opened and shut by ourselves: its events tell nothing new. Notices of others are none of our business.
    fn is_workload_hook(&self, hook: &str) -> bool {
        match hook.strip_prefix(CONTAINER) {
            Some("-pebble-ready") => true,
            Some("-pebble-custom-notice") => self.notice_key == JOB_NOTICE,
            Some("-pebble-check-failed" | "-pebble-check-recovered") => self.check_name != GATE_CHECK,
            _ => false,
        }
    }
}

/// The endpoint and the kind of a relation hook that this charm handles.
fn relation_hook(hook: &str) -> Option<(&str, &str)> {
    let (endpoint, what) = hook.rsplit_once("-relation-")?;
    (relations::endpoint(endpoint).is_some() && RELATION_HOOKS.contains(&what)).then_some((endpoint, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        let arguments = pairs.iter().flat_map(|(flag, value)| [format!("--{flag}"), (*value).to_owned()]);
        Environment::parse_from(std::iter::once("dispatch".to_owned()).chain(arguments))
    }

    fn event(path: &str) -> Event {
        environment(&[("dispatch-path", path), ("unit-name", "forum/3")]).context().unwrap().event
    }

    #[test]
    fn hooks_that_this_charm_knows_reconcile() {
        for hook in [
            "config-changed",
            "start",
            "upgrade-charm",
            "leader-elected",
            "update-status",
            "secret-changed",
            "discourse-pebble-ready",
            "discourse-pebble-check-failed",
            "discourse-pebble-check-recovered",
            "database-relation-created",
            "redis-relation-changed",
            "nginx-route-relation-joined",
            "restart-relation-departed",
        ] {
            let trigger = Trigger {
                is_upgrade: hook == "upgrade-charm",
                is_of_workload: hook.contains("-pebble-"),
                ..Trigger::default()
            };
            assert_eq!(event(&format!("hooks/{hook}")), Event::Reconcile(trigger), "{hook}");
        }
    }

    #[test]
    fn a_charm_is_new_to_its_unit_or_pod_in_the_hooks_that_begin_a_life() {
        let is_new =
            |path: &str| environment(&[("dispatch-path", path), ("unit-name", "forum/3")]).context().unwrap().is_new();
        assert_eq!(event("hooks/install"), Event::Install);
        assert!(["hooks/install", "hooks/start", "hooks/upgrade-charm"].into_iter().all(is_new));
        assert!(!["hooks/update-status", "hooks/stop", "actions/start", "actions/explain"].into_iter().any(is_new));
    }

    #[test]
    fn other_hooks_are_ignored() {
        for path in [
            "hooks/",
            "hooks/stop",
            "hooks/remove",
            "hooks/collect-metrics",
            "hooks/leader-settings-changed",
            "hooks/secret-expired",
            "hooks/secret-remove",
            "hooks/secret-rotate",
            "hooks/other-relation-changed",
            "hooks/database-relation-exploded",
            "hooks/discourse-pebble-custom-notice",
            "actions/",
            "config-changed",
        ] {
            assert_eq!(event(path), Event::Ignored, "{path:?}");
        }
    }

    #[test]
    fn events_of_the_gate_are_ignored() {
        let gate = environment(&[
            ("dispatch-path", "hooks/discourse-pebble-check-failed"),
            ("unit-name", "forum/3"),
            ("check-name", "discourse-gate"),
        ]);
        assert_eq!(gate.context().unwrap().event, Event::Ignored);
    }

    #[test]
    fn a_command_of_juju_exec_is_told_what_the_program_is() {
        assert_eq!(environment(&[("context-id", "x"), ("unit-name", "forum/3")]).context().unwrap().event, Event::Help);
        assert_eq!(environment(&[]).context().unwrap().event, Event::Help);
    }

    #[test]
    fn an_explanation_needs_a_hook_context() {
        let explain = |arguments: &[&str]| Environment::parse_from([&["dispatch"], arguments].concat()).context();
        assert_eq!(explain(&["--unit-name", "forum/3", "explain"]), Err(ContextError::NoContext("explain")));
        let inside = ["--unit-name", "forum/3", "--context-id", "x", "explain", "--format", "json"];
        assert_eq!(explain(&inside).unwrap().event, Event::Print(Command::Explain { format: Format::Json }));
    }

    #[test]
    fn a_broken_relation_is_named() {
        let broken = environment(&[
            ("dispatch-path", "hooks/database-relation-broken"),
            ("unit-name", "forum/3"),
            ("relation-id", "database:7"),
        ]);
        assert_eq!(
            broken.context().unwrap().event,
            Event::Reconcile(Trigger { broken: Some(7), ..Trigger::default() })
        );
    }

    #[test]
    fn a_unit_leaves_if_it_departs_itself() {
        let is_leaving = |hook: &str, departing: &str| {
            let departed = environment(&[
                ("dispatch-path", hook),
                ("unit-name", "forum/3"),
                ("relation-id", "redis:7"),
                ("departing-unit", departing),
            ]);
            match departed.context().unwrap().event {
                Event::Reconcile(trigger) => trigger.is_leaving,
                other => panic!("{other:?}"),
            }
        };
        assert!(is_leaving("hooks/redis-relation-departed", "forum/3"));
        assert!(!is_leaving("hooks/redis-relation-departed", "redis/0"));
        assert!(!is_leaving("hooks/redis-relation-changed", "forum/3"));
    }

    #[test]
    fn an_environment_that_does_not_say_who_we_are_is_an_error_only_if_there_is_work() {
        for name in ["", "forum", "forum/x", "/1"] {
            let known = environment(&[("dispatch-path", "hooks/start"), ("unit-name", name)]);
            assert_eq!(known.context(), Err(ContextError::Unit(name.to_owned())));
            let unknown = environment(&[("dispatch-path", "hooks/other"), ("unit-name", name)]);
            assert_eq!(unknown.context().map(|context| context.event), Ok(Event::Ignored));
        }
    }
}
