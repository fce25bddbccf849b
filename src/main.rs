//! The process edge: environment in, exit code out.

use std::{
    ffi::OsString,
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Parser;
use discourse_k8s::{charm, dispatch, log};

/// Only a person who asks for help or mistypes sees an exit code other than 0 here: a hook must not fail for what Juju's
/// environment holds.
fn main() -> ExitCode {
    let environment = match dispatch::Environment::try_parse() {
        Ok(environment) => environment,
        Err(error) => return refuse(&error),
    };
    match environment.context() {
        Ok(context) => run(&context),
        Err(error) => say(error),
    }
    ExitCode::SUCCESS
}

fn run(context: &dispatch::Context) {
    if context.event == dispatch::Event::Ignored {
        return;
    }
    log::init();
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(charm::run(context, now())),
        Err(error) => say(format_args!("starting the runtime failed: {error}")),
    }
}

/// Juju passes no arguments: if there are any, a person typed them; if not, a variable cannot be read.
fn refuse(error: &clap::Error) -> ExitCode {
    let is_typed = std::env::args_os().len() > 1;
    if !is_typed {
        std::env::vars_os()
            .filter_map(unreadable)
            .for_each(|name| say(format_args!("reading {name} failed: it is not UTF-8")));
        return ExitCode::SUCCESS;
    }
    drop(error.print());
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// The name of a variable of Juju's whose value is no text.
fn unreadable((name, value): (OsString, OsString)) -> Option<String> {
    let name = name.into_string().ok()?;
    (name.starts_with("JUJU_") && value.to_str().is_none()).then_some(name)
}

/// Tells whoever reads standard error; that nobody does is no reason to fail.
fn say(text: impl Display) {
    drop(writeln!(io::stderr(), "{text}"));
}

/// *Units*: seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
