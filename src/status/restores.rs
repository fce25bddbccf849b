//! Reasons for a status that a restore gives.

use super::{Kind, Names};

/// What a restore keeps a unit from, or waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restores {
    /// It begins once a unit has stopped: the backup, the unit.
    Waits(String, String),
    /// It runs in a unit: the backup, the unit.
    Runs(String, String),
    /// It was interrupted: the backup.
    Interrupted(String),
    /// Its rollback was interrupted before it changed anything: the name of the database.
    NotRolledBack(String),
    /// The forum is put aside and nothing has taken its place: the name of the database.
    Away(String),
    /// An operation holds up the migration: its job id.
    Operation(String),
}

impl Restores {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Interrupted(_) | Self::NotRolledBack(_) | Self::Away(_) => Kind::Blocked,
            Self::Waits(..) | Self::Runs(..) | Self::Operation(_) => Kind::Waiting,
        }
    }

    pub(super) fn text(&self, names: Names) -> String {
        let unit = names.unit;
        match self {
            Self::Waits(what, other) => format!("{what} begins once {other} has stopped; nothing to do"),
            Self::Runs(what, restorer) => format!("waiting for {what}; follow it: juju run {restorer} job-status"),
            Self::Interrupted(backup) => format!(
                "restore of {backup} was interrupted: run rollback-restore, or restore-backup again: \
                 juju run {unit} rollback-restore confirm={backup}"
            ),
            Self::NotRolledBack(database) => format!(
                "the rollback of a restore was interrupted: juju run {unit} rollback-restore confirm={database} force=true"
            ),
            Self::Away(database) => format!(
                "a restore has put the forum aside and was interrupted: juju run {unit} rollback-restore confirm={database}"
            ),
            Self::Operation(id) => format!("waiting for {id} to end before the migration; nothing to do"),
        }
    }
}
