//! The sockets that the API is served on.

use crate::errno;
use nix::sys::stat::{Mode, umask};
use std::{
    fs, io,
    net::TcpListener as StdTcpListener,
    os::unix::net::{UnixListener as StdUnixListener, UnixStream as StdUnixStream},
    path::Path,
};
use thiserror::Error;
use tokio::net::{TcpListener, UnixListener};

/// Why the API cannot be served.
#[derive(Debug, Error)]
pub enum ListenError {
    /// The Unix socket cannot be made.
    #[error("when trying to listen on {path}: {cause}")]
    Socket {
        /// Where.
        path: String,
        /// Why not.
        cause: String,
    },
    /// The TCP port cannot be opened.
    #[error("cannot listen on {address:?}: {cause}")]
    Tcp {
        /// Where.
        address: String,
        /// Why not.
        cause: String,
    },
}

/// Opens the Unix socket, in place of a stale one; every local user may connect.
///
/// # Errors
/// Another Pebble listens there, or the directory refuses.
pub fn socket(path: &Path) -> Result<UnixListener, ListenError> {
    let fail = |cause: String| ListenError::Socket { path: path.to_string_lossy().into_owned(), cause };
    if StdUnixStream::connect(path).is_ok() {
        return Err(fail(format!("socket {:?} already in use", path.to_string_lossy())));
    }
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(fail(errno::on_path("remove", &path.to_string_lossy(), &error)));
    }
    let old = umask(Mode::from_bits_truncate(0o111));
    let bound = StdUnixListener::bind(path);
    umask(old);
    let listen = || {
        let listener = bound?;
        listener.set_nonblocking(true)?;
        UnixListener::from_std(listener)
    };
    listen().map_err(|error| fail(format!("listen unix {}: bind: {}", path.to_string_lossy(), errno::describe(&error))))
}

/// Opens a TCP port: `address:port`, or `:port` for all addresses.
///
/// # Errors
/// The address is invalid or taken.
pub fn tcp(address: &str) -> Result<TcpListener, ListenError> {
    let candidates = match address.strip_prefix(':') {
        Some(port) => vec![format!("[::]:{port}"), format!("0.0.0.0:{port}")],
        None => vec![address.to_owned()],
    };
    let mut last = None;
    for candidate in candidates {
        let listen = || {
            let listener = StdTcpListener::bind(candidate.as_str())?;
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        };
        match listen() {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(format!("listen tcp {address}: bind: {}", errno::describe(&error))),
        }
    }
    Err(ListenError::Tcp { address: address.to_owned(), cause: last.unwrap_or_default() })
}
