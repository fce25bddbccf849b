//! What clients ask for.

/// How many requests of which kinds are sent, each kind as often as the others.
#[derive(Debug, Clone)]
pub struct Load {
    /// The port of each pod.
    pub port: u16,
    /// How many requests are sent. *Units*: per second of real time; at least one.
    pub rate: u32,
    /// The kinds, in their order.
    pub requests: Vec<Request>,
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
