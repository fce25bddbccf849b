//! Open ports.

use super::{Arguments, Invocation, Session, ToolError, format, quote::quoted};
use crate::model::{OpenPorts, Port};
use std::collections::BTreeSet;

type Result = std::result::Result<String, ToolError>;

const NO_RANGE: &str = "port ranges are not supported for k8s applications, please specify a single port";

/// `open-port`: when the hook succeeds.
pub fn open(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    change(session, arguments, |ports, endpoint, port| {
        ports.entry(endpoint).or_default().insert(port);
    })
}

/// `close-port`: when the hook succeeds; an endpoint at a time, or what was opened for all.
pub fn close(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    change(session, arguments, |ports, endpoint, port| {
        let is_last = ports.get_mut(&endpoint).is_some_and(|open| open.remove(&port) && open.is_empty());
        if is_last {
            ports.remove(&endpoint);
        }
    })
}

/// `opened-ports`, changes of this hook among them.
pub fn opened(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    let ports = edited(session);
    let all: BTreeSet<&Port> = ports.values().flatten().collect();
    let names_endpoints = arguments.is_on("endpoints");
    let shown =
        all.into_iter().map(|port| if names_endpoints { with_endpoints(ports, port) } else { port.to_string() });
    Ok(format::print(arguments, shown.collect::<Vec<_>>()))
}

fn with_endpoints(ports: &OpenPorts, port: &Port) -> String {
    let endpoints: Vec<&str> =
        ports.iter().filter(|(_, open)| open.contains(port)).map(|(endpoint, _)| endpoint.as_str()).collect();
    match endpoints.as_slice() {
        ["", ..] => format!("{port} (*)"),
        some => format!("{port} ({})", some.join(", ")),
    }
}

fn edited<'s>(session: &'s mut Session<'_>) -> &'s mut OpenPorts {
    let current = session.own().opened_ports.clone();
    session.pending.ports.get_or_insert(current)
}

fn change(session: &mut Session<'_>, arguments: &mut Arguments, edit: fn(&mut OpenPorts, String, Port)) -> Result {
    let text = arguments.shift().ok_or_else(|| ToolError::usage("no port or range specified"))?;
    let (first, last) = parse(&text.to_lowercase()).map_err(ToolError::Usage)?;
    arguments.finish()?;
    if first != last {
        return Err(ToolError::failed(NO_RANGE));
    }
    for endpoint in arguments.value("endpoints").unwrap_or_default().split(',') {
        edit(edited(session), endpoint.trim().to_owned(), first.clone());
    }
    Ok(String::new())
}

/// The first and the last port of a range.
fn parse(text: &str) -> std::result::Result<(Port, Port), String> {
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (from, to) = match range.split('-').collect::<Vec<_>>().as_slice() {
        ["icmp"] => return Ok((Port::icmp(), Port::icmp())),
        [port] => (number(port)?, number(port)?),
        [from, to] => (number(from)?, number(to)?),
        _ => return Err(format!("invalid port range {}", quoted(range))),
    };
    match protocol {
        "icmp" => Err(format!("protocol \"icmp\" doesn't support any ports; got \"{from}\"")),
        "tcp" | "udp" if from > to => Err(format!("invalid port range {from}-{to}/{protocol}")),
        "tcp" | "udp" => match (u16::try_from(from), u16::try_from(to)) {
            (Ok(from), Ok(to)) => Ok((Port::new(protocol, from), Port::new(protocol, to))),
            _ => Err(format!("port range bounds must be between 0 and 65535, got {from}-{to}")),
        },
        other => Err(format!("invalid protocol {}, expected \"tcp\", \"udp\", or \"icmp\"", quoted(other))),
    }
}

fn number(text: &str) -> std::result::Result<i64, String> {
    text.parse().map_err(|cause: std::num::ParseIntError| {
        let is_large = *cause.kind() == std::num::IntErrorKind::PosOverflow;
        let why = if is_large { "value out of range" } else { "invalid syntax" };
        let text = quoted(text);
        format!("invalid port {text}: strconv.Atoi: parsing {text}: {why}")
    })
}
