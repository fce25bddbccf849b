//! The shell script of a recorded hook: it makes the calls and keeps their answers.

use super::{
    charm::ENVIRONMENT,
    recording::{Answer, Call, Hook},
};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The files around one run of `dispatch`.
pub struct Script {
    /// The folder of the agent, in which the charm's folder is: `{{root}}`.
    root: PathBuf,
    /// Where the calls run: `{{dir}}`.
    dir: PathBuf,
    /// What calls read, and what they print.
    answers: PathBuf,
}

impl Script {
    /// Writes the script of the hook with this number. A shell names the line of a program that it does not find: the first call
    /// stands in line 3, each call in one line, and what `secret-add` printed is kept in the line after it.
    pub fn write(root: &Path, number: usize, hook: &Hook) -> io::Result<Self> {
        let [dir, answers] = ["calls", "answers"].map(|name| root.join(format!("{name}{number}")));
        let script = Self { root: root.to_owned(), dir, answers };
        fs::create_dir_all(&script.dir)?;
        fs::create_dir_all(&script.answers)?;
        let mut lines = vec!["#!/bin/sh".to_owned(), format!("cd {}", quote(&script.dir))];
        let mut uris = 0;
        for (place, call) in hook.calls.iter().enumerate() {
            lines.push(script.line(place, call)?);
            if call.argv.first().is_some_and(|tool| tool == "secret-add") {
                uris += 1;
                lines.push(format!("uri{uris}=$(cat {})", script.quoted(&format!("{place}.out"))));
            }
        }
        lines.push(hook.last.clone().unwrap_or_else(|| format!("exit {}", hook.exit)));
        fs::write(root.join("script"), lines.join("\n") + "\n")?;
        Ok(script)
    }

    fn line(&self, place: usize, call: &Call) -> io::Result<String> {
        let mut steps = Vec::new();
        for (name, content) in &call.files {
            let kept = format!("{place}.{}", name.replace('/', "-"));
            fs::write(self.answers.join(&kept), content)?;
            steps.push(format!("cp {} {}", self.quoted(&kept), quote(&self.dir.join(name))));
        }
        let mut input = "/dev/null".to_owned();
        if let Some(stdin) = &call.stdin {
            let kept = format!("{place}.in");
            fs::write(self.answers.join(&kept), stdin)?;
            input = self.quoted(&kept);
        }
        let words: Vec<String> = call.argv.iter().map(|word| self.word(word)).collect();
        let [out, err, code] = ["out", "err", "code"].map(|kind| self.quoted(&format!("{place}.{kind}")));
        steps.push(format!("{} <{input} >{out} 2>{err}", words.join(" ")));
        steps.push(format!("echo $? >{code}"));
        Ok(steps.join("; "))
    }

    /// A word for the shell, with what its placeholders stand for.
    fn word(&self, word: &str) -> String {
        let mut text = quote(Path::new(&self.placed(word)));
        for number in 1..=word.matches("{{").count() + 9 {
            text = text.replace(&format!("{{{{uri{number}}}}}"), &format!("'\"$uri{number}\"'"));
            text = text.replace(&format!("{{{{id{number}}}}}"), &format!("'\"${{uri{number}##*[:/]}}\"'"));
        }
        text
    }

    /// A recorded text with the folders of this run in it.
    pub fn placed(&self, text: &str) -> String {
        text.replace("{{dir}}", &self.dir.to_string_lossy()).replace("{{root}}", &self.root.to_string_lossy())
    }

    fn quoted(&self, name: &str) -> String {
        quote(&self.answers.join(name))
    }

    /// What the call at this place was answered.
    ///
    /// *Empty*: the script did not come so far.
    pub fn answer(&self, place: usize) -> io::Result<Answer> {
        let read = |kind| fs::read(self.answers.join(format!("{place}.{kind}")));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let code = text(read("code")?).trim().parse().map_err(io::Error::other)?;
        Ok(Answer { code, stdout: text(read("out")?), stderr: text(read("err")?) })
    }

    /// The variables that `dispatch` had, in the form of the recordings: without `PATH`, and without what is random.
    pub fn environment(&self) -> io::Result<BTreeMap<String, String>> {
        let bytes = fs::read(self.root.join(ENVIRONMENT))?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let variables = text.split_terminator('\0').filter_map(|variable| variable.split_once('='));
        let recorded = variables.filter(|(name, _)| *name != "PATH");
        Ok(recorded.map(|(name, value)| (name.to_owned(), without_random_digits(name, value))).collect())
    }
}

/// The id of a hook ends in 32 random digits.
fn without_random_digits(name: &str, value: &str) -> String {
    let parts = value.len().checked_sub(32).and_then(|place| value.split_at_checked(place));
    match parts {
        Some((start, digits)) if name == "JUJU_CONTEXT_ID" && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{start}{{{{32 hex}}}}")
        }
        _ => value.to_owned(),
    }
}

fn quote(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}
