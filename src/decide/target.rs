//! What the server is to be, if everything that it needs is known.

use crate::{
    digest::short_digest,
    discourse::{certificates::Certificates, environment::Environment, image::Image, job, job::Job},
    relations::{ENDPOINTS, Need, Problem, database::Database, replica, restart},
    world::World,
};

use super::{Known, Understanding};

/// What a serving unit needs.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub database: &'a Database,
    pub image: &'a Image,
    pub environment: Environment,
    /// Authorities that the workload must trust besides the usual ones.
    pub certificates: Option<Certificates>,
}

impl<'a> Target<'a> {
    /// The target, or nothing if anything that a start needs is missing or wrong.
    pub fn of(world: &'a World, known: &'a Understanding) -> Option<Self> {
        if !known.is_usable() || !has_required_data(world.is_running(), known) {
            return None;
        }
        let database = known.database.have()?;
        let image = world.container.as_ref().ok()?.image.as_ref().ok()?;
        Some(Self { database, image, environment: known.environment.clone(), certificates: known.certificates.clone() })
    }

    /// The environment of a job: what it needs, and nothing else that is secret.
    pub fn job_environment(&self, job: Job, may_run_destructive: bool) -> Environment {
        // Whoever writes has no use for a server that only reads.
        let environment = self.environment.clone().only(&job::VARIABLES).without(&replica::VARIABLES);
        if job == Job::Migrate && !may_run_destructive {
            return environment.with("SKIP_POST_DEPLOYMENT_MIGRATIONS", "1");
        }
        environment
    }

    /// What this unit remembers once the schema is known to be complete enough.
    pub fn migrated_note(&self) -> String {
        restart::migrated_note(self.image, self.database.relation, &self.database.name)
    }

    /// The storage that holds the assets, in one word; another bucket, region or service needs them anew.
    ///
    /// *Empty*: browsers load no assets from it, so Discourse does not look for them there.
    pub fn asset_storage(&self) -> Option<String> {
        let get = |name| self.environment.get(name);
        let place = [get("DISCOURSE_S3_BUCKET"), get("DISCOURSE_S3_REGION"), get("DISCOURSE_S3_ENDPOINT")].join("\n");
        (!get("DISCOURSE_S3_CDN_URL").is_empty()).then(|| short_digest(&place))
    }

    /// The image and the storage that hold the same assets.
    pub fn assets_note(&self, storage: &str) -> String {
        format!("{} {storage}", self.image.revision)
    }
}

/// Whether every relation gives what a start needs.
#[must_use]
pub fn could_start(known: &Understanding) -> bool {
    has_required_data(false, known)
}

/// Whether every relation gives what a start or, if the server runs, a restart needs.
fn has_required_data(is_running: bool, known: &Understanding) -> bool {
    let given = ENDPOINTS.into_iter().filter_map(|it| Some((it.need, known.given.get(it.name)?)));
    let mut given = given.map(|(need, given)| match need {
        Need::Required(_) => given.have().is_some(),
        Need::WhenRelated => is_running || !matches!(given, Known::Lacking(_)),
        Need::Optional => is_running || !matches!(given, Known::Lacking(Problem::Invalid { .. })),
        Need::Observability | Need::Alternative | Need::Automatic => true,
    });
    given.all(|is_there| is_there) && (is_running || !known.has_ingress_problem())
}
