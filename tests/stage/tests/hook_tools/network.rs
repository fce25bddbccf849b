//! Addresses, and what Juju lends.

use crate::bench::{Bench, fails, prints, refused};
use serde_json::{Value, json};
use stage::Version;

/// The address of the unit's pod, and that of its service.
fn addresses(bench: &Bench) -> (String, String) {
    (bench.stage.unit(0).address().to_string(), bench.stage.model().application().service.to_string())
}

#[test]
fn a_pod_and_its_service_have_one_address_each_whatever_the_binding() {
    let mut bench = Bench::leader();
    let (address, service) = addresses(&bench);
    let reply = bench.call("network-get --format=json database");
    let wanted = json!({
        "bind-addresses": [
            {"mac-address": "", "interface-name": "", "addresses": [{"hostname": "", "value": address, "cidr": ""}]}
        ],
        "egress-subnets": [format!("{service}/32")],
        "ingress-addresses": [service],
    });
    assert_eq!(serde_json::from_str::<Value>(&reply.stdout).unwrap(), wanted);
}

#[test]
fn one_part_of_the_network_is_printed_bare() {
    let mut bench = Bench::leader();
    let (address, service) = addresses(&bench);
    let replies = bench.calls(&[
        "network-get --bind-address database",
        "network-get --ingress-address mesh",
        "network-get --egress-subnets web",
    ]);
    assert_eq!(
        replies,
        [prints(&format!("{address}\n")), prints(&format!("{service}\n")), prints(&format!("{service}/32\n"))]
    );
}

#[test]
fn several_parts_of_the_network_are_a_map() {
    let mut bench = Bench::leader();
    let (address, service) = addresses(&bench);
    let replies = bench.calls(&[
        "network-get web --egress-subnets --format=json",
        "network-get web --ingress-address --bind-address",
        "network-get web --primary-address",
        "network-get web --primary-address --bind-address",
    ]);
    assert_eq!(
        replies,
        [
            prints(&format!("[\"{service}/32\"]\n")),
            prints(&format!("bind-address: {address}\ningress-address: {service}\n")),
            prints(&format!("{address}\n")),
            fails("--primary-address must be the only flag specified"),
        ]
    );
}

#[test]
fn yaml_has_some_names_of_the_network_twice() {
    let mut bench = Bench::leader();
    let (address, service) = addresses(&bench);
    let printed = format!(
        "bind-addresses:\n- mac-address: \"\"\n  interface-name: \"\"\n  addresses:\n  - hostname: \"\"\n    value: {address}\n    \
        cidr: \"\"\n    address: {address}\n  macaddress: \"\"\n  interfacename: \"\"\negress-subnets:\n- {service}/32\n\
        ingress-addresses:\n- {service}\n"
    );
    assert_eq!(bench.calls(&["network-get web", "network-get web --format=yaml"]), [(); 2].map(|()| prints(&printed)));
}

#[test]
fn a_binding_must_be_known() {
    let unknown = Bench::of(Version::V4_0).call("network-get nowhere");
    assert_eq!(unknown, fails("undefined for unit charm: endpoint \"nowhere\" not valid"));
    let replies =
        Bench::leader().calls(&["network-get nowhere", "network-get", "network-get ''", "network-get -r 99 mesh"]);
    assert_eq!(
        replies,
        [
            fails("no network config found for binding \"nowhere\""),
            refused("no arguments specified"),
            refused("no binding name specified"),
            refused("invalid value \"99\" for option -r: relation not found"),
        ]
    );
}

#[test]
fn a_unit_knows_its_addresses() {
    let mut bench = Bench::leader();
    let address = prints(&format!("{}\n", bench.stage.unit(0).address()));
    let replies = bench.calls(&["unit-get private-address", "unit-get public-address", "unit-get name", "unit-get"]);
    assert_eq!(
        replies,
        [address.clone(), address, refused("unknown setting \"name\""), refused("no setting specified")]
    );
}

#[test]
fn credentials_are_not_for_everyone() {
    let message = "cannot access cloud credentials: getting model credentials: permission denied";
    assert_eq!(Bench::leader().call("credential-get --format=json"), fails(message));
}

#[test]
fn a_resource_that_is_not_there_cannot_be_fetched() {
    let reply = Bench::leader().call("resource-get nothing");
    assert_eq!((reply.code, reply.stdout.as_str()), (1, ""));
    assert!(reply.stderr.starts_with("ERROR could not download resource: "), "{}", reply.stderr);
}
