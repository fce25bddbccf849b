//! Every tool by its name.

use super::{
    Answer, Arguments, Invocation, Session, ToolError, actions,
    arguments::{self, Syntax},
    configuration, format, network, ports, relation_read, relation_write, secret_read, secret_write, state, status,
};
use std::fs;

type Work = fn(&mut Session<'_>, &mut Arguments, &Invocation) -> Result<String, ToolError>;

struct Tool {
    name: &'static str,
    syntax: Syntax,
    work: Work,
    /// Whether it changes something, at the controller or in a log.
    is_writer: bool,
}

const FORMAT: &[&[&str]] = &[&["format"], &["o", "output"]];
const FORMAT_R: &[&[&str]] = &[&["format"], &["o", "output"], &["r", "relation"]];
const R_FILE: &[&[&str]] = &[&["r", "relation"], &["file"], &["format"]];
const SECRET: &[&[&str]] =
    &[&["label"], &["description"], &["owner"], &["rotate"], &["expire"], &["file"], &["format"], &["o", "output"]];
const ACCESS: &[&[&str]] = &[&["r", "relation"], &["unit"], &["app", "application"]];
const NETWORK: &[&str] = &["bind-address", "ingress-address", "egress-subnets", "primary-address"];

const fn tool(
    name: &'static str,
    values: &'static [&'static [&'static str]],
    switches: &'static [&'static str],
    work: Work,
) -> Tool {
    Tool { name, syntax: Syntax { values, switches }, work, is_writer: false }
}

const fn writer(
    name: &'static str,
    values: &'static [&'static [&'static str]],
    switches: &'static [&'static str],
    work: Work,
) -> Tool {
    Tool { is_writer: true, ..tool(name, values, switches, work) }
}

/// Tools that have no smart format; theirs is YAML if none is asked for.
const STRUCTURED: [&str; 3] = ["goal-state", "secret-get", "secret-info-get"];

const TOOLS: [Tool; 38] = [
    writer("action-fail", &[], &[], actions::fail),
    tool("action-get", FORMAT, &[], actions::get),
    writer("action-log", &[], &[], actions::log),
    writer("action-set", &[], &[], actions::set),
    writer("application-version-set", &[], &[], configuration::version_set),
    writer("close-port", &[&["endpoints"], &["format"]], &[], ports::close),
    tool("config-get", FORMAT, &["all", "a"], configuration::get),
    tool("credential-get", FORMAT, &[], network::credential),
    tool("goal-state", FORMAT, &[], configuration::goal_state),
    tool("is-leader", FORMAT, &[], configuration::is_leader),
    writer("juju-log", &[&["l", "log-level"], &["format"]], &["debug"], configuration::log),
    writer("juju-reboot", &[], &["now"], network::reboot),
    tool("leader-get", FORMAT, &[], network::removed),
    writer("leader-set", FORMAT, &[], network::removed),
    tool("network-get", FORMAT_R, NETWORK, network::get),
    writer("open-port", &[&["endpoints"], &["format"]], &[], ports::open),
    tool("opened-ports", FORMAT, &["endpoints"], ports::opened),
    tool("relation-get", FORMAT_R, &["app"], relation_read::get),
    tool("relation-ids", FORMAT, &[], relation_read::ids),
    tool("relation-list", FORMAT_R, &["app"], relation_read::list),
    tool("relation-model-get", FORMAT_R, &[], relation_read::model),
    writer("relation-set", R_FILE, &["app"], relation_write::set),
    tool("resource-get", &[], &[], network::resource),
    writer("secret-add", SECRET, &[], secret_write::add),
    tool("secret-get", &[&["label"], &["format"], &["o", "output"]], &["peek", "refresh"], secret_read::get),
    writer("secret-grant", ACCESS, &[], secret_write::grant),
    tool("secret-ids", FORMAT, &[], secret_read::ids),
    tool("secret-info-get", &[&["label"], &["format"], &["o", "output"]], &[], secret_read::info),
    writer("secret-remove", &[&["revision"]], &[], secret_write::remove),
    writer("secret-revoke", ACCESS, &[], secret_write::revoke),
    writer("secret-set", SECRET, &[], secret_write::set),
    writer("state-delete", &[], &[], state::delete),
    tool("state-get", FORMAT, &["strict"], state::get),
    writer("state-set", &[&["file"]], &[], state::set),
    tool("status-get", FORMAT, &["include-data", "application"], status::get),
    writer("status-set", &[], &["application"], status::set),
    tool("storage-list", FORMAT, &[], network::storage_list),
    tool("unit-get", FORMAT, &[], network::unit_get),
];

/// The names of all tools, each of which is a link in the tools folder.
pub const NAMES: [&str; TOOLS.len()] = {
    let mut names = [""; TOOLS.len()];
    let mut place = 0;
    while place < TOOLS.len() {
        #[allow(clippy::indexing_slicing, reason = "checked when it is compiled")]
        {
            names[place] = TOOLS[place].name;
        }
        place += 1;
    }
    names
};

/// Whether the tool of this name changes something, at the controller or in a log.
#[must_use]
pub fn is_writer(name: &str) -> bool {
    TOOLS.iter().any(|tool| tool.is_writer && tool.name == name)
}

/// Runs one tool; `None` if it must be called again with its standard input.
pub fn call(session: &mut Session<'_>, invocation: &Invocation) -> Option<Answer> {
    match work(session, invocation) {
        Err(ToolError::WantsStdin) => None,
        result => Some(Answer::new(result)),
    }
}

fn work(session: &mut Session<'_>, invocation: &Invocation) -> Result<String, ToolError> {
    let (name, words) = invocation.argv.split_first().ok_or_else(|| ToolError::failed("bad request: no command"))?;
    let tool = TOOLS.iter().find(|tool| tool.name == name);
    let tool = tool.ok_or_else(|| ToolError::failed(format!("bad request: unknown command {name:?}")))?;
    if asks_for_help(words) {
        return Ok(format!("Usage: {name} [options]\n"));
    }
    let mut parsed = arguments::parse(&tool.syntax, words)?;
    format::check(&parsed, STRUCTURED.contains(&tool.name))?;
    let output = parsed.value("o").map(|file| session.file(&invocation.dir, file));
    let text = (tool.work)(session, &mut parsed, invocation)?;
    match output {
        None => Ok(text),
        Some(file) => match fs::write(&file, &text) {
            Ok(()) => Ok(String::new()),
            Err(cause) => Err(ToolError::failed(format!("open {}: {cause}", file.display()))),
        },
    }
}

fn asks_for_help(words: &[String]) -> bool {
    words.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h")
}

#[cfg(test)]
mod tests {
    use super::{NAMES, is_writer};

    #[test]
    fn tools_that_read_have_names_that_say_so_and_all_others_are_writers() {
        let reads = ["-get", "-ids", "-list", "-ports", "goal-state", "is-leader"];
        let by_name: Vec<&str> =
            NAMES.into_iter().filter(|name| !reads.iter().any(|word| name.ends_with(word))).collect();
        let writers: Vec<&str> = NAMES.into_iter().filter(|name| is_writer(name)).collect();
        assert_eq!(writers, by_name);
    }
}
