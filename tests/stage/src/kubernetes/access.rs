//! What an application may do: with `juju trust` everything, else next to nothing.
//!
//! *Source*: Juju 3.6 and 4.0, `internal/provider/kubernetes/application/trust.go`.

use super::request::Target;

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) application: String,
    pub(super) namespace: String,
    pub(super) trusted: bool,
}

impl Account {
    pub(super) fn user(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.application)
    }

    pub(super) fn may(&self, verb: &str, target: &Target) -> bool {
        self.trusted || target.resource == "selfsubjectaccessreviews" || self.may_untrusted(verb, target)
    }

    fn may_untrusted(&self, verb: &str, target: &Target) -> bool {
        let is_here = target.namespace.as_ref() == Some(&self.namespace);
        if !target.group.name.is_empty() {
            return false;
        }
        match (target.resource.as_str(), target.subresource.as_deref()) {
            ("namespaces", None) => ["get", "list"].contains(&verb),
            ("pods" | "services", None) => is_here && ["get", "list", "patch"].contains(&verb),
            ("pods", Some("exec")) => is_here && verb == "create",
            _ => false,
        }
    }
}
