//! Reading the relation `db`.

use tokio::try_join;

use crate::{
    dispatch::Context,
    juju::{RelationId, ToolError, Tools},
    relations::{Databag, db::Relation},
};

use super::{own_app, unit_bags};

/// The relation with all its bags: the other side repeats itself in each.
pub(super) async fn read(
    context: &Context,
    tools: &Tools,
    id: Option<RelationId>,
    is_leader: bool,
) -> Result<Option<Relation>, ToolError> {
    let Some(id) = id else { return Ok(None) };
    let (units, own_app, own_unit) = try_join!(
        tools.relation_list(&id),
        own_app(context, tools, &id, is_leader),
        tools.relation_get_unit(&id, &context.unit),
    )?;
    let app = units.first().map(|unit| unit.application.clone());
    let bag = async {
        match &app {
            Some(app) => tools.relation_get_app(&id, app).await,
            None => Ok(Databag::new()),
        }
    };
    let (bag, units) = try_join!(bag, unit_bags(tools, &id, &units))?;
    Ok(Some(Relation { id: id.number, app, bag, units, own_app, own_unit }))
}
