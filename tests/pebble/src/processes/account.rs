//! Users and groups by name and number.

use crate::plan::context::Account;
use nix::unistd::{Gid, Group, Uid, User, getgid, getuid};
use thiserror::Error;

/// Why an account is invalid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccountError {
    /// No user has this name.
    #[error("user: unknown user {0}")]
    UnknownUser(String),
    /// No user has this number, and no group is given.
    #[error("user: unknown userid {0}")]
    UnknownUserId(i64),
    /// No group has this name.
    #[error("group: unknown group {0}")]
    UnknownGroup(String),
    /// A group stands without a user.
    #[error("must specify user, not just group")]
    GroupAlone,
    /// The user has another number.
    #[error("user {name:?} UID ({found}) does not match user-id ({given})")]
    UserMismatch {
        /// The user's name.
        name: String,
        /// The number that it has.
        found: i64,
        /// The number that was given.
        given: i64,
    },
    /// The group has another number.
    #[error("group {name:?} GID ({found}) does not match group-id ({given})")]
    GroupMismatch {
        /// The group's name.
        name: String,
        /// The number that it has.
        found: i64,
        /// The number that was given.
        given: i64,
    },
}

/// The numbers that an account stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// Of the user.
    pub uid: u32,
    /// Of the group.
    pub gid: u32,
}

impl Owner {
    /// Whether it is whom Pebble itself runs as.
    #[must_use]
    pub fn is_current(self) -> bool {
        self.uid == getuid().as_raw() && self.gid == getgid().as_raw()
    }
}

/// The numbers of an account.
///
/// *Empty*: `None`, the user that runs Pebble.
///
/// # Errors
/// A name or number is unknown, name and number differ, or a group stands alone.
pub fn resolve(account: &Account) -> Result<Option<Owner>, AccountError> {
    if *account == Account::default() {
        return Ok(None);
    }
    let uid = user_number(account)?;
    let gid = group_number(account)?;
    match (uid, gid) {
        (None, _) => Err(AccountError::GroupAlone),
        (Some(uid), Some(gid)) => Ok(Some(Owner { uid: number(uid), gid: number(gid) })),
        (Some(uid), None) => {
            let user = u32::try_from(uid).ok().and_then(|uid| User::from_uid(Uid::from_raw(uid)).ok().flatten());
            let user = user.ok_or(AccountError::UnknownUserId(uid))?;
            Ok(Some(Owner { uid: number(uid), gid: user.gid.as_raw() }))
        }
    }
}

/// The name and home directory of a user; `None` if there is no such account.
#[must_use]
pub fn name_and_home(uid: u32) -> Option<(String, String)> {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten()?;
    Some((user.name, user.dir.to_string_lossy().into_owned()))
}

/// The name of a user; empty if there is no such account.
#[must_use]
pub fn user_name(uid: u32) -> String {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name).unwrap_or_default()
}

/// The name of a group; empty if there is no such group.
#[must_use]
pub fn group_name(gid: u32) -> String {
    Group::from_gid(Gid::from_raw(gid)).ok().flatten().map(|group| group.name).unwrap_or_default()
}

fn user_number(account: &Account) -> Result<Option<i64>, AccountError> {
    let name = &account.user;
    if name.is_empty() {
        return Ok(account.user_id);
    }
    let user = User::from_name(name).ok().flatten().ok_or_else(|| AccountError::UnknownUser(name.clone()))?;
    let found = i64::from(user.uid.as_raw());
    match account.user_id {
        Some(given) if given != found => Err(AccountError::UserMismatch { name: name.clone(), found, given }),
        _ => Ok(Some(found)),
    }
}

fn group_number(account: &Account) -> Result<Option<i64>, AccountError> {
    let name = &account.group;
    if name.is_empty() {
        return Ok(account.group_id);
    }
    let group = Group::from_name(name).ok().flatten().ok_or_else(|| AccountError::UnknownGroup(name.clone()))?;
    let found = i64::from(group.gid.as_raw());
    match account.group_id {
        Some(given) if given != found => Err(AccountError::GroupMismatch { name: name.clone(), found, given }),
        _ => Ok(Some(found)),
    }
}

/// A number as the kernel takes it; one that does not fit becomes the user `nobody`.
fn number(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(65_534)
}
