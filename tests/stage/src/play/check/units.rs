//! Steps that run something on a unit.

use super::{Checked, Known, applications::known};
use crate::{
    agent::parameters,
    charm::Charm,
    model::{Version, names},
    remedy::{all, remedy},
    scene::{Ending, ExpectHooks, ExpectPlan, Hook, Kill, Run},
};
use serde_json::{Map, Value};

/// The hooks that every charm has.
const LIFECYCLE: [&str; 8] =
    ["install", "leader-elected", "config-changed", "start", "update-status", "upgrade-charm", "stop", "remove"];
/// The hook of units that do not lead, which Juju 3.6 has.
const SETTINGS_CHANGED: &str = "leader-settings-changed";
/// The hooks of a relation, by the end of their names.
const OF_RELATION: [&str; 5] =
    ["-relation-created", "-relation-joined", "-relation-changed", "-relation-departed", "-relation-broken"];
/// Hooks that tell of something that has happened, by the end of their names.
const OF_PEBBLE: [&str; 3] = ["-pebble-custom-notice", "-pebble-check-failed", "-pebble-check-recovered"];
const OF_STORAGE: [&str; 2] = ["-storage-attached", "-storage-detaching"];
const OF_SECRETS: [&str; 4] = ["secret-changed", "secret-remove", "secret-rotate", "secret-expired"];

impl Known<'_> {
    pub(super) fn run(&self, run: &Run) -> Checked {
        let Some(application) = self.unit(&run.unit)? else { return Ok(()) };
        if run.expect.status == Some(Ending::Error) {
            return Ok(());
        }
        self.secrets_of("parameter", &run.parameters)?;
        let declared = &application.charm.actions;
        let given: Map<String, Value> = run.parameters.clone();
        let refused = |refusal: parameters::Refusal| match declared.get(&run.action) {
            None => format!("{refusal}{}", remedy(&run.action, declared.keys())),
            Some(spec) => format!("{refusal}: of parameters {}", all(spec.params.keys())),
        };
        parameters::complete(self.model, &run.unit, &run.action, given.into()).map(drop).map_err(refused)
    }

    pub(super) fn kill(&self, kill: &Kill) -> Checked {
        let named = [&kill.pod, &kill.container, &kill.agent].into_iter().flatten();
        for unit in named {
            let application = self.unit(unit)?;
            let has_none = application.is_some_and(|application| application.charm.containers.is_empty());
            if kill.container.is_some() && has_none {
                return Err(format!("{unit} has no container: its charm declares none"));
            }
        }
        Ok(())
    }

    pub(super) fn plan(&self, expected: &ExpectPlan) -> Checked {
        let Some(application) = self.unit(&expected.unit)? else { return Ok(()) };
        let containers = &application.charm.containers;
        match &expected.container {
            Some(container) => known("container", container, containers.keys()),
            None if containers.len() == 1 => Ok(()),
            None => Err(format!("write {}:CONTAINER: {}", expected.unit, all(containers.keys()))),
        }
    }

    pub(super) fn hook(&self, hook: &Hook) -> Checked {
        let Some(application) = self.unit(&hook.unit)? else { return Ok(()) };
        let relation = OF_RELATION.iter().find_map(|end| hook.hook.strip_suffix(end));
        let runs_alone = self.lifecycle().chain(of_endpoints(&application.charm)).chain(ready(&application.charm));
        if let Err(unknown) = known("hook", &hook.hook, runs_alone) {
            let comes = happening(&application.charm).any(|name| name == hook.hook);
            let cause = format!("the hook {} tells of something that happens: let that happen", hook.hook);
            return Err(if comes { cause } else { unknown });
        }
        relation.map_or(Ok(()), |endpoint| self.related(&application.name, endpoint))
    }

    /// Hooks by their names; actions and commands count, too.
    pub(super) fn hooks(&self, expected: &ExpectHooks) -> Checked {
        let Some(application) = self.unit(&expected.unit)? else { return Ok(()) };
        let charm = &application.charm;
        let of_charm =
            of_endpoints(charm).chain(ready(charm)).chain(happening(charm)).chain(charm.actions.keys().cloned());
        let all: Vec<String> = self.lifecycle().chain(of_charm).chain(["juju-exec".to_owned()]).collect();
        // A charm that was replaced may have had others.
        let is_former = !application.former.is_empty() || self.doubtful.contains(names::application_of(&expected.unit));
        expected.hooks.iter().try_for_each(|hook| if is_former { Ok(()) } else { known("hook", hook, &all) })
    }

    fn lifecycle(&self) -> impl Iterator<Item = String> {
        let of_version = (self.model.juju == Version::V3_6).then_some(SETTINGS_CHANGED);
        LIFECYCLE.into_iter().chain(of_version).map(str::to_owned)
    }
}

fn of_endpoints(charm: &Charm) -> impl Iterator<Item = String> {
    charm.endpoints.keys().flat_map(|endpoint| OF_RELATION.map(|end| format!("{endpoint}{end}")))
}

fn ready(charm: &Charm) -> impl Iterator<Item = String> {
    charm.containers.keys().map(|container| format!("{container}-pebble-ready"))
}

fn happening(charm: &Charm) -> impl Iterator<Item = String> {
    let of_pebble = charm.containers.keys().flat_map(|name| OF_PEBBLE.map(|end| format!("{name}{end}")));
    let of_storage = charm.storage.keys().flat_map(|name| OF_STORAGE.map(|end| format!("{name}{end}")));
    of_pebble.chain(of_storage).chain(OF_SECRETS.map(str::to_owned))
}
