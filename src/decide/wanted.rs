//! What the server is to be, if everything that it needs is known.

use crate::{
    discourse::{
        certificates::Certificates,
        environment::Environment,
        image::{Image, short_digest},
        job::Job,
        settings::{S3, Settings},
    },
    relations::{
        Incomplete,
        database::{self, Database},
        nginx_route, oauth, redis, restart, s3,
    },
    status::Reason,
    world::World,
};

use super::{identity::Identity, mail, settings::settings};

/// What a serving unit needs.
#[derive(Debug)]
pub(super) struct Wanted {
    pub settings: Settings,
    pub database: Database,
    pub image: Image,
    pub environment: Environment,
    /// Authorities that the workload must trust beside the usual ones.
    pub certificates: Option<Certificates>,
}

impl Wanted {
    /// Everything that is known, or nothing; what is missing or wrong becomes a reason each.
    pub fn of(world: &World, reasons: &mut Vec<Reason>) -> Option<Self> {
        let database = database(world, reasons);
        let redis = relation(world.redis.as_ref(), ("redis", "redis-k8s"), redis::Relation::redis, reasons);
        let settings = settings(world, reasons);
        let image = image(world, reasons);
        let (database, redis, settings, image) = (database?, redis?, settings?, image?);
        let environment = Environment::new(&settings, &database, &redis, &world.proxy);
        let identity = Identity::of(world, reasons);
        let certificates = certificates(world);
        let environment =
            certificates.iter().fold(environment, |environment, it| environment.with("SSL_CERT_FILE", &it.path));
        let environment = identity.complete(environment, &settings);
        let environment = mail::keep(world, environment);
        Some(Self { settings, database, image, environment, certificates })
    }

    /// For what a migration runs: image, database, and a digest of all that could make it end differently.
    pub fn migration_header(&self, world: &World) -> String {
        let name: String = self.database.name.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).collect();
        let relation = self.database.relation;
        format!("{} {relation}:{name} {}", self.image.revision, self.digest(world, Job::Migrate))
    }

    /// For what an upload runs.
    pub fn upload_header(&self, world: &World, s3: &S3) -> String {
        format!("{} {} {}", self.image.revision, storage(s3), self.digest(world, Job::UploadAssets))
    }

    /// The image and the storage that hold the same assets.
    pub fn assets_note(&self, s3: &S3) -> String {
        format!("{} {}", self.image.revision, storage(s3))
    }

    /// The environment of a job.
    pub fn job_environment(&self, job: Job, is_alone: bool) -> Environment {
        let environment = self.environment.clone();
        if job == Job::Migrate && !is_alone {
            return environment.with("SKIP_POST_DEPLOYMENT_MIGRATIONS", "1");
        }
        environment
    }

    /// The object storage, if browsers load assets from it: only then does Discourse look for them there.
    pub fn asset_storage(&self) -> Option<&S3> {
        self.settings.s3.as_ref().filter(|s3| !s3.cdn_url.is_empty())
    }

    fn digest(&self, world: &World, job: Job) -> String {
        let boot_id = world.container.as_ref().map_or("", |container| container.boot_id.as_str());
        let environment = self.job_environment(job, world.is_alone());
        short_digest(&format!("{boot_id}\n{}", environment.masked_text()))
    }

    /// What this unit notes once the schema is known to be complete enough.
    pub fn migrated_note(&self) -> String {
        restart::migrated_note(&self.image, self.database.relation, &self.database.name)
    }
}

/// The data of a required relation; a relation that does not exist, and one without a unit or a key, are told apart.
fn relation<R, T>(
    relation: Option<&R>,
    (endpoint, usual): (&'static str, &'static str),
    parse: impl Fn(&R) -> Result<T, Incomplete>,
    reasons: &mut Vec<Reason>,
) -> Option<T> {
    let found = relation.map(parse);
    match found {
        None => reasons.push(Reason::NoRelation(endpoint, usual)),
        Some(Err(lack)) => reasons.push(Reason::Incomplete(lack)),
        Some(Ok(data)) => return Some(data),
    }
    None
}

/// The authorities that the storage and the login name.
fn certificates(world: &World) -> Option<Certificates> {
    let storage = world.integrations.s3.as_ref().and_then(|remote| s3::parse(remote).ok());
    let login = world.integrations.oauth.as_ref().and_then(|remote| oauth::parse(remote).ok());
    Certificates::of([storage.map(|it| it.ca_chain), login.map(|it| it.ca_chain)].into_iter().flatten())
}

/// The database of whichever of the two relations exists.
fn database(world: &World, reasons: &mut Vec<Reason>) -> Option<Database> {
    match (&world.database, &world.integrations.db) {
        (Some(_), Some(_)) => {
            reasons.push(Reason::Both("db", "database"));
            None
        }
        (None, Some(db)) => db.database().map_err(|lack| reasons.push(Reason::Incomplete(lack))).ok(),
        (database, None) => {
            let endpoint = ("database", "postgresql-k8s");
            relation(database.as_ref(), endpoint, database::Relation::database, reasons)
        }
    }
}

fn image(world: &World, reasons: &mut Vec<Reason>) -> Option<Image> {
    match world.container.as_ref().map(|container| container.image.clone()) {
        None => reasons.push(world.history.trouble.clone().map_or(Reason::NoPebble, Reason::Pebble)),
        Some(Err(problem)) => reasons.push(Reason::Image(problem)),
        Some(Ok(image)) => return Some(image),
    }
    None
}

/// A storage in one word: whoever uses another bucket, region or service needs the assets anew.
fn storage(s3: &S3) -> String {
    short_digest(&format!("{}\n{}\n{}", s3.bucket, s3.region, s3.endpoint))
}

/// The route that leads to this forum.
pub(super) fn route<'a>(world: &'a World, settings: &'a Settings) -> nginx_route::Route<'a> {
    nginx_route::Route {
        hostname: &settings.hostname,
        app: &world.unit.application,
        model: &world.model,
        port: crate::discourse::image::PORT,
    }
}
