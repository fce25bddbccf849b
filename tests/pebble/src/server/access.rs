//! Who asks, and what they may do.

use super::reply::{self, Reply};
use crate::{daemon::World, identities::Access};
use hyper::StatusCode;
use nix::unistd::getuid;

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The Unix socket, from a local user.
    Socket(u32),
    /// TCP, from any user.
    Tcp,
}

/// Who may do a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Anybody.
    Nothing,
    /// Any local user.
    Reader,
    /// Root, Pebble's own user, or an identity with that access.
    Admin,
}

/// What a caller may do; with `None`, only what is open to everyone.
#[must_use]
pub fn access(world: &World, origin: Origin) -> Option<Access> {
    let Origin::Socket(uid) = origin else { return None };
    let by_rule = if uid == 0 || uid == getuid().as_raw() { Access::Admin } else { Access::Read };
    Some(world.state.identities.access_of(uid).unwrap_or(by_rule))
}

/// Checks whether a caller may do this.
///
/// # Errors
/// The answer that refuses it.
pub fn check(world: &World, origin: Origin, needs: Needs) -> Result<(), Reply> {
    let given = (needs, access(world, origin));
    let may = matches!(given, (Needs::Nothing, _) | (_, Some(Access::Admin)) | (Needs::Reader, Some(Access::Read)));
    if may { Ok(()) } else { Err(reply::error(StatusCode::UNAUTHORIZED, "access denied", Some("login-required"))) }
}
