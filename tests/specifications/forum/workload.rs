//! What the first unit's workload looks like from outside the charm.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
};

use serde_json::Value;
use stage::pod::Pod;

use super::Forum;

impl Forum {
    /// The first unit's pod.
    #[track_caller]
    pub fn pod(&self) -> &Pod {
        self.stage.pod(0).unwrap()
    }

    /// What Pebble answers to a GET request.
    #[track_caller]
    pub fn pebble(&self, path: &str) -> Value {
        self.pod().read("discourse", path).unwrap()
    }

    /// Pebble's plan.
    #[track_caller]
    pub fn plan(&self) -> Value {
        serde_yaml::from_str(self.pebble("/v1/plan?format=yaml").as_str().unwrap()).unwrap()
    }

    /// State and startup of a service, as `pebble services` shows them; empty if the plan has none of this name.
    #[track_caller]
    pub fn service(&self, name: &str) -> [String; 2] {
        let services = self.pebble(&format!("/v1/services?names={name}"));
        ["current", "startup"].map(|key| services[0][key].as_str().unwrap_or_default().to_owned())
    }

    /// The server's environment in the plan.
    #[track_caller]
    pub fn environment(&self) -> BTreeMap<String, String> {
        self.environment_of(0)
    }

    /// The environment of a unit's server in the plan.
    #[track_caller]
    pub fn environment_of(&self, unit: u32) -> BTreeMap<String, String> {
        let plan = self.stage.pod(unit).unwrap().read("discourse", "/v1/plan?format=yaml").unwrap();
        let plan: Value = serde_yaml::from_str(plan.as_str().unwrap()).unwrap();
        let variables = plan["services"]["discourse"]["environment"].as_object().unwrap().clone();
        variables.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned())).collect()
    }

    /// A variable of the server, empty if it is not set.
    #[track_caller]
    pub fn variable(&self, name: &str) -> String {
        self.environment().remove(name).unwrap_or_default()
    }

    /// The server's variables whose names begin with this, sorted and one per line.
    #[track_caller]
    pub fn variables(&self, prefix: &str) -> Vec<String> {
        let variables = self.environment().into_iter().filter(|(name, _)| name.starts_with(prefix));
        variables.map(|(name, value)| format!("{name}={value}")).collect()
    }

    /// Turns a fault of the workload on.
    #[track_caller]
    pub fn turn_on(&self, fault: &str, argument: &str) {
        std::fs::write(self.switch(fault), argument).unwrap();
    }

    /// Turns a fault of the workload off; a new container has none of those that were turned on.
    #[track_caller]
    pub fn turn_off(&self, fault: &str) {
        let _ = std::fs::remove_file(self.switch(fault));
    }

    #[track_caller]
    fn switch(&self, fault: &str) -> PathBuf {
        let switches = self.pod().path("discourse", "/srv/discourse/knobs").unwrap();
        std::fs::create_dir_all(&switches).unwrap();
        switches.join(fault)
    }

    /// What a port of the pod answers to a request.
    #[track_caller]
    pub fn ask(&self, port: u16, request: &str) -> String {
        let mut stream = TcpStream::connect((self.stage.unit(0).address(), port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}
