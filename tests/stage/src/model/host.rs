//! Where the agents run, as far as charms are told.

use serde::{Deserialize, Serialize};

/// The machine of an agent, which decides a part of the charm's environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// A pod of Juju's own image, which is Ubuntu's.
    #[default]
    Pod,
    /// A machine outside of the cluster, with a Linux that is not Ubuntu.
    OtherLinux,
}
