//! `remap`: a text is replaced in the whole database; a dry run counts where it is found.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    discourse::{environment::Environment, job::Job, matches},
    workload,
};

use super::{
    Action, Failure, Results, Scene,
    operation::{DONE, all_said},
    table::table,
};

/// The action.
pub(super) const ACTION: Action = Action { name: "remap", done: DONE, perform: |scene| Box::pin(perform(scene)) };

/// A shorter text would be found everywhere. *Units*: characters.
const SHORTEST: usize = 4;

/// *Units*: bytes.
const LONGEST: usize = 2000;

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let (from, to) = (scene.parameters.raw_text("from")?, scene.parameters.raw_text("to")?);
    let (is_regex, is_dry) = (scene.parameters.boolean("regex", false)?, scene.parameters.boolean("dry-run", true)?);
    let is_forced = scene.parameters.boolean("force", false)?;
    let confirmed = scene.parameters.optional("confirm")?;
    scene.wait()?;
    refuse_unfit(&from, &to)?;
    let environment = scene.free_environment().await?;
    if is_dry {
        return found(scene, &environment, &from, is_regex).await;
    }
    if confirmed.as_deref() != Some(from.as_str()) {
        return Err(Failure(
            "the database is rewritten, which cannot be undone: confirm it with the same text as from".to_owned(),
        ));
    }
    if !is_forced {
        scene.require_fresh_backup(&environment, ", or force=true").await?;
    }
    let request = json!({"from": from, "to": to, "regex": is_regex});
    let next = ("next", "each unit remembers old texts until it restarts: juju run <unit> restart".to_owned());
    let results = scene.operate(Job::Remap, &request, environment, |result| all_said(result, &["changed"])).await?;
    Ok(results.into_iter().chain([next]).collect())
}

fn refuse_unfit(from: &str, to: &str) -> Result<(), Failure> {
    let has_letter = from.chars().any(char::is_alphabetic);
    let problem = match () {
        () if from.chars().count() < SHORTEST || !has_letter => {
            format!("the parameter from must have {SHORTEST} characters at least, a letter among them")
        }
        () if from.len() > LONGEST || to.len() > LONGEST => format!("from and to can have {LONGEST} bytes at most"),
        () if from == to => "from and to are the same".to_owned(),
        () if from.contains('\0') || to.contains('\0') => "from and to cannot contain NUL".to_owned(),
        () => return Ok(()),
    };
    Err(Failure(problem))
}

/// Where the text is found: exact, without a boot of Rails.
async fn found(scene: &Scene<'_>, environment: &Environment, from: &str, is_regex: bool) -> Result<Results, Failure> {
    let script = matches::script(from, is_regex);
    let answer = workload::psql(scene.clients.pebble, environment, script, workload::CHANGE_PATIENCE).await;
    let answer = answer.map_err(|error| scene.away(&error))?;
    let refused = |why: String| Failure(format!("PostgreSQL cannot look for it: {}", scene.excerpt(&why)));
    let found: BTreeMap<String, u64> = matches::parse(&answer.map_err(refused)?)
        .ok_or_else(|| Failure("PostgreSQL gave no complete answer; try again".to_owned()))?;
    let rows = found.iter().map(|(column, count)| [column.clone(), count.to_string()]);
    let total: u64 = found.values().sum();
    Ok(vec![
        ("status", "nothing was changed".to_owned()),
        ("matches", table(["column", "rows"], rows)),
        ("total", total.to_string()),
        ("next", "the same with dry-run=false and confirm=<from>".to_owned()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_found_everywhere_is_refused() {
        for (from, to) in [("abc", "x"), ("2026", "2027"), ("same", "same"), ("a\0bcd", "x"), (&"a".repeat(2001), "x")]
        {
            assert!(refuse_unfit(from, to).is_err(), "{from}");
        }
        assert_eq!(refuse_unfit("http://old.example", ""), Ok(()));
    }
}
