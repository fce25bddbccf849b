//! The endpoint `grafana-dashboard`: interface `grafana_dashboard`. The requirer answers only with complaints.
//!
//! *Source*: charmhub.io/grafana-k8s, library `grafana_dashboard` version 0.52.

use std::{collections::BTreeMap, io::Write as _};

use base64::{Engine, engine::general_purpose::STANDARD};
use lzma_rust2::{XzOptions, XzWriter};
use serde_json::{Value, json};

use crate::{
    digest::short_digest,
    observability::{DASHBOARDS, Dashboard},
};

use super::{Changes, Databag, Endpoint, Identity, Need, Reads, Relation, Write, json, topology::Topology};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    need: Need::Observability,
    reads: Reads::COMPLAINTS,
    writes,
    ..Endpoint::provider("grafana-dashboard", "grafana_dashboard")
};

/// The one key that we write.
const KEY: &str = "dashboards";

/// Smaller than the preset's, but larger than a dashboard: the encoder's memory is a multiple of it. *Units*: bytes.
const DICTIONARY: u32 = 64 * 1024;

fn writes(relation: &Relation, identity: &Identity) -> Vec<Write> {
    let dashboards = relation.own_app.as_ref().map(|own| dashboards(own, &identity.topology)).unwrap_or_default();
    vec![Write::app(dashboards, "the dashboards differ")]
}

/// Each write makes Grafana unpack all dashboards again, so a new leader alone is no reason for one.
fn dashboards(own_app: &Databag, topology: &Topology) -> Changes {
    let templates = templates(topology);
    let stored = json::document(own_app, KEY).unwrap_or_default();
    let is_same = |stored: &Value| without_units(stored) == without_units(&templates);
    if stored.get("uuid").is_some_and(Value::is_string) && stored.get("templates").is_some_and(is_same) {
        return Changes::new();
    }
    let uuid = short_digest(&templates.to_string());
    Changes::from([(KEY.to_owned(), json!({ "templates": templates, "uuid": uuid }).to_string())])
}

fn templates(topology: &Topology) -> Value {
    let templates = DASHBOARDS.iter().map(|it| (format!("file:{}", it.name), template(it, topology)));
    json!(templates.collect::<BTreeMap<String, Value>>())
}

fn template(dashboard: &Dashboard, topology: &Topology) -> Value {
    json!({
        "charm": topology.charm_name,
        "content": packed(dashboard.content),
        "dashboard_alt_uid": dashboard.alternative_uid,
        "inject_dropdowns": true,
        "juju_topology": {
            "model": topology.model,
            "model_uuid": topology.model_uuid,
            "application": topology.application,
            "unit": topology.unit,
        },
    })
}

/// Without the unit of each template, which only names the leader that wrote it.
fn without_units(templates: &Value) -> Value {
    let mut templates = templates.clone();
    for template in templates.as_object_mut().into_iter().flat_map(|templates| templates.values_mut()) {
        if let Some(topology) = template.get_mut("juju_topology").and_then(Value::as_object_mut) {
            topology.remove("unit");
        }
    }
    templates
}

/// A text as base64 of an .xz stream; writing to memory does not fail.
fn packed(text: &str) -> String {
    let mut options = XzOptions::with_preset(3);
    options.lzma_options.dict_size = DICTIONARY;
    let stream = XzWriter::new(Vec::new(), options).and_then(|mut writer| {
        writer.write_all(text.as_bytes())?;
        writer.finish()
    });
    STANDARD.encode(stream.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::{databag::bag, topology::example};

    fn stored(own: &Databag) -> Value {
        serde_json::from_str(&own["dashboards"]).unwrap()
    }

    #[test]
    fn every_dashboard_is_written_as_grafana_wants_it() {
        let templates = stored(&dashboards(&Databag::new(), &example()))["templates"].clone();
        for (name, alternative_uid) in
            [("discourse", "ccaed73a5712d5f6"), ("discourse_service_health", "f61bdfc0709fe848")]
        {
            let mut template = templates[format!("file:{name}")].clone();
            let content = template.as_object_mut().unwrap().remove("content").unwrap();
            assert!(content.as_str().unwrap().starts_with("/Td6WFoA"), "{content}");
            let topology = json!({
                "model": "forum-prod",
                "model_uuid": "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14",
                "application": "discourse-k8s",
                "unit": "discourse-k8s/0",
            });
            let expected = json!({
                "charm": "discourse-k8s",
                "juju_topology": topology,
                "inject_dropdowns": true,
                "dashboard_alt_uid": alternative_uid,
            });
            assert_eq!(template, expected);
        }
    }

    #[test]
    fn neither_equal_templates_nor_another_leader_are_written() {
        let own = dashboards(&Databag::new(), &example());
        let spaced = bag(&[("dashboards", &format!("{:#}", stored(&own)))]);
        let other_leader = Topology { unit: "discourse-k8s/1".to_owned(), ..example() };
        assert_eq!(dashboards(&own, &example()), Changes::new());
        assert_eq!(dashboards(&spaced, &other_leader), Changes::new());
    }

    #[test]
    fn whatever_else_differs_is_written_anew() {
        let whole = dashboards(&Databag::new(), &example());
        let mut old = stored(&whole);
        old["templates"]["file:discourse"]["content"] = json!("older");
        let mut more = stored(&whole);
        more["templates"]["file:retired"] = json!({});
        let nameless = json!({"templates": stored(&whole)["templates"]});
        for stored in [old, more, nameless, json!([]), json!({"uuid": "1", "templates": "x"})] {
            assert_eq!(dashboards(&bag(&[("dashboards", &stored.to_string())]), &example()), whole, "{stored}");
        }
        assert_eq!(dashboards(&bag(&[("dashboards", "{")]), &example()), whole);
    }

    #[test]
    fn the_uuid_tells_templates_apart() {
        let uuid = |topology: &Topology| stored(&dashboards(&Databag::new(), topology))["uuid"].clone();
        let moved = Topology { model: "other".to_owned(), ..example() };
        assert_eq!(uuid(&example()), uuid(&example()));
        assert_ne!(uuid(&example()), uuid(&moved));
        assert_eq!(uuid(&example()).as_str().unwrap().len(), 16);
    }
}
