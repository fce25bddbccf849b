//! Reading the world: Juju and Pebble at the same time, and all of a kind at once.
//!
//! Hook tools are processes that the agent serves one after another: starting them together hides the cost of their starts.

mod container;
mod database;
mod db;
mod inspection;
mod integrations;
mod remote;

use std::collections::BTreeMap;

use tokio::{join, try_join};

use crate::{
    discourse::options::RawOptions,
    dispatch::{Context, Wake},
    juju::{RelationId, ToolError, Tools, UnitName},
    pebble::Pebble,
    relations::{nginx_route, redis, restart},
    status::{Kind, Status},
    world::{History, NginxRoute, World},
};

pub use container::container;
pub use inspection::{inspect, read_log};

/// The world, and what Juju shows as our status.
#[derive(Debug)]
pub struct Observation {
    /// What the decision rests on.
    pub world: World,
    /// The status as it stands.
    ///
    /// *Empty*: one that a charm cannot set.
    pub shown: Option<Status>,
}

/// Reads everything once.
///
/// # Errors
/// [`ToolError`] if any hook tool fails: what could not be read must not be taken for absent.
pub async fn observe(
    context: &Context,
    wake: &Wake,
    tools: &Tools,
    pebble: &Pebble,
    now: i64,
) -> Result<Observation, ToolError> {
    let (juju, workload) = join!(juju(context, wake, tools, now), container(pebble));
    let mut observation = juju?;
    observation.world.set_container(workload);
    Ok(observation)
}

async fn juju(context: &Context, wake: &Wake, tools: &Tools, now: i64) -> Result<Observation, ToolError> {
    let (options, is_leader, shown, related, database, redis, nginx_route, restart) = try_join!(
        tools.config_get(),
        tools.is_leader(),
        tools.status_get(),
        tools.related_endpoints(),
        relation(tools, crate::relations::database::ENDPOINT, wake),
        relation(tools, redis::ENDPOINT, wake),
        relation(tools, nginx_route::ENDPOINT, wake),
        relation(tools, restart::ENDPOINT, wake),
    )?;
    let options: RawOptions = options.into_iter().collect();
    let (database, redis, nginx_route, restart, integrations) = try_join!(
        database::read(context, tools, database, is_leader),
        read_redis(tools, redis),
        read_nginx_route(context, tools, nginx_route, is_leader),
        read_restart(context, tools, restart),
        integrations::read(context, wake, tools, &related, is_leader, &options),
    )?;
    let world = World {
        unit: context.unit.clone(),
        model: context.model.clone(),
        model_uuid: context.model_uuid.clone(),
        proxy: context.proxy.clone(),
        now,
        is_leader,
        options,
        database,
        redis,
        nginx_route,
        integrations,
        restart,
        container: None,
        inspection: None,
        history: History::default(),
    };
    Ok(Observation { world, shown: status(&shown.status, shown.message) })
}

fn status(kind: &str, message: String) -> Option<Status> {
    let kinds = [Kind::Blocked, Kind::Waiting, Kind::Maintenance, Kind::Active];
    kinds.into_iter().find(|it| it.word() == kind).map(|kind| Status { kind, message })
}

/// The one relation of an endpoint, unless it is the one that is going away.
async fn relation(tools: &Tools, endpoint: &str, wake: &Wake) -> Result<Option<RelationId>, ToolError> {
    let ids = tools.relation_ids(endpoint).await?;
    Ok(ids.into_iter().find(|id| Some(id.number) != wake.broken))
}

async fn read_redis(tools: &Tools, id: Option<RelationId>) -> Result<Option<redis::Relation>, ToolError> {
    let Some(id) = id else { return Ok(None) };
    let units = tools.relation_list(&id).await?;
    let Some(app) = units.first().map(|unit| unit.application.clone()) else {
        return Ok(Some(redis::Relation { id: id.number, remote: BTreeMap::new(), units: BTreeMap::new() }));
    };
    let (remote, units) = try_join!(tools.relation_get_app(&id, &app), unit_bags(tools, &id, &units))?;
    Ok(Some(redis::Relation { id: id.number, remote, units }))
}

async fn read_nginx_route(
    context: &Context,
    tools: &Tools,
    id: Option<RelationId>,
    is_leader: bool,
) -> Result<Option<NginxRoute>, ToolError> {
    let Some(id) = id else { return Ok(None) };
    let own_app = own_app(context, tools, &id, is_leader).await?;
    Ok(Some(NginxRoute { id: id.number, own_app }))
}

async fn read_restart(
    context: &Context,
    tools: &Tools,
    id: Option<RelationId>,
) -> Result<Option<restart::Relation>, ToolError> {
    let Some(id) = id else { return Ok(None) };
    let peers = async {
        let units = tools.relation_list(&id).await?;
        unit_bags(tools, &id, &units).await
    };
    let (app, own, peers) = try_join!(
        tools.relation_get_app(&id, &context.unit.application),
        tools.relation_get_unit(&id, &context.unit),
        peers
    )?;
    Ok(Some(restart::Relation { id: id.number, app, own, peers }))
}

/// Our application bag, which only the leader may read.
async fn own_app(
    context: &Context,
    tools: &Tools,
    id: &RelationId,
    is_leader: bool,
) -> Result<Option<crate::relations::Databag>, ToolError> {
    if is_leader { tools.relation_get_app(id, &context.unit.application).await.map(Some) } else { Ok(None) }
}

/// The bags of units, by number.
async fn unit_bags(
    tools: &Tools,
    id: &RelationId,
    units: &[UnitName],
) -> Result<BTreeMap<u32, crate::relations::Databag>, ToolError> {
    let reads =
        units.iter().map(|unit| async move { tools.relation_get_unit(id, unit).await.map(|bag| (unit.number, bag)) });
    Ok(futures_util::future::try_join_all(reads).await?.into_iter().collect())
}
