//! The table at the end.

use super::{hooks::has_failed, player::Player};
use crate::{
    hook::HookRun,
    model::names::application_of,
    report::{Table, mebibytes},
};
use std::{collections::BTreeSet, time::Duration};

/// What each application cost, how the model is, and where the logs are.
pub(super) fn of(player: &Player<'_>) -> String {
    let mut parts = vec![costs(&player.runs), player.stage.status_text()];
    parts.push(format!("Logs: {}", player.logs.dir().display()));
    let failed = player.failures.len();
    parts.extend((failed > 0).then(|| format!("{failed} of {} hooks failed.", player.runs.len())));
    format!("\n{}", parts.join("\n"))
}

fn costs(runs: &[HookRun]) -> String {
    let head =
        ["App", "Hooks", "Failed", "Calls", "Wall s", "CPU s", "Peak MiB", "CPU s of dispatch", "Peak MiB of dispatch"];
    let mut table = Table::new(&head).numbers_from(1);
    let names: BTreeSet<&str> = runs.iter().map(|run| application_of(&run.unit)).collect();
    for name in names {
        let own: Vec<&HookRun> = runs.iter().filter(|run| application_of(&run.unit) == name).collect();
        let sum = |of: fn(&HookRun) -> Duration| {
            format!("{:.2}", own.iter().map(|run| of(run)).sum::<Duration>().as_secs_f64())
        };
        let most = |of: fn(&HookRun) -> u64| mebibytes(own.iter().map(|run| of(run)).max().unwrap_or_default());
        table.row([
            name.to_owned(),
            own.len().to_string(),
            own.iter().filter(|run| has_failed(run)).count().to_string(),
            own.iter().map(|run| run.tools.len()).sum::<usize>().to_string(),
            sum(|run| run.wall),
            sum(|run| run.tree.cpu),
            most(|run| run.tree.peak_kib),
            sum(|run| run.cpu),
            most(|run| run.peak_kib),
        ]);
    }
    table.to_string()
}
