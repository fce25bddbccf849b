//! Forwards the output of services to the log targets of the plan.

use super::{Buffer, gatherer::Gatherer, loki};
use crate::plan::{LogTarget, Plan, Service};
use clock::Clock;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// How long the last push of all targets may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// All log targets.
pub struct Forwarding {
    clock: Clock,
    targets: Mutex<Targets>,
}

#[derive(Default)]
struct Targets {
    gatherers: BTreeMap<String, Gatherer>,
    buffers: BTreeMap<String, Arc<Buffer>>,
    plan: Arc<Plan>,
}

impl Forwarding {
    /// No targets yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, targets: Mutex::default() }
    }

    /// Brings the targets in line with a plan.
    ///
    /// Each service that a target takes is labelled anew and pulled from its beginning, whatever changed. A target keeps the
    /// location that it began with. A target that does not answer holds this up once per service.
    pub async fn plan_changed(&self, plan: &Arc<Plan>) {
        let mut targets = self.targets.lock().await;
        let targets = &mut *targets;
        targets.plan = Arc::clone(plan);
        for (name, target) in &plan.log_targets {
            let location = Some(target.location.clone()).filter(|_| target.kind == "loki");
            let start = || Gatherer::start(self.clock, name, location);
            let gatherer = targets.gatherers.entry(name.clone()).or_insert_with(start);
            follow(gatherer, target, plan, &targets.buffers).await;
        }
    }

    /// A service has started; its output goes to the same buffer each time.
    pub async fn service_started(&self, service: &Service, buffer: &Arc<Buffer>) {
        let mut targets = self.targets.lock().await;
        let targets = &mut *targets;
        if targets.buffers.get(&service.name).is_some_and(|known| Arc::ptr_eq(known, buffer)) {
            return;
        }
        targets.buffers.insert(service.name.clone(), Arc::clone(buffer));
        for (name, gatherer) in &mut targets.gatherers {
            if targets.plan.log_targets.get(name).is_some_and(|target| target.takes(&service.name)) {
                gatherer.pull(&service.name, Arc::clone(buffer));
            }
        }
    }

    /// Sends what is left to all targets.
    pub async fn stop(&self) {
        let stopping = async {
            let gatherers = std::mem::take(&mut self.targets.lock().await.gatherers);
            let stopping: Vec<_> = gatherers.into_values().map(|gatherer| tokio::spawn(gatherer.stop())).collect();
            for stopped in stopping {
                let _ = stopped.await;
            }
        };
        let _ = self.clock.within(STOP_TIMEOUT, stopping).await;
    }
}

async fn follow(gatherer: &mut Gatherer, target: &LogTarget, plan: &Plan, buffers: &BTreeMap<String, Arc<Buffer>>) {
    for service in gatherer.services() {
        if !plan.services.contains_key(&service) || !target.takes(&service) {
            gatherer.drop_service(&service);
            gatherer.label(&service, None).await;
        }
    }
    for service in plan.services.values().filter(|service| target.takes(&service.name)) {
        let labels = loki::labels(target.labels.as_ref(), &service.name, service.environment.as_ref());
        gatherer.label(&service.name, Some(labels)).await;
        if let Some(buffer) = buffers.get(&service.name) {
            gatherer.pull(&service.name, Arc::clone(buffer));
        }
    }
}
