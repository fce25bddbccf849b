//! What each command of Juju does.

mod applications;
mod images;
mod models;
mod offers;
mod relations;
mod secrets;
mod shown;
mod tasks;
mod units;
mod workload;

use crate::{grammar::Command, player::Player};

/// What a command prints, or Juju's refusal.
pub type Printed = Result<String, String>;

type Act = fn(&mut Player<'_>, &Command) -> Printed;

/// The commands that can be played.
const ACTS: [(&str, Act); 46] = [
    ("add-model", models::add),
    ("add-secret", secrets::add),
    ("add-unit", units::add),
    ("attach-resource", images::attach),
    ("bootstrap", models::bootstrap),
    ("config", applications::config),
    ("consume", offers::consume),
    ("controllers", models::controllers),
    ("debug-log", shown::log),
    ("deploy", applications::deploy),
    ("destroy-model", models::destroy),
    ("exec", tasks::exec),
    ("expose", applications::known),
    ("find-offers", offers::find),
    ("grant-secret", secrets::grant),
    ("info", applications::info),
    ("integrate", relations::integrate),
    ("model-config", models::config),
    ("models", models::list),
    ("offer", offers::offer),
    ("offers", offers::list),
    ("operations", tasks::operations),
    ("refresh", images::refresh),
    ("remove-application", applications::remove),
    ("remove-relation", relations::remove),
    ("remove-saas", offers::remove),
    ("remove-secret", secrets::remove),
    ("remove-unit", units::remove),
    ("resolved", units::resolved),
    ("resources", applications::known),
    ("revoke-secret", secrets::revoke),
    ("run", tasks::run),
    ("scale-application", units::scale),
    ("secrets", secrets::list),
    ("set-constraints", applications::known),
    ("show-application", applications::known),
    ("show-operation", tasks::show),
    ("show-secret", secrets::show),
    ("show-status-log", shown::status_log),
    ("show-unit", shown::unit),
    ("ssh", workload::ssh),
    ("status", shown::status),
    ("switch", models::switch),
    ("trust", applications::trust),
    ("update-secret", secrets::update),
    ("wait-for", shown::wait),
];

/// Values, one per line.
fn lines(values: impl IntoIterator<Item = impl ToString>) -> String {
    let lines: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    lines.join("\n")
}

/// Does what a command says.
pub fn play(player: &mut Player<'_>, command: &Command) -> Printed {
    match ACTS.iter().find(|(name, _)| *name == command.name) {
        Some((_, act)) => act(player, command),
        None => Err(format!("juju {} cannot be played yet", command.name)),
    }
}
