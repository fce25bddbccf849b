//! The steps of the rehearsal, in order, each with what must be true after it.

use rehearsal::providers;
use serde_json::json;
use stage::{HookEvent, StatusKind};

use crate::{
    budget::STEADY,
    integrations,
    life::{Life, StepError, admin, expect},
    screen,
};

/// One step.
pub struct Step {
    /// What an operator would say that happens.
    pub title: &'static str,
    /// Does it, and looks whether it went as expected.
    pub play: fn(&mut Life) -> Result<(), StepError>,
}

/// The whole life.
pub const STEPS: [Step; 25] = [
    Step { title: "juju deploy discourse-k8s", play: deploy },
    Step { title: "juju integrate discourse-k8s:database postgresql-k8s:database", play: integrate_postgresql },
    Step { title: "juju integrate discourse-k8s:redis redis-k8s:redis", play: integrate_redis },
    Step { title: "a visitor comes, and a job is queued", play: visit },
    Step {
        title: "juju integrate discourse-k8s:nginx-route nginx-ingress-integrator:nginx-route",
        play: integrate_ingress,
    },
    Step { title: "juju config discourse-k8s external_hostname=forum.example.com", play: configure },
    Step { title: "nothing happens", play: idle },
    Step { title: "juju run discourse-k8s/0 add-admin-user --wait=10m email=... password=...", play: add_admin },
    Step { title: "juju config discourse-k8s throttle_level=loud, a mistake", play: misconfigure },
    Step { title: "juju config discourse-k8s throttle_level=strict, the repair", play: repair },
    Step { title: "juju integrate discourse-k8s:saml saml-integrator:saml", play: integrations::saml },
    Step { title: "juju integrate discourse-k8s:oauth hydra:oauth", play: integrations::oauth },
    Step { title: "juju integrate discourse-k8s:smtp smtp-integrator:smtp", play: integrations::smtp },
    Step { title: "juju integrate discourse-k8s:s3 s3-integrator:s3-credentials", play: integrations::s3 },
    Step { title: "prometheus-k8s, grafana-k8s and loki-k8s are integrated", play: integrations::observability },
    Step { title: "juju integrate discourse-k8s:tracing tempo-k8s:tracing", play: integrations::tracing },
    Step { title: "nothing happens, with every relation", play: integrations::idle },
    Step { title: "an ingress takes the place of the route", play: integrations::ingress },
    Step { title: "Redis fails over", play: fail_over },
    Step { title: "the database's password is rotated", play: rotate_password },
    Step { title: "Kubernetes restarts the workload container", play: restart_container },
    Step { title: "a refresh to a charm and image with two migrations more", play: refresh },
    Step { title: "juju remove-relation discourse-k8s:database postgresql-k8s", play: integrations::remove_database },
    Step { title: "juju integrate discourse-k8s:db old-postgresql:db", play: integrations::db },
    Step { title: "juju remove-application discourse-k8s", play: remove },
];

fn deploy(life: &mut Life) -> Result<(), StepError> {
    life.stage.deploy();
    life.settle()?;
    life.expect_status(StatusKind::Blocked, "database")?;
    life.expect_boots(0)
}

fn integrate_postgresql(life: &mut Life) -> Result<(), StepError> {
    life.integrate_postgresql()?;
    life.expect_status(StatusKind::Blocked, "redis")?;
    life.expect_boots(0)
}

fn integrate_redis(life: &mut Life) -> Result<(), StepError> {
    life.integrate_redis()?;
    life.expect_active()?;
    life.expect_boots(1)
}

fn visit(life: &mut Life) -> Result<(), StepError> {
    life.expect_job_done()?;
    let ports = life.stage.unit(0).opened_ports();
    expect(ports == ["3000/tcp"], || format!("the open ports are {ports:?}"))
}

fn integrate_ingress(life: &mut Life) -> Result<(), StepError> {
    life.integrate(&providers::nginx_route())?;
    life.expect_active()?;
    life.expect_boots(0)?;
    let bag = life.stage.app_bag("nginx-route");
    let host = bag.get("service-hostname").map(String::as_str);
    expect(host == Some("discourse-k8s"), || format!("the ingress is asked for {host:?}"))
}

fn configure(life: &mut Life) -> Result<(), StepError> {
    life.configure("external_hostname", json!("forum.example.com"))?;
    life.expect_active()?;
    life.expect_boots(0)?;
    let page = life.visit("GET", "/")?.body;
    expect(page.contains("hostname: forum.example.com"), || format!("the page says {page}"))?;
    let bag = life.stage.app_bag("nginx-route");
    let host = bag.get("service-hostname").map(String::as_str);
    expect(host == Some("forum.example.com"), || format!("the ingress is asked for {host:?}"))
}

fn idle(life: &mut Life) -> Result<(), StepError> {
    life.expect_thrift(&HookEvent::update_status(), STEADY)?;
    life.expect_thrift(&HookEvent::config_changed(), STEADY)?;
    life.expect_speed(STEADY)
}

fn add_admin(life: &mut Life) -> Result<(), StepError> {
    let done = life.act("add-admin-user", admin())?;
    life.expect_boots(1)?;
    screen::observe(&format!("results: {}", serde_json::Value::Object(done.results)));
    let row = life.query(
        "SELECT admin, active FROM users JOIN user_emails ON user_id = users.id WHERE email = 'admin@example.com';",
    )?;
    screen::observe(&format!("users in the database, admin|active: {row}"));
    expect(row == "t|t", || format!("the database has {row:?} for the admin"))
}

fn misconfigure(life: &mut Life) -> Result<(), StepError> {
    life.configure("throttle_level", json!("loud"))?;
    life.expect_status(StatusKind::Blocked, "throttle_level")?;
    let page = life.visit("GET", "/")?;
    expect(page.status == 200, || format!("the forum answers {} meanwhile", page.status))
}

fn repair(life: &mut Life) -> Result<(), StepError> {
    life.configure("throttle_level", json!("strict"))?;
    life.expect_active()?;
    life.expect_boots(0)
}

fn fail_over(life: &mut Life) -> Result<(), StepError> {
    life.redis.fail_over()?;
    life.settle()?;
    life.expect_active()?;
    life.expect_boots(0)?;
    life.expect_job_done()
}

fn rotate_password(life: &mut Life) -> Result<(), StepError> {
    life.postgresql.rotate_password()?;
    life.settle()?;
    life.expect_active()?;
    life.expect_boots(0)
}

fn restart_container(life: &mut Life) -> Result<(), StepError> {
    life.stage.kill_container(0)?;
    life.settle()?;
    life.expect_active()?;
    life.expect_boots(0)
}

fn refresh(life: &mut Life) -> Result<(), StepError> {
    let (charm, image) = (life.sources.charm.clone(), life.sources.next_image.clone());
    life.stage.refresh(charm, image)?;
    life.settle()?;
    life.expect_active()?;
    life.expect_boots(1)?;
    let version = life.stage.unit(0).workload_version();
    screen::observe(&format!("workload version: {version}"));
    expect(version == "2026.1.8", || format!("the workload version is {version}"))?;
    let users = life.query("SELECT count(*) FROM users WHERE admin AND id > 0;")?;
    expect(users == "1", || format!("{users} admins are left"))
}

fn remove(life: &mut Life) -> Result<(), StepError> {
    life.stage.remove();
    life.settle()?;
    let units = life.stage.model().units.len();
    expect(units == 0, || format!("{units} units are left"))?;
    let failed = life.runs.iter().find(|run| !run.is_success());
    expect(failed.is_none(), || format!("{:?} failed", failed.map(|run| &run.hook)))
}
