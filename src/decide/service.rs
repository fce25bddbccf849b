//! The next step of the service: one at a time, each safe to repeat.

use crate::{
    decision::{Because, Step},
    discourse::{image::SIDEKIQ_SERVICE, job::Job, layer},
    status::Reason,
    world::{Check, Chore, Container, Service, World},
};

use super::{
    companions,
    jobs::{Verdict, Verdicts},
    wanted::Wanted,
    when,
};

/// *Units*: seconds that a service must run before the silence of an old Pebble's check means success: period times threshold.
const PROOF: i64 = 15;

/// What to do next, if anything; what stands in the way becomes a reason.
pub(super) fn next_step(
    world: &World,
    wanted: Option<&Wanted>,
    verdicts: &Verdicts,
    reasons: &mut Vec<Reason>,
) -> Option<Because<Step>> {
    let container = world.container.as_ref()?;
    if let Some(said) = &world.history.trouble {
        reasons.push(Reason::Pebble(said.clone()));
        return None;
    }
    let Some(wanted) = wanted else { return withdraw(world, container) };
    let step = step_towards(world, wanted, container, verdicts, reasons)?;
    Some(trusting(world, wanted, step))
}

/// What needs certificates finds them: files of a container are gone whenever it restarts.
fn trusting(world: &World, wanted: &Wanted, step: Because<Step>) -> Because<Step> {
    match &wanted.certificates {
        Some(certificates)
            if !world.history.chores.contains(&Chore::Trust) && matches!(step.what, Step::Run(..) | Step::Serve(_)) =>
        {
            Because::new(Step::Trust(certificates.clone()), "relations name authorities of their own")
        }
        _ => step,
    }
}

fn step_towards(
    world: &World,
    wanted: &Wanted,
    container: &Container,
    verdicts: &Verdicts,
    reasons: &mut Vec<Reason>,
) -> Option<Because<Step>> {
    let retired = companions::retire(world, container, SIDEKIQ_SERVICE, "sidekiq_as_service is off");
    if let Some(step) = retired.filter(|_| !wanted.environment.has_sidekiq_apart()) {
        return Some(step);
    }
    let is_current = layer::is_current(&container.plan, &wanted.environment);
    match container.service {
        Service::Running(_) if is_current && container.gate == Check::Stopped => {
            settled(world, wanted, verdicts, container, reasons)
        }
        Service::Crashed if is_current => {
            reasons.push(Reason::Crashing(world.history.start_error.clone()));
            after_start(world, container)
        }
        Service::Running(_) if is_current && container.is_replanned => {
            reasons.push(Reason::Starting);
            knock(world, container)
        }
        Service::Running(_) if is_current => serve(world, wanted, container, None, reasons),
        Service::Running(_) if is_migrated(world, wanted) && verdicts.upload != Verdict::Unknown => {
            prepared(world, wanted, verdicts, container, reasons)
        }
        _ if world.inspection.is_none() => {
            Some(inspect(wanted, "the service is to start: the database is asked first"))
        }
        _ => prepared(world, wanted, verdicts, container, reasons),
    }
}

/// Without its relations a unit serves nobody and must not hold up a roll-out either.
fn withdraw(world: &World, container: &Container) -> Option<Because<Step>> {
    let has_database = world.database.is_some() || world.integrations.db.is_some();
    let is_unrelated = !has_database || world.redis.is_none();
    let is_up =
        container.service != Service::Stopped || container.gate != Check::Stopped || container.ready != Check::Stopped;
    when(is_unrelated && is_up && !world.history.has_withdrawn, Step::Withdraw, "a required relation does not exist")
}

/// The service runs as wanted and the gate is open.
fn settled(
    world: &World,
    wanted: &Wanted,
    verdicts: &Verdicts,
    container: &Container,
    reasons: &mut Vec<Reason>,
) -> Option<Because<Step>> {
    let is_migration_left = world.is_alone() && world.peers().attempt().is_some();
    if world.inspection.is_none() && (verdicts.upload == Verdict::Unknown || is_migration_left) {
        return Some(inspect(wanted, "earlier work is not known to be done"));
    }
    for (name, verdict) in [(Job::Migrate, &verdicts.migration), (Job::UploadAssets, &verdicts.upload)] {
        if let Some(step) = job(name, verdict, world, wanted, reasons) {
            return Some(step);
        }
    }
    if let Some(step) = companions::tend(world, wanted, container, reasons) {
        return Some(step);
    }
    match container.ready {
        Check::Down => reasons.push(Reason::Silent),
        Check::Stopped => {
            reasons.push(Reason::Starting);
            return when(!world.history.has_opened, Step::Open, "the readiness check is stopped");
        }
        Check::Unproven if !has_run_long(world, container) => reasons.push(Reason::Starting),
        Check::Unproven | Check::Up => {}
    }
    None
}

/// The database and the storage come first, then the service.
fn prepared(
    world: &World,
    wanted: &Wanted,
    verdicts: &Verdicts,
    container: &Container,
    reasons: &mut Vec<Reason>,
) -> Option<Because<Step>> {
    for (name, verdict) in [(Job::Migrate, &verdicts.migration), (Job::UploadAssets, &verdicts.upload)] {
        if let Some(step) = job(name, verdict, world, wanted, reasons) {
            return Some(step);
        }
        if matches!(verdict, Verdict::Held(_)) {
            return None;
        }
    }
    let layer = (!layer::is_current(&container.plan, &wanted.environment)).then_some(wanted);
    serve(world, wanted, container, layer, reasons)
}

/// The step that a job's verdict asks for.
fn job(
    job: Job,
    verdict: &Verdict,
    world: &World,
    wanted: &Wanted,
    reasons: &mut Vec<Reason>,
) -> Option<Because<Step>> {
    match verdict {
        Verdict::Runs(change) => Some(Because::new(Step::Follow(job, change.clone()), "an earlier hook began it")),
        Verdict::Due(header) => {
            let environment = wanted.job_environment(job, world.is_alone());
            Some(Because::new(Step::Run(job, header.clone(), environment), "it was not done for this image yet"))
        }
        Verdict::Held(reason) | Verdict::Done(_, Some(reason)) => {
            reasons.push(reason.clone());
            None
        }
        Verdict::Unknown | Verdict::Done(_, None) => None,
    }
}

/// Starts or restarts the service, then opens the gate.
fn serve(
    world: &World,
    wanted: &Wanted,
    container: &Container,
    layer: Option<&Wanted>,
    reasons: &mut Vec<Reason>,
) -> Option<Because<Step>> {
    if world.history.has_served {
        match (&world.history.start_error, container.service) {
            (Some(said), Service::Crashed | Service::Stopped) => reasons.push(Reason::Crashing(Some(said.clone()))),
            _ => reasons.push(Reason::Starting),
        }
        return after_start(world, container);
    }
    let why = match (container.service, layer) {
        (Service::Running(_), Some(_)) => {
            format!("changed: {}", layer::changed_origins(&container.plan, &wanted.environment).join(", "))
        }
        (Service::Running(_), None) => "the gate is shut: whether this plan runs is not proven".to_owned(),
        _ => "the service does not run".to_owned(),
    };
    Some(Because::new(Step::Serve(layer.map(|wanted| wanted.environment.clone())), why))
}

/// A server behind the gate is asked once; while its check is down, its recovery will wake us.
fn knock(world: &World, container: &Container) -> Option<Because<Step>> {
    let is_due = !world.history.has_opened && (container.ready != Check::Down || world.history.has_served);
    when(is_due, Step::Open, "the service was started behind the gate")
}

/// Also a server that did not come up is asked, so that its check goes down and its recovery wakes us.
fn after_start(world: &World, container: &Container) -> Option<Because<Step>> {
    let is_due = world.history.has_served && !world.history.has_opened && container.gate != Check::Stopped;
    when(is_due, Step::Open, "the service was started behind the gate")
}

fn inspect(wanted: &Wanted, why: &str) -> Because<Step> {
    Because::new(Step::Inspect(wanted.environment.clone()), why)
}

/// Whether this unit has seen this database migrated for this image.
fn is_migrated(world: &World, wanted: &Wanted) -> bool {
    world.peers().noted("migrated") == Some(wanted.migrated_note().as_str())
}

fn has_run_long(world: &World, container: &Container) -> bool {
    matches!(container.service, Service::Running(Some(since)) if world.now >= since + PROOF)
}
