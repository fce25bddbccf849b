//! Open ports.

use crate::bench::{Bench, fails, prints, refused, silence};

#[test]
fn ports_are_tcp_if_nothing_is_said_and_listed_at_once() {
    let mut bench = Bench::leader();
    let replies = bench.calls(&[
        "open-port 80",
        "open-port 53/udp",
        "opened-ports --format=json",
        "opened-ports --endpoints --format=json",
    ]);
    assert_eq!(
        replies,
        [silence(), silence(), prints("[\"53/udp\",\"80/tcp\"]\n"), prints("[\"53/udp (*)\",\"80/tcp (*)\"]\n")]
    );
    assert_eq!(bench.stage.unit(0).opened_ports(), ["53/udp", "80/tcp"]);
}

#[test]
fn opening_twice_and_closing_what_is_closed_change_nothing() {
    let mut bench = Bench::leader();
    bench.call("open-port 80/tcp");
    let replies = bench.calls(&[
        "open-port 80/tcp",
        "close-port 90/tcp",
        "opened-ports --format=json",
        "close-port 80",
        "opened-ports --format=json",
    ]);
    assert_eq!(replies, [silence(), silence(), prints("[\"80/tcp\"]\n"), silence(), prints("[]\n")]);
    assert_eq!(bench.stage.unit(0).opened_ports(), Vec::<String>::new());
}

#[test]
fn ports_may_be_opened_for_some_endpoints() {
    assert_eq!(
        Bench::leader().calls(&["open-port 80/tcp --endpoints web,mesh", "opened-ports"]),
        [silence(), prints("80/tcp\n")]
    );
}

#[test]
fn a_range_is_not_for_kubernetes() {
    let wanted = fails("port ranges are not supported for k8s applications, please specify a single port");
    assert_eq!(Bench::leader().calls(&["open-port 80-90/tcp", "close-port 80-90"]), [wanted.clone(), wanted]);
}

#[test]
fn what_is_no_port_is_refused() {
    let mut bench = Bench::leader();
    for line in ["open-port x", "open-port 0/tcp", "open-port 65536/tcp", "open-port 80/sctp", "open-port 9-x/tcp"] {
        let reply = bench.call(line);
        assert_eq!((reply.code, reply.stderr.starts_with("ERROR ")), (2, true), "{line}: {}", reply.stderr);
    }
    assert_eq!(bench.call("open-port"), refused("no port or range specified"));
}
