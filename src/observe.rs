//! Reading the world: Juju and Pebble at the same time, and everything of one kind at once.
//!
//! Hook tools are processes that the agent serves one after another: starting them together hides the cost of their starts.

mod container;
mod relations;

use std::collections::{BTreeMap, BTreeSet};

use ::tracing::{Instrument, info_span};
use futures_util::future::join_all;
use tokio::{join, try_join};

use crate::{
    clients::Clients,
    discourse::{credentials, options::RawOptions},
    dispatch::{Context, Trigger},
    excerpt::Excerpt,
    juju::{Status, ToolError, Tools, secret_id},
    relations::{Relations, tracing, withhold_shared_secrets},
    secret::SecretContent,
    world::World,
};

pub use container::container;

/// What Juju shows.
struct Juju {
    options: RawOptions,
    is_leader: bool,
    status: Status,
    framework_state: Vec<String>,
    relations: Relations,
    option_secrets: BTreeMap<&'static str, SecretContent>,
    address: Result<Option<String>, String>,
    is_leaving: bool,
    units: BTreeSet<u32>,
}

/// Reads everything once.
///
/// # Errors
/// [`ToolError`] if a hook tool fails without which nothing can be decided: what could not be read must not be taken for absent.
/// One that fails for a relation which the forum can do without makes that relation unreadable, and nothing else.
pub async fn observe(
    context: &Context,
    trigger: &Trigger,
    clients: &mut Clients<'_>,
    now: i64,
) -> Result<World, ToolError> {
    let observed = async { join!(juju(context, trigger, clients), container(clients.pebble)) };
    let (juju, container) = observed.instrument(info_span!("observe")).await;
    let Juju { options, is_leader, status, framework_state, relations, option_secrets, address, is_leaving, units } =
        juju?;
    clients.current_status = Some(status.clone());
    clients.trace_receiver = relations.one(&tracing::ENDPOINT).and_then(tracing::receiver);
    Ok(World {
        unit: context.unit.clone(),
        model: context.model.clone(),
        model_uuid: context.model_uuid.clone(),
        proxy: context.proxy.clone(),
        now,
        is_leader,
        shown: status,
        options,
        option_secrets,
        relations,
        address,
        is_upgraded: trigger.is_upgrade,
        framework_state,
        container,
        is_leaving,
        units,
        secret_key: None,
        inspection: None,
    })
}

async fn juju(context: &Context, trigger: &Trigger, clients: &Clients<'_>) -> Result<Juju, ToolError> {
    let tools = clients.tools;
    let (options, is_leader, status, goal, ids, framework_state) = try_join!(
        tools.config_get(),
        tools.is_leader(),
        status(clients),
        tools.goal_state(),
        relations::ids_in_any_case(tools, trigger),
        async { Ok(framework_state(tools, trigger).await) },
    )?;
    let options: RawOptions = options.into_iter().collect();
    let reader = relations::Reader { tools, context, trigger, is_leader };
    let named = [credentials::SMTP, credentials::S3].map(|it| (it, options.text(it).unwrap_or_default()));
    let units = goal.units.iter().map(|unit| unit.number).collect();
    let is_leaving = trigger.is_leaving || goal.dying.contains(&context.unit);
    // Whoever leaves is shown less and less of its relations.
    let (relations, option_secrets) = if is_leaving {
        (Ok(relations::unread_peers(&ids)), BTreeMap::new())
    } else {
        join!(reader.all(&goal.related, &ids), option_secrets(tools, &named))
    };
    let mut relations = relations?;
    withhold_shared_secrets(&mut relations, &named);
    let address =
        relations::address(tools, &relations).await.map_err(|error| Excerpt::of(&error.to_string()).to_string());
    Ok(Juju { options, is_leader, status, framework_state, relations, option_secrets, address, is_leaving, units })
}

/// The unit's status, asked for once in a hook.
async fn status(clients: &Clients<'_>) -> Result<Status, ToolError> {
    match &clients.current_status {
        Some(status) => Ok(status.clone()),
        None => clients.tools.status_get().await,
    }
}

/// The secrets that options name, by option; a failure keeps nothing else from being done.
async fn option_secrets(tools: &Tools, named: &[(&'static str, String)]) -> BTreeMap<&'static str, SecretContent> {
    let reads = named.iter().map(|(option, uri)| async move {
        let content = match uri.as_str() {
            "" => Ok(SecretContent::Unnamed),
            uri => secret(tools, uri).await,
        };
        let failed = |error: ToolError| SecretContent::Failed(Excerpt::of(&error.to_string()).to_string());
        (*option, content.unwrap_or_else(failed))
    });
    join_all(reads).await.into_iter().collect()
}

/// A secret that is not granted yet, or gone, is a value: an operator must act, which triggers a hook.
async fn secret(tools: &Tools, uri: &str) -> Result<SecretContent, ToolError> {
    if secret_id(uri).is_none() {
        return Ok(SecretContent::Unreadable);
    }
    match tools.secret_get(uri).await {
        Ok(content) => Ok(SecretContent::Known(content)),
        Err(error) if error.is_permission_denied() || error.is_not_found() || error.is_invalid_uri() => {
            Ok(SecretContent::Unreadable)
        }
        Err(error) => Err(error),
    }
}

/// What the framework of the Python charm kept at the controller; nothing depends on it, so a failure is no error.
async fn framework_state(tools: &Tools, trigger: &Trigger) -> Vec<String> {
    if !trigger.is_upgrade {
        return Vec::new();
    }
    let state = tools.state_get().await.unwrap_or_default();
    let is_framework = |key: &String| key.contains("StoredStateData[") || key.starts_with('#');
    state.into_keys().filter(is_framework).collect()
}
