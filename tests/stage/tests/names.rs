//! One network and one name service for the pods of all applications.
#![cfg(test)]

use stage::{Deployment, Stage, Version};
use std::{collections::BTreeSet, fs, time::Duration};
use tempfile::TempDir;

/// What follows a name in the same model, in another one and in full.
const DOMAINS: [&str; 4] = ["", ".forum", ".forum.svc", ".forum.svc.cluster.local"];

/// Two applications with a pod for each unit, `served` with one, `other` with two, and their image.
fn neighbours() -> (Stage, TempDir) {
    let charm = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/charms/served");
    let image = tempfile::tempdir().unwrap();
    fs::create_dir_all(image.path().join("srv")).unwrap();
    let builder = Stage::builder().charm(charm).image(image.path()).juju(Version::V4_0);
    let mut stage = builder.clock("0.2".parse().unwrap()).idle_timeout(Duration::from_secs(2)).build().unwrap();
    stage.deploy();
    let other = Deployment::new(charm).application("other").units(2).image(image.path());
    stage.deploy_application(other).unwrap();
    stage.settle().unwrap();
    (stage, image)
}

/// The addresses that a unit of the first application finds under a name.
fn all_found(stage: &mut Stage, host: &str) -> BTreeSet<String> {
    let run = stage.exec("served/0", &["getent", "ahosts", host]).unwrap();
    let stdout = run.results.get("stdout").and_then(|text| text.as_str()).unwrap_or_default();
    stdout.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// The one address that it finds; the empty text where there is none.
fn found(stage: &mut Stage, host: &str) -> String {
    let all = all_found(stage, host);
    assert!(all.len() < 2, "{host}: {all:?}");
    all.into_iter().next().unwrap_or_default()
}

#[test]
fn units_of_another_application_are_found_by_all_their_names() {
    let (mut stage, _image) = neighbours();
    let address = stage.unit("other/1").address().to_string();
    for domain in DOMAINS {
        assert_eq!(found(&mut stage, &format!("other-1.other-endpoints{domain}")), address);
    }
}

#[test]
fn the_endpoints_of_an_application_are_found_by_all_their_names_at_the_addresses_of_all_units() {
    let (mut stage, _image) = neighbours();
    let mut addresses = BTreeSet::from(["other/0", "other/1"].map(|unit| stage.unit(unit).address().to_string()));
    for domain in DOMAINS {
        assert_eq!(all_found(&mut stage, &format!("other-endpoints{domain}")), addresses);
    }
    addresses.remove(&stage.unit("other/1").address().to_string());
    stage.remove_unit("other/1").unwrap();
    stage.settle().unwrap();
    assert_eq!(all_found(&mut stage, "other-endpoints"), addresses);
}

/// A charm tells others its full name; its host name alone is known to itself only.
#[test]
fn a_unit_knows_its_own_full_name_and_nobody_else_its_host_name() {
    let (mut stage, _image) = neighbours();
    let mut said = |unit: &str, words: &[&str]| {
        let run = stage.exec(unit, words).unwrap();
        run.results.get("stdout").and_then(|text| text.as_str()).unwrap_or_default().trim().to_owned()
    };
    assert_eq!(said("other/1", &["hostname", "--fqdn"]), "other-1.other-endpoints.forum.svc.cluster.local");
    assert_eq!(said("served/0", &["getent", "hosts", "other-1"]), "");
}

#[test]
fn a_service_is_found_by_all_its_names_and_a_unit_answers_at_its_address() {
    let (mut stage, _image) = neighbours();
    let service = stage.model().applications["other"].service.to_string();
    for domain in DOMAINS {
        assert_eq!(found(&mut stage, &format!("other{domain}")), service);
    }
    // A machine that is there refuses a connection to a port without a server.
    let knock = "begin; Socket.tcp(ARGV[0], 9, connect_timeout: 3); rescue Errno::ECONNREFUSED; end";
    let answers = |stage: &mut Stage| stage.exec(0, &["ruby", "-rsocket", "-e", knock, &service]).unwrap();
    assert_eq!(answers(&mut stage).results["return-code"], 0, "{:?}", stage.runs().last());
    stage.kill_pod("other/0").unwrap();
    stage.settle().unwrap();
    assert_eq!(answers(&mut stage).results["return-code"], 0, "{:?}", stage.runs().last());
}

#[test]
fn the_names_of_a_unit_and_of_an_application_that_are_gone_are_gone() {
    let (mut stage, _image) = neighbours();
    stage.remove_unit("other/1").unwrap();
    stage.settle().unwrap();
    assert_eq!(found(&mut stage, "other-1.other-endpoints"), "");
    stage.application("other").unwrap().remove();
    stage.settle().unwrap();
    assert_eq!([found(&mut stage, "other-0.other-endpoints"), found(&mut stage, "other.forum.svc")], ["", ""]);
}

#[test]
fn the_bag_of_a_unit_holds_the_address_of_its_service_and_network_get_both_addresses() {
    let (mut stage, _image) = neighbours();
    let (service, pod) = (stage.model().application().service.to_string(), stage.unit(0).address().to_string());
    let expected = [("egress-subnets", format!("{service}/32")), ("ingress-address", service.clone())];
    assert_eq!(stage.unit_bag("friends", 0), expected.map(|(key, value)| (key.to_owned(), value)).into());
    let mut ask = |part: &str| {
        let run = stage.exec(0, &["network-get", "friends", part]).unwrap();
        run.results["stdout"].as_str().unwrap().trim().to_owned()
    };
    assert_eq!([ask("--bind-address"), ask("--ingress-address")], [pod, service]);
}

/// As an integrator's charm, that asks servers of others.
#[test]
fn a_unit_without_containers_has_a_pod_too_where_others_have_one() {
    let (mut stage, _image) = neighbours();
    let charm = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/charms/pair");
    stage.deploy_application(Deployment::new(charm)).unwrap();
    stage.settle().unwrap();
    let run = stage.exec("pair/0", &["sh", "-c", "hostname --fqdn; getent hosts served-0.served-endpoints"]).unwrap();
    let stdout = run.results["stdout"].as_str().unwrap();
    let own = "pair-0.pair-endpoints.forum.svc.cluster.local";
    let words: Vec<&str> = stdout.split_whitespace().collect();
    let other = stage.unit("served/0").address().to_string();
    assert_eq!(words, [own, &other, "served-0.served-endpoints"]);
}
