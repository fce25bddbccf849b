//! Open ports.

use super::{Arguments, Invocation, Session, ToolError, format};
use serde_json::{Value, json};
use std::collections::BTreeSet;

type Result = std::result::Result<String, ToolError>;

/// `open-port`: when the hook succeeds.
pub fn open(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let port = parse(arguments)?;
    edited(session).insert(port);
    Ok(String::new())
}

/// `close-port`: when the hook succeeds.
pub fn close(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let port = parse(arguments)?;
    edited(session).remove(&port);
    Ok(String::new())
}

/// `opened-ports`, changes of this hook among them.
pub fn opened(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    let suffix = if arguments.is_on("endpoints") { " (*)" } else { "" };
    let ports = session.pending.ports.clone().unwrap_or_else(|| session.own().opened_ports.clone());
    let shown: Vec<Value> = ports.iter().map(|port| json!(format!("{port}{suffix}"))).collect();
    format::print(arguments, &Value::Array(shown))
}

fn edited<'s>(session: &'s mut Session<'_>) -> &'s mut BTreeSet<String> {
    let current = session.own().opened_ports.clone();
    session.pending.ports.get_or_insert(current)
}

fn parse(arguments: &mut Arguments) -> std::result::Result<String, ToolError> {
    let text = arguments.shift().ok_or_else(|| ToolError::usage("no port or range specified"))?;
    arguments.finish()?;
    if text == "icmp" {
        return Ok(text);
    }
    let (range, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
    if !["tcp", "udp"].contains(&protocol) {
        return Err(ToolError::usage(format!("invalid protocol {protocol:?}, expected \"tcp\", \"udp\", or \"icmp\"")));
    }
    let number = |port: &str| port.parse::<u16>().ok().filter(|port| *port > 0);
    if let Some((from, to)) = range.split_once('-') {
        return Err(match (number(from), number(to)) {
            (Some(_), Some(_)) => {
                ToolError::failed("port ranges are not supported for k8s applications, please specify a single port")
            }
            _ => ToolError::usage(format!("invalid port range {text:?}")),
        });
    }
    let port = number(range).ok_or_else(|| ToolError::usage(format!("invalid port {range:?}")))?;
    Ok(format!("{port}/{protocol}"))
}
