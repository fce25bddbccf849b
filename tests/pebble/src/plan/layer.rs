//! A layer: one text with services, checks and log targets.

use super::{Check, LogTarget, PlanError, Service, decode, validate_layer};
use crate::yaml::node::{Node, Value};
use std::collections::BTreeMap;

/// One layer. An item that is `None` was written as null; no layer with it is accepted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layer {
    /// What it is called.
    pub label: String,
    /// By name.
    pub services: BTreeMap<String, Service>,
    /// By name.
    pub checks: BTreeMap<String, Check>,
    /// By name.
    pub log_targets: BTreeMap<String, LogTarget>,
}

impl Layer {
    /// Reads the text of a layer.
    ///
    /// # Errors
    /// The text is no YAML, has unknown fields, or breaks a rule that needs no other layer.
    pub fn parse(label: &str, text: &str) -> Result<Self, PlanError> {
        let root = Node::parse(text).map_err(|error| failure(label, &error.to_string()))?;
        let mut layer = Self { label: label.to_owned(), ..Self::default() };
        let sections = match root.value {
            _ if root.is_null() => Vec::new(),
            Value::Map(sections) => sections,
            _ => return Err(failure(label, &mismatch(&root, "map[string]yaml.Node"))),
        };
        for (key, section) in &sections {
            let Value::Scalar { text: name, .. } = &key.value else {
                return Err(failure(label, &mismatch(key, "string")));
            };
            layer.read_section(name, section)?;
        }
        validate_layer::validate(&layer)?;
        Ok(layer)
    }

    fn read_section(&mut self, name: &str, section: &Node) -> Result<(), PlanError> {
        let label = self.label.clone();
        let fail = |cause: String| PlanError::Format(format!("cannot parse layer {label:?} section {name:?}: {cause}"));
        if section.is_blank() {
            return Err(fail("EOF".to_owned()));
        }
        let offset = section.line.saturating_sub(1);
        match name {
            "summary" | "description" => decode::text(section, offset).map(drop).map_err(fail),
            "services" => {
                decode::items(section, offset, "plan.Service", decode::service).map_err(fail).and_then(|items| {
                    self.services =
                        present(items, |name| format!("service object cannot be null for service {name:?}"))?;
                    Ok(())
                })
            }
            "checks" => decode::items(section, offset, "plan.Check", decode::check).map_err(fail).and_then(|items| {
                self.checks = present(items, |name| format!("check object cannot be null for check {name:?}"))?;
                Ok(())
            }),
            "log-targets" => {
                decode::items(section, offset, "plan.LogTarget", decode::target).map_err(fail).and_then(|items| {
                    let message = |name: &str| format!("log target object cannot be null for log target {name:?}");
                    self.log_targets = present(items, message)?;
                    Ok(())
                })
            }
            _ => Err(failure(&label, &format!("unknown section {name:?}"))),
        }
    }
}

/// The items, unless one was written as null.
fn present<T>(
    items: BTreeMap<String, Option<T>>,
    message: impl Fn(&str) -> String,
) -> Result<BTreeMap<String, T>, PlanError> {
    let unwrapped = |(name, item): (String, Option<T>)| match item {
        Some(item) => Ok((name, item)),
        None => Err(PlanError::Format(message(&name))),
    };
    items.into_iter().map(unwrapped).collect()
}

fn failure(label: &str, cause: &str) -> PlanError {
    PlanError::Format(format!("cannot parse layer {label:?}: {cause}"))
}

fn mismatch(node: &Node, wanted: &str) -> String {
    decode::unmarshal_error(&decode::mismatch(node, 0, wanted))
}
