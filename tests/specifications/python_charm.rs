//! A refresh from the Python charm, back to it, and forth again, with every relation that it has: what it left behind is put right, and
//! what it needs stays.
//!
//! The Python charm itself is not played: a charm that does nothing stands in for it, and its leavings are those of recorded hooks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use rehearsal::providers::{grafana_dashboard, logging, metrics_endpoint, oauth_with_secret, saml};
use serde_json::Value;
use stage::{HookRun, Remote, Status};
use tempfile::TempDir;

use crate::forum::{Forum, MIGRATE, bare_image, charm, idle_charm, image, rails_boots, server_starts};

const APPLICATION: &str = "discourse-k8s";

/// Recorded hooks of the Python charm after which an endpoint has all of its databags.
const RECORDED: [(&str, &str); 6] = [
    ("database", "database-changed-endpoints-removed"),
    ("nginx-route", "everything-related-config-changed"),
    ("metrics-endpoint", "prometheus-joined-leader"),
    ("grafana-dashboard", "everything-related-config-changed"),
    ("logging", "loki-changed-second-endpoint"),
    ("oauth", "oauth-changed-ready"),
];

/// The largest of the keys under which its framework kept state.
const STATE: &str = "DiscourseCharm/GrafanaDashboardProvider[grafana-dashboard]/StoredStateData[_stored]";

type Bag = BTreeMap<String, String>;

/// What the application and its units publish for other applications, by endpoint, owner and key; JSON is compared as such.
type Published = BTreeMap<[String; 3], Value>;

/// A forum that was set up by this charm, and what stands in for the Python charm.
struct Deployment {
    forum: Forum,
    units: u32,
    /// The charm and the image.
    python: (TempDir, TempDir),
    /// What this charm publishes when nothing was before it.
    fresh: Published,
    secret_key: String,
}

impl Deployment {
    #[track_caller]
    fn of(units: u32) -> Self {
        let mut forum = Forum::related_units(units);
        forum.set("external_hostname", "forum.example.com");
        forum.set("force_https", true);
        for provider in [saml(), oauth_with_secret(), metrics_endpoint(), grafana_dashboard(), logging()] {
            let endpoint = provider.endpoint().0.to_owned();
            forum.stage.relate(&endpoint, provider).unwrap();
        }
        forum.run_hooks();
        let (fresh, secret_key) = (published(&forum), forum.variable("DISCOURSE_SECRET_KEY_BASE"));
        Self { forum, units, python: (idle_charm(), bare_image()), fresh, secret_key }
    }

    /// Every unit runs the Python charm, with all that it leaves behind.
    #[track_caller]
    fn refresh_to_python_charm(&mut self) -> Vec<HookRun> {
        let (charm, image) = (self.python.0.path(), self.python.1.path());
        self.forum.stage.refresh(charm, image).unwrap();
        let runs = self.forum.run_hooks();
        for (endpoint, name) in RECORDED {
            self.leave_databags(endpoint, &recorded(name, endpoint));
        }
        self.leave_lock();
        for unit in self.forum.stage.model_mut().units.values_mut() {
            let keys = ["#notices#", "StoredStateData[_stored]", "DiscourseCharm/StoredStateData[_stored]", STATE];
            unit.state.extend(keys.map(|key| (key.to_owned(), "x".repeat(6000))));
            unit.workload_version = "2025.12.0".to_owned();
        }
        self.forum.stage.model_mut().application_mut().status = Status::maintenance("Beginning rolling restart");
        runs
    }

    /// The application is without anything that this charm told only itself, as if it had never been there.
    fn forget_this_charm(&mut self) {
        let peers = self.forum.stage.model_mut().relation_mut("restart").unwrap().own_mut(APPLICATION).unwrap();
        let lock = |bag: &mut Bag| bag.retain(|key, _| key == "state" || key.contains('-') || key.starts_with('<'));
        peers.units.values_mut().for_each(lock);
        peers.app.retain(|key, _| key.starts_with('<'));
        let model = self.forum.stage.model_mut();
        model.secrets.retain(|_, secret| !secret.revisions.values().any(|content| content.contains_key("secret-key")));
        model.units.values_mut().for_each(|unit| unit.opened_ports = BTreeMap::default());
    }

    fn leave_databags(&mut self, endpoint: &str, recorded: &(Bag, Bag)) {
        let end = self.forum.stage.model_mut().relation_mut(endpoint).unwrap().own_mut(APPLICATION).unwrap();
        end.app.clone_from(&recorded.0);
        end.units.values_mut().for_each(|bag| bag.extend(recorded.1.clone()));
    }

    /// A leader that restarts itself last never takes back its own turn.
    fn leave_lock(&mut self) {
        let peers = self.forum.stage.model_mut().relation_mut("restart").unwrap().own_mut(APPLICATION).unwrap();
        peers.app.insert("<ops.model.Unit discourse-k8s/0>".to_owned(), "granted".to_owned());
        peers.units.values_mut().for_each(|bag| drop(bag.insert("state".to_owned(), "release".to_owned())));
    }

    #[track_caller]
    fn refresh_to_this_charm(&mut self) -> Vec<HookRun> {
        self.forum.stage.refresh(charm(), image("two")).unwrap();
        self.forum.run_hooks()
    }

    /// Nothing is left of the Python charm, every unit serves, and nobody was logged out.
    #[track_caller]
    fn assert_nothing_is_stale(&self) {
        let stage = &self.forum.stage;
        let (now, fresh) = (published(&self.forum), &self.fresh);
        let places: BTreeSet<&[String; 3]> = now.keys().chain(fresh.keys()).collect();
        let differing: Vec<_> = places.into_iter().filter(|place| now.get(*place) != fresh.get(*place)).collect();
        assert!(differing.is_empty(), "{differing:?}");
        assert!(stage.app_bag("restart").keys().all(|key| !key.starts_with('<')), "{:?}", stage.app_bag("restart"));
        for number in 0..self.units {
            let unit = stage.unit(number);
            assert!(!stage.unit_bag("database", number).contains_key("data"), "{number}");
            let shown = (unit.whole().state.len(), unit.workload_version(), unit.opened_ports());
            assert_eq!(shown, (0, "2026.1.8".to_owned(), vec!["3000/tcp".to_owned()]), "{number}");
            assert!(stage.is_ready(number) && self.forum.status_of(number).starts_with("active"), "{number}");
            assert_eq!(self.forum.environment_of(number)["DISCOURSE_SECRET_KEY_BASE"], self.secret_key);
        }
        let status = &stage.model().application().status;
        assert!(status.to_string().starts_with("active"), "{status}");
    }

    /// What the Python charm reads when it comes back is as it would have left it.
    #[track_caller]
    fn assert_python_charm_finds_its_own(&self) {
        let stage = &self.forum.stage;
        let request = recorded("database-changed-endpoints-removed", "database").0;
        assert_eq!(stage.app_bag("database"), request);
        assert!(stage.app_bag("restart").keys().all(|key| !key.starts_with('<')), "it would restart without a turn");
        let states = (0..self.units).map(|unit| stage.unit_bag("restart", unit)["state"].clone());
        assert_eq!(states.collect::<Vec<_>>(), vec!["release"; self.units as usize]);
    }
}

/// The databags of the application and of its unit after a recorded hook.
#[track_caller]
fn recorded(name: &str, endpoint: &str) -> (Bag, Bag) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name).with_extension("json");
    let vector: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let relations = vector["output"]["relations"].as_array().unwrap();
    let relation = relations.iter().find(|relation| relation["endpoint"] == endpoint).unwrap();
    let bag = |side: &str| serde_json::from_value::<Bag>(relation[side].clone()).unwrap();
    let mut unit = bag("local_unit_data");
    unit.retain(|key, _| !["egress-subnets", "ingress-address", "private-address"].contains(&key.as_str()));
    (bag("local_app_data"), unit)
}

/// What the application and its units publish, to peers apart. A unit's copy of the request for a database is left as it is, and a
/// new pod has another address.
fn published(forum: &Forum) -> Published {
    let model = forum.stage.model();
    let ends = model.relations.values().filter(|relation| !relation.is_peer());
    let rows = ends.filter_map(|relation| relation.own(APPLICATION)).flat_map(|end| {
        let units = end.units.iter().filter(|_| end.endpoint != "database");
        let bags = units.map(|(unit, bag)| (unit.as_str(), bag)).chain([(APPLICATION, &end.app)]);
        bags.flat_map(move |(owner, bag)| bag.iter().map(move |(key, text)| ([&end.endpoint, owner, key], text)))
    });
    let value = |owner: &str, text: &str| {
        let address = model.units.get(owner).map(|unit| unit.address.to_string());
        let is_address = address.as_deref() == Some(text);
        if is_address { "its address".into() } else { serde_json::from_str(text).unwrap_or_else(|_| text.into()) }
    };
    rows.map(|(place, text)| (place.map(str::to_owned), value(place[1], text))).collect()
}

#[track_caller]
fn assert_refreshed_and_back_and_forth(units: u32, migrations: usize) {
    let mut deployment = Deployment::of(units);
    deployment.refresh_to_python_charm();
    deployment.forget_this_charm();
    let runs = deployment.refresh_to_this_charm();
    assert_eq!((server_starts(&runs), rails_boots(&runs)), (units as usize, vec![MIGRATE.to_owned(); migrations]));
    assert_eq!(deployment.forum.schema_versions().len(), 19);
    deployment.assert_nothing_is_stale();
    deployment.assert_python_charm_finds_its_own();
    let runs = deployment.refresh_to_python_charm();
    assert_eq!((server_starts(&runs), rails_boots(&runs)), (0, vec![]));
    let runs = deployment.refresh_to_this_charm();
    assert_eq!((server_starts(&runs), rails_boots(&runs)), (units as usize, vec![]));
    deployment.assert_nothing_is_stale();
}

#[test]
fn one_unit_takes_over_from_the_python_charm_and_gives_back_and_takes_over_again() {
    assert_refreshed_and_back_and_forth(1, 1);
}

#[test]
fn three_units_take_over_from_the_python_charm_and_give_back_and_take_over_again() {
    assert_refreshed_and_back_and_forth(3, 2);
}
