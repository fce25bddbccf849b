//! Reading the world: Juju and Pebble at the same time, and everything of one kind at once.
//!
//! Hook tools are processes that the agent serves one after another: starting them together hides the cost of their starts.

mod container;
mod relations;

use std::collections::BTreeMap;

use tokio::{join, try_join};

use crate::{
    discourse::{credentials, options::RawOptions},
    dispatch::{Context, Trigger},
    juju::{ToolError, Tools},
    pebble::Pebble,
    secret::SecretContent,
    status::{Kind, Status},
    world::World,
};

pub use container::container;

/// The world, and the status that Juju shows.
#[derive(Debug)]
pub struct Observation {
    /// What the decision rests on.
    pub world: World,
    /// The status as it stands.
    ///
    /// *Empty*: one that a charm cannot set.
    pub status: Option<Status>,
}

/// Reads everything once.
///
/// # Errors
/// [`ToolError`] if any hook tool fails: what could not be read must not be taken for absent.
pub async fn observe(
    context: &Context,
    trigger: &Trigger,
    tools: &Tools,
    pebble: &Pebble,
    now: i64,
) -> Result<Observation, ToolError> {
    let (juju, container) = join!(juju(context, trigger, tools), container(pebble));
    let (world, status) = juju?;
    Ok(Observation { world: World { now, container, ..world }, status })
}

/// What Juju shows; time and container are not known yet.
async fn juju(context: &Context, trigger: &Trigger, tools: &Tools) -> Result<(World, Option<Status>), ToolError> {
    let (options, is_leader, status, related, peers, framework_state) = try_join!(
        tools.config_get(),
        tools.is_leader(),
        tools.status_get(),
        tools.related_endpoints(),
        relations::peers(tools, trigger),
        framework_state(tools, trigger),
    )?;
    let options: RawOptions = options.into_iter().collect();
    let reader = relations::Reader { tools, context, trigger, is_leader };
    let (relations, option_secrets, address) =
        try_join!(reader.all(&related, peers), option_secrets(tools, &options), reader.address(&related))?;
    let world = World {
        unit: context.unit.clone(),
        model: context.model.clone(),
        model_uuid: context.model_uuid.clone(),
        proxy: context.proxy.clone(),
        now: 0,
        is_leader,
        options,
        option_secrets,
        relations,
        address,
        framework_state,
        container: Err(crate::world::NoContainer::Unreachable),
        inspection: None,
    };
    Ok((world, shown(&status.status, status.message)))
}

/// The status as this charm could have set it.
fn shown(kind: &str, message: String) -> Option<Status> {
    let kinds = [Kind::Blocked, Kind::Waiting, Kind::Maintenance, Kind::Active];
    kinds.into_iter().find(|it| it.word() == kind).map(|kind| Status { kind, message })
}

/// The secrets that options name.
async fn option_secrets(
    tools: &Tools,
    options: &RawOptions,
) -> Result<BTreeMap<&'static str, SecretContent>, ToolError> {
    let read = |option: &'static str| async move {
        let uri = options.text(option).unwrap_or_default();
        let content = match uri.as_str() {
            "" => SecretContent::Unnamed,
            uri => secret(tools, uri, &credentials::label(option, uri)).await?,
        };
        Ok((option, content))
    };
    let (smtp, s3) = try_join!(read(credentials::SMTP), read(credentials::S3))?;
    Ok([smtp, s3].into())
}

/// A secret that is not granted yet, or gone, is a value: somebody must act, and that will wake us.
async fn secret(tools: &Tools, uri: &str, label: &str) -> Result<SecretContent, ToolError> {
    match tools.secret_get(uri, label).await {
        Ok(content) => Ok(SecretContent::Known(content)),
        Err(error) if error.is_permission_denied() || error.is_not_found() || error.is_invalid_uri() => {
            Ok(SecretContent::Unreadable)
        }
        Err(error) => Err(error),
    }
}

/// What the framework of the Python charm kept at the controller; nothing depends on it, so a failure is no error.
async fn framework_state(tools: &Tools, trigger: &Trigger) -> Result<Vec<String>, ToolError> {
    if !trigger.is_upgrade {
        return Ok(Vec::new());
    }
    let state = tools.state_get().await.unwrap_or_default();
    let is_framework = |key: &String| key.starts_with("StoredStateData[") || key.starts_with('#');
    Ok(state.into_keys().filter(is_framework).collect())
}
