//! What each action asks and answers.

use serde_json::{Map, Value};

use crate::{
    discourse::user::{Operation, Refusal, Success},
    dispatch::Context,
    secret::Secret,
};

use super::password;

/// An action whose parameters were understood.
#[derive(Debug)]
pub(super) struct Request {
    /// What Discourse is asked.
    pub operation: Operation,
}

impl Request {
    /// Understands the parameters of an action.
    ///
    /// # Errors
    /// A message that names the parameter.
    pub fn parse(action: &str, parameters: &Map<String, Value>) -> Result<Self, String> {
        let operation = match action {
            "add-admin-user" => {
                Operation::AddAdmin { email: email(parameters)?, password: Secret::from(text(parameters, "password")?) }
            }
            "create-user" => Operation::Create {
                email: email(parameters)?,
                password: password::generate().ok_or("this machine gives no random bytes for a password; try again")?,
                admin: truth(parameters, "admin", false)?,
                active: truth(parameters, "active", true)?,
            },
            "promote-user" => Operation::Promote { email: email(parameters)? },
            "anonymize-user" => Operation::Anonymize { username: text(parameters, "username")? },
            unknown => return Err(format!("this charm has no action {unknown}")),
        };
        Ok(Self { operation })
    }

    /// The results of the action.
    pub fn results(&self, success: &Success) -> Vec<(&'static str, String)> {
        let user = ("user", success.user.clone());
        match &self.operation {
            Operation::AddAdmin { .. } => vec![user, ("created", success.created.to_string())],
            Operation::Create { password, .. } => vec![user, ("password", password.expose().to_owned())],
            Operation::Promote { .. } | Operation::Anonymize { .. } => vec![user],
        }
    }

    /// Why Discourse did not do it, and what to do.
    pub fn explain(&self, refusal: &Refusal, context: &Context) -> String {
        let (app, unit) = (&context.unit.application, &context.unit);
        match refusal {
            Refusal::NotFound => format!("there is no user {}: juju run {unit} create-user email=...", self.who()),
            Refusal::Exists => {
                format!("a user {who} exists already: juju run {unit} promote-user email={who}", who = self.who())
            }
            Refusal::Invalid(messages) => {
                format!("Discourse does not accept {}: {}", self.who(), self.masked(messages))
            }
            Refusal::Unexpected(what) => {
                format!("Discourse failed: {}; see juju debug-log --include {app}", self.masked(what))
            }
        }
    }

    fn who(&self) -> &str {
        match &self.operation {
            Operation::AddAdmin { email, .. } | Operation::Create { email, .. } | Operation::Promote { email } => email,
            Operation::Anonymize { username } => username,
        }
    }

    /// A message in which the password cannot be read, whatever Discourse says.
    fn masked(&self, message: &str) -> String {
        match &self.operation {
            Operation::AddAdmin { password, .. } | Operation::Create { password, .. }
                if !password.expose().is_empty() =>
            {
                message.replace(password.expose(), "***")
            }
            _ => message.to_owned(),
        }
    }
}

/// An address with something on both sides of the sign; what else it must be is Discourse's to say.
fn email(parameters: &Map<String, Value>) -> Result<String, String> {
    let email = text(parameters, "email")?;
    let is_address = email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if is_address { Ok(email) } else { Err("the parameter email is not an e-mail address".to_owned()) }
}

fn text(parameters: &Map<String, Value>, name: &str) -> Result<String, String> {
    match parameters.get(name) {
        None | Some(Value::Null) => Err(format!("the parameter {name} is missing: {name}=...")),
        Some(Value::String(text)) if text.trim().is_empty() => Err(format!("the parameter {name} is empty")),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("the parameter {name} is not text: quote it twice, {name}='\"...\"'")),
    }
}

fn truth(parameters: &Map<String, Value>, name: &str, default: bool) -> Result<bool, String> {
    match parameters.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Bool(truth)) => Ok(*truth),
        Some(_) => Err(format!("the parameter {name} must be true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(action: &str, parameters: &Value) -> Result<Request, String> {
        Request::parse(action, parameters.as_object().unwrap())
    }

    #[test]
    fn a_bad_parameter_is_named() {
        for (action, parameters, message) in [
            ("promote-user", json!({}), "the parameter email is missing: email=..."),
            ("promote-user", json!({"email": ""}), "the parameter email is empty"),
            ("promote-user", json!({"email": 5}), "the parameter email is not text: quote it twice, email='\"...\"'"),
            ("promote-user", json!({"email": "jane"}), "the parameter email is not an e-mail address"),
            (
                "add-admin-user",
                json!({"email": "a@b.c", "password": 12_345}),
                "the parameter password is not text: quote it twice, password='\"...\"'",
            ),
            ("create-user", json!({"email": "a@b.c", "admin": "yes"}), "the parameter admin must be true or false"),
            ("anonymize-user", json!({"username": null}), "the parameter username is missing: username=..."),
            ("fly", json!({}), "this charm has no action fly"),
        ] {
            assert_eq!(parse(action, &parameters).unwrap_err(), message);
        }
    }

    #[test]
    fn a_password_never_shows_in_a_message() {
        let request = parse("add-admin-user", &json!({"email": "a@b.c", "password": "hunter2"})).unwrap();
        let context = Context {
            event: crate::dispatch::Event::Ignored,
            unit: crate::juju::UnitName { application: "forum".to_owned(), number: 0 },
            model: String::new(),
            model_uuid: String::new(),
            proxy: crate::discourse::environment::Proxy::default(),
        };
        assert_eq!(
            request.explain(&Refusal::Invalid("hunter2 is too short".to_owned()), &context),
            "Discourse does not accept a@b.c: *** is too short"
        );
    }
}
