//! The combined plan as YAML text, fields in a fixed order, defaults left out.

use super::{
    Check, LogTarget, Plan, Service,
    check::Probe,
    context::{Account, Context},
};
use crate::{
    duration,
    yaml::{
        order,
        print::{self, Tree},
    },
};
use std::{collections::BTreeMap, time::Duration};

/// Prints a plan.
#[must_use]
pub fn print(plan: &Plan) -> String {
    let mut sections = Fields::default();
    sections.items("services", &plan.services, service);
    sections.items("checks", &plan.checks, check);
    sections.items("log-targets", &plan.log_targets, target);
    print::print(&sections.tree())
}

fn service(service: &Service) -> Tree {
    let mut fields = Fields::default();
    fields.text("summary", &service.summary);
    fields.text("description", &service.description);
    fields.text("startup", &service.startup);
    fields.text("override", service.overriding.word());
    fields.text("command", &service.command);
    fields.list("after", &service.after);
    fields.list("before", &service.before);
    fields.list("requires", &service.requires);
    fields.map("environment", service.environment.as_ref());
    fields.account(&service.user);
    fields.text("working-dir", &service.working_dir);
    fields.text("on-success", &service.on_success.to_string());
    fields.text("on-failure", &service.on_failure.to_string());
    let actions = service.on_check_failure.iter().flatten();
    fields.map("on-check-failure", Some(&actions.map(|(name, action)| (name.clone(), action.to_string())).collect()));
    fields.time("backoff-delay", service.backoff_delay);
    fields.number("backoff-factor", service.backoff_factor);
    fields.time("backoff-limit", service.backoff_limit);
    fields.time("kill-delay", service.kill_delay);
    fields.tree()
}

fn check(check: &Check) -> Tree {
    let mut fields = Fields::default();
    fields.text("override", check.overriding.word());
    fields.text("level", check.level.word());
    fields.text("startup", &check.startup);
    fields.time("period", check.period);
    fields.time("timeout", check.timeout);
    fields.number("threshold", Some(check.threshold).filter(|threshold| *threshold != 0));
    probe(&mut fields, &check.probe);
    fields.tree()
}

fn probe(fields: &mut Fields, probe: &Probe) {
    if let Some(http) = &probe.http {
        let mut inner = Fields::default();
        inner.text("url", &http.url);
        inner.map("headers", http.headers.as_ref());
        fields.push("http", inner.tree());
    }
    if let Some(tcp) = &probe.tcp {
        let mut inner = Fields::default();
        inner.number("port", Some(tcp.port).filter(|port| *port != 0));
        inner.text("host", &tcp.host);
        fields.push("tcp", inner.tree());
    }
    if let Some(exec) = &probe.exec {
        let Context { environment, account, working_dir } = &exec.context;
        let mut inner = Fields::default();
        inner.text("command", &exec.command);
        inner.text("service-context", &exec.service_context);
        inner.map("environment", environment.as_ref());
        inner.account(account);
        inner.text("working-dir", working_dir);
        fields.push("exec", inner.tree());
    }
}

fn target(target: &LogTarget) -> Tree {
    let mut fields = Fields::default();
    fields.push("type", Tree::Text(target.kind.clone()));
    fields.push("location", Tree::Text(target.location.clone()));
    fields.push("services", Tree::List(target.services.iter().cloned().map(Tree::Text).collect()));
    fields.text("override", target.overriding.word());
    fields.map("labels", target.labels.as_ref());
    fields.tree()
}

fn sorted(entries: impl Iterator<Item = (String, Tree)>) -> Tree {
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by(|(left, _), (right, _)| order::compare(left, right));
    Tree::Map(entries)
}

/// Fields of a mapping; empty ones are left out.
#[derive(Default)]
struct Fields(Vec<(String, Tree)>);

impl Fields {
    fn push(&mut self, name: &str, tree: Tree) {
        self.0.push((name.to_owned(), tree));
    }

    fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.push(name, Tree::Text(text.to_owned()));
        }
    }

    fn list(&mut self, name: &str, items: &[String]) {
        if !items.is_empty() {
            self.push(name, Tree::List(items.iter().cloned().map(Tree::Text).collect()));
        }
    }

    fn map(&mut self, name: &str, entries: Option<&BTreeMap<String, String>>) {
        if let Some(entries) = entries.filter(|entries| !entries.is_empty()) {
            let entries = entries.iter().map(|(key, value)| (key.clone(), Tree::Text(value.clone())));
            self.push(name, sorted(entries));
        }
    }

    fn items<T>(&mut self, name: &str, items: &BTreeMap<String, T>, tree: impl Fn(&T) -> Tree) {
        if !items.is_empty() {
            self.push(name, sorted(items.iter().map(|(key, item)| (key.clone(), tree(item)))));
        }
    }

    fn time(&mut self, name: &str, time: Option<Duration>) {
        if let Some(time) = time {
            self.push(name, Tree::Text(duration::format(time)));
        }
    }

    fn number(&mut self, name: &str, number: Option<impl ToString>) {
        if let Some(number) = number {
            self.push(name, Tree::Number(number.to_string()));
        }
    }

    fn account(&mut self, account: &Account) {
        self.number("user-id", account.user_id);
        self.text("user", &account.user);
        self.number("group-id", account.group_id);
        self.text("group", &account.group);
    }

    fn tree(self) -> Tree {
        Tree::Map(self.0)
    }
}
