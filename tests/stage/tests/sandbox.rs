//! The world of a stage: its own network, names and folder, and the script that shuts it in.
#![cfg(test)]

use clock::Clock;
use stage::sandbox::{IpStack, MARKER, Sandbox};
use std::{
    fs,
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    process::{Command, Output},
};

/// A sandbox of the machine, made from within this one.
fn another_sandbox(line: &str) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../sandbox");
    Command::new(script).args(["sh", "-c", line]).env_remove(MARKER).output().unwrap()
}

fn sandbox(stack: IpStack) -> Sandbox {
    Sandbox::new(Clock::real(), stack).unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

#[test]
fn a_command_keeps_its_exit_code_arguments_and_input() {
    let output = another_sandbox("echo \"$0 $#\"; exit 7");
    assert_eq!((text(&output).as_str(), output.status.code()), ("sh 0", Some(7)));
}

#[test]
fn a_sandbox_has_a_network_processes_and_mounts_of_its_own() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let connect = format!("bash -c ': <>/dev/tcp/127.0.0.1/{port}' 2>/dev/null || echo free");
    assert_eq!(text(&another_sandbox(&connect)), "free");
    for namespace in ["net", "pid", "mnt", "ipc"] {
        let link = format!("/proc/self/ns/{namespace}");
        let theirs = text(&another_sandbox(&format!("readlink {link}")));
        assert_ne!(theirs, fs::read_link(link).unwrap().to_string_lossy());
    }
}

#[test]
fn what_a_command_leaves_behind_ends_with_it() {
    let output = another_sandbox("sleep 4711 & touch $STAGE_SANDBOX/left; exit 0");
    let left = Command::new("sh").args(["-c", "pgrep -fx 'sleep 4711'; ls /dev/shm"]).output().unwrap();
    assert!(output.status.success());
    assert!(!text(&left).contains("left"), "{left:?}");
    assert_eq!(text(&left).lines().filter(|line| line.parse::<u32>().is_ok()).count(), 0);
}

#[test]
fn a_sandbox_within_a_sandbox_is_the_same_one() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../sandbox");
    let links = |command: &mut Command| text(&command.args(["readlink", "/proc/self/ns/net"]).output().unwrap());
    assert_eq!(links(&mut Command::new(script)), links(&mut Command::new("env")));
}

#[test]
fn stages_have_folders_and_addresses_of_their_own() {
    let (one, other) = (sandbox(IpStack::Dual), sandbox(IpStack::Dual));
    let listen = |address: IpAddr| TcpListener::bind(SocketAddr::new(address, 3000)).unwrap();
    let addresses = [one.address().unwrap(), one.address().unwrap(), other.address().unwrap()];
    let _listeners = addresses.map(listen);
    assert!(addresses.iter().all(|address| TcpStream::connect((*address, 3000)).is_ok()));
    assert_ne!(one.dir(), other.dir());
}

#[test]
fn an_address_of_version_6_answers_too() {
    let sandbox = sandbox(IpStack::Dual);
    let listener = TcpListener::bind((sandbox.addresses().unwrap().v6, 0)).unwrap();
    assert!(TcpStream::connect(listener.local_addr().unwrap()).is_ok());
}

#[test]
fn a_host_of_an_ipv6_only_sandbox_has_and_announces_no_other_address() {
    let sandbox = sandbox(IpStack::Ipv6Only);
    let addresses = sandbox.addresses().unwrap();
    let can_listen = |address: IpAddr| TcpListener::bind((address, 0)).is_ok();
    assert_eq!([addresses.v4.into(), addresses.v6.into()].map(can_listen), [false, true]);
    assert_eq!(addresses.main(), addresses.v6);
}

#[test]
fn a_name_leads_to_its_last_address() {
    let sandbox = sandbox(IpStack::Dual);
    let name = |address: &str| sandbox.name("primary", address.parse().unwrap()).unwrap();
    name("10.1.2.3");
    name("10.1.2.4");
    let hosts = fs::read_to_string(sandbox.hosts_file()).unwrap();
    assert_eq!(hosts, "127.0.0.1 localhost\n::1 localhost\n10.1.2.4 primary\n");
}

#[test]
fn a_folder_is_short_enough_for_sockets_and_goes_with_its_stage() {
    let sandbox = sandbox(IpStack::Dual);
    let dir = sandbox.dir().to_owned();
    let clone = sandbox.clone();
    drop(sandbox);
    assert!(dir.is_dir() && dir.as_os_str().len() < 30, "{dir:?}");
    drop(clone);
    assert!(!dir.exists());
}
