//! A health check of the plan.

use super::{
    Override, Plan,
    context::Context,
    or_default,
    service::{extend, overlay},
};
use std::{collections::BTreeMap, time::Duration};

/// Who asks for a check.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Level {
    /// Nobody in particular.
    #[default]
    Unset,
    /// Whoever asks whether the container lives, or is ready.
    Alive,
    /// Whoever asks whether the container is ready.
    Ready,
    /// Any other word; no layer with it is accepted.
    Unknown(String),
}

/// A request that must be answered with 2xx.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpProbe {
    /// Where to.
    pub url: String,
    /// With these.
    pub headers: Option<BTreeMap<String, String>>,
}

/// A port that must be open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TcpProbe {
    /// Never 0.
    pub port: i64,
    /// *Empty*: localhost.
    pub host: String,
}

/// A command that must end with 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExecProbe {
    /// The command line.
    pub command: String,
    /// The service whose context it takes.
    pub service_context: String,
    /// What is laid over that context.
    pub context: Context,
}

/// What a check does; at most one of the three in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probe {
    /// Asks a web server.
    pub http: Option<HttpProbe>,
    /// Opens a port.
    pub tcp: Option<TcpProbe>,
    /// Runs a command.
    pub exec: Option<ExecProbe>,
}

/// One check as layers define it; two are equal if their definitions are, written defaults included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Check {
    /// Its name, the key in the layer.
    pub name: String,
    /// Which definition counts.
    pub overriding: Override,
    /// Who asks for it.
    pub level: Level,
    /// `enabled`, `disabled` or empty, which means enabled.
    pub startup: String,
    /// *Empty*: 10 s.
    pub period: Option<Duration>,
    /// *Empty*: 3 s, and never more than the period.
    pub timeout: Option<Duration>,
    /// Failures in a row that take it down; 0 until layers are combined.
    pub threshold: i64,
    /// What it does.
    pub probe: Probe,
}

impl Level {
    /// Reads the word of a layer or a request.
    #[must_use]
    pub fn read(word: &str) -> Self {
        match word {
            "" => Self::Unset,
            "alive" => Self::Alive,
            "ready" => Self::Ready,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// The word of a layer.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Unset => "",
            Self::Alive => "alive",
            Self::Ready => "ready",
            Self::Unknown(word) => word,
        }
    }
}

impl Check {
    /// Whether it runs without being started.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.startup != "disabled"
    }

    /// Time between two runs.
    #[must_use]
    pub fn interval(&self) -> Duration {
        or_default(self.period, 10_000)
    }

    /// Time that one run may take.
    #[must_use]
    pub fn patience(&self) -> Duration {
        or_default(self.timeout, 3_000).min(self.interval())
    }

    /// What its changes call it: `HTTP`, `TCP` or `exec`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        if self.probe.http.is_some() {
            "HTTP"
        } else if self.probe.tcp.is_some() {
            "TCP"
        } else {
            "exec"
        }
    }

    /// This check with the context of its service, if it names one.
    #[must_use]
    pub fn in_context(&self, plan: &Plan) -> Self {
        let mut check = self.clone();
        if let Some(exec) = check.probe.exec.as_mut().filter(|exec| !exec.service_context.is_empty()) {
            let own = std::mem::take(&mut exec.context);
            exec.context = own.clone().over_service(plan, &exec.service_context).unwrap_or(own);
        }
        check
    }

    /// Lays a later definition over this one.
    pub fn merge(&mut self, later: &Self) {
        overlay(&mut self.level, &later.level);
        overlay(&mut self.startup, &later.startup);
        self.period = later.period.or(self.period);
        self.timeout = later.timeout.or(self.timeout);
        overlay(&mut self.threshold, &later.threshold);
        if let Some(later) = &later.probe.http {
            let http = self.probe.http.get_or_insert_default();
            overlay(&mut http.url, &later.url);
            extend(&mut http.headers, later.headers.as_ref());
        }
        if let Some(later) = &later.probe.tcp {
            let tcp = self.probe.tcp.get_or_insert_default();
            overlay(&mut tcp.port, &later.port);
            overlay(&mut tcp.host, &later.host);
        }
        if let Some(later) = &later.probe.exec {
            self.probe.exec.get_or_insert_default().merge(later);
        }
    }
}

impl ExecProbe {
    fn merge(&mut self, later: &Self) {
        overlay(&mut self.command, &later.command);
        overlay(&mut self.service_context, &later.service_context);
        extend(&mut self.context.environment, later.context.environment.as_ref());
        self.context.account.merge(&later.context.account);
        overlay(&mut self.context.working_dir, &later.context.working_dir);
    }
}
