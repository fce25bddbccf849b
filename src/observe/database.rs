//! Reading the relation `database` with its secret.

use tokio::try_join;

use crate::{
    dispatch::Context,
    juju::{RelationId, ToolError, Tools, UnitName},
    relations::{
        Databag, SecretContent,
        database::{Relation, is_subordinated},
    },
};

use super::{own_app, remote::secret, unit_bags};

pub(super) async fn read(
    context: &Context,
    tools: &Tools,
    id: Option<RelationId>,
    is_leader: bool,
) -> Result<Option<Relation>, ToolError> {
    let Some(id) = id else { return Ok(None) };
    let (own_app, own_unit, remote) = try_join!(
        own_app(context, tools, &id, is_leader),
        tools.relation_get_unit(&id, &context.unit),
        read_remote(tools, &id),
    )?;
    let is_cross_model = is_cross_model(context, tools, &id, own_app.as_ref()).await?;
    Ok(Some(Relation {
        id: id.number,
        remote_app: remote.app,
        remote: remote.bag,
        unit_states: remote.unit_states,
        own_app,
        own_unit,
        user_secret: remote.user_secret,
        is_cross_model,
    }))
}

/// What the other side offers.
struct Remote {
    app: Option<String>,
    bag: Databag,
    unit_states: Vec<String>,
    user_secret: SecretContent,
}

async fn read_remote(tools: &Tools, id: &RelationId) -> Result<Remote, ToolError> {
    let units = tools.relation_list(id).await?;
    let Some(app) = units.first().map(|unit| unit.application.clone()) else {
        return Ok(Remote {
            app: None,
            bag: Databag::new(),
            unit_states: Vec::new(),
            user_secret: SecretContent::Unnamed,
        });
    };
    let bag = tools.relation_get_app(id, &app).await?;
    let (unit_states, user_secret) = try_join!(unit_states(tools, id, &units, &bag), user_secret(tools, id, &bag))?;
    Ok(Remote { app: Some(app), bag, unit_states, user_secret })
}

async fn unit_states(
    tools: &Tools,
    id: &RelationId,
    units: &[UnitName],
    bag: &Databag,
) -> Result<Vec<String>, ToolError> {
    if !is_subordinated(bag) {
        return Ok(Vec::new());
    }
    let bags = unit_bags(tools, id, units).await?;
    Ok(bags.into_values().filter_map(|mut bag| bag.remove("state")).collect())
}

async fn user_secret(tools: &Tools, id: &RelationId, bag: &Databag) -> Result<SecretContent, ToolError> {
    match bag.get("secret-user").filter(|uri| !uri.is_empty()) {
        Some(uri) => secret(tools, uri, &Relation::user_label(id.number)).await,
        None => Ok(SecretContent::Unnamed),
    }
}

/// Asked only when the request is about to be written.
async fn is_cross_model(
    context: &Context,
    tools: &Tools,
    id: &RelationId,
    own_app: Option<&Databag>,
) -> Result<Option<bool>, ToolError> {
    match own_app {
        Some(own) if !Relation::is_requested(own) => {
            Ok(Some(tools.relation_model_get(id).await? != context.model_uuid))
        }
        _ => Ok(None),
    }
}
