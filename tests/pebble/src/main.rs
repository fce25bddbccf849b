//! `pebble run`, `pebble notify` and `pebble version`.

use clap::Parser;
use pebble::{
    VERSION,
    cli::{Cli, Command, Notice},
    daemon::{Options, Surroundings, run},
};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    os::unix::net::UnixStream,
    process::ExitCode,
};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(arguments) => run_daemon(arguments.into()),
        Command::Notify(notice) => notify(&notice),
        Command::Version(arguments) => {
            if arguments.client {
                println!("{VERSION}");
            } else {
                println!("client  {VERSION}\nserver  {}", server_version().unwrap_or_else(|| "-".to_owned()));
            }
            ExitCode::SUCCESS
        }
    }
}

fn run_daemon(options: Options) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(run_until_signal(options));
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(error.to_string()),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("cannot run daemon: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run_until_signal(options: Options) -> Result<u8, String> {
    let watch = |kind| signal(kind).map_err(|error| error.to_string());
    let [mut interrupt, mut terminate, mut quit] =
        [watch(SignalKind::interrupt())?, watch(SignalKind::terminate())?, watch(SignalKind::quit())?];
    let surroundings =
        Surroundings::of_process().map_err(|error| format!("cannot start child process reaper: {error}"))?;
    let terminated = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = quit.recv() => {}
        }
    };
    run::run(options, surroundings, terminated).await.map_err(|error| error.to_string())
}

/// Asks the Pebble that runs for its version.
fn server_version() -> Option<String> {
    let answer = ask("GET /v1/system-info HTTP/1.0\r\nHost: pebble\r\n\r\n")?;
    answer.pointer("/result/version")?.as_str().map(str::to_owned)
}

/// Has the Pebble that runs record a notice, and prints its number.
fn notify(Notice { key, data }: &Notice) -> ExitCode {
    let data: BTreeMap<&str, &str> = data.iter().filter_map(|pair| pair.split_once('=')).collect();
    let body = serde_json::json!({"action": "add", "type": "custom", "key": key, "data": data}).to_string();
    let length = body.len();
    let answer = ask(&format!(
        "POST /v1/notices HTTP/1.0\r\nHost: pebble\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    ));
    let answer = answer.unwrap_or_default();
    match (answer.pointer("/result/id"), answer.pointer("/result/message")) {
        (Some(id), _) => println!("Recorded notice {}", id.as_str().unwrap_or_default()),
        (None, message) => {
            eprintln!("error: {}", message.and_then(|text| text.as_str()).unwrap_or("cannot communicate with server"));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// What the Pebble that runs answers.
fn ask(request: &str) -> Option<serde_json::Value> {
    let mut stream = UnixStream::connect(Options::from_environment().socket).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}
