//! Refusals, as Kubernetes words them.
//!
//! *Source*: Kubernetes 1.31, `staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go`.

use super::request::Target;
use serde_json::{Value, json};

/// A request that is not done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) body: Value,
}

impl Refusal {
    fn new(code: u16, reason: &str, message: &str, details: Option<Value>) -> Self {
        let mut body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason});
        if let Some(body) = body.as_object_mut() {
            body.extend(details.map(|details| ("details".to_owned(), details)));
            body.insert("code".to_owned(), json!(code));
        }
        Self { code, body }
    }

    fn about(target: &Target, code: u16, reason: &str, message: &str) -> Self {
        Self::new(code, reason, message, Some(details(target)))
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized", None)
    }

    pub(super) fn forbidden(target: &Target, user: &str, verb: &str) -> Self {
        let resource = target
            .subresource
            .as_ref()
            .map_or_else(|| target.resource.clone(), |subresource| format!("{}/{subresource}", target.resource));
        let scope = target
            .namespace
            .as_ref()
            .map_or_else(|| "at the cluster scope".to_owned(), |namespace| format!("in the namespace {namespace:?}"));
        let name = target.name.as_ref().map(|name| format!(" {name:?}")).unwrap_or_default();
        let message = format!(
            "{}{name} is forbidden: User {user:?} cannot {verb} resource {resource:?} in API group {:?} {scope}",
            target.qualified(),
            target.group.name
        );
        Self::about(target, 403, "Forbidden", &message)
    }

    pub(super) fn not_found(target: &Target) -> Self {
        let name = target.name.as_deref().unwrap_or_default();
        Self::about(target, 404, "NotFound", &format!("{} {name:?} not found", target.qualified()))
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource", Some(json!({})))
    }

    pub(super) fn already_exists(target: &Target) -> Self {
        let name = target.name.as_deref().unwrap_or_default();
        Self::about(target, 409, "AlreadyExists", &format!("{} {name:?} already exists", target.qualified()))
    }

    pub(super) fn conflict(target: &Target) -> Self {
        let name = target.name.as_deref().unwrap_or_default();
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: the object has been modified; please apply your changes to the latest version and try again",
            target.qualified()
        );
        Self::about(target, 409, "Conflict", &message)
    }

    pub(super) fn bad_request(message: &str) -> Self {
        Self::new(400, "BadRequest", message, None)
    }

    pub(super) fn unsupported_media_type() -> Self {
        let message = "the body of the request was in an unknown format - accepted media types include: \
            application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml";
        Self::new(415, "UnsupportedMediaType", message, Some(json!({})))
    }

    pub(super) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message, Some(json!({})))
    }
}

fn details(target: &Target) -> Value {
    let mut details = serde_json::Map::new();
    details.extend(target.name.clone().map(|name| ("name".to_owned(), json!(name))));
    if !target.group.name.is_empty() {
        details.insert("group".to_owned(), json!(target.group.name));
    }
    details.insert("kind".to_owned(), json!(target.resource));
    Value::Object(details)
}
