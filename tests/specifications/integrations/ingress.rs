//! The relation `ingress`.

use rehearsal::providers::ingress;

use crate::forum::{Forum, Outcome};

/// A forum that serves without a way in.
#[track_caller]
fn forum_without_ingress() -> Forum {
    let mut forum = Forum::active();
    forum.stage.unrelate("nginx-route").unwrap();
    forum.settle();
    forum
}

#[test]
fn an_ingress_gives_host_name_and_scheme_and_learns_the_address_of_the_pod() {
    let mut forum = forum_without_ingress();
    let provider = ingress("https://test-discourse-k8s.apps.example.com/");
    forum.stage.relate("ingress", provider.clone()).unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.variable("DISCOURSE_HOSTNAME"), "test-discourse-k8s.apps.example.com");
    assert_eq!(forum.variable("DISCOURSE_FORCE_HTTPS"), "true");
    assert_eq!(["name", "port"].map(|key| provider.heard_app()[key].clone()), ["\"discourse-k8s\"", "3000"]);
    assert_eq!(provider.heard_unit(0)["ip"], format!("\"{}\"", forum.stage.unit(0).address()));
}

#[test]
fn an_ingress_url_with_a_path_blocks_and_leaves_the_server_alone() {
    let mut forum = forum_without_ingress();
    forum.stage.relate("ingress", ingress("http://apps.example.com/test-discourse-k8s")).unwrap();
    forum.settle().assert_unchanged(
        "blocked: ingress: the url must have no path: juju config traefik-k8s routing_mode=subdomain",
    );
}

#[test]
fn ingress_and_nginx_route_together_block_and_leave_the_server_alone() {
    let mut forum = Forum::active();
    forum.stage.relate("ingress", ingress("http://apps.example.com/")).unwrap();
    forum.settle().assert_unchanged("blocked: ingress and nginx-route are both related: ");
}
