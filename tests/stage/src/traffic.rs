//! Requests to every pod that a Service lists, in threads of their own, while the stage plays.
//!
//! A kubelet asks each pod for its health, the Service lists the pods that are ready, and clients send requests to them.

mod client;
mod clients;
mod endpoints;
mod kubelet;
mod load;
mod pods;
mod report;

use clients::Clients;
use clock::Clock;
use endpoints::Endpoints;
use kubelet::Kubelet;
use std::{io, net::IpAddr, sync::Arc, time::Duration};

pub use load::{Load, Probing, Request};
pub use pods::Pods;
pub use report::{Change, Connection, Failure, Report, Times};

/// A Service of one application and its clients; they end when it is dropped.
#[derive(Debug)]
pub struct Traffic {
    endpoints: Arc<Endpoints>,
    clients: Clients,
    kubelet: Kubelet,
}

/// Which pods the Service lists, for the stage.
#[derive(Debug, Clone)]
pub(crate) struct View {
    endpoints: Arc<Endpoints>,
}

impl Traffic {
    /// Begins to ask the pods for their health, and to send requests once the first one is listed.
    pub(crate) fn begin(pods: &Pods, application: &str, load: Load, clock: Clock) -> io::Result<Self> {
        let endpoints = Arc::new(Endpoints::new());
        let kubelet = Kubelet::begin(pods, application, Arc::clone(&endpoints), load.probing, clock);
        let clients = Clients::begin(load, Arc::clone(&endpoints))?;
        Ok(Self { endpoints, clients, kubelet })
    }

    /// Real time since the Service is there.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.endpoints.now()
    }

    /// What happened so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut report = self.clients.report();
        (report.changes, report.without_pod) = self.endpoints.history();
        report
    }

    /// Waits for the requests that are under way, and ends.
    #[must_use]
    pub fn end(mut self) -> Report {
        self.clients.end();
        let report = self.report();
        self.kubelet.end();
        report
    }

    pub(crate) fn view(&self) -> View {
        View { endpoints: Arc::clone(&self.endpoints) }
    }
}

impl View {
    /// Whether requests come to the pod at this address.
    ///
    /// *Empty*: the Service is gone.
    pub(crate) fn lists(&self, pod: IpAddr) -> Option<bool> {
        self.endpoints.lists(pod)
    }
}
