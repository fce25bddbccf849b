//! Reading the relations that a forum can do without, and the secrets that options name.

use std::collections::{BTreeMap, BTreeSet};

use tokio::try_join;

use crate::{
    discourse::{credentials, options::RawOptions},
    dispatch::{Context, Wake},
    juju::{RelationId, ToolError, Tools},
    relations::{
        SecretContent, db as legacy, grafana_dashboard, ingress, logging, metrics_endpoint, oauth, s3, saml, smtp,
    },
    world::Integrations,
};

use super::{
    db,
    remote::{self, Offer, consumers, secret},
};

/// The endpoints that are read here.
const ENDPOINTS: [&str; 9] = [
    legacy::ENDPOINT,
    ingress::ENDPOINT,
    saml::ENDPOINT,
    oauth::ENDPOINT,
    smtp::ENDPOINT,
    s3::ENDPOINT,
    metrics_endpoint::ENDPOINT,
    grafana_dashboard::ENDPOINT,
    logging::ENDPOINT,
];

/// The relations of each endpoint, without the one that is going away.
#[derive(Debug, Default)]
struct Ids(BTreeMap<&'static str, Vec<RelationId>>);

impl Ids {
    /// Asks only for endpoints that have any, since each question is a process.
    async fn read(tools: &Tools, wake: &Wake, related: &BTreeSet<String>) -> Result<Self, ToolError> {
        let used = ENDPOINTS.into_iter().filter(|endpoint| related.contains(*endpoint));
        let reads = used.map(|endpoint| async move {
            let mut ids = tools.relation_ids(endpoint).await?;
            ids.retain(|id| Some(id.number) != wake.broken);
            Ok((endpoint, ids))
        });
        Ok(Self(futures_util::future::try_join_all(reads).await?.into_iter().collect()))
    }

    fn all(&self, endpoint: &str) -> Vec<RelationId> {
        self.0.get(endpoint).cloned().unwrap_or_default()
    }

    fn one(&self, endpoint: &str) -> Option<RelationId> {
        self.all(endpoint).into_iter().next()
    }
}

/// Reads them all at once, once it is known which there are.
pub(super) async fn read(
    context: &Context,
    wake: &Wake,
    tools: &Tools,
    related: &BTreeSet<String>,
    is_leader: bool,
    options: &RawOptions,
) -> Result<Integrations, ToolError> {
    let ids = &Ids::read(tools, wake, related).await?;
    let remote = |endpoint, reading| remote::read(context, tools, ids.one(endpoint), is_leader, reading);
    let given = async {
        try_join!(
            db::read(context, tools, ids.one(legacy::ENDPOINT), is_leader),
            remote(ingress::ENDPOINT, remote::INGRESS),
            remote(saml::ENDPOINT, remote::SAML),
            remote(oauth::ENDPOINT, remote::OAUTH),
            remote(smtp::ENDPOINT, remote::SMTP),
            remote(s3::ENDPOINT, remote::S3),
            granted(tools, options, credentials::SMTP),
            granted(tools, options, credentials::S3),
        )
    };
    let ((db, ingress, saml, oauth, smtp, s3, smtp_credentials, s3_credentials), taken) =
        try_join!(given, taken(context, wake, tools, ids, is_leader))?;
    Ok(Integrations { db, ingress, saml, oauth, smtp, s3, smtp_credentials, s3_credentials, ..taken })
}

/// The relations whose other sides take from us.
async fn taken(
    context: &Context,
    wake: &Wake,
    tools: &Tools,
    ids: &Ids,
    is_leader: bool,
) -> Result<Integrations, ToolError> {
    let consumers = |endpoint, offer| consumers(context, tools, wake, ids.all(endpoint), is_leader, offer);
    let (metrics_endpoint, grafana_dashboard, logging, address) = try_join!(
        consumers(metrics_endpoint::ENDPOINT, Offer { own_unit: true, units: false }),
        consumers(grafana_dashboard::ENDPOINT, Offer { own_unit: false, units: false }),
        consumers(logging::ENDPOINT, Offer { own_unit: false, units: true }),
        address(tools, ids),
    )?;
    Ok(Integrations { metrics_endpoint, grafana_dashboard, logging, address, ..Integrations::default() })
}

/// Asked only for those who must find every unit.
async fn address(tools: &Tools, ids: &Ids) -> Result<Option<String>, ToolError> {
    let endpoints = [metrics_endpoint::ENDPOINT, ingress::ENDPOINT];
    match endpoints.into_iter().find(|endpoint| ids.one(endpoint).is_some()) {
        Some(endpoint) => tools.address(endpoint).await,
        None => Ok(None),
    }
}

/// The secret that an option names.
async fn granted(tools: &Tools, options: &RawOptions, option: &'static str) -> Result<SecretContent, ToolError> {
    match options.text(option, "") {
        Ok(uri) if !uri.is_empty() => secret(tools, &uri, &credentials::label(option, &uri)).await,
        _ => Ok(SecretContent::Unnamed),
    }
}
