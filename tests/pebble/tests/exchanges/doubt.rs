//! The player itself in doubt: one that accepts every answer would pass every exchange.

use crate::{
    FOLDER,
    trouble::{Outcome, Trouble},
    worker::{self, Wants},
};
use std::{fs, path::Path};

/// An exchange with several kinds of steps.
const EXCHANGE: &str = "exec-runs-a-command-and-tells-its-exit-code";
/// A text that only an answer of it holds, and another in its place.
const CHANGE: (&str, &str) = (r#""exit-code": 0"#, r#""exit-code": 1"#);

/// Plays an exchange with one recorded value changed, and wants that value in the report.
pub fn notices_a_change(program: &Path) -> Outcome<()> {
    let recorded = fs::read_to_string(Path::new(FOLDER).join(EXCHANGE).with_extension("json"))?;
    let folder = tempfile::tempdir()?;
    let changed = folder.path().join("changed.json");
    fs::write(&changed, recorded.replacen(CHANGE.0, CHANGE.1, 1))?;
    match worker::run(&changed, program, Wants { root: false, process_namespace: false }) {
        Ok(()) => Err(Trouble("an answer that differs from the recorded one was accepted".to_owned())),
        Err(Trouble(report)) if [CHANGE.0, CHANGE.1].iter().all(|text| report.contains(text)) => Ok(()),
        Err(Trouble(report)) => Err(Trouble(format!("the report does not show the difference:\n{report}"))),
    }
}
