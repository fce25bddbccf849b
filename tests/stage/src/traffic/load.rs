//! What clients ask for.

/// How many requests of which kinds are sent, each kind as often as the others.
#[derive(Debug, Clone)]
pub struct Load {
    /// The port of each pod.
    pub port: u16,
    /// How many requests are sent. *Units*: per second of real time; at least one.
    pub rate: u32,
    /// When the pods are asked for their health.
    pub probing: Probing,
    /// The kinds, in their order.
    pub requests: Vec<Request>,
}

/// When pods are asked for their health, on which nobody has any influence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Probing {
    /// Every five seconds, each pod at its own moment.
    #[default]
    Usual,
    /// At the worst moments for those who want always some pod: right after it ceased to be ready, and right before it became so.
    Worst,
}

/// One kind of request, without a body; every answer but a success is a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The verb of HTTP.
    pub verb: String,
    /// The path, with its query.
    pub path: String,
}

impl Request {
    /// A request that reads.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self { verb: "GET".to_owned(), path: path.to_owned() }
    }

    /// A request that changes something.
    #[must_use]
    pub fn post(path: &str) -> Self {
        Self { verb: "POST".to_owned(), path: path.to_owned() }
    }
}

impl std::fmt::Display for Request {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.verb, self.path)
    }
}
