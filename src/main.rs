//! The process edge: environment in, exit code out.

use std::{
    ffi::OsString,
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::{CommandFactory, Parser};
use discourse_k8s::{charm, dispatch, log};

/// The variable that tells the time of day instead of the system's clock, in seconds since 1970: a test plays days in seconds with it.
const TIME: &str = "DISCOURSE_K8S_TIME";

/// Only a person who asks for help or an explanation, or mistypes, sees an exit code other than 0 here: a hook must not fail for what
/// Juju's environment holds.
fn main() -> ExitCode {
    let environment = match dispatch::Environment::try_parse() {
        Ok(environment) => environment,
        Err(error) => return refuse(&error),
    };
    match environment.context() {
        Ok(context) => run(&context),
        Err(error @ dispatch::ContextError::NoContext(_)) => fail(error),
        Err(error) => {
            say(error);
            ExitCode::SUCCESS
        }
    }
}

fn run(context: &dispatch::Context) -> ExitCode {
    match context.event {
        dispatch::Event::Ignored => return ExitCode::SUCCESS,
        dispatch::Event::Help => {
            drop(dispatch::Environment::command().print_help());
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    if !matches!(context.event, dispatch::Event::Print(_)) {
        log::init();
    }
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(work(context));
            // A name server that does not answer would hold it.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            say(format_args!("starting the runtime failed: {error}"));
            ExitCode::SUCCESS
        }
    }
}

async fn work(context: &dispatch::Context) -> ExitCode {
    let dispatch::Event::Print(command) = context.event else {
        charm::run(context, now()).await;
        return ExitCode::SUCCESS;
    };
    match charm::answer(context, command, now()).await {
        Ok(text) => print(&text),
        Err(error) => fail(error),
    }
}

fn print(text: &str) -> ExitCode {
    drop(writeln!(io::stdout(), "{}", text.trim_end()));
    ExitCode::SUCCESS
}

fn fail(error: impl Display) -> ExitCode {
    say(error);
    ExitCode::FAILURE
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

/// Prints to standard error; that nobody reads it is no reason to fail.
fn say(text: impl Display) {
    drop(writeln!(io::stderr(), "{text}"));
}

/// *Units*: seconds since 1970.
fn now() -> i64 {
    let told = std::env::var(TIME).ok().and_then(|seconds| seconds.parse().ok());
    told.unwrap_or_else(system_time)
}

fn system_time() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
