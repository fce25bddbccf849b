//! What warnings are about.

/// What a warning is about, the most important first: only that is shown. Those that many deployments always have would hide others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// A relation that the forum can do without.
    Relation,
    /// A restore that did not end well.
    Restore,
    /// A server that the forum relies on.
    Server,
    /// The value of an option.
    Option,
    /// Logs and traces, which nobody who uses the forum misses.
    Observability,
    /// Uploads that are kept in the pod.
    Uploads,
    /// Mail that nobody gets.
    Mail,
}
