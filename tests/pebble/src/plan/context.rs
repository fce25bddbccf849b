//! Whom and where a command runs: users, and the context that execs and checks take from a service.

use super::{Plan, service::overlay};
use std::collections::BTreeMap;

/// A user and a group, by name, by number or both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// A number.
    pub user_id: Option<i64>,
    /// A name.
    pub user: String,
    /// A number.
    pub group_id: Option<i64>,
    /// A name.
    pub group: String,
}

/// What a service lends to a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// Laid over Pebble's own.
    pub environment: Option<BTreeMap<String, String>>,
    /// Whom it runs as.
    pub account: Account,
    /// Where it runs.
    pub working_dir: String,
}

impl Account {
    /// Lays a later one over this one, field by field.
    pub fn merge(&mut self, later: &Self) {
        self.user_id = later.user_id.or(self.user_id);
        overlay(&mut self.user, &later.user);
        self.group_id = later.group_id.or(self.group_id);
        overlay(&mut self.group, &later.group);
    }
}

impl Context {
    /// This context laid over that of a service of the plan.
    ///
    /// *Empty*: without a service's name it stays as it is.
    ///
    /// # Errors
    /// The plan has no such service; the message is for clients.
    pub fn over_service(self, plan: &Plan, name: &str) -> Result<Self, String> {
        if name.is_empty() {
            return Ok(self);
        }
        let service = plan.services.get(name).ok_or_else(|| format!("context service {name:?} not found"))?;
        let mut environment = service.environment.clone().unwrap_or_default();
        environment.extend(self.environment.unwrap_or_default());
        let mut account = service.user.clone();
        account.merge(&self.account);
        let mut working_dir = service.working_dir.clone();
        overlay(&mut working_dir, &self.working_dir);
        Ok(Self { environment: Some(environment), account, working_dir })
    }
}
