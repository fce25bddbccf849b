//! Why pods are not made.

use super::ImageError;
use crate::sandbox::{ProgramError, SandboxError};
use std::{io, path::PathBuf};

/// Why a pod or a container could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PodError {
    /// The network could not be set up.
    #[error("making a pod")]
    Sandbox(#[from] SandboxError),
    /// A program of the system failed.
    #[error("making a pod")]
    Program(#[from] ProgramError),
    /// A file, folder or mount could not be made.
    #[error("preparing {path} for a pod")]
    Files {
        /// What was to be made.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// An image cannot be used.
    #[error("making a pod")]
    Image(#[from] ImageError),
    /// Pebble ended, or did not answer within 30 s.
    #[error("starting container {container}: {log}")]
    Start {
        /// Name of the container.
        container: String,
        /// What it wrote.
        log: String,
    },
    /// The pod has no such container.
    #[error("looking for container {0}: the pod has none of that name")]
    Unknown(String),
}
