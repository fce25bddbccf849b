//! The data of one relation: absent, lacking or there.

use crate::{
    relations::{Problem, Relation},
    status::Reason,
};

/// What is known of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known<T> {
    /// It does not exist.
    Absent,
    /// Its data is missing or invalid.
    Lacking(Problem),
    /// Its data.
    Have(T),
}

impl<T> Known<T> {
    /// What its endpoint reads in a relation, if there is one and Juju showed it.
    pub fn of(relation: Option<&Relation>, parse: impl Fn(&Relation) -> Result<T, Problem>) -> Self {
        let failure = relation.and_then(Relation::failure);
        match failure.map(Err).or_else(|| relation.map(parse)) {
            None => Self::Absent,
            Some(Ok(data)) => Self::Have(data),
            Some(Err(problem)) => Self::Lacking(problem),
        }
    }

    /// The data.
    pub fn have(&self) -> Option<&T> {
        if let Self::Have(data) = self { Some(data) } else { None }
    }

    /// What is missing or wrong.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            // Relations that cannot be read have reasons of their own, whatever they would give.
            Self::Lacking(Problem::Unreadable { .. }) | Self::Absent | Self::Have(_) => None,
            Self::Lacking(problem) => Some(Reason::Relation(problem.clone())),
        }
    }
}
