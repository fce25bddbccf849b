//! What people read: the model like `juju status`, and the table of costs.
#![cfg(test)]

mod shell;

use shell::settled;
use stage::report;

#[test]
fn the_model_reads_like_juju_status() {
    let mut stage = settled("status-set active 'all well'; open-port 80; application-version-set 1.2");
    stage.update_status(0).unwrap();
    assert_eq!(
        stage.status_text(),
        "\
Model  Controller  Version
forum  stage       3.6.28

App   Version  Status  Scale  Charm  Rev  Message
tiny  1.2      active  1      tiny   0    all well

Unit     Workload  Agent  Address     Ports   Message
tiny/0*  active    idle   10.1.42.17  80/tcp  all well

Integration provider  Requirer      Interface  Type
tiny:friends          tiny:friends  friends    peer
"
    );
}

#[test]
fn the_cost_table_has_a_row_per_hook_and_their_sum() {
    let mut stage = settled("is-leader; config-get");
    let mut runs = vec![stage.update_status(0).unwrap(), stage.update_status(0).unwrap()];
    for run in &mut runs {
        (run.cpu, run.wall) = (std::time::Duration::from_millis(4), std::time::Duration::from_millis(10));
        run.peak_kib = 1536;
    }
    assert_eq!(
        report::cost(&runs),
        "\
Hook           Runs  Tool calls  Pebble requests  Boots  CPU ms  Wall ms  Peak MiB
update-status     2           4                0      0       8       20       1.5
all               2           4                0      0       8       20       1.5
"
    );
}
