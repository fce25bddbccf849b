//! Every tool by its name.

use super::{
    Answer, Arguments, Invocation, Session, ToolError, actions, arguments, configuration,
    flags::{Flag, NO_FORMAT, OUTPUT, RELATION, Takes, format, switch, text},
    format::{SMART, STRUCTURED},
    goal_state, input, leader, network, payloads, pod_spec, ports,
    quote::quoted,
    relation_read, relation_write, secret_info, secret_read, secret_write, state, status, storage,
};
use crate::model::Version;
use std::fs;

type Work = fn(&mut Session<'_>, &mut Arguments, &Invocation) -> Result<String, ToolError>;

struct Tool {
    name: &'static str,
    /// What help says of the arguments after the flags.
    usage: &'static str,
    flags: &'static [Flag],
    work: Work,
    /// Whether it changes something, at the controller or in a log.
    is_writer: bool,
    /// The versions that have it.
    versions: &'static [Version],
}

const PRINTS: &[Flag] = &[format(SMART), OUTPUT];
const PRINTS_STRUCTURE: &[Flag] = &[format(STRUCTURED), OUTPUT];
const READS_RELATION: &[Flag] = &[format(SMART), OUTPUT, RELATION];
const READS_RELATION_OR_APP: &[Flag] = &[format(SMART), OUTPUT, RELATION, switch(&["app"])];
const WRITES_RELATION: &[Flag] = &[RELATION, text(&["file"]), switch(&["app"]), NO_FORMAT];
const WRITES_PORT: &[Flag] = &[NO_FORMAT, text(&["endpoints"])];
const WRITES_LOG: &[Flag] = &[switch(&["debug"]), text(&["l", "log-level"]), NO_FORMAT];
const WRITES_SPEC: &[Flag] = &[text(&["file"]), text(&["k8s-resources"])];
const READS_STORAGE: &[Flag] = &[format(SMART), OUTPUT, Flag { names: &["s"], takes: Takes::Storage }];
const READS_STATUS: &[Flag] = &[format(SMART), OUTPUT, switch(&["include-data"]), switch(&["application"])];
const READS_NETWORK: &[Flag] = &[
    format(SMART),
    OUTPUT,
    RELATION,
    switch(&["bind-address"]),
    switch(&["ingress-address"]),
    switch(&["egress-subnets"]),
    switch(&["primary-address"]),
];
const WRITES_SECRET: &[Flag] = &[
    text(&["label"]),
    text(&["description"]),
    text(&["owner"]),
    text(&["rotate"]),
    text(&["expire"]),
    text(&["file"]),
];
const READS_SECRET: &[Flag] = &[format(STRUCTURED), OUTPUT, text(&["label"]), switch(&["peek"]), switch(&["refresh"])];
const DESCRIBES_SECRET: &[Flag] = &[format(STRUCTURED), OUTPUT, text(&["label"])];
const REVISION: &[Flag] = &[Flag { names: &["revision"], takes: Takes::Integer }];
const GRANTS: &[Flag] = &[RELATION, text(&["unit"])];
const REVOKES: &[Flag] = &[RELATION, text(&["unit"]), text(&["app", "application"])];
const PORT: &str = "<port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp";
const SPEC: &str = "--file <core spec file> [--k8s-resources <k8s spec file>]";
const BINDING: &str = "<binding-name> [--ingress-address] [--bind-address] [--egress-subnets]";
const PAIRS: &str = "key=value [key=value ...]";

const fn tool(name: &'static str, usage: &'static str, flags: &'static [Flag], work: Work) -> Tool {
    Tool { name, usage, flags, work, is_writer: false, versions: &Version::ALL }
}

impl Tool {
    const fn writer(self) -> Self {
        Self { is_writer: true, ..self }
    }

    const fn only_3_6(self) -> Self {
        Self { versions: &[Version::V3_6], ..self }
    }

    /// How the tool is called, and its options with the values that they have in this hook; their purposes are not played.
    fn help(&self, session: &Session<'_>) -> String {
        let usage = match self.name {
            "relation-ids" if session.hook_relation().is_some() => "[<name>]",
            _ => self.usage,
        };
        let space = if usage.is_empty() { "" } else { " " };
        if self.flags.is_empty() {
            return format!("Usage: {}{space}{usage}\n", self.name);
        }
        let mut options: Vec<String> = self.flags.iter().map(|flag| flag.help(&default(session, flag))).collect();
        options.sort_unstable_by(|one, other| one.trim_start_matches('-').cmp(other.trim_start_matches('-')));
        format!("Usage: {} [options]{space}{usage}\n\nOptions:\n{}", self.name, options.concat())
    }
}

/// The value of a flag that is not given, as help shows it.
fn default(session: &Session<'_>, flag: &Flag) -> String {
    match flag.takes {
        Takes::Nothing => "false".to_owned(),
        Takes::Text | Takes::Deprecated => quoted(""),
        Takes::Integer => "0".to_owned(),
        Takes::OneOf(formats) => (if formats == SMART { "smart" } else { "yaml" }).to_owned(),
        Takes::Relation => session.relation_name().unwrap_or_default(),
        Takes::Storage => storage::of_hook(session).unwrap_or_default().to_owned(),
    }
}

const TOOLS: [Tool; 49] = [
    tool("action-fail", "[\"<failure message>\"]", &[], actions::fail).writer(),
    tool("action-get", "[<key>[.<key>.<key>...]]", PRINTS, actions::get),
    tool("action-log", "<message>", &[], actions::log).writer(),
    tool("action-set", "<key>=<value> [<key>=<value> ...]", &[], actions::set).writer(),
    tool("application-version-set", "<new-version>", &[], configuration::version_set).writer(),
    tool("close-port", PORT, WRITES_PORT, ports::close).writer(),
    tool("config-get", "[<key>]", &[format(SMART), OUTPUT, switch(&["a", "all"])], configuration::get),
    tool("credential-get", "", PRINTS, network::credential),
    tool("goal-state", "", PRINTS_STRUCTURE, goal_state::get),
    tool("is-leader", "", PRINTS, leader::is_leader),
    tool("juju-log", "<message>", WRITES_LOG, configuration::log).writer(),
    tool("juju-reboot", "", &[switch(&["now"])], network::reboot).writer(),
    tool("k8s-raw-get", "", &[], pod_spec::get).only_3_6(),
    tool("k8s-raw-set", "--file <core spec file>", &[text(&["file"])], pod_spec::set_raw).writer().only_3_6(),
    tool("k8s-spec-get", "", &[], pod_spec::get).only_3_6(),
    tool("k8s-spec-set", SPEC, WRITES_SPEC, pod_spec::set).writer().only_3_6(),
    tool("leader-get", "[<key>]", PRINTS, leader::get).only_3_6(),
    tool("leader-set", "<key>=<value> [...]", &[], leader::set).writer().only_3_6(),
    tool("network-get", BINDING, READS_NETWORK, network::get),
    tool("open-port", PORT, WRITES_PORT, ports::open).writer(),
    tool("opened-ports", "", &[format(SMART), OUTPUT, switch(&["endpoints"])], ports::opened),
    tool("payload-register", "<type> <class> <id> [tags...]", &[], payloads::register).writer().only_3_6(),
    tool("payload-status-set", "<class> <id> <status>", &[], payloads::set_status).writer().only_3_6(),
    tool("payload-unregister", "<class> <id>", &[], payloads::unregister).writer().only_3_6(),
    tool("pod-spec-get", "", &[], pod_spec::get).only_3_6(),
    tool("pod-spec-set", SPEC, WRITES_SPEC, pod_spec::set).writer().only_3_6(),
    tool("relation-get", "<key> <unit id>", READS_RELATION_OR_APP, relation_read::get),
    tool("relation-ids", "<name>", PRINTS, relation_read::ids),
    tool("relation-list", "", READS_RELATION_OR_APP, relation_read::list),
    tool("relation-model-get", "", READS_RELATION, relation_read::model),
    tool("relation-set", PAIRS, WRITES_RELATION, relation_write::set).writer(),
    tool("resource-get", "<resource name>", &[], network::resource),
    tool("secret-add", "<key>[#base64]=<value> ...", WRITES_SECRET, secret_write::add).writer(),
    tool("secret-get", "<ID> [key[#base64]]", READS_SECRET, secret_read::get),
    tool("secret-grant", "<ID>", GRANTS, secret_write::grant).writer(),
    tool("secret-ids", "", PRINTS, secret_info::ids),
    tool("secret-info-get", "<ID>", DESCRIBES_SECRET, secret_info::info),
    tool("secret-remove", "<ID>", REVISION, secret_write::remove).writer(),
    tool("secret-revoke", "<ID>", REVOKES, secret_write::revoke).writer(),
    tool("secret-set", "<ID> [key[#base64]=value...]", WRITES_SECRET, secret_write::set).writer(),
    tool("state-delete", "<key>", &[], state::delete).writer(),
    tool("state-get", "[<key>]", &[format(SMART), OUTPUT, switch(&["strict"])], state::get),
    tool("state-set", PAIRS, &[text(&["file"])], state::set).writer(),
    tool("status-get", "[--include-data] [--application]", READS_STATUS, status::get),
    tool("status-set", "<status> [<message>]", &[switch(&["application"])], status::set).writer(),
    tool("storage-add", "<charm storage name>[=count] ...", &[], storage::add).writer(),
    tool("storage-get", "[-s <storage-id>] [<key>]", READS_STORAGE, storage::get),
    tool("storage-list", "[<storage-name>]", PRINTS, storage::list),
    tool("unit-get", "<setting>", PRINTS, network::unit_get),
];

/// The names of all tools of a version, each of which is a link in the tools folder.
pub fn names(version: Version) -> impl Iterator<Item = &'static str> {
    TOOLS.iter().filter(move |tool| tool.versions.contains(&version)).map(|tool| tool.name)
}

/// Whether the tool of this name changes something, at the controller or in a log.
#[must_use]
pub fn is_writer(name: &str) -> bool {
    TOOLS.iter().any(|tool| tool.is_writer && tool.name == name)
}

/// Runs one tool; `None` if it must be called again with its standard input.
pub fn call(session: &mut Session<'_>, invocation: &Invocation) -> Option<Answer> {
    let (name, words) = invocation.argv.split_first()?;
    let version = session.model.juju;
    let Some(tool) = TOOLS.iter().find(|tool| tool.name == name && tool.versions.contains(&version)) else {
        return Some(Answer::new(Err(ToolError::failed(format!("bad request: unknown hook command: {name}")))));
    };
    let check = |takes, value: &str| check(session, takes, value);
    let mut parsed = match arguments::parse(tool.flags, words, &check) {
        Ok(Some(parsed)) => parsed,
        Ok(None) => return Some(Answer::new(Ok(tool.help(session)))),
        Err(wrong) => return Some(Answer::new(Err(wrong))),
    };
    let format =
        tool.flags.iter().any(|flag| flag.takes == Takes::Deprecated).then(|| parsed.value("format")).flatten();
    let is_warned = format.is_some_and(|format| !format.is_empty());
    let result = work(session, tool, &mut parsed, invocation);
    let warning = match &result {
        Err(ToolError::WantsStdin) => return None,
        Err(ToolError::Usage(_)) => String::new(),
        _ if is_warned => format!("--format flag deprecated for command \"{name}\""),
        _ => String::new(),
    };
    let answer = Answer::new(result);
    Some(Answer { stderr: warning + &answer.stderr, ..answer })
}

/// Judges the value of a flag by the model.
fn check(session: &Session<'_>, takes: Takes, value: &str) -> Result<(), String> {
    match takes {
        Takes::Relation => session.named_relation(value).map(drop),
        Takes::Storage => storage::named(session, value).map(drop),
        _ => Ok(()),
    }
}

fn work(
    session: &mut Session<'_>,
    tool: &Tool,
    parsed: &mut Arguments,
    invocation: &Invocation,
) -> Result<String, ToolError> {
    let output = parsed.value("o").filter(|file| !file.is_empty()).map(|file| input::absolute(&invocation.dir, file));
    let text = (tool.work)(session, parsed, invocation)?;
    let Some(file) = output else { return Ok(text) };
    match fs::write(session.on_this_machine(&file), &text) {
        Ok(()) => Ok(String::new()),
        Err(cause) => Err(input::failure("open", &file, &cause)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Version, is_writer, names};

    #[test]
    fn tools_that_read_have_names_that_say_so_and_all_others_are_writers() {
        let reads = ["-get", "-ids", "-list", "-ports", "goal-state", "is-leader"];
        let by_name: Vec<&str> =
            names(Version::V3_6).filter(|name| !reads.iter().any(|word| name.ends_with(word))).collect();
        let writers: Vec<&str> = names(Version::V3_6).filter(|name| is_writer(name)).collect();
        assert_eq!(writers, by_name);
    }

    #[test]
    fn tools_for_charms_of_former_times_are_gone_in_juju_4() {
        let later: Vec<&str> = names(Version::V4_0).collect();
        let gone: Vec<&str> = names(Version::V3_6).filter(|name| !later.contains(name)).collect();
        let wanted = "k8s-raw-get k8s-raw-set k8s-spec-get k8s-spec-set leader-get leader-set payload-register \
            payload-status-set payload-unregister pod-spec-get pod-spec-set";
        assert_eq!(gone.join(" "), wanted);
    }
}
