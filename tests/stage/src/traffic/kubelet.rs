//! Asking pods for their health, and telling the Service.

use super::{endpoints::Endpoints, load::Probing, pods::Pods};
use crate::pod::is_healthy;
use clock::Clock;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// The time from one question to the next; one failure counts.
///
/// *Source*: the readiness probe in Juju 3.6, `internal/provider/kubernetes/application/application.go`.
const PERIOD: Duration = Duration::from_secs(5);
/// How long it takes until clients follow what Kubernetes knows of a pod.
const LAG: Duration = Duration::from_secs(1);
/// How often the list of pods is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A thread for each pod, and one that finds the pods.
#[derive(Debug)]
pub(super) struct Kubelet {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// One pod of the application that is asked.
struct Probe {
    pods: Pods,
    pod: IpAddr,
    unit: String,
    containers: usize,
    endpoints: Arc<Endpoints>,
    probing: Probing,
    clock: Clock,
    is_over: Arc<AtomicBool>,
}

impl Kubelet {
    pub fn begin(pods: &Pods, application: &str, endpoints: Arc<Endpoints>, probing: Probing, clock: Clock) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (pods, ends, prefix) = (pods.clone(), Arc::clone(&is_over), format!("{application}/"));
        let follow = move || {
            let mut probes = BTreeMap::new();
            while !ends.load(Ordering::Relaxed) {
                for (pod, state) in pods.all().into_iter().filter(|(_, state)| state.unit.starts_with(&prefix)) {
                    let probe = || Probe {
                        pods: pods.clone(),
                        pod,
                        unit: state.unit,
                        containers: state.containers,
                        endpoints: Arc::clone(&endpoints),
                        probing,
                        clock,
                        is_over: Arc::clone(&ends),
                    };
                    probes.entry(pod).or_insert_with(|| probe().begin());
                }
                thread::sleep(POLL_INTERVAL);
            }
            for probe in probes.into_values() {
                let _ = probe.join();
            }
            endpoints.end();
        };
        Self { is_over, thread: Some(thread::spawn(follow)) }
    }

    pub fn end(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.end();
    }
}

impl Probe {
    fn begin(self) -> JoinHandle<()> {
        thread::spawn(move || {
            match self.probing {
                Probing::Usual => while self.ask() {},
                Probing::Worst => self.ask_at_the_worst_moments(),
            }
            // A pod that is to end, or is gone, is dropped whatever its health.
            self.clock.pause(LAG);
            self.endpoints.set(self.pod, &self.unit, false);
        })
    }

    /// Asks once and lets the Service follow; returns whether the pod is to be asked again.
    fn ask(&self) -> bool {
        let is_ready = self.is_ready();
        self.wait(LAG) && {
            self.endpoints.set(self.pod, &self.unit, is_ready);
            self.wait(PERIOD.saturating_sub(LAG))
        }
    }

    /// Lists the pod only when it was ready for a whole period, and drops it as soon as it is not.
    fn ask_at_the_worst_moments(&self) {
        let mut ready_since = None;
        loop {
            let is_ready = self.is_ready();
            let since = *ready_since.get_or_insert_with(|| self.clock.now());
            let is_listed = is_ready && self.clock.since(since) >= PERIOD;
            if self.endpoints.lists(self.pod) != Some(is_listed) {
                if !self.wait(LAG) {
                    break;
                }
                self.endpoints.set(self.pod, &self.unit, is_listed);
            }
            ready_since = ready_since.filter(|_| is_ready);
            if !self.wait(LAG / 10) {
                break;
            }
        }
    }

    fn is_ready(&self) -> bool {
        let is_started = self.pods.get(self.pod).is_some_and(|state| state.is_started);
        is_started && (0..self.containers).all(|number| is_healthy(self.pod, number, "ready"))
    }

    /// Waits unless the pod ends meanwhile; returns whether it goes on.
    fn wait(&self, nominal: Duration) -> bool {
        let (limit, began) = (self.clock.scaled(nominal), self.clock.now());
        loop {
            let goes_on = self.pods.get(self.pod).is_some_and(|state| !state.is_ending);
            if self.is_over.load(Ordering::Relaxed) || !goes_on {
                return false;
            }
            let left = limit.saturating_sub(began.elapsed());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(POLL_INTERVAL));
        }
    }
}
