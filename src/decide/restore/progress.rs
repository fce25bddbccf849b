//! How far a restore, or a rollback, is that this unit was asked for.

use crate::{
    decision::StepKind,
    discourse::{
        aside::{Aside, Mark, Stage},
        job::{Outcome, Run},
    },
    fleet::Fleet,
    journal::Journal,
    relations::restart::{Request, RequestState, What},
    world::World,
};

use super::{PATIENCE, restore_run};

/// How far a request of this unit is.
pub(super) enum Progress<'a> {
    /// Its units are to stop.
    Asked,
    /// A unit did not in time, or the job ended before it changed anything: the mark that was set.
    GivenUp(&'a Mark),
    /// Its job runs.
    Runs(&'a Run),
    /// It is over; a text says why it failed.
    Over(Option<String>),
}

/// How far a request is, as the database and its job tell.
pub(super) fn progress<'a>(
    request: &Request,
    journal: &Journal,
    world: &'a World,
    fleet: &Fleet,
    aside: &'a Aside,
) -> Progress<'a> {
    let is_own = |mark: &&Mark| (mark.stage, mark.time) == (Stage::Asked, request.time);
    let unchanged = aside.mark.as_ref().filter(is_own);
    let is_late = world.now.saturating_sub(request.time) > PATIENCE && fleet.yet_to_stop(&request.id).is_some();
    if request.what == What::Rollback {
        return rollback_progress(request, journal, unchanged, is_late);
    }
    if let Some(run) = restore_run(world).filter(|run| is_of(run, request)) {
        return match (&run.outcome, unchanged) {
            (Outcome::Running, _) => Progress::Runs(run),
            (_, Some(mark)) => Progress::GivenUp(mark),
            // With tables in `backup`, the forum is the restored one.
            (Outcome::Failed(why), None) if aside.mark.is_none() && aside.kept == 0 => {
                Progress::Over(Some(why.to_string()))
            }
            (Outcome::Busy, None) => Progress::Over(Some("another operation runs".to_owned())),
            _ => Progress::Over(None),
        };
    }
    match unchanged.filter(|_| request.state == RequestState::Asked) {
        Some(mark) if is_late => Progress::GivenUp(mark),
        Some(_) => Progress::Asked,
        None => Progress::Over(None),
    }
}

/// Whether a run is the request's: one that could not write its summary does not say so.
pub(super) fn is_of(run: &Run, request: &Request) -> bool {
    let is_since = run.begun.is_some_and(|begun| begun >= request.time);
    run.header == request.id || run.outcome == Outcome::Running || is_since
}

fn rollback_progress<'a>(
    request: &Request,
    journal: &Journal,
    unchanged: Option<&'a Mark>,
    is_late: bool,
) -> Progress<'a> {
    let has_moved = journal.has(StepKind::MoveBack) && journal.rollback_problem.is_none();
    match unchanged.filter(|_| request.state == RequestState::Asked && !has_moved) {
        None => Progress::Over(None),
        Some(mark) if is_late || journal.rollback_problem.is_some() => Progress::GivenUp(mark),
        Some(_) => Progress::Asked,
    }
}
