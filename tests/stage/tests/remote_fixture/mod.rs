//! A model with one relation to a remote application, without a charm at our end.

use clock::Clock;
use stage::{
    Databag, End, Model, Relation, Remote, RemoteView,
    charm::Charm,
    model::Application,
    sandbox::{IpStack, Sandbox, run},
};
use std::{collections::BTreeMap, fs, process::Command};

pub struct Related<R> {
    pub remote: R,
    pub sandbox: Sandbox,
    model: Model,
}

const RELATION: u32 = 7;

impl<R: Remote> Related<R> {
    /// Deploys and relates the application, when our side has written `ours` into its databag.
    pub fn new(mut remote: R, ours: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::new(Clock::real(), IpStack::Dual).unwrap();
        remote.deployed(&sandbox).unwrap();
        let mut model = Model::new(Application::new("forum", Charm::default()));
        model.relations.insert(RELATION, relation(&remote, ours));
        let mut related = Self { remote, sandbox, model };
        related.ask();
        related
    }

    /// Lets the remote application answer.
    pub fn ask(&mut self) {
        self.remote.related(&mut RemoteView::new(&mut self.model, RELATION)).unwrap();
    }

    pub fn unrelate(&mut self) {
        self.remote.unrelated(RELATION).unwrap();
    }

    /// The application databag of the other side.
    pub fn app(&self) -> &Databag {
        &self.model.relations[&RELATION].ends[1].app
    }

    /// The databag of its first unit, apart from the keys that Juju writes.
    pub fn unit(&self) -> Databag {
        let units = &self.model.relations[&RELATION].ends[1].units;
        let bag = units.values().next().unwrap().clone();
        bag.into_iter().filter(|(key, _)| !key.ends_with("address") && key != "egress-subnets").collect()
    }

    /// The revisions of the secret whose URI stands under a key.
    pub fn revisions(&self, key: &str) -> Vec<BTreeMap<String, String>> {
        self.model.secret(&self.app()[key]).unwrap().revisions.values().cloned().collect()
    }

    /// The address of a host, as pods find it.
    pub fn resolve(&self, host: &str) -> String {
        let hosts = fs::read_to_string(self.sandbox.hosts_file()).unwrap();
        let line =
            hosts.lines().find(|line| line.ends_with(&format!(" {host}"))).unwrap_or_else(|| panic!("no {host}"));
        line.split(' ').next().unwrap().to_owned()
    }
}

/// Logs in over the network and runs a statement; the error is what `psql` printed.
pub fn log_in(
    address: &str,
    database: &str,
    (user, password): (&str, &str),
    statement: &str,
) -> Result<String, String> {
    let (host, port) = address.rsplit_once(':').unwrap();
    let host = host.trim_matches(['[', ']']);
    let mut psql = Command::new("psql");
    psql.args(["-XqAt", "-h", host, "-p", port, "-U", user, "-d", database, "-c", statement]);
    psql.env("PGPASSWORD", password);
    run(&mut psql, "").map(|output| output.trim_end().to_owned()).map_err(|error| error.to_string())
}

fn relation(remote: &impl Remote, ours: &[(&str, &str)]) -> Relation {
    Relation {
        id: RELATION,
        interface: remote.endpoint().1.to_owned(),
        ends: vec![
            End { app: bag(ours), ..End::new("forum", remote.endpoint().0) },
            End::new(remote.application(), remote.endpoint().0),
        ],
        ..Relation::default()
    }
}

pub fn bag(pairs: &[(&str, &str)]) -> Databag {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
