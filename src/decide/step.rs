//! The second stage: what the workload needs next. One step at a time, each safe to repeat.

use crate::{
    decision::{Because, Step, StepKind},
    discourse::{
        environment::Environment,
        image::{SERVICE, SIDEKIQ_SERVICE},
        job::Job,
        layer, secret_key,
    },
    journal::Journal,
    relations::{database, db, redis, restart::Phase},
    status::Reason,
    world::{Check, Container, Service, World},
};

use super::{
    Understanding,
    case::Case,
    environment::sources,
    jobs::{Verdict, Verdicts},
    log_targets,
    next::Next,
    preflight, restore, side_services, start,
    state::State,
    turn,
};

/// *Units*: seconds that a service must run before the silence of an old Pebble's check means success: period times threshold.
const READY_AFTER: i64 = 15;

/// The verdicts on jobs, and what comes next.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub verdicts: Verdicts,
    pub next: Next,
}

/// Plans for a world.
pub(super) fn plan(world: &World, journal: &Journal, known: &Understanding, case: Option<Case>) -> Plan {
    let verdicts = case.map_or_else(|| Verdicts::remembered(&known.fleet, world.now), |case| Verdicts::of(&case));
    if let Some(message) = &journal.trouble {
        return Plan { verdicts, next: Next::reason(Reason::Pebble(message.clone())) };
    }
    let Ok(container) = &world.container else { return Plan { verdicts, next: Next::default() } };
    let asked = restore::next(world, journal, &known.fleet, case.as_ref(), container);
    let next = match (case, asked) {
        (Some(case), Some(asked)) => with_certificates(&case, asked),
        (None, Some(asked)) => asked,
        (Some(case), None) => {
            let environment = case.attainable_environment(&verdicts);
            Workload { case, container, verdicts: &verdicts, environment: &environment }.next()
        }
        (None, None) => stop(world, journal, container),
    };
    let next = next.or_else(|| open_gate(journal, container));
    let next = next.or_else(|| log_targets::next(container, journal, &known.log_targets));
    let next = next.or_else(|| case.map_or_else(Next::default, |case| turn::end(&case, container)));
    Plan { verdicts, next }
}

/// Without its relations a unit serves nobody and has no use for passwords. One that was never started must not hold up a roll-out.
fn stop(world: &World, journal: &Journal, container: &Container) -> Next {
    let is_related = |endpoint| world.relations.one(endpoint).is_some();
    let has_database = is_related(&database::ENDPOINT) || is_related(&db::ENDPOINT);
    let is_unrelated = !has_database || !is_related(&redis::ENDPOINT);
    let is_shut_for_nothing = container.gate != Check::Stopped && !layer::was_started(&container.plan);
    let is_up = container.service != Service::Stopped || container.ready != Check::Stopped || is_shut_for_nothing;
    let is_left = is_up || !layer::without_environment(&container.plan).is_empty();
    let is_due = is_unrelated && is_left && !journal.has(StepKind::StopServices);
    Next::step_if(is_due, Step::StopServices, "a required relation does not exist")
}

/// A server behind the gate is asked once, also if nothing can bring it to its target: an earlier hook may have left it there.
///
/// After a restart one that did not come up is asked as well, so that its check goes down, and its recovery will wake us.
fn open_gate(journal: &Journal, container: &Container) -> Next {
    let is_running = matches!(container.service, Service::Running(_));
    let may_answer = journal.has(StepKind::Replan) || is_running && container.ready != Check::Down;
    let is_due = container.gate != Check::Stopped && may_answer && !journal.has(StepKind::OpenGate);
    Next::step_if(is_due, Step::OpenGate, "the service was started behind the gate")
}

/// Whatever needs certificates finds them: files of a container are gone whenever it restarts.
fn with_certificates(case: &Case, next: Next) -> Next {
    let is_using = next.step.as_ref().is_some_and(|it| matches!(it.what, Step::RunJob(..) | Step::Replan(_)));
    let is_due = is_using && !case.journal.has(StepKind::WriteCertificates);
    match case.target.certificates.as_ref().filter(|_| is_due) {
        Some(it) => {
            let step = Because::new(Step::WriteCertificates(it.clone()), "relations name certificate authorities");
            Next { step: Some(step), ..next }
        }
        None => next,
    }
}

/// A container that is to serve the target.
#[derive(Clone, Copy)]
struct Workload<'a> {
    case: Case<'a>,
    container: &'a Container,
    verdicts: &'a Verdicts,
    /// What the server can be given now.
    environment: &'a Environment,
}

impl Workload<'_> {
    fn next(&self) -> Next {
        let is_wanted = self.case.target.environment.has_sidekiq_service();
        let disabled =
            side_services::disable(self.container, self.case.journal, SIDEKIQ_SERVICE, "sidekiq_as_service is off");
        match disabled.filter(|_| !is_wanted) {
            Some(step) => Next { step: Some(step), reasons: Vec::new() },
            None => with_certificates(&self.case, self.towards_serving()),
        }
    }

    fn towards_serving(&self) -> Next {
        if self.case.is_key_due() && !self.case.journal.has(StepKind::FindSecretKey) {
            return self.find_secret_key();
        }
        let next = match State::of(self.container, self.environment) {
            State::Down => start::obstacle(&self.case).map_or_else(|| self.inspected_start(), Next::reason),
            State::Outdated => self.outdated(),
            State::Unproven => self.replan(),
            State::Starting => self.restart().or_else(|| Next::reason(Reason::Starting)),
            State::Crashing => Next::reason(Reason::Crashing(self.case.journal.start_error.clone())),
            State::Serving => self.restart().or_else(|| self.while_serving()),
        };
        let unread = self.no_key().filter(|reason| self.case.is_key_due() && !next.reasons.contains(reason));
        unread.into_iter().fold(next, Next::with)
    }

    /// Another primary or password of a database that is known to be migrated needs no look into it.
    fn outdated(&self) -> Next {
        let is_known = self.case.is_migrated() && self.verdicts.upload != Verdict::Unknown;
        if is_known { self.start() } else { self.inspected_start() }
    }

    fn inspected_start(&self) -> Next {
        match self.case.world.inspection {
            Some(_) => self.start(),
            None => self.inspect("the service is to start: the database is asked first"),
        }
    }

    fn while_serving(&self) -> Next {
        let is_unknown =
            self.verdicts.upload == Verdict::Unknown || self.is_migration_left() || self.is_schema_forgotten();
        if self.case.world.inspection.is_none() && is_unknown {
            return self.inspect("earlier work is not known to be done");
        }
        self.job(Job::Migrate)
            .or_else(|| self.job(Job::UploadAssets))
            .or_else(|| side_services::next(self.container, self.case.journal, &self.case.target.environment))
            .or_else(|| self.readiness())
    }

    /// Whether nothing is remembered of the schema for this image: the hook that started the server was killed, and its findings are lost.
    fn is_schema_forgotten(&self) -> bool {
        let memory = &self.case.fleet.memory;
        memory.image.as_ref() != Some(&self.case.target.image.revision) || memory.phase().is_none()
    }

    /// Whether this unit may finish the migration, or look whether another did: it remembers no more than its additive part.
    fn is_migration_left(&self) -> bool {
        let fleet = self.case.fleet;
        fleet.may_run_destructive()
            && (fleet.memory.attempt().is_some() || fleet.memory.phase() == Some(Phase::Additive))
    }

    fn readiness(&self) -> Next {
        match self.container.ready {
            Check::Down => Next::reason(Reason::Silent),
            Check::Stopped => {
                let is_due = !self.case.journal.has(StepKind::OpenGate);
                Next::step_if(is_due, Step::OpenGate, "the readiness check is stopped").with(Reason::Starting)
            }
            Check::Unproven if !self.has_run_long() => Next::reason(Reason::Starting),
            Check::Unproven | Check::Up => Next::default(),
        }
    }

    /// The database and the storage come first, then the service; one that runs need not wait for another storage.
    fn start(&self) -> Next {
        let obstacle = restore::obstacle(&self.case).or_else(|| preflight::obstacle(&self.case));
        if let Some(reason) = obstacle {
            return Next::reason(reason);
        }
        let is_held = |verdict: &Verdict| matches!(verdict, Verdict::Held(_));
        let migration = self.job(Job::Migrate);
        if is_held(&self.verdicts.migration) {
            return migration;
        }
        if matches!(self.container.service, Service::Running(_)) {
            return migration.or_else(|| self.replan());
        }
        let jobs = migration.or_else(|| self.job(Job::UploadAssets));
        if is_held(&self.verdicts.upload) {
            return jobs;
        }
        jobs.or_else(|| self.replan())
    }

    /// The step that a job's verdict asks for.
    fn job(&self, job: Job) -> Next {
        let verdict = if job == Job::Migrate { &self.verdicts.migration } else { &self.verdicts.upload };
        match verdict {
            Verdict::Runs(change) => Next::step(Step::FollowJob(job, change.clone()), "an earlier hook began it"),
            Verdict::Due(header) => {
                let environment = self.case.environment(job);
                Next::step(Step::RunJob(job, header.clone(), environment), "it was not done for this image yet")
            }
            Verdict::Held(reason) | Verdict::Done(_, Some(reason)) => Next::reason(reason.clone()),
            Verdict::Unknown | Verdict::Done(_, None) => Next::default(),
        }
    }

    /// Starts or restarts the service, with a layer if the plan is another one; then opens the gate.
    ///
    /// The layer of a hook that ended too early may still hold Pebble up: the layer once more waits for that while the server goes on.
    fn replan(&self) -> Next {
        if self.case.journal.has(StepKind::Replan) {
            return Next::reason(match (&self.case.journal.start_error, self.container.service) {
                (Some(cause), Service::Crashed | Service::Stopped) => Reason::Crashing(Some(cause.clone())),
                _ => Reason::Starting,
            });
        }
        if let Some(turn) = turn::obstacle(&self.case, self.container) {
            return Next::reason(turn);
        }
        if self.environment.get(secret_key::VARIABLE).is_empty() {
            return self.find_secret_key();
        }
        let (environment, plan) = (self.environment, &self.container.plan);
        let is_current = layer::is_current(plan, environment);
        let why = match (self.container.service, is_current) {
            (Service::Running(_), false) => {
                format!("changed: {}", layer::changed_origins(plan, environment, sources).join(", "))
            }
            (Service::Running(_), true) => "whether this plan runs is not proven".to_owned(),
            _ => "the service does not run".to_owned(),
        };
        let is_open = self.container.gate == Check::Stopped;
        let is_layer_due = !is_current || (self.container.is_replan_due && is_open);
        Next::step(Step::Replan(is_layer_due.then(|| environment.clone())), why)
    }

    /// Restarts a server that was asked to, in its turn; also behind the gate, where a hook that ended too early may have left it.
    fn restart(&self) -> Next {
        let is_due = self.case.is_restart_due(self.container) && !self.case.journal.has(StepKind::Replan);
        let sidekiq = self.environment.has_sidekiq_service().then_some(SIDEKIQ_SERVICE);
        let services = [SERVICE].into_iter().chain(sidekiq).collect();
        match turn::obstacle(&self.case, self.container).filter(|_| is_due) {
            Some(turn) => Next::reason(turn),
            None => Next::step_if(is_due, Step::Restart(services), "an operator asked for it"),
        }
    }

    /// A server without the key would make its own, and with another one it would log everybody out.
    fn find_secret_key(&self) -> Next {
        if self.case.journal.has(StepKind::FindSecretKey) {
            return self.no_key().map(Next::reason).unwrap_or_default();
        }
        let step = Step::FindSecretKey(self.case.fleet.secret_key.clone(), self.environment.clone());
        Next::step(step, "the service is to start with the same key as ever")
    }

    fn no_key(&self) -> Option<Reason> {
        self.case.journal.key_problem.clone().map(|(keeper, answer)| Reason::NoSecretKey(keeper, answer))
    }

    fn inspect(&self, why: &str) -> Next {
        let target = self.case.target;
        Next::step(Step::Inspect(target.environment.clone(), target.image.migrations.clone()), why)
    }

    fn has_run_long(&self) -> bool {
        matches!(self.container.service, Service::Running(Some(since)) if self.case.world.now >= since.saturating_add(READY_AFTER))
    }
}
