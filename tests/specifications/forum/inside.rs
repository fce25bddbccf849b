//! Commands that run in the first unit's workload, as `pebble exec` runs them there.

use std::process::{Command, Output};

use super::Forum;

/// The workload's user.
const USER: &str = "584792";

/// How a command has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it printed, errors last.
    pub output: String,
}

impl Forum {
    /// Runs a command, given as words, in the folder of the application, with the server's environment and these variables over it.
    #[track_caller]
    pub fn inside(&self, command: &str, variables: &[(&str, &str)]) -> Ended {
        let output = self.enter().envs(variables.iter().copied()).args(words(command)).output().unwrap();
        Ended { code: output.status.code(), output: printed(&output) }
    }

    /// The beginning of a command in the container, whose first process is its Pebble.
    #[track_caller]
    fn enter(&self) -> Command {
        let processes = self.pod().processes("discourse");
        let (pebble, _) = processes.first_key_value().unwrap();
        let mut command = Command::new("/usr/bin/nsenter");
        command.args(["--target", &pebble.to_string(), "--mount", "--net", "--pid", "--root"]);
        command.args(["/usr/bin/setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"]);
        command.args(["/bin/sh", "-c", r#"cd /srv/discourse/app && exec "$@""#, "sh"]);
        command.env_clear().env("PATH", "/usr/bin:/bin").envs(self.environment());
        command
    }
}

fn words(command: &str) -> impl Iterator<Item = &str> {
    command.split(' ')
}

fn printed(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}
