//! Several units serve in real time: whatever happens to them, every request succeeds that a Service or an ingress sends them.

use std::time::Duration;

use crate::forum::{Forum, MIGRATE, rails_boots};
use stage::{
    HookRun,
    traffic::{Load, Probing, Request, Traffic},
};

/// A forum and those who use it.
struct Life {
    // They end first.
    traffic: Traffic,
    forum: Forum,
    /// What was done, and when the forum had come to rest.
    acts: Vec<String>,
}

impl Life {
    /// A forum of so many units that is about to be deployed.
    #[track_caller]
    fn of(units: u32, probing: Probing) -> Self {
        let mut forum = Forum::related_in_real_time(units);
        // The first page asks PostgreSQL, a job is written to Redis, and something is under way at any time.
        let requests = ["/", "/srv/status", "/slow?seconds=0.3"].map(Request::get);
        let requests = requests.into_iter().chain([Request::post("/jobs")]).collect();
        let traffic = forum.stage.begin_traffic(Load { port: 3000, rate: 20, probing, requests }).unwrap();
        let mut life = Self { traffic, forum, acts: Vec::new() };
        life.rest("deployed");
        life
    }

    /// Runs hooks until nothing is left to do after an act.
    #[track_caller]
    fn rest(&mut self, act: &str) -> Vec<HookRun> {
        let runs = self.forum.run_hooks();
        self.acts.push(format!("{:8.3} s  {act}", self.traffic.now().as_secs_f64()));
        runs
    }

    /// Runs hooks until a unit serves with a migration behind it that the other units do not have.
    #[track_caller]
    fn rest_halfway(&mut self, unit: u32, version: &str) {
        while self.forum.stage.step().unwrap().is_some() {
            let bag = self.forum.stage.unit_bag("restart", unit);
            if self.forum.stage.is_ready(unit) && bag["version"] == version && bag["status"].starts_with("active") {
                self.acts.push(format!("{:8.3} s  unit {unit} alone has {version}", self.traffic.now().as_secs_f64()));
                return;
            }
        }
        panic!("unit {unit} never has {version}: {}", self.forum.stage.status_text());
    }

    /// Every request so far has succeeded, and some pod was listed all the while; gives the units' statuses.
    #[track_caller]
    fn served(&self) -> Vec<String> {
        let report = self.traffic.report();
        let text = format!("{report}{}", self.acts.join("\n"));
        println!("{text}");
        assert!(report.failures.is_empty() && report.without_pod == Duration::ZERO, "{text}");
        self.forum.stage.model().units.values().map(|unit| unit.status.to_string()).collect()
    }

    /// The same, and every unit serves.
    #[track_caller]
    fn check(&self) {
        let statuses = self.served();
        assert!(statuses.iter().all(|status| status.starts_with("active")), "{statuses:?}");
    }

    /// Removes the application; no request has failed that came to a pod.
    #[track_caller]
    fn remove(mut self) {
        self.forum.stage.remove();
        self.rest("the application was removed");
        let report = self.traffic.end();
        assert!(report.failures.iter().all(|failure| failure.unit.is_none()), "{report}{}", self.acts.join("\n"));
    }
}

#[test]
fn no_request_fails_while_an_option_and_the_leader_change() {
    let mut life = Life::of(3, Probing::Usual);
    life.forum.set("max_category_nesting", 3);
    life.rest("an option has changed");
    let leader = life.forum.stage.leader().unwrap();
    life.forum.stage.elect((leader + 1) % 3).unwrap();
    life.rest("another unit leads");
    life.check();
}

#[test]
fn no_request_fails_while_a_password_and_a_pod_change() {
    let mut life = Life::of(3, Probing::Usual);
    life.forum.postgresql.rotate_password().unwrap();
    life.rest("the password was rotated");
    life.forum.stage.evict_pod(0).unwrap();
    life.rest("a pod was replaced");
    life.check();
}

#[test]
fn no_request_fails_while_the_image_changes() {
    let mut life = Life::of(3, Probing::Usual);
    life.forum.refresh_slowly("two");
    let runs = life.rest("the image was refreshed");
    let migrations =
        (0..runs.len()).filter(|place| !rails_boots(&runs[*place..=*place]).is_empty()).collect::<Vec<_>>();
    let last_new_pod = runs.iter().rposition(|run| run.hook == "start").unwrap();
    assert_eq!((rails_boots(&runs), life.forum.schema_versions().len()), (vec![MIGRATE.to_owned(); 2], 19));
    assert!(migrations[0] < last_new_pod && last_new_pod < migrations[1], "{migrations:?} and {last_new_pod}");
    life.check();
    life.forum.refresh_slowly("one");
    life.rest("an image was refreshed that is too old");
    let remedy = "juju attach-resource discourse-k8s discourse-image=<image of 2026.1.8>";
    let blocked = format!("blocked: the database was migrated for Discourse 2026.1.8: {remedy}");
    let statuses = life.served();
    assert!(statuses[2] == blocked && statuses[..2].iter().all(|it| it.starts_with("active")), "{statuses:?}");
    life.forum.refresh_slowly("two");
    life.rest("the image was refreshed that the status names");
    life.check();
}

#[test]
fn no_request_fails_while_a_refresh_is_rolled_back_before_its_destructive_migrations_and_goes_forth_again() {
    let mut life = Life::of(3, Probing::Usual);
    life.forum.refresh_slowly("two");
    life.rest_halfway(2, "2026.1.8");
    life.forum.refresh_slowly("one");
    let runs = life.rest("the refresh was rolled back");
    assert_eq!((rails_boots(&runs), life.forum.schema_versions().len()), (vec![], 18));
    life.check();
    life.forum.refresh_slowly("two");
    let runs = life.rest("the image was refreshed for good");
    assert_eq!((rails_boots(&runs), life.forum.schema_versions().len()), (vec![MIGRATE.to_owned()], 19));
    life.check();
}

#[test]
fn no_request_fails_while_units_come_and_go_and_none_at_a_pod_while_the_application_goes() {
    let mut life = Life::of(3, Probing::Usual);
    life.forum.stage.add_unit();
    life.forum.stage.add_unit();
    life.rest("two units were added");
    (1..5).for_each(|unit| life.forum.stage.remove_unit(unit).unwrap());
    life.rest("four units were removed");
    life.check();
    life.remove();
}

#[test]
fn of_two_units_one_gets_requests_at_any_time_whenever_kubernetes_asks_them() {
    let mut life = Life::of(2, Probing::Worst);
    life.forum.set("max_category_nesting", 3);
    life.rest("an option has changed");
    life.check();
}
