//! Reading relations whose other side speaks through its application, and those whose other side takes what we offer.

use std::collections::BTreeMap;

use tokio::try_join;

use crate::{
    dispatch::{Context, Wake},
    juju::{RelationId, ToolError, Tools},
    relations::{Databag, Remote, SecretContent, oauth, s3, smtp},
    world::Consumer,
};

use super::own_app;

/// How a bag names a secret, and the label by which a relation's secret is read.
type Named = (fn(&Databag) -> Option<&str>, fn(u32) -> String);

/// What is read of a relation besides the other application's bag.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reading {
    /// Whether something of ours belongs into our application bag.
    pub own_app: bool,
    /// Whether something of ours belongs into our unit bag.
    pub own_unit: bool,
    /// The secret that the other side's bag may name, and the label by which we read it.
    pub secret: Option<Named>,
}

/// Only the other side speaks.
pub(super) const SAML: Reading = Reading { own_app: false, own_unit: false, secret: None };
/// We ask for a client, and learn its secret.
pub(super) const OAUTH: Reading =
    Reading { own_app: true, own_unit: false, secret: Some((oauth::secret_uri, oauth::label)) };
/// The other side may name a password.
pub(super) const SMTP: Reading =
    Reading { own_app: false, own_unit: false, secret: Some((smtp::secret_uri, smtp::label)) };
/// We ask for a bucket, and learn its keys.
pub(super) const S3: Reading = Reading { own_app: true, own_unit: true, secret: Some((s3::secret_uri, s3::label)) };
/// We tell where every unit is.
pub(super) const INGRESS: Reading = Reading { own_app: true, own_unit: true, secret: None };

/// The relation of an endpoint, as far as it is wanted.
pub(super) async fn read(
    context: &Context,
    tools: &Tools,
    id: Option<RelationId>,
    is_leader: bool,
    reading: Reading,
) -> Result<Option<Remote>, ToolError> {
    let Some(id) = id else { return Ok(None) };
    let ((app, bag), own_app, own_unit) = try_join!(
        application(tools, &id),
        own_app(context, tools, &id, is_leader && reading.own_app),
        own_unit(context, tools, &id, reading.own_unit),
    )?;
    let secret = match reading.secret.and_then(|(uri, label)| Some((uri(&bag)?, label(id.number)))) {
        Some((uri, label)) => secret(tools, uri, &label).await?,
        None => SecretContent::Unnamed,
    };
    Ok(Some(Remote { id: id.number, app, bag, secret, own_app, own_unit }))
}

/// The other application and its bag; a relation whose last unit left counts as withdrawn.
async fn application(tools: &Tools, id: &RelationId) -> Result<(Option<String>, Databag), ToolError> {
    let units = tools.relation_list(id).await?;
    let Some(app) = units.into_iter().next().map(|unit| unit.application) else {
        return Ok((None, Databag::new()));
    };
    let bag = tools.relation_get_app(id, &app).await?;
    Ok((Some(app), bag))
}

async fn own_unit(context: &Context, tools: &Tools, id: &RelationId, is_wanted: bool) -> Result<Databag, ToolError> {
    if is_wanted { tools.relation_get_unit(id, &context.unit).await } else { Ok(Databag::new()) }
}

/// A secret that is not granted yet, or gone, is a value: somebody must act, and that will wake us.
pub(super) async fn secret(tools: &Tools, uri: &str, label: &str) -> Result<SecretContent, ToolError> {
    match tools.secret_get(uri, label).await {
        Ok(content) => Ok(SecretContent::Known(content)),
        Err(error) if error.is_permission_denied() || error.is_not_found() || error.is_invalid_uri() => {
            Ok(SecretContent::Unreadable)
        }
        Err(error) => Err(error),
    }
}

/// What is read of a consumer besides our application bag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer {
    /// Whether something of ours belongs into our unit bag.
    pub own_unit: bool,
    /// Whether their units say something that is needed.
    pub units: bool,
}

/// All relations of an endpoint that takes what we offer.
pub(super) async fn consumers(
    context: &Context,
    tools: &Tools,
    wake: &Wake,
    ids: Vec<RelationId>,
    is_leader: bool,
    offer: Offer,
) -> Result<Vec<Consumer>, ToolError> {
    let reads = ids.into_iter().map(|id| async move { consumer(context, tools, wake, &id, is_leader, offer).await });
    futures_util::future::try_join_all(reads).await
}

async fn consumer(
    context: &Context,
    tools: &Tools,
    wake: &Wake,
    id: &RelationId,
    is_leader: bool,
    offer: Offer,
) -> Result<Consumer, ToolError> {
    let (own_app, own_unit, units, remote) = try_join!(
        own_app(context, tools, id, is_leader),
        own_unit(context, tools, id, offer.own_unit),
        units(tools, id, offer.units),
        complaint(tools, wake, id),
    )?;
    Ok(Consumer { id: id.number, remote, units, own_app, own_unit })
}

async fn units(tools: &Tools, id: &RelationId, are_wanted: bool) -> Result<BTreeMap<String, Databag>, ToolError> {
    if !are_wanted {
        return Ok(BTreeMap::new());
    }
    let units = tools.relation_list(id).await?;
    let reads =
        units.iter().map(|unit| async move { Ok((unit.to_string(), tools.relation_get_unit(id, unit).await?)) });
    Ok(futures_util::future::try_join_all(reads).await?.into_iter().collect())
}

/// What the other side says of our data, in the hooks of this relation only: else it would be told again and again.
async fn complaint(tools: &Tools, wake: &Wake, id: &RelationId) -> Result<Databag, ToolError> {
    match &wake.about {
        Some((number, app)) if *number == id.number && !app.is_empty() => tools.relation_get_app(id, app).await,
        _ => Ok(Databag::new()),
    }
}
