//! The releases of Juju that the stage answers as.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A series of Juju; what its agents and tools do differs between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub enum Version {
    /// 3.6.28.
    #[default]
    #[serde(rename = "3.6")]
    V3_6,
    /// 4.0.15.
    #[serde(rename = "4.0")]
    V4_0,
}

/// Text that names no series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no Juju {0} here: use 3.6 or 4.0")]
pub struct UnknownVersion(String);

impl Version {
    /// Both, older first.
    pub const ALL: [Self; 2] = [Self::V3_6, Self::V4_0];

    /// `3.6` or `4.0`.
    #[must_use]
    pub const fn series(self) -> &'static str {
        match self {
            Self::V3_6 => "3.6",
            Self::V4_0 => "4.0",
        }
    }
}

impl std::str::FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(series: &str) -> Result<Self, UnknownVersion> {
        Self::ALL
            .into_iter()
            .find(|version| version.series() == series)
            .ok_or_else(|| UnknownVersion(series.to_owned()))
    }
}

/// The whole version, as in `JUJU_VERSION`.
impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::V3_6 => "3.6.28",
            Self::V4_0 => "4.0.15",
        })
    }
}
