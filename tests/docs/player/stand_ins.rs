//! What applications of other charms announce, as far as their options, relations and actions let them.

use std::collections::BTreeMap;

use rehearsal::providers::CERTIFICATE;
use serde_json::{Map, Value, json};
use stage::{
    End, Relation,
    remote::{Postgresql, Redis, Scripted},
};

use crate::world::{World, refusal};

/// An application in one of its relations with this project's charm.
pub struct StandIn {
    application: String,
    endpoint: String,
    relation: u32,
    kind: Kind,
}

enum Kind {
    Postgresql(Postgresql),
    Redis,
    Scripted(Scripted),
}

/// The options without which the PostgreSQL charm lets nobody create the extensions.
const EXTENSIONS: [&str; 3] = ["plugin_hstore_enable", "plugin_pg_trgm_enable", "plugin_unaccent_enable"];

/// Where nothing listens.
const LOKI: &str = "http://192.0.2.1:9/loki/api/v1/push";

/// What an application would know of itself.
struct Facts {
    options: Map<String, Value>,
    actions: BTreeMap<String, Map<String, Value>>,
    /// The application at the other end, and the model.
    asker: String,
    model: String,
    has_certificates: bool,
}

/// A databag and its secret: the key that names the secret, and the content.
type Said = (Vec<(&'static str, String)>, Option<(&'static str, Vec<(&'static str, String)>)>);

impl World {
    /// Lets somebody speak for an application in a new relation, if it is one of this project's charm.
    pub fn hear(&mut self, id: u32) -> Result<(), String> {
        let relation = self.stage.model().relations.get(&id).cloned().unwrap_or_default();
        let Some(end) = self.other_end(&relation).cloned() else { return Ok(()) };
        let kind = match relation.interface.as_str() {
            "postgresql_client" => Kind::Postgresql(self.postgresql(&end.application)),
            "pgsql" => Kind::Postgresql(Postgresql::new(&end.application).over_pgsql()),
            "redis" => Kind::Redis,
            "loki_push_api" => {
                let scripted = Scripted::new(&end.application, &end.endpoint, "loki_push_api");
                Kind::Scripted(scripted.unit("endpoint", &json!({"url": LOKI}).to_string()))
            }
            interface => Kind::Scripted(Scripted::new(&end.application, &end.endpoint, interface)),
        };
        let heard = match &kind {
            Kind::Postgresql(postgresql) => self.stage.stand_in(id, postgresql.clone()),
            Kind::Redis => self.stage.stand_in(id, Redis::new(&end.application)),
            Kind::Scripted(scripted) => self.stage.stand_in(id, scripted.clone()),
        };
        heard.map_err(|error| refusal(&error))?;
        let (application, endpoint) = (end.application, end.endpoint);
        self.stand_ins.push(StandIn { application, endpoint, relation: id, kind });
        Ok(())
    }

    /// The end of another charm in a relation with this project's.
    fn other_end<'r>(&self, relation: &'r Relation) -> Option<&'r End> {
        let [one, other] = relation.ends.as_slice() else { return None };
        match (self.is_own(&one.application), self.is_own(&other.application)) {
            (true, false) => Some(other),
            (false, true) => Some(one),
            _ => None,
        }
    }

    /// The same databases, whenever an application is integrated again.
    fn postgresql(&self, application: &str) -> Postgresql {
        let known = self.stand_ins.iter().find_map(|stand_in| match &stand_in.kind {
            Kind::Postgresql(postgresql) if stand_in.application == application => Some(postgresql.clone()),
            _ => None,
        });
        known.unwrap_or_else(|| Postgresql::new(application).without_extensions())
    }

    /// Every stand-in says what its application would say now.
    pub fn tell(&mut self) -> Result<(), String> {
        for stand_in in &self.stand_ins {
            let facts = self.facts(stand_in);
            match &stand_in.kind {
                Kind::Redis => {}
                Kind::Postgresql(postgresql) => {
                    let are_allowed = EXTENSIONS.iter().all(|option| facts.options.get(*option) == Some(&json!(true)));
                    postgresql.allow_extensions(are_allowed).map_err(|error| error.to_string())?;
                }
                Kind::Scripted(scripted) => say(scripted, said(stand_in, &facts)),
            }
        }
        Ok(())
    }

    fn facts(&self, stand_in: &StandIn) -> Facts {
        let model = self.stage.model();
        let application = &stand_in.application;
        let relations = || model.relations.values().filter(|relation| relation.own(application).is_some());
        let relation = relations().find(|relation| relation.id == stand_in.relation);
        Facts {
            options: model.application_of(application).config_of(None),
            actions: self.others.get(application).map(|other| other.done.clone()).unwrap_or_default(),
            asker: relation.map(|relation| relation.other_application(application).to_owned()).unwrap_or_default(),
            model: model.name.clone(),
            has_certificates: relations().any(|relation| relation.interface == "tls-certificates"),
        }
    }
}

impl Facts {
    fn option(&self, name: &str) -> String {
        let value = self.options.get(name).unwrap_or(&Value::Null);
        value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
    }

    /// Options under the names that they have in the databag, as far as they are set.
    fn options(&self, names: &[&'static str]) -> Vec<(&'static str, String)> {
        names.iter().map(|name| (*name, self.option(name))).collect()
    }
}

fn say(scripted: &Scripted, (bag, secret): Said) {
    for (key, value) in bag {
        scripted.say(key, &value);
    }
    if let Some((key, content)) = secret {
        let content: Vec<(&str, &str)> = content.iter().map(|(name, value)| (*name, value.as_str())).collect();
        scripted.say_secret(key, &content);
    }
}

/// What the charm of a stand-in writes; nothing where it needs more from its operator first.
fn said(stand_in: &StandIn, facts: &Facts) -> Said {
    let plain = |bag| (bag, None);
    match (stand_in.application.as_str(), stand_in.endpoint.as_str()) {
        (_, "smtp" | "smtp-legacy") if !facts.option("host").is_empty() => mail(facts, &stand_in.endpoint),
        (_, "s3-credentials") => storage(facts),
        (_, "saml") if !facts.option("entity_id").is_empty() => plain(identity(facts)),
        (_, "oauth") => login(facts),
        (_, "ingress") => plain(vec![("ingress", json!({"url": url(facts)}).to_string())]),
        (_, "tracing" | "receive-traces") => {
            let url = format!("http://{}.{}.svc.cluster.local:4318", stand_in.application, facts.model);
            let receivers = json!([{"protocol": {"name": "otlp_http", "type": "http"}, "url": url}]);
            plain(vec![("receivers", receivers.to_string())])
        }
        _ => plain(Vec::new()),
    }
}

fn mail(facts: &Facts, endpoint: &str) -> Said {
    let mut bag = facts.options(&["host", "port", "user", "auth_type", "transport_security", "domain", "smtp_sender"]);
    let skips = facts.option("skip_ssl_verify") == "true";
    bag.push(("skip_ssl_verify", if skips { "True" } else { "False" }.to_owned()));
    let password = facts.option("password");
    if endpoint == "smtp-legacy" || password.is_empty() {
        bag.push(("password", password));
        return (bag, None);
    }
    (bag, Some(("password_id", vec![("password", password)])))
}

/// The keys come with an action, and nothing is announced without them.
fn storage(facts: &Facts) -> Said {
    let Some(keys) = facts.actions.get("sync-s3-credentials") else { return (Vec::new(), None) };
    let key = |name: &str| keys.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut bag = facts.options(&["endpoint", "bucket", "region", "path", "s3-uri-style", "tls-ca-chain"]);
    bag.extend([("access-key", key("access-key")), ("secret-key", key("secret-key"))]);
    (bag, None)
}

fn identity(facts: &Facts) -> Vec<(&'static str, String)> {
    let is_known = ["metadata_url", "metadata"].iter().any(|option| !facts.option(option).is_empty());
    if !is_known {
        return Vec::new();
    }
    vec![
        ("entity_id", facts.option("entity_id")),
        ("metadata_url", facts.option("metadata_url")),
        ("x509certs", CERTIFICATE.to_owned()),
        ("single_sign_on_service_redirect_url", "https://login.example.com/saml".to_owned()),
        ("single_sign_on_service_redirect_binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect".to_owned()),
    ]
}

/// An integrator has the client from its options; Hydra registers one.
fn login(facts: &Facts) -> Said {
    let is_integrator = facts.options.contains_key("issuer_url");
    let (issuer, client) = if is_integrator {
        (facts.option("issuer_url"), facts.option("client_id"))
    } else {
        ("https://iam.example.com/hydra".to_owned(), "forum".to_owned())
    };
    if issuer.is_empty() {
        return (Vec::new(), None);
    }
    let bag = vec![("issuer_url", issuer), ("client_id", client)];
    (bag, Some(("client_secret_id", vec![("secret", "hunter2".to_owned())])))
}

/// Where an ingress makes the application reachable.
fn url(facts: &Facts) -> String {
    let Facts { asker, model, .. } = facts;
    let is_safe =
        facts.has_certificates || !facts.option("tls-secret-name").is_empty() || !facts.option("tls-cert").is_empty();
    let scheme = if is_safe { "https" } else { "http" };
    let host = [facts.option("external_hostname"), facts.option("service-hostname"), "192.0.2.20".to_owned()];
    let host = host.into_iter().find(|host| !host.is_empty()).unwrap_or_default();
    match facts.option("routing_mode").as_str() {
        "subdomain" => format!("{scheme}://{model}-{asker}.{host}/"),
        "path" => format!("{scheme}://{host}/{model}-{asker}"),
        _ => format!("{scheme}://{host}/"),
    }
}
