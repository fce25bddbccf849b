//! Addresses, and tools that have little to say on Kubernetes.

use super::{Arguments, Invocation, Session, ToolError, format, format::Datum, quote::quoted};
use crate::model::Version;
use std::collections::BTreeMap;

/// The file that says where an image is.
const IMAGE: &str = "content.yaml";

type Result = std::result::Result<String, ToolError>;

/// `network-get`: the pod's one address, whatever the binding.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let binding = arguments.shift().ok_or_else(|| ToolError::usage("no arguments specified"))?;
    if binding.is_empty() {
        return Err(ToolError::usage("no binding name specified"));
    }
    arguments.finish()?;
    check(session, &binding)?;
    let network = Network::of(session);
    let mut asked: BTreeMap<String, Datum> =
        network.parts().into_iter().filter(|(part, _)| arguments.is_on(part)).collect();
    if arguments.is_on("primary-address") {
        if asked.is_empty() {
            return Ok(format::print(arguments, network.bind));
        }
        return Err(ToolError::failed("--primary-address must be the only flag specified"));
    }
    match asked.len() {
        0 => Ok(format::print(arguments, network.whole(arguments.value("format") == Some("json")))),
        1 => Ok(format::print(arguments, asked.pop_first().map_or(Datum::Nothing, |(_, part)| part))),
        _ => Ok(format::print(arguments, Datum::Map(asked))),
    }
}

fn check(session: &Session<'_>, binding: &str) -> std::result::Result<(), ToolError> {
    if binding == "juju-info" || session.model.application_of(&session.unit).charm.endpoints.contains_key(binding) {
        return Ok(());
    }
    let binding = quoted(binding);
    Err(ToolError::failed(match session.model.juju {
        Version::V3_6 => format!("no network config found for binding {binding}"),
        Version::V4_0 => format!("undefined for unit charm: endpoint {binding} not valid"),
    }))
}

/// Where a unit listens, and where others find it.
struct Network {
    bind: String,
    ingress: String,
    egress: Vec<String>,
}

impl Network {
    fn of(session: &mut Session<'_>) -> Self {
        let service = session.model.application_of(&session.unit).service;
        let subnet = format!("{service}/{}", if service.is_ipv4() { 32 } else { 128 });
        Self { bind: session.own().address.to_string(), ingress: service.to_string(), egress: vec![subnet] }
    }

    /// The parts that can be asked for one by one.
    fn parts(&self) -> [(String, Datum); 3] {
        [
            ("bind-address".to_owned(), self.bind.clone().into()),
            ("egress-subnets".to_owned(), self.egress.clone().into()),
            ("ingress-address".to_owned(), self.ingress.clone().into()),
        ]
    }

    /// Everything; some names stand twice for charms that read YAML.
    fn whole(&self, is_json: bool) -> Datum {
        let again = |fields: Vec<(&'static str, Datum)>| if is_json { Vec::new() } else { fields };
        let mut address = vec![("hostname", "".into()), ("value", self.bind.clone().into()), ("cidr", "".into())];
        address.extend(again(vec![("address", self.bind.clone().into())]));
        let addresses = Datum::List(vec![Datum::Record(address)]);
        let mut interface = vec![("mac-address", "".into()), ("interface-name", "".into()), ("addresses", addresses)];
        interface.extend(again(vec![("macaddress", "".into()), ("interfacename", "".into())]));
        Datum::Record(vec![
            ("bind-addresses", Datum::List(vec![Datum::Record(interface)])),
            ("egress-subnets", self.egress.clone().into()),
            ("ingress-addresses", vec![self.ingress.clone()].into()),
        ])
    }
}

/// `unit-get`.
pub fn unit_get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let setting = arguments.shift().ok_or_else(|| ToolError::usage("no setting specified"))?;
    if !["private-address", "public-address"].contains(&setting.as_str()) {
        return Err(ToolError::usage(format!("unknown setting {}", quoted(&setting))));
    }
    arguments.finish()?;
    Ok(format::print(arguments, session.own().address.to_string()))
}

/// `credential-get`: for trusted charms only, and the agent has no credentials of its own to give.
pub fn credential(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    let why = if session.model.application_of(&session.unit).trusted {
        "reading in-cluster config: unable to load in-cluster configuration, \
            KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined"
    } else {
        "getting model credentials: permission denied"
    };
    Err(ToolError::failed(format!("cannot access cloud credentials: {why}")))
}

/// `resource-get`: where the file lies that the agent has fetched.
pub fn resource(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let name = arguments.shift().ok_or_else(|| ToolError::usage("missing required resource name"))?;
    arguments.finish()?;
    let declared = session.model.application_of(&session.unit).charm.resources.get(&name);
    let file =
        declared.map(|declared| session.resources.join(&name).join(declared.filename.as_deref().unwrap_or(IMAGE)));
    let found = file.filter(|file| session.on_this_machine(file).is_file());
    let missing = || ToolError::failed(format!("could not download resource: resource {} not found", quoted(&name)));
    Ok(found.ok_or_else(missing)?.to_string_lossy().into_owned())
}

/// `juju-reboot`: means nothing in a pod.
pub fn reboot(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    match session.event.action() {
        Some(_) => Err(ToolError::failed("juju-reboot is not supported when running an action.")),
        None => Ok(String::new()),
    }
}
