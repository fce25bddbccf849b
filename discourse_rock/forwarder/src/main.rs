//! Serves the metrics of Discourse's collector to Prometheus, and nothing else of it.
//!
//! The collector accepts messages from every client without authentication. It therefore listens on the loopback only, and this
//! program serves `GET /metrics` to the network.

mod collector;
mod connections;
mod forward;
mod listener;
mod notes;
mod progress;

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::{collector::Collector, connections::Connections, forward::Forwarder, listener::Listener, notes::Notes};

/// Serves GET /metrics by asking the collector of Discourse, and nothing else.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; all addresses of IPv6 are those of IPv4, too, and 0.0.0.0 alone where there is no IPv6
    #[arg(long, env = "METRICS_FORWARDER_LISTEN", value_name = "ADDRESS", default_value = "[::]:9394")]
    listen: SocketAddr,
    /// Where the collector of Discourse listens
    #[arg(long, env = "METRICS_FORWARDER_COLLECTOR", value_name = "HOST:PORT", default_value = "localhost:9405")]
    collector: String,
    /// Seconds that a client has for its request, and that the collector has for its answer
    #[arg(long, env = "METRICS_FORWARDER_DEADLINE", value_name = "SECONDS", default_value = "10",
          value_parser = clap::value_parser!(u64).range(1..=300))]
    deadline: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return give_up(format_args!("starting the runtime failed: {error}")),
    };
    let code = runtime.block_on(serve(arguments));
    // A pending look-up of the collector's name must not delay the exit.
    runtime.shutdown_background();
    code
}

/// Serves until a signal arrives.
async fn serve(arguments: Arguments) -> ExitCode {
    let (mut term, mut int) = match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(term), Ok(int)) => (term, int),
        (Err(error), _) | (_, Err(error)) => return give_up(format_args!("waiting for signals failed: {error}")),
    };
    let (listener, address) = match Listener::bind(arguments.listen) {
        Ok(bound) => bound,
        Err(error) => return give_up(format_args!("listening on {} failed: {error}", arguments.listen)),
    };
    notes::say(format_args!("serving the metrics of {} on {address}", arguments.collector));
    let deadline = Duration::from_secs(arguments.deadline);
    let notes = Arc::new(Notes::default());
    let collector = Collector::new(arguments.collector, deadline);
    let forwarder = Arc::new(Forwarder::new(collector, Arc::clone(&notes)));
    let connections = Connections::new(forwarder, deadline);
    tokio::select! {
        () = any_of(&mut term, &mut int) => ExitCode::SUCCESS,
        never = listener.serve(connections, &notes) => match never {},
    }
}

async fn any_of(term: &mut Signal, int: &mut Signal) {
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

fn give_up(why: std::fmt::Arguments<'_>) -> ExitCode {
    notes::say(why);
    ExitCode::FAILURE
}
