//! What a request does.

use super::{
    Shared,
    access::Account,
    body::Body,
    cluster::{Cluster, core},
    discovery, kinds, lock, patch,
    request::{self, Place, Target},
    status::Refusal,
    watch::{Change, Watcher},
};
use hyper::{
    Method, Response, StatusCode,
    body::Bytes,
    header::{AUTHORIZATION, CONTENT_TYPE},
    http::request::Parts,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::mpsc;

type Options = BTreeMap<String, String>;
type Done = Result<(StatusCode, Value), Refusal>;

/// Answers a request.
pub(super) fn answer(head: &Parts, body: &Bytes, cluster: &Shared) -> Response<Body> {
    let options = request::options(head.uri.query());
    let mut cluster = lock(cluster);
    let done = admit(head, &cluster).and_then(|admitted| match admitted {
        Admitted::Discovery(parts) => {
            discovery::answer(&parts, &cluster).map(|found| (StatusCode::OK, Body::document(&found)))
        }
        Admitted::Objects(account, target) => {
            let verb = verb(&head.method, &target, &options)?;
            if !account.may(verb, &target) {
                return Err(Refusal::forbidden(&target, &account.user(), verb));
            }
            if verb == "watch" {
                return Ok((StatusCode::OK, watch(&mut cluster, target, options)));
            }
            let done = Work { cluster: &mut cluster, account, target, options, media_type: media_type(head), body };
            done.perform(verb).map(|(code, value)| (code, Body::document(&value)))
        }
    });
    let (code, body) = done.unwrap_or_else(|refusal| {
        (StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::BAD_REQUEST), Body::document(&refusal.body))
    });
    let mut response = Response::new(body);
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    response
}

enum Admitted {
    Discovery(Vec<String>),
    Objects(Account, Target),
}

/// Who asks, and for what; only the version may be asked for without a token.
fn admit(head: &Parts, cluster: &Cluster) -> Result<Admitted, Refusal> {
    let token = head.headers.get(AUTHORIZATION).and_then(|value| bearer(value.to_str().ok()?));
    let account = token.and_then(|token| cluster.account(token));
    match (request::place(head.uri.path()), account) {
        (Place::Discovery(parts), account) if account.is_some() || discovery::is_public(&parts) => {
            Ok(Admitted::Discovery(parts))
        }
        (Place::Objects(target), Some(account)) => Ok(Admitted::Objects(account, target)),
        _ => Err(Refusal::unauthorized()),
    }
}

fn media_type(head: &Parts) -> String {
    head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn verb(method: &Method, target: &Target, options: &Options) -> Result<&'static str, Refusal> {
    let is_watch = options.get("watch").is_some_and(|value| value == "true" || value == "1");
    match (method.as_str(), target.name.is_some()) {
        ("GET", false) if is_watch => Ok("watch"),
        ("GET", true) => Ok("get"),
        ("GET", false) => Ok("list"),
        ("POST", _) => Ok("create"),
        ("PUT", true) => Ok("update"),
        ("PATCH", true) => Ok("patch"),
        ("DELETE", true) => Ok("delete"),
        ("DELETE", false) => Ok("deletecollection"),
        _ => Err(Refusal::method_not_allowed()),
    }
}

/// The present objects, if the client has not listed them before, and then every change.
fn watch(cluster: &mut Cluster, target: Target, options: Options) -> Body {
    let (lines, body) = mpsc::unbounded_channel();
    let limit = options.get("timeoutSeconds").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    let since: u64 = options.get("resourceVersion").and_then(|version| version.parse().ok()).unwrap_or_default();
    let watcher = Watcher { target, options, lines };
    for object in cluster.list(&watcher.target, &watcher.options) {
        if version_of(&object) > since {
            watcher.tell(Change::Added, &watcher.target.clone(), &object);
        }
    }
    cluster.watch(watcher);
    Body::lines(body, limit)
}

fn version_of(object: &Value) -> u64 {
    let text = object.pointer("/metadata/resourceVersion").and_then(Value::as_str);
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// One request about objects, and what it came with.
struct Work<'a> {
    cluster: &'a mut Cluster,
    account: Account,
    target: Target,
    options: Options,
    media_type: String,
    body: &'a Bytes,
}

impl Work<'_> {
    fn perform(mut self, verb: &str) -> Done {
        if self.target.subresource.as_deref().is_some_and(|name| name != "status") {
            return Err(Refusal::no_such_path());
        }
        match verb {
            "get" => self.existing().map(|object| (StatusCode::OK, object)),
            "list" => Ok((StatusCode::OK, self.list())),
            "create" => self.create(),
            "update" => self.update(),
            "patch" => self.patch(),
            "delete" => self.delete(),
            _ => Ok((StatusCode::OK, self.delete_all())),
        }
    }

    fn existing(&self) -> Result<Value, Refusal> {
        self.cluster.get(&self.target).cloned().ok_or_else(|| Refusal::not_found(&self.target))
    }

    fn list(&self) -> Value {
        let items = self.cluster.list(&self.target, &self.options);
        let kind = kinds::kind_of(&self.target.group.name, &self.target.resource).map(str::to_owned);
        let kind = kind.or_else(|| items.first()?.get("kind")?.as_str().map(str::to_owned)).unwrap_or_default();
        let metadata = json!({"resourceVersion": self.cluster.version().to_string()});
        let api_version = self.target.group.api_version();
        json!({"kind": format!("{kind}List"), "apiVersion": api_version, "metadata": metadata, "items": items})
    }

    fn sent(&self) -> Result<Value, Refusal> {
        let sent: Result<Value, _> = serde_yaml::from_slice(self.body);
        let sent = sent.map_err(|cause| Refusal::bad_request(&format!("couldn't get object from body: {cause}")))?;
        if sent.is_object() { Ok(sent) } else { Err(Refusal::bad_request("the body of the request is no object")) }
    }

    fn create(&mut self) -> Done {
        let mut object = self.sent()?;
        if self.target.resource == "selfsubjectaccessreviews" {
            self.review(&mut object);
            return Ok((StatusCode::CREATED, object));
        }
        let text = |path: &str| object.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
        let generated =
            || text("/metadata/generateName").map(|prefix| format!("{prefix}{:05x}", rand::random::<u32>() >> 12));
        let name = text("/metadata/name").map(str::to_owned).or_else(generated);
        self.target.name = Some(name.ok_or_else(|| Refusal::bad_request("name or generateName is required"))?);
        if self.cluster.get(&self.target).is_some() {
            return Err(Refusal::already_exists(&self.target));
        }
        self.keep(object).map(|object| (StatusCode::CREATED, object))
    }

    fn update(&mut self) -> Done {
        let (before, sent) = (self.existing()?, self.sent()?);
        let version = version_of(&sent);
        if version != 0 && version != version_of(&before) {
            return Err(Refusal::conflict(&self.target));
        }
        let object = self.within_part(before, sent);
        self.keep(object).map(|object| (StatusCode::OK, object))
    }

    /// A change of the status changes nothing else, and any other change nothing of the status.
    fn within_part(&self, before: Value, changed: Value) -> Value {
        let (mut base, other) = if self.target.subresource.is_some() { (before, changed) } else { (changed, before) };
        if let Some(base) = base.as_object_mut() {
            base.remove("status");
            base.extend(other.get("status").map(|status| ("status".to_owned(), status.clone())));
        }
        base
    }

    fn patch(&mut self) -> Done {
        let before = self.cluster.get(&self.target).cloned();
        let is_new = before.is_none();
        if is_new && !patch::creates(&self.media_type) {
            return Err(Refusal::not_found(&self.target));
        }
        let mut object = before.clone().unwrap_or_else(|| json!({}));
        patch::apply(&mut object, &self.media_type, self.body)?;
        let object = match before {
            Some(before) => self.within_part(before, object),
            None => object,
        };
        let code = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        self.keep(object).map(|object| (code, object))
    }

    fn keep(&mut self, object: Value) -> Result<Value, Refusal> {
        if let Some(namespace) = &self.target.namespace {
            let namespace = core("namespaces", None, namespace);
            if self.cluster.get(&namespace).is_none() {
                return Err(Refusal::not_found(&namespace));
            }
        }
        if self.options.contains_key("dryRun") { Ok(object) } else { Ok(self.cluster.write(&self.target, object)) }
    }

    fn delete(&mut self) -> Done {
        let object = self.existing()?;
        if !self.options.contains_key("dryRun") {
            self.cluster.remove(&self.target);
        }
        let details = json!({"name": self.target.name, "group": self.target.group.name, "kind": self.target.resource, "uid": object.pointer("/metadata/uid")});
        let status =
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
        Ok((StatusCode::OK, status))
    }

    fn delete_all(&mut self) -> Value {
        let list = self.list();
        for object in list.get("items").and_then(Value::as_array).into_iter().flatten() {
            let text = |path: &str| object.pointer(path).and_then(Value::as_str).map(str::to_owned);
            let (name, namespace) = (text("/metadata/name"), text("/metadata/namespace"));
            self.cluster.remove(&Target { namespace, name, ..self.target.clone() });
        }
        list
    }

    /// Whether the asking application may do what it asks about.
    fn review(&self, object: &mut Value) {
        let text = |key: &str| {
            let found = object.pointer("/spec/resourceAttributes").and_then(|asked| asked.get(key)?.as_str());
            found.unwrap_or_default().to_owned()
        };
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let group = request::Group { name: text("group"), version: text("version") };
        let (namespace, name, subresource) = (some(text("namespace")), some(text("name")), some(text("subresource")));
        let target = Target { group, namespace, resource: text("resource"), name, subresource };
        let allowed = self.account.may(&text("verb"), &target);
        if let Some(object) = object.as_object_mut() {
            object.insert("status".to_owned(), json!({"allowed": allowed}));
        }
    }
}

/// The token of a header; some clients write the scheme in small letters.
fn bearer(header: &str) -> Option<&str> {
    header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token)
}
