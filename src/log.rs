//! The charm's log lines, sent to `juju-log`.
//!
//! A tracing layer cannot wait for a process, so events are buffered until [`flush`]. Events of other crates are dropped, because
//! the HTTP client would log what it sends, and so is a line that is the one before.

use std::{
    fmt::{self, Write as _},
    io::{self, Write as _},
    sync::{Mutex, PoisonError},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt, registry};

use crate::{juju::Tools, telemetry};

static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

#[derive(Debug, PartialEq, Eq)]
struct Line {
    level: &'static str,
    text: String,
}

/// Starts collecting events of level INFO and above, and the spans of the trace; a second call changes nothing.
pub fn init() {
    let subscriber = registry().with(Collector).with(telemetry::layer());
    // The only error is that a subscriber is set already, which then remains.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Sends the collected lines to `juju-log`, in order; a line that it does not accept goes to standard error, which Juju logs too.
pub async fn flush(tools: &Tools) {
    for line in take() {
        if let Err(error) = tools.juju_log(line.level, &line.text).await {
            // A closed standard error must not make the hook fail.
            drop(writeln!(io::stderr(), "{} {} ({error})", line.level, line.text));
        }
    }
}

fn take() -> Vec<Line> {
    std::mem::take(&mut *LINES.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Collector;

impl<S: Subscriber> Layer<S> for Collector {
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        let Some(level) = juju_level(*metadata.level()).filter(|_| is_ours(metadata.target())) else { return };
        let mut text = Text::default();
        event.record(&mut text);
        let line = Line { level, text: text.joined() };
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        // What fails every few seconds is told once.
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    }
}

/// Juju's name of a level.
///
/// *Empty*: the level is not logged.
fn juju_level(level: Level) -> Option<&'static str> {
    match level {
        Level::ERROR => Some("ERROR"),
        Level::WARN => Some("WARNING"),
        Level::INFO => Some("INFO"),
        _ => None,
    }
}

fn is_ours(target: &str) -> bool {
    target.split("::").next() == Some(env!("CARGO_CRATE_NAME"))
}

/// The message of an event, and its other fields.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn joined(self) -> String {
        self.message + &self.fields
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn only_the_charms_own_events_of_level_info_and_above_are_collected_and_no_line_twice_in_a_row() {
        let password = Secret::from("hunter2".to_owned());
        tracing::subscriber::with_default(registry().with(Collector), || {
            tracing::info!(names = 2, ?password, "restarting {}", "discourse");
            tracing::warn!("late");
            tracing::warn!("late");
            tracing::debug!("too fine");
            tracing::error!(target: "hyper::client", "not ours");
        });
        let line = |level, text: &str| Line { level, text: text.to_owned() };
        let expected = [line("INFO", "restarting discourse names=2 password=Secret(***)"), line("WARNING", "late")];
        assert_eq!(take(), expected);
    }
}
