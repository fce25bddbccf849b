//! The process edge: environment in, exit code out.

use std::{
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
        Err(error) => eprintln!("{error}"),
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
        Err(error) => eprintln!("starting the runtime failed: {error}"),
    }
}

/// Juju passes no arguments: if there are any, a person typed them.
fn refuse(error: &clap::Error) -> ExitCode {
    drop(error.print());
    let has_arguments = std::env::args_os().len() > 1;
    if has_arguments && error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// *Units*: seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
