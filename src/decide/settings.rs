//! The settings: options, and the relations that stand over them.

use crate::{
    discourse::{
        credentials,
        settings::{S3, Settings, StorageSource, Surroundings},
    },
    relations::{SecretContent, ingress, s3, smtp},
    status::Reason,
    world::World,
};

/// What the operator wants, or nothing if any of it cannot be used; what is wrong becomes a reason each.
pub(super) fn settings(world: &World, reasons: &mut Vec<Reason>) -> Option<Settings> {
    let ingress = ingress(world, reasons)?;
    let integrations = &world.integrations;
    let surroundings = Surroundings {
        app: &world.unit.application,
        ingress: ingress.as_ref(),
        has_saml: integrations.saml.is_some(),
        has_oauth: integrations.oauth.is_some(),
        storage: source(world),
    };
    let settings = Settings::parse(&world.options, surroundings);
    let settings = settings.map_err(|mistakes| reasons.extend(mistakes.into_iter().map(Reason::Option))).ok()?;
    let settings = storage(world, mail(world, settings, reasons)?, reasons)?;
    reasons.extend(settings.warnings.iter().cloned().map(Reason::Warning));
    if settings.s3.is_none() {
        reasons.push(Reason::Warning("uploads are lost with the pod: set s3_enabled".to_owned()));
    }
    Some(settings)
}

/// Where the forum is reached, if an ingress says so; nothing at all if it is to be reached in two ways or in a wrong one.
#[allow(clippy::option_option, reason = "no ingress is not the same as one that cannot be used")]
fn ingress(world: &World, reasons: &mut Vec<Reason>) -> Option<Option<ingress::Ingress>> {
    let Some(remote) = &world.integrations.ingress else { return Some(None) };
    if world.nginx_route.is_some() {
        reasons.push(Reason::Both("ingress", "nginx-route"));
        return None;
    }
    ingress::parse(remote).map_err(|lack| reasons.push(Reason::Incomplete(lack))).ok()
}

fn source(world: &World) -> StorageSource {
    match (&world.integrations.s3, &world.integrations.s3_credentials) {
        (Some(_), _) => StorageSource::Relation,
        (None, SecretContent::Unnamed) => StorageSource::Options,
        (None, _) => StorageSource::Credentials,
    }
}

/// The mail server of the relation, else that of the options with the credentials of their secret.
fn mail(world: &World, mut settings: Settings, reasons: &mut Vec<Reason>) -> Option<Settings> {
    match world.integrations.smtp.as_ref().map(smtp::parse) {
        Some(Ok(smtp)) => settings.smtp = smtp,
        Some(Err(lack)) => reasons.push(Reason::Incomplete(lack)),
        None => {
            let uri = uri(world, credentials::SMTP);
            let login = credentials::smtp(named(world, &uri, &world.integrations.smtp_credentials));
            if let Some(login) = login.map_err(|text| reasons.push(Reason::Option(text))).ok()? {
                settings.smtp.username = login.username.unwrap_or(settings.smtp.username);
                settings.smtp.password = login.password;
            }
        }
    }
    Some(settings)
}

/// The storage of the relation, else that of the options with the keys of their secret.
fn storage(world: &World, mut settings: Settings, reasons: &mut Vec<Reason>) -> Option<Settings> {
    let Some(options) = settings.s3.take() else { return Some(settings) };
    settings.s3 = Some(match &world.integrations.s3 {
        Some(remote) => {
            related(s3::parse(remote).map_err(|lack| reasons.push(Reason::Incomplete(lack))).ok()?, options)
        }
        None => granted(world, options, reasons)?,
    });
    Some(settings)
}

fn related(storage: s3::Storage, options: S3) -> S3 {
    S3 {
        access_key_id: storage.access_key_id,
        secret_access_key: storage.secret_access_key,
        bucket: storage.bucket,
        region: storage.region,
        endpoint: storage.endpoint,
        ..options
    }
}

fn granted(world: &World, options: S3, reasons: &mut Vec<Reason>) -> Option<S3> {
    let uri = uri(world, credentials::S3);
    let keys = credentials::s3(named(world, &uri, &world.integrations.s3_credentials));
    let keys = keys.map_err(|text| reasons.push(Reason::Option(text))).ok()?;
    Some(match keys {
        Some(keys) => S3 { access_key_id: keys.access_key_id, secret_access_key: keys.secret_access_key, ..options },
        None => options,
    })
}

fn named<'a>(world: &'a World, uri: &'a str, content: &'a SecretContent) -> credentials::Named<'a> {
    credentials::Named { uri, content, app: &world.unit.application }
}

fn uri(world: &World, option: &'static str) -> String {
    world.options.text(option, "").unwrap_or_default()
}
