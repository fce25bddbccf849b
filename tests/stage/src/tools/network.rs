//! Addresses, and tools that have little to say on Kubernetes.

use super::{Arguments, Invocation, Session, ToolError, format};
use serde_json::{Value, json};

type Result = std::result::Result<String, ToolError>;

/// `network-get`: the pod's one address, whatever the binding.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let binding = arguments.shift().filter(|name| !name.is_empty());
    let binding = binding.ok_or_else(|| ToolError::usage("no arguments specified"))?;
    arguments.finish()?;
    if arguments.value("r").is_some() {
        session.relation_of(arguments)?;
    }
    let known =
        binding == "juju-info" || session.model.application_of(&session.unit).charm.endpoints.contains_key(&binding);
    if !known {
        return Err(ToolError::failed(format!("no network config found for binding {binding:?}")));
    }
    let address = session.own().address;
    let subnet = format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 });
    if arguments.is_on("egress-subnets") {
        return format::print(arguments, &json!(subnet));
    }
    if ["bind-address", "ingress-address", "primary-address"].into_iter().any(|switch| arguments.is_on(switch)) {
        return format::print(arguments, &json!(address.to_string()));
    }
    let addresses = json!([{"hostname": "", "value": address.to_string(), "cidr": ""}]);
    let value = json!({
        "bind-addresses": [{"mac-address": "", "interface-name": "", "addresses": addresses}],
        "egress-subnets": [subnet],
        "ingress-addresses": [address.to_string()],
    });
    format::print(arguments, &value)
}

/// `unit-get`.
pub fn unit_get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let setting = arguments.shift().ok_or_else(|| ToolError::usage("no setting specified"))?;
    if !["private-address", "public-address"].contains(&setting.as_str()) {
        return Err(ToolError::usage(format!("unknown setting {setting:?}")));
    }
    arguments.finish()?;
    let address = session.own().address.to_string();
    format::print(arguments, &json!(address))
}

/// `credential-get`: refused, as without trust.
pub fn credential(_: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    Err(ToolError::failed("cannot access cloud credentials: permission denied"))
}

/// `resource-get`: the stage has no resources but images, which charms do not fetch.
pub fn resource(_: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let name = arguments.shift().ok_or_else(|| ToolError::usage("missing required resource name"))?;
    arguments.finish()?;
    Err(ToolError::failed(format!("could not download resource: resource {name:?} not found")))
}

/// `storage-list`: there is no storage.
pub fn storage_list(_: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    format::print(arguments, &Value::Array(Vec::new()))
}

/// `juju-reboot`: means nothing in a pod.
pub fn reboot(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    match session.event.action() {
        Some(_) => Err(ToolError::failed("juju-reboot is not supported when running an action.")),
        None => Ok(String::new()),
    }
}

/// `leader-get` and `leader-set`: Juju 4 has them no more.
pub fn removed(_: &mut Session<'_>, _: &mut Arguments, invocation: &Invocation) -> Result {
    let name = invocation.argv.first().map_or("", String::as_str);
    Err(ToolError::failed(format!("bad request: unknown command {name:?}")))
}
