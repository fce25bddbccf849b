//! The actions: one file each. An action gets what a hook gets: the world, the decision, the clients.

mod add_admin_user;
mod anonymize_user;
mod backups;
mod create_backup;
mod create_user;
mod diagnose;
mod explain;
mod job_status;
mod list_backups;
mod list_plugins;
mod migrate_uploads;
mod operation;
mod parameters;
mod password;
mod pre_refresh_check;
mod promote_user;
mod rake_task;
mod rebake_posts;
mod remap;
mod restart;
mod restore_backup;
mod rollback_restore;
mod rotate_secret_key;
mod send_test_email;
mod table;
mod upload_assets;
mod user_task;

use std::pin::Pin;

use crate::{
    clients::Clients,
    decide::{Understanding, decide},
    decision::Decision,
    dispatch::{Context, Trigger},
    journal::Journal,
    juju::{RelationId, ToolError},
    observe::observe,
    relations::restart as restart_relation,
    world::World,
};

use parameters::Parameters;

/// An action of `actions.yaml`.
#[derive(Debug, Clone, Copy)]
struct Action {
    name: &'static str,
    /// What is true where only the results could not be handed over.
    done: &'static str,
    perform: for<'a> fn(&'a Scene<'a>) -> Performance<'a>,
}

/// Every action.
const ACTIONS: [Action; 20] = [
    add_admin_user::ACTION,
    create_user::ACTION,
    promote_user::ACTION,
    anonymize_user::ACTION,
    create_backup::ACTION,
    list_backups::ACTION,
    restore_backup::ACTION,
    rollback_restore::ACTION,
    job_status::ACTION,
    upload_assets::ACTION,
    migrate_uploads::ACTION,
    rebake_posts::ACTION,
    remap::ACTION,
    send_test_email::ACTION,
    list_plugins::ACTION,
    restart::ACTION,
    rotate_secret_key::ACTION,
    pre_refresh_check::ACTION,
    diagnose::ACTION,
    explain::ACTION,
];

/// What an action gets.
struct Scene<'a> {
    context: &'a Context,
    clients: &'a Clients<'a>,
    parameters: Parameters,
    world: World,
    decision: Decision,
}

type Performance<'a> = Pin<Box<dyn Future<Output = Result<Results, Failure>> + 'a>>;

/// Results by key; keys are in lower case, with dashes.
type Results = Vec<(&'static str, String)>;

/// Why an action failed, as a message for the operator that names the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
struct Failure(String);

/// Runs an action; its failure is a message, never a failed process.
pub async fn run(name: &str, context: &Context, clients: &mut Clients<'_>, now: i64) {
    let outcome = match Box::pin(perform(name, context, clients, now)).await {
        Ok((done, results)) => hand_over(clients, done, &results).await,
        Err(failure) => Err(failure),
    };
    if let Err(Failure(message)) = outcome
        && let Err(error) = clients.tools.action_fail(&message).await
    {
        tracing::warn!("{error}");
    }
}

async fn perform(
    name: &str,
    context: &Context,
    clients: &mut Clients<'_>,
    now: i64,
) -> Result<(&'static str, Results), Failure> {
    let unknown = || Failure(format!("this charm has no action {name}"));
    let action = ACTIONS.into_iter().find(|action| action.name == name).ok_or_else(unknown)?;
    let parameters = Parameters::new(clients.tools.action_get().await?);
    let world = Box::pin(observe(context, &Trigger::default(), clients, now)).await?;
    let decision = decide(&world, &Journal::default());
    let results = (action.perform)(&Scene { context, clients, parameters, world, decision }).await?;
    Ok((action.done, results))
}

impl Scene<'_> {
    /// What the world means.
    fn known(&self) -> Understanding {
        Understanding::of(&self.world)
    }

    /// Discourse is set up where its service runs: only then is the database known to be migrated.
    fn is_set_up(&self) -> bool {
        self.world.is_running()
    }

    /// The unit's own status says best what is missing.
    fn not_set_up(&self) -> Failure {
        let unit = &self.context.unit;
        Failure(match self.world.unwell().filter(|message| !message.is_empty()) {
            Some(message) => message.to_owned(),
            None => format!("Discourse does not run in {unit}; wait until juju status says active and try again"),
        })
    }

    /// The relation with the other units.
    fn own_relation(&self) -> Result<RelationId, Failure> {
        let unknown = || Failure("Juju has not made the relation restart yet; try again in a minute".to_owned());
        let relation = self.world.peers().ok_or_else(unknown)?;
        Ok(RelationId { endpoint: restart_relation::ENDPOINT.name.to_owned(), number: relation.id })
    }
}

/// Gives the operator the results. What the tool complains of may quote them, a password among them: it is not repeated.
async fn hand_over(clients: &Clients<'_>, done: &str, results: &[(&'static str, String)]) -> Result<(), Failure> {
    let results: Vec<(&str, &str)> = results.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let lost = |error: ToolError| Failure(format!("{done}, but {} failed: the results are lost", error.tool));
    clients.tools.action_set(&results).await.map_err(lost)
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::ACTIONS;

    #[test]
    fn the_table_and_actions_yaml_declare_the_same_actions() {
        let declared: BTreeMap<String, Value> = serde_yaml::from_str(include_str!("../actions.yaml")).unwrap();
        let known = BTreeSet::from(ACTIONS.map(|action| action.name));
        assert_eq!(known, declared.keys().map(String::as_str).collect());
    }
}
