//! Restores: no unit starts or migrates while one is under way or was interrupted, and all stop before one begins.
//!
//! The database decides: a mark in it says that a restore has not ended, a lock that an operation runs. What units ask of each other in
//! their databags only makes them stop, and begins the work once all have. No hook begins a restore that has begun before.

mod progress;

use progress::{Progress, is_of, progress};
use serde_json::json;

use crate::{
    decision::{Step, StepKind},
    discourse::{
        aside::{self, Aside, Mark, ROLLBACK, Stage},
        environment::Environment,
        image::SIDEKIQ_SERVICE,
        job::{Job, Outcome, Run},
    },
    fleet::Fleet,
    journal::Journal,
    relations::{
        replica,
        restart::{Request, RequestState, What},
    },
    status::{Reason, Restores, Topic},
    world::{Container, Service, World},
};

use super::{case::Case, next::Next};

/// The variable with the parameters of a job, which are not secret.
pub const REQUEST: &str = "CHARM_REQUEST";

/// How long the units may take to stop. *Units*: seconds.
const PATIENCE: i64 = 600;
/// After so long, a mark of a restore that has not begun is a lost unit's. *Units*: seconds.
const LOST_AFTER: i64 = PATIENCE + 60;
/// The same. *Units*: minutes.
pub const LOST_AFTER_MINUTES: i64 = LOST_AFTER / 60;
/// How long a restore that changed nothing is told of. *Units*: seconds.
const DAY: i64 = 86_400;

/// What a restore has this unit do before anything else.
///
/// *Empty*: nothing.
pub(super) fn next(
    world: &World,
    journal: &Journal,
    fleet: &Fleet,
    case: Option<&Case>,
    it: &Container,
) -> Option<Next> {
    if let Some(next) = for_another(world, journal, fleet, case, it) {
        return Some(next);
    }
    let case = case?;
    let Some(request) = fleet.own_request() else {
        let mark = lost_mark(world)?;
        let is_due = !journal.has(StepKind::RemoveMark);
        return is_due.then(|| remove(case, mark, "it was asked for by a unit that is lost or was interrupted"));
    };
    let Some(aside) = found(world) else {
        let is_silent = world.inspection.is_some();
        return (!is_silent).then(|| inspect(case));
    };
    match progress(&request, journal, world, fleet, aside) {
        Progress::Runs(run) if !journal.is_out_of_patience => {
            let step = Step::FollowJob(Job::Restore, run.change.clone());
            Some(Next::step(step, "an earlier hook or action began it"))
        }
        Progress::Runs(_) => {
            let runs = Restores::Runs(name(&request), world.unit.to_string());
            Some(Next::reason(Reason::Restores(runs)))
        }
        Progress::Over(_) => None,
        Progress::GivenUp(mark) => {
            let is_due = !journal.has(StepKind::RemoveMark);
            is_due.then(|| remove(case, mark, "nothing was changed, and nothing will be"))
        }
        Progress::Asked if fleet.yet_to_stop(&request.id).is_some() => None,
        Progress::Asked if is_stopped(it) => Some(begin(case, &request)),
        Progress::Asked => stop(journal, it, "the forum is replaced"),
    }
}

/// What this unit does for another one that asks it to stop: the database says whether the forum is being replaced.
fn for_another(world: &World, journal: &Journal, fleet: &Fleet, case: Option<&Case>, it: &Container) -> Option<Next> {
    let (_, request) = fleet.restorer()?;
    if fleet.memory.restore_ack == Some(request.id) {
        return None;
    }
    match case {
        Some(case) if world.inspection.is_none() => Some(inspect(case)),
        // The restore is over, or its unit is lost and another one has removed its mark.
        _ if found(world).is_some_and(|aside| aside.mark.is_none()) => None,
        _ => stop(journal, it, "another unit replaces the forum"),
    }
}

fn remove(case: &Case, mark: &Mark, why: &str) -> Next {
    Next::step(Step::RemoveMark(case.target.environment.clone(), mark.clone()), why)
}

/// The mark of a restore that nobody will begin: it was asked for too long ago, and no operation runs.
fn lost_mark(world: &World) -> Option<&Mark> {
    let aside = found(world)?;
    let mark = aside.mark.as_ref().filter(|_| aside.operation.is_none())?;
    is_lost(mark, world.now).then_some(mark)
}

/// Whether nobody will begin a restore, or a rollback, that was asked for.
#[must_use]
pub fn is_lost(mark: &Mark, now: i64) -> bool {
    mark.stage == Stage::Asked && now.saturating_sub(mark.time) > LOST_AFTER
}

/// Why nothing may be migrated or started.
///
/// *Empty*: no restore stands in the way, or the database was not asked.
pub(super) fn obstacle(case: &Case) -> Option<Reason> {
    let aside = found(case.world)?;
    let database = &case.target.database.name;
    let Some(mark) = &aside.mark else {
        let away = Restores::Away(database.clone());
        return aside.is_forum_away().then_some(Reason::Restores(away));
    };
    let is_running =
        aside.operation.is_some() || restore_run(case.world).is_some_and(|run| run.outcome == Outcome::Running);
    let is_asked =
        mark.stage == Stage::Asked && (case.fleet.own_request().is_some() || case.fleet.restorer().is_some());
    Some(Reason::Restores(match mark.backup.as_str() {
        _ if is_running || is_asked => Restores::Runs(mark.work(), mark.unit.clone()),
        ROLLBACK => Restores::NotRolledBack(database.clone()),
        backup => Restores::Interrupted(backup.to_owned()),
    }))
}

/// What is to be said beside everything else: which unit is waited for, or how the last restore ended.
pub(super) fn reason(world: &World, fleet: &Fleet) -> Option<Reason> {
    let request = fleet.memory.request()?;
    if let RequestState::Over(warning) = &request.state {
        return (!warning.is_empty()).then(|| Reason::Warning(Topic::Restore, warning.clone()));
    }
    let number = fleet.yet_to_stop(&request.id)?;
    let unit = format!("{}/{number}", world.unit.application);
    (request.state == RequestState::Asked).then(|| Reason::Restores(Restores::Waits(name(&request), unit)))
}

/// The request that this unit goes on remembering.
pub(super) fn remembered(world: &World, journal: &Journal, fleet: &Fleet) -> Option<String> {
    let request = fleet.memory.request()?;
    let is_old = world.now.saturating_sub(request.time) > DAY;
    let known = fleet.memory.restore.clone();
    let Some(aside) = found(world).filter(|_| request.is_live()) else {
        return known.filter(|_| request.is_live() || !is_old);
    };
    // Without tables in `backup`, they were moved, although PostgreSQL gave no whole answer.
    let has_failed = journal.rollback_problem.is_some() && aside.kept > 0;
    let over = |why: String| Some(request.clone().at(RequestState::Over(why)).text());
    match progress(&request, journal, world, fleet, aside) {
        Progress::Runs(_) => Some(request.clone().at(RequestState::Begun).text()),
        Progress::Asked | Progress::GivenUp(_) => known,
        Progress::Over(None) if journal.has(StepKind::RemoveMark) || has_failed => {
            let why = obstruction(world, journal, fleet, &request);
            over(format!("{} was given up, nothing was changed: {why}", name(&request)))
        }
        Progress::Over(None) => None,
        Progress::Over(Some(why)) => over(format!(
            "{} failed, the forum is as it was ({why}): juju run {} job-status",
            name(&request),
            world.unit
        )),
    }
}

/// Why a restore did not begin.
fn obstruction(world: &World, journal: &Journal, fleet: &Fleet, request: &Request) -> String {
    let late = fleet.yet_to_stop(&request.id).map(|number| format!("{}/{number}", world.unit.application));
    let run = restore_run(world).filter(|run| is_of(run, request));
    match (&journal.rollback_problem, late, run.map(|run| &run.outcome)) {
        (Some(problem), _, _) => problem.to_string(),
        (None, Some(unit), _) => format!("{unit} did not stop within {} minutes", PATIENCE / 60),
        (None, None, Some(Outcome::Failed(why))) => format!("{why}; juju run {} job-status", world.unit),
        (None, None, _) => "its job ended before it began".to_owned(),
    }
}

/// The request that this unit has stopped for: while another unit replaces the forum, it runs nothing. What cannot be seen may run.
pub(super) fn acknowledged(fleet: &Fleet, container: Option<&Container>) -> Option<String> {
    let known = fleet.memory.restore_ack.clone();
    match fleet.restorer() {
        Some((_, request)) if container.is_some_and(is_stopped) => Some(request.id),
        Some(_) => known,
        None => None,
    }
}

/// Begins what was asked for, now that all units have stopped.
fn begin(case: &Case, request: &Request) -> Next {
    let environment = operation_environment(&case.target.environment);
    let mark = |backup: &str, stage| Mark {
        backup: backup.to_owned(),
        stage,
        time: request.time,
        unit: case.world.unit.to_string(),
    };
    match &request.what {
        What::Rollback => {
            Next::step(Step::MoveBack(environment, mark(ROLLBACK, Stage::Asked)), "all units have stopped")
        }
        What::Restore { backup, location, disable_emails } => {
            let mark = mark(backup, Stage::Begun);
            let parameters = json!({
                "backup": backup, "location": location, "disable_emails": disable_emails, "mark": mark.to_string(),
            });
            let environment = environment.with(REQUEST, &parameters.to_string());
            Next::step(Step::RunJob(Job::Restore, request.id.clone(), environment), "all units have stopped")
        }
    }
}

/// The environment of an operation: all of the server's, but a server that only reads is of no use to it.
#[must_use]
pub fn operation_environment(environment: &Environment) -> Environment {
    environment.clone().without(&replica::VARIABLES)
}

/// Stops the services, if any runs.
fn stop(journal: &Journal, container: &Container, why: &str) -> Option<Next> {
    let is_due = !is_stopped(container) && !journal.has(StepKind::StopServices);
    is_due.then(|| Next::step(Step::StopServices, why))
}

fn is_stopped(container: &Container) -> bool {
    container.service == Service::Stopped && container.other(SIDEKIQ_SERVICE) == Service::Stopped
}

fn inspect(case: &Case) -> Next {
    let target = case.target;
    let step = Step::Inspect(target.environment.clone(), target.image.migrations.clone());
    Next::step(step, "a restore was asked for: the database is asked how far it is")
}

fn found(world: &World) -> Option<&Aside> {
    world.inspection.as_ref()?.schema.as_ref().ok().map(|schema| &schema.aside)
}

fn restore_run(world: &World) -> Option<&Run> {
    world.inspection.as_ref()?.run(Job::Restore)
}

/// What a request is for, as a text.
fn name(request: &Request) -> String {
    match &request.what {
        What::Restore { backup, .. } => aside::work(backup),
        What::Rollback => aside::work(ROLLBACK),
    }
}
