//! What becomes of storage that a hook added.
//!
//! *Source*: Juju 3.6, `state/storage.go` and `apiserver/facades/agent/uniter/storage.go`, and 4.0, `domain/application/service/provider.go`.

use super::commit::CommitError;
use crate::{
    charm,
    model::{Model, names},
};

/// Storage by its name, and how many instances of it one call of the tool added.
pub type Added = [(String, u64)];

/// What is refused before anything is kept, secrets included.
///
/// # Errors
/// Juju 4.0 adds none on Kubernetes, and 3.6 none that the charm does not declare.
pub fn admit(model: &Model, unit: &str, added: &Added) -> Result<(), CommitError> {
    let Some((name, _)) = added.first() else { return Ok(()) };
    if !model.notes_storage {
        let step = format!("preparing storage additions: preparing storage add {name:?} for unit {unit:?}");
        return Err(CommitError::Storage {
            step,
            cause: "adding storage to a unit is not supported on k8s".to_owned(),
        });
    }
    let declared = &model.application_of(unit).charm.storage;
    added.iter().find(|(name, _)| !declared.contains_key(name)).map_or(Ok(()), |(name, _)| {
        let step = format!("adding storage {name} for {}", names::tag_of(unit));
        Err(CommitError::Storage { step, cause: format!("storage {name:?} not found") })
    })
}

/// Whether the unit may have that much.
///
/// # Errors
/// The charm declares less.
pub fn check(model: &Model, unit: &str, added: &Added) -> Result<(), CommitError> {
    added.iter().try_for_each(|(name, count)| {
        let Some(declared) = model.application_of(unit).charm.storage.get(name) else { return Ok(()) };
        let held = model.storage_of(unit).filter(|(id, _)| names::storage_of(id) == name).count();
        let step = format!("adding {name:?} storage to {unit}");
        let exceeds = exceeds(declared, u64::try_from(held).unwrap_or(u64::MAX), *count);
        exceeds.map_or(Ok(()), |cause| Err(CommitError::Storage { step, cause }))
    })
}

fn exceeds(declared: &charm::Storage, held: u64, added: u64) -> Option<String> {
    let (total, plural) = (held.saturating_add(added), if added == 1 { "" } else { "s" });
    match declared.most {
        Some(1) if declared.least == 1 && total != 1 => Some("cannot attach, storage is singular".to_owned()),
        Some(most) if total > most.into() => Some(format!(
            "attaching {added} storage instance{plural} brings the total to {total}, exceeding the maximum of {most}"
        )),
        _ => None,
    }
}

/// The unit is noted to have it, though its pod never will.
pub fn keep(model: &mut Model, unit: &str, added: &Added) {
    for (name, count) in added {
        model.note_storage(unit, name, u32::try_from(*count).unwrap_or(u32::MAX));
    }
}
