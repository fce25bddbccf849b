//! `restore-backup`: the forum is replaced by a backup, in a way that cannot lose it.
//!
//! Everything is looked at first. Then the mark is set in the database, and the units are asked to stop; what follows is decided like in
//! every hook, so that a hook goes on where this action ends or is killed.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    apply,
    clients::Clients,
    decide::{LOST_AFTER_MINUTES, could_start, is_lost},
    discourse::{
        aside::{Before, Mark, Stage},
        backup::{Backup, is_id},
        environment::Environment,
        job::{Job, Outcome, Run},
        job_id::JobId,
        postgresql::Postgresql,
        sizing::readable,
    },
    juju::{Target, UnitName},
    reconcile::go_on,
    relations::restart::{Request, RequestState, What},
    workload,
};

use super::{Action, Failure, Results, Scene, backups::Location, operation::said};

/// The action.
pub(super) const ACTION: Action = Action {
    name: "restore-backup",
    done: "the restore was asked for, and job-status follows it",
    perform: |scene| Box::pin(perform(scene)),
};

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let id = confirmed(scene)?;
    let (disable_emails, may_discard) =
        (scene.parameters.boolean("disable-emails", true)?, scene.parameters.boolean("discard-previous", false)?);
    let wait = scene.wait()?;
    let environment = scene.operation_environment()?;
    let database = free_database(scene, &environment).await?;
    let before = before(scene, &database, may_discard)?;
    let (backup, location) = scene.backup(&id, &environment, &database).await?;
    fits(scene, &backup, &database).await?;
    scene.find_script(Job::Restore).await?;

    let job = JobId { unit: scene.context.unit.clone(), job: Job::Restore, begun: scene.world.now }.to_string();
    let mark =
        Mark { backup: id.clone(), stage: Stage::Asked, time: scene.world.now, unit: scene.context.unit.to_string() };
    scene.change(&environment, mark.script(before, database.aside.mark.as_ref())).await?;
    let what = What::Restore { backup: id, location: location.word().to_owned(), disable_emails };
    let request = Request { id: job.clone(), time: scene.world.now, what, state: RequestState::Asked };
    scene.ask_to_stop(&request, wait).await?;
    outcome(scene, &job, &backup).await
}

/// The backup, which the operator has named twice.
fn confirmed(scene: &Scene<'_>) -> Result<String, Failure> {
    let id = scene.parameters.text("backup-id")?.trim().to_owned();
    let unit = &scene.context.unit;
    if !is_id(&id) {
        return Err(Failure(format!(
            "the parameter backup-id is no name of a backup: juju run {unit} list-backups --wait=10m"
        )));
    }
    let is_confirmed = scene.parameters.optional("confirm")?.is_some_and(|text| text.trim() == id);
    let unconfirmed = || Failure(format!("the forum is replaced: confirm it with the id of the backup, confirm={id}"));
    is_confirmed.then_some(id.clone()).ok_or_else(unconfirmed)
}

/// The database, if nothing else is under way in it or among the units.
async fn free_database(scene: &Scene<'_>, environment: &Environment) -> Result<Postgresql, Failure> {
    let (fleet, app) = (scene.world.fleet(), &scene.context.unit.application);
    if let Some(request) = fleet.own_request() {
        return Err(Failure(format!(
            "a restore is under way: juju run {} job-status job-id={}",
            scene.context.unit, request.id
        )));
    }
    if let Some(number) = fleet.other_image().or_else(|| fleet.holder()) {
        return Err(Failure(format!(
            "{app}/{number} runs another image or restarts; try again once juju status shows all units active"
        )));
    }
    let database = scene.unoccupied(environment).await?;
    if let Some(number) = scene.about_to_restore(&database) {
        return Err(Failure(format!("{app}/{number} restores already: juju run {app}/{number} job-status")));
    }
    scene.refuse_while_asked_elsewhere(&database)?;
    scene.refuse_a_stop_for_ever()?;
    let is_interrupted = database.aside.mark.is_some() || database.aside.is_forum_away();
    refuse_while_migrating(scene, environment, is_interrupted).await.map(|()| database)
}

/// A restore runs migrations of its own, the destructive ones included.
async fn refuse_while_migrating(
    scene: &Scene<'_>,
    environment: &Environment,
    is_interrupted: bool,
) -> Result<(), Failure> {
    let image = scene.world.container.as_ref().ok().and_then(|it| it.image.as_ref().ok());
    let image = image.ok_or_else(|| scene.not_set_up())?;
    let found = workload::inspect(scene.clients.pebble, environment, &image.migrations).await;
    let schema = found.map_err(|error| scene.away(&error))?.schema;
    let schema = schema.map_err(|why| Failure(format!("PostgreSQL cannot be asked: {why}")))?;
    let is_pending = schema.pending_pre + schema.pending_post > 0 && !is_interrupted;
    let migrating = "the database is being migrated; try again once juju status shows all units active";
    (!schema.is_locked && !is_pending).then_some(()).ok_or_else(|| Failure(migrating.to_owned()))
}

/// What must be done with the tables that an earlier restore has left.
fn before(scene: &Scene<'_>, database: &Postgresql, may_discard: bool) -> Result<Before, Failure> {
    let aside = &database.aside;
    let unit = &scene.context.unit;
    let is_interrupted = aside.mark.as_ref().is_some_and(|mark| mark.stage == Stage::Begun);
    match () {
        () if is_interrupted || aside.is_forum_away() => Ok(Before::MoveBack),
        () if may_discard => Ok(Before::Discard),
        () if aside.kept == 0 => Ok(Before::Nothing),
        () => Err(Failure(format!(
            "the forum of before the last restore is still kept: drop it with discard-previous=true, \
             or bring it back: juju run {unit} rollback-restore confirm={} force=true",
            database.name
        ))),
    }
}

/// Whether the backup can be restored here, as far as it can be known.
async fn fits(scene: &Scene<'_>, backup: &Backup, database: &Postgresql) -> Result<(), Failure> {
    let obstacle = backup.obstacle(database.newest_migration.as_deref()).or_else(|| database.restore_obstacle());
    if let Some(why) = obstacle {
        return Err(Failure(format!("{} cannot be restored: {why}", backup.id)));
    }
    let environment = Environment::default();
    let probe = workload::probe(scene.clients.pebble, &environment).await;
    let free = probe.ok().and_then(|probe| probe.free_kib).map(|kib| kib.saturating_mul(1024));
    // The archive, its contents, and the plain SQL, which no database is smaller than by much.
    let needed = backup.size.saturating_mul(2).saturating_add(database.size);
    match free.filter(|free| *free < needed) {
        Some(free) => Err(Failure(format!(
            "the disk of {} is too full: a restore needs about {}, and {} are free",
            scene.context.unit,
            readable(needed),
            readable(free)
        ))),
        None => Ok(()),
    }
}

/// What has become of it by now.
async fn outcome(scene: &Scene<'_>, job: &str, backup: &Backup) -> Result<Results, Failure> {
    let unit = &scene.context.unit;
    let run = scene.run_of(Job::Restore).await?.filter(|run| run.header == job);
    let follow = format!("juju run {unit} job-status job-id={job}");
    let going_on = |status: &str, next: &str| {
        Ok(vec![
            ("status", status.to_owned()),
            ("job-id", job.to_owned()),
            ("next", next.to_owned()),
            ("follow", follow.clone()),
        ])
    };
    match run {
        None => going_on("waiting", "it begins once all units have stopped, within 10 minutes; follow juju status"),
        Some(Run { outcome: Outcome::Running, .. }) => going_on("running", "all units start again once it has ended"),
        Some(run) => scene.results(Job::Restore, &run, |result| {
            let plain = "links keep the host name of the backup, which the action remap changes";
            let next = if backup.has_uploads() { "all units start again" } else { plain };
            vec![("emails", said(result, "emails")), ("next", next.to_owned())]
        }),
    }
}

impl Scene<'_> {
    /// A backup that is listed, in this pod or in the object storage.
    ///
    /// While the forum is away nobody can list the storage: the backup whose restore was interrupted was listed then.
    async fn backup(
        &self,
        id: &str,
        environment: &Environment,
        database: &Postgresql,
    ) -> Result<(Backup, Location), Failure> {
        let unit = &self.context.unit;
        let configured = Location::configured(environment);
        let is_this = |backup: &Backup| backup.id == id;
        if let Some(backup) = self.backups(Location::Local).await?.into_iter().find(is_this) {
            return Ok((backup, Location::Local));
        }
        let begun = database.aside.mark.as_ref().filter(|mark| mark.stage == Stage::Begun);
        if let Some(mark) = begun.filter(|_| configured == Location::S3) {
            let known = Backup { id: id.to_owned(), size: 0, time: None };
            let first = || {
                Failure(format!("bring the forum back first: juju run {unit} rollback-restore confirm={}", mark.backup))
            };
            return (mark.backup == id).then_some((known, configured)).ok_or_else(first);
        }
        let none = || {
            Failure(format!(
                "there is no such backup in {}: juju run {unit} list-backups --wait=10m",
                configured.text(self)
            ))
        };
        let listed = if configured == Location::S3 { self.backups(configured).await? } else { Vec::new() };
        listed.into_iter().find(is_this).map(|backup| (backup, configured)).ok_or_else(none)
    }

    /// Another unit that has asked for a restore, which has not begun.
    pub(super) fn about_to_restore(&self, database: &Postgresql) -> Option<u32> {
        self.asked(database)?;
        self.world.fleet().restorer().map(|(number, _)| number)
    }

    /// The mark of a restore that has not begun, and may yet.
    fn asked<'a>(&self, database: &'a Postgresql) -> Option<&'a Mark> {
        let mark = database.aside.mark.as_ref()?;
        (mark.stage == Stage::Asked && !is_lost(mark, self.world.now)).then_some(mark)
    }

    /// A mark that another unit has set, which has told its peers nothing of it: it is about to, or its action was killed.
    fn refuse_while_asked_elsewhere(&self, database: &Postgresql) -> Result<(), Failure> {
        let is_of_peer = |unit: &UnitName| {
            let UnitName { application, number } = &self.context.unit;
            unit.application == *application && unit.number != *number && self.world.units.contains(&unit.number)
        };
        let Some(mark) = self.asked(database) else { return Ok(()) };
        let Some(unit) = mark.unit.parse().ok().filter(is_of_peer) else { return Ok(()) };
        Err(Failure(format!(
            "{} was asked of {unit}, which has not begun it: run it there again, or here in {LOST_AFTER_MINUTES} minutes",
            mark.work()
        )))
    }

    /// A server that runs goes on with the values of a relation that gives none at the moment, but does not start without them.
    pub(super) fn refuse_a_stop_for_ever(&self) -> Result<(), Failure> {
        let unit = &self.context.unit;
        let lacking = || {
            Failure(format!("once stopped, the forum could not start: a relation lacks data: juju run {unit} explain"))
        };
        could_start(&self.known()).then_some(()).ok_or_else(lacking)
    }

    /// Changes what restores leave in the database.
    pub(super) async fn change(&self, environment: &Environment, script: String) -> Result<(), Failure> {
        let changed = apply::change_aside(self.clients.pebble, environment, script).await;
        let changed = changed.map_err(|error| self.away(&error))?;
        changed.map_err(|why| Failure(format!("PostgreSQL does not do it: {why}")))
    }

    /// Makes a request of this unit, and goes on as every hook does.
    pub(super) async fn ask_to_stop(&self, request: &Request, wait: Duration) -> Result<(), Failure> {
        let (tools, mut world) = (self.clients.tools, self.world.clone());
        let changes = world.remember_request(request);
        tools.relation_set(&self.own_relation()?, Target::Unit, &changes).await?;
        let mut clients = Clients {
            current_status: self.clients.current_status.clone(),
            follows_until: sleep(wait).deadline(),
            follows_restore: wait,
            is_action: true,
            ..Clients::new(tools, self.clients.pebble)
        };
        Box::pin(go_on(self.context, &mut clients, world)).await.map_err(Failure::from)
    }
}
