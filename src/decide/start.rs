//! What keeps a unit that is down from starting, though it has all that a server needs.

use crate::status::{AmongOthers, Reason};

use super::case::Case;

/// The reason why it must not start.
///
/// *Empty*: it may.
pub(super) fn obstacle(case: &Case) -> Option<Reason> {
    excluded(case).or_else(|| without_shared_uploads(case))
}

/// An older image may need what a destructive migration has removed.
fn excluded(case: &Case) -> Option<Reason> {
    let barrier = case.fleet.barrier.as_ref()?;
    let image = case.target.image;
    let is_excluded = barrier.image != image.revision && barrier.excludes(&image.migrations);
    is_excluded.then(|| Reason::AmongOthers(AmongOthers::OldImage(barrier.version.clone())))
}

/// A second unit without shared uploads would show half of them.
fn without_shared_uploads(case: &Case) -> Option<Reason> {
    let is_shared = !case.target.environment.get("DISCOURSE_S3_BUCKET").is_empty();
    (!is_shared && !case.fleet.may_hold_uploads()).then_some(Reason::AmongOthers(AmongOthers::NoSharedUploads))
}
