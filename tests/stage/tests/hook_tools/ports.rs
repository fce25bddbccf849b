//! Open ports.

use crate::bench::{Bench, fails, prints, refused, silence};
use stage::{Exit, HookEvent};

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
        [silence(), silence(), prints("[\"80/tcp\",\"53/udp\"]\n"), prints("[\"80/tcp (*)\",\"53/udp (*)\"]\n")]
    );
    assert_eq!(bench.stage.unit(0).opened_ports(), ["80/tcp", "53/udp"]);
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
fn ports_may_be_opened_and_closed_for_some_endpoints() {
    let mut bench = Bench::leader();
    let replies = bench.calls(&[
        "open-port 80 --endpoints 'web, mesh'",
        "open-port 81",
        "close-port 80",
        "opened-ports --endpoints",
        "close-port 80 --endpoints mesh",
        "open-port 80",
        "opened-ports --endpoints",
        "opened-ports",
    ]);
    let listed = [(3, "80/tcp (mesh, web)\n81/tcp (*)\n"), (6, "80/tcp (*)\n81/tcp (*)\n"), (7, "80/tcp\n81/tcp\n")];
    assert_eq!(listed.map(|(place, _)| replies[place].clone()), listed.map(|(_, text)| prints(text)));
}

#[test]
fn ports_are_listed_by_protocol_and_number() {
    let opened = ["open-port 443/TCP", "open-port 53/udp", "open-port ICMP", "open-port 0", "open-port 80-80"];
    let lines = [&opened[..], &["opened-ports"]].concat();
    let (_, replies) = Bench::leader().hook(&HookEvent::update_status(), &lines, 1);
    assert_eq!(replies[opened.len()], prints("icmp\n0/tcp\n80/tcp\n443/tcp\n53/udp\n"));
}

#[test]
fn icmp_is_not_for_kubernetes_which_is_found_at_the_end() {
    let mut bench = Bench::leader();
    let (run, replies) = bench.hook(&HookEvent::update_status(), &["open-port icmp"], 0);
    let refused = Exit::CommitFailed("protocol icmp on caas models not supported".to_owned());
    assert_eq!((run.exit, replies), (refused, vec![silence()]));
}

#[test]
fn a_range_is_not_for_kubernetes() {
    let wanted = fails("port ranges are not supported for k8s applications, please specify a single port");
    assert_eq!(Bench::leader().calls(&["open-port 80-90/tcp", "close-port 80-90"]), [wanted.clone(), wanted]);
}

#[test]
fn what_is_no_port_is_refused() {
    let replies = [
        ("open-port", "no port or range specified"),
        ("open-port x", "invalid port \"x\": strconv.Atoi: parsing \"x\": invalid syntax"),
        ("open-port 9-x/tcp", "invalid port \"x\": strconv.Atoi: parsing \"x\": invalid syntax"),
        ("close-port -- -1", "invalid port \"\": strconv.Atoi: parsing \"\": invalid syntax"),
        ("open-port 1-2-3", "invalid port range \"1-2-3\""),
        ("open-port 2-1", "invalid port range 2-1/tcp"),
        ("open-port 65536", "port range bounds must be between 0 and 65535, got 65536-65536"),
        ("open-port 80/icmp", "protocol \"icmp\" doesn't support any ports; got \"80\""),
        ("open-port 80/sctp", "invalid protocol \"sctp\", expected \"tcp\", \"udp\", or \"icmp\""),
        ("close-port 80 81", "unrecognized args: [\"81\"]"),
    ];
    let lines = replies.map(|(line, _)| line);
    assert_eq!(Bench::leader().calls(&lines), replies.map(|(_, message)| refused(message)));
}

#[test]
fn a_format_does_nothing_but_warn() {
    let mut bench = Bench::leader();
    let warning = "--format flag deprecated for command \"open-port\"";
    let warned = crate::bench::Reply { code: 0, stdout: String::new(), stderr: warning.to_owned() };
    assert_eq!(bench.calls(&["open-port 80 --format=json", "open-port 80 --format="]), [warned, silence()]);
}
