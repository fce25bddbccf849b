//! The applications around the forum, which tell the truth until a case tampers with it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rehearsal::providers;
use stage::{
    Remote, RemoteError, RemoteView, Stage, StageError,
    remote::{Loki, Postgresql, Redis, Tempo},
    sandbox::Sandbox,
};

use crate::{
    disturbance::Side,
    endpoints::{World, endpoints_of},
};

/// An application in its place at an endpoint.
pub struct Neighbour {
    /// The endpoint.
    pub endpoint: &'static str,
    relate: Relate,
    tampering: Arc<Mutex<Tampering>>,
}

/// Integrates an application again and again.
type Relate = Box<dyn Fn(&mut Stage) -> Result<u32, StageError> + Send>;

/// What differs from the truth.
#[derive(Debug, Default)]
pub struct Tampering {
    /// Keys with other values; the empty text removes one.
    pub writes: Vec<(Side, String, String)>,
    /// Content of secrets, by the key that names the secret.
    pub secrets: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// The unit is not in the relation.
    pub has_left: bool,
}

/// An application whose words are tampered with.
struct Tampered<R> {
    inner: R,
    tampering: Arc<Mutex<Tampering>>,
}

impl Neighbour {
    fn new(endpoint: &'static str, remote: impl Remote + Clone + 'static) -> Self {
        let tampering: Arc<Mutex<Tampering>> = Arc::default();
        let shared = tampering.clone();
        let relate = move |stage: &mut Stage| {
            stage.relate(endpoint, Tampered { inner: remote.clone(), tampering: shared.clone() })
        };
        Self { endpoint, relate: Box::new(relate), tampering }
    }

    /// Integrates it.
    ///
    /// # Errors
    /// Its server does not start.
    pub fn relate(&self, stage: &mut Stage) -> Result<u32, StageError> {
        (self.relate)(stage)
    }

    /// What it says in place of the truth.
    pub fn tampering(&self) -> MutexGuard<'_, Tampering> {
        lock(&self.tampering)
    }
}

/// All neighbours of a forum.
pub fn neighbours(world: World) -> Vec<Neighbour> {
    let neighbour = |name| match name {
        "database" => Neighbour::new(name, Postgresql::new("postgresql-k8s")),
        "db" => Neighbour::new(name, Postgresql::new("old-postgresql").over_pgsql()),
        "redis" => Neighbour::new(name, Redis::new("redis-k8s")),
        "nginx-route" => Neighbour::new(name, providers::nginx_route()),
        "ingress" => Neighbour::new(name, providers::ingress("https://forum.example.org/")),
        "saml" => Neighbour::new(name, providers::saml()),
        "oauth" => Neighbour::new(name, providers::oauth_with_secret()),
        "smtp" => Neighbour::new(name, providers::smtp_with_password()),
        "s3" => Neighbour::new(name, providers::s3_with_keys()),
        "logging" => Neighbour::new(name, Loki::new("loki-k8s")),
        "metrics-endpoint" => Neighbour::new(name, providers::metrics_endpoint()),
        "grafana-dashboard" => Neighbour::new(name, providers::grafana_dashboard()),
        _ => Neighbour::new(name, Tempo::new("tempo-k8s")),
    };
    endpoints_of(world).into_iter().map(|endpoint| neighbour(endpoint.name)).collect()
}

impl<R: Remote> Remote for Tampered<R> {
    fn application(&self) -> &str {
        self.inner.application()
    }

    fn endpoint(&self) -> (&str, &str) {
        self.inner.endpoint()
    }

    fn deployed(&mut self, sandbox: &Sandbox) -> Result<(), RemoteError> {
        self.inner.deployed(sandbox)
    }

    fn related(&mut self, relation: &mut RemoteView<'_>) -> Result<(), RemoteError> {
        self.inner.related(relation)?;
        lock(&self.tampering).apply(relation);
        Ok(())
    }

    fn unrelated(&mut self, relation: u32) -> Result<(), RemoteError> {
        self.inner.unrelated(relation)
    }
}

impl Tampering {
    fn apply(&self, relation: &mut RemoteView<'_>) {
        for (key, content) in &self.secrets {
            let uri = relation.app().get(*key).cloned().unwrap_or_default();
            let content: Vec<(&str, &str)> =
                content.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            relation.update_secret(&uri, &content);
        }
        for (side, key, value) in &self.writes {
            let bag = if *side == Side::App { relation.app() } else { relation.unit(0) };
            if value.is_empty() {
                bag.remove(key);
            } else {
                bag.insert(key.clone(), value.clone());
            }
        }
        if self.has_left {
            relation.remove_unit(0);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
