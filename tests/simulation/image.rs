//! The images: what the charm reads of one, and programs that are played.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// Additive and destructive migrations of the older image, and of the newer one in addition.
pub const MIGRATIONS: [[&str; 2]; 4] =
    [["pre", "20240101000000"], ["post", "20240102000000"], ["pre", "20250101000000"], ["post", "20250102000000"]];

/// How many of them the older image has.
const OLDER: usize = 2;

/// The programs that Pebble looks for.
const PROGRAMS: [&str; 8] = [
    "usr/bin/false",
    "usr/bin/psql",
    "usr/bin/redis-cli",
    "srv/scripts/launch",
    "srv/scripts/metrics-forwarder",
    "srv/scripts/sidekiq",
    "srv/scripts/jobs/migrate",
    "srv/scripts/jobs/upload-assets",
];

/// The checks that the rock ships.
const CHECKS: &str = include_str!("../../discourse_rock/rockcraft.yaml");

/// Two images in a folder that vanishes with them.
pub struct Images {
    folder: TempDir,
}

impl Images {
    /// Writes them.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write() -> io::Result<Self> {
        let images = Self { folder: tempfile::tempdir()? };
        write(&images.older(), "older", &MIGRATIONS[..OLDER])?;
        write(&images.newer(), "newer", &MIGRATIONS)?;
        Ok(images)
    }

    /// The image that lives begin with.
    pub fn older(&self) -> PathBuf {
        self.folder.path().join("older")
    }

    /// The image with migrations of both kinds more.
    pub fn newer(&self) -> PathBuf {
        self.folder.path().join("newer")
    }
}

/// Migrations as an image lists them.
pub fn list(migrations: &[[&str; 2]]) -> String {
    migrations.iter().map(|words| words.join(" ") + "\n").collect()
}

/// The destructive ones among a list of migrations.
pub fn destructive(list: &str) -> impl Iterator<Item = String> {
    list.lines().filter_map(|line| line.strip_prefix("post ")).map(str::to_owned)
}

fn write(root: &Path, revision: &str, migrations: &[[&str; 2]]) -> io::Result<()> {
    let file = |path: &str, text: &str| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        fs::write(path, text)
    };
    let list = list(migrations);
    file("srv/discourse/VERSION", "2026.1.7\n")?;
    file("srv/discourse/REVISION", revision)?;
    file("srv/discourse/MIGRATIONS", &list)?;
    fs::create_dir_all(root.join("srv/discourse/app"))?;
    let checks: serde_json::Value = serde_yaml::from_str(CHECKS).map_err(io::Error::other)?;
    let layer = serde_json::json!({"checks": checks["checks"]});
    file("var/lib/pebble/default/layers/001-checks.yaml", &layer.to_string())?;
    for program in PROGRAMS {
        file(program, "")?;
        fs::set_permissions(root.join(program), fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
