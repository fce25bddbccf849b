//! `rollback-restore`: the forum of before a restore comes back, whether that was interrupted or has ended.

use std::time::Duration;

use crate::{
    discourse::{
        aside::{Aside, Before, Mark, ROLLBACK, Stage, rollback_script},
        environment::Environment,
        job::{Job, Outcome},
        job_id::JobId,
        postgresql::Postgresql,
    },
    relations::restart::{Request, RequestState, What},
    workload,
};

use super::{Action, Failure, Results, Scene};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "rollback-restore", done: "the forum is back", perform: |scene| Box::pin(perform(scene)) };

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let confirmed = scene.parameters.text("confirm")?;
    let is_forced = scene.parameters.boolean("force", false)?;
    let environment = scene.operation_environment()?;
    let database = database(scene, &environment).await?;
    let aside = &database.aside;
    let is_begun = aside.mark.as_ref().is_some_and(|mark| mark.stage == Stage::Begun);
    refuse(scene, &database, confirmed.trim(), is_forced)?;
    if is_begun || aside.kept == 0 || aside.is_forum_away() {
        scene.change(&environment, rollback_script(aside.mark.as_ref())).await?;
        request(scene, RequestState::Over(String::new())).await?;
        return Ok(results(aside));
    }
    // Units serve from the tables that are to be dropped.
    let unit = scene.context.unit.to_string();
    scene.refuse_a_stop_for_ever()?;
    let mark = Mark { backup: ROLLBACK.to_owned(), stage: Stage::Asked, time: scene.world.now, unit };
    scene.change(&environment, mark.script(Before::Nothing, aside.mark.as_ref())).await?;
    request(scene, RequestState::Asked).await?;
    let (after, _) = workload::ask_servers(scene.clients.pebble, &environment).await;
    match after.map(|after| (after.aside.mark.is_none(), after.aside.kept)) {
        Ok((true, 0)) => return Ok(results(aside)),
        Ok((true, _)) => return Err(Failure("nothing was changed; see juju status for the reason".to_owned())),
        _ => (),
    }
    let next = "the forum comes back once all units have stopped; follow juju status";
    Ok(vec![("status", "waiting".to_owned()), ("next", next.to_owned())])
}

async fn database(scene: &Scene<'_>, environment: &Environment) -> Result<Postgresql, Failure> {
    let app = &scene.context.unit.application;
    let database = scene.unoccupied(environment).await?;
    // Its job may be about to take the lock.
    if scene.run_of(Job::Restore).await?.is_some_and(|run| run.outcome == Outcome::Running) {
        return Err(scene.busy(Job::Restore.name()));
    }
    match scene.about_to_restore(&database) {
        Some(number) => Err(Failure(format!(
            "{app}/{number} is about to restore, and gives up after 10 minutes by itself; see juju status"
        ))),
        None => Ok(database),
    }
}

/// What must be there, and what the operator must have said.
fn refuse(scene: &Scene<'_>, database: &Postgresql, confirmed: &str, is_forced: bool) -> Result<(), Failure> {
    let unit = &scene.context.unit;
    let aside = &database.aside;
    // A rollback that was killed before it changed anything is begun anew.
    let mark = aside.mark.as_ref().filter(|mark| mark.backup != ROLLBACK);
    let wanted = mark.map_or(&database.name, |mark| &mark.backup);
    if mark.is_none() && aside.kept == 0 {
        return Err(Failure("no restore has put anything aside: there is nothing to bring back".to_owned()));
    }
    if mark.is_none() && aside.tables > 0 && !is_forced {
        return Err(Failure(format!(
            "the last restore has ended well; what the forum holds now would be lost: \
             juju run {unit} rollback-restore confirm={wanted} force=true"
        )));
    }
    let force = if mark.is_none() && aside.tables > 0 { " force=true" } else { "" };
    let unconfirmed = || Failure(format!("confirm it: juju run {unit} rollback-restore confirm={wanted}{force}"));
    (confirmed == wanted).then_some(()).ok_or_else(unconfirmed)
}

/// Notes a way back, which wakes the other units, and goes on as every hook does.
async fn request(scene: &Scene<'_>, state: RequestState) -> Result<(), Failure> {
    let id = JobId { unit: scene.context.unit.clone(), job: Job::Restore, begun: scene.world.now }.to_string();
    let request = Request { id, time: scene.world.now, what: What::Rollback, state };
    scene.ask_to_stop(&request, Duration::from_mins(1)).await
}

fn results(aside: &Aside) -> Results {
    vec![
        ("status", "done".to_owned()),
        ("restored-tables", aside.kept.to_string()),
        ("files", "uploads that the restore has brought stay where they are".to_owned()),
    ]
}
