//! What restores leave in the database.

use crate::{
    discourse::{
        answer,
        aside::{BUSY, CHANGED, Mark},
        environment::Environment,
    },
    excerpt::Excerpt,
    journal::Outcome,
    pebble::{Pebble, PebbleError},
    workload,
};

/// Removes the mark of a restore that has changed nothing; if it cannot, the next hook tries again.
pub(super) async fn remove_mark(
    pebble: &Pebble,
    environment: &Environment,
    mark: &Mark,
) -> Result<Outcome, PebbleError> {
    if let Err(why) = change(pebble, environment, mark.removal()).await? {
        tracing::warn!("the mark of a restore cannot be removed: {why}");
    }
    Ok(Outcome::Done)
}

/// Moves what a restore has put aside back, if the mark is still that of this rollback.
pub(super) async fn move_back(pebble: &Pebble, environment: &Environment, mark: &Mark) -> Result<Outcome, PebbleError> {
    let moved = change(pebble, environment, mark.move_back()).await?;
    Ok(moved.map_or_else(Outcome::NotMoved, |()| Outcome::Done))
}

/// Runs statements that take the lock of operations, or says why PostgreSQL did not.
///
/// # Errors
/// [`PebbleError`] if Pebble itself fails.
pub async fn change(
    pebble: &Pebble,
    environment: &Environment,
    script: String,
) -> Result<Result<(), Excerpt>, PebbleError> {
    let answer = workload::psql(pebble, environment, script, workload::CHANGE_PATIENCE).await?;
    let answer = answer.map_err(|complaint| answer::excerpt(&complaint, &environment.exposed(), &[]));
    Ok(answer.and_then(|answer| match answer.lines().last() {
        Some("end") => Ok(()),
        Some(BUSY) => Err(Excerpt::of("another operation runs")),
        Some(CHANGED) => Err(Excerpt::of("another unit has set or removed the mark of a restore meanwhile")),
        _ => Err(Excerpt::of("psql gave no complete answer")),
    }))
}
