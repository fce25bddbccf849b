//! The options that name a user secret, and the keys that the secret must have.
//!
//! *Source*: Juju 3.6 documentation, "User secrets": keys have at least three characters, which are lower-case letters, digits or dashes.

use std::collections::BTreeMap;

use crate::{
    address::without_blanks,
    discourse::{mistake::Mistake, options::without_final_line_breaks},
    secret::{Secret, SecretContent},
};

/// The option for the login at the mail server.
pub const SMTP: &str = "smtp_credentials";

/// The option for the keys of the object storage.
pub const S3: &str = "s3_credentials";

/// The login at the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpLogin {
    /// The username.
    ///
    /// *Empty*: the option `smtp_username` has it.
    pub username: Option<String>,
    /// The password.
    pub password: Secret,
}

/// The keys of the object storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Keys {
    /// The access key ID.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Secret,
}

/// An option that names a secret, and the content of that secret.
#[derive(Debug, Clone, Copy)]
pub struct SecretOption<'a> {
    /// The value of the option: the URI of the secret.
    pub uri: &'a str,
    /// The result of reading the secret.
    pub content: &'a SecretContent,
    /// The name of our application, for the commands in error messages.
    pub app: &'a str,
}

/// The login that `smtp_credentials` names.
///
/// *Empty*: the option is not set.
///
/// # Errors
/// [`Mistake`] if the secret cannot be read, lacks a key or has an invalid value; its text has the command that helps.
pub fn smtp(named: SecretOption) -> Result<Option<SmtpLogin>, Mistake> {
    let Some(content) = Content::read(SMTP, named)? else { return Ok(None) };
    content.require(&["password"], &["username"])?;
    let username = content.get("username").map(name);
    Ok(content.get("password").map(|password| SmtpLogin { username, password: key(password) }))
}

/// The keys that `s3_credentials` names.
///
/// *Empty*: the option is not set.
///
/// # Errors
/// [`Mistake`] if the secret cannot be read, lacks a key or has an invalid value; its text has the command that helps.
pub fn s3(named: SecretOption) -> Result<Option<S3Keys>, Mistake> {
    let Some(content) = Content::read(S3, named)? else { return Ok(None) };
    content.require(&["access-key-id", "secret-access-key"], &[])?;
    let keys = content.get("access-key-id").zip(content.get("secret-access-key"));
    Ok(keys.map(|(id, secret)| S3Keys { access_key_id: name(id), secret_access_key: key(secret) }))
}

/// A name that may come from a file.
fn name(value: &Secret) -> String {
    without_blanks(value.expose()).to_owned()
}

/// A password or key that may come from a file.
fn key(value: &Secret) -> Secret {
    Secret::from(without_final_line_breaks(value.expose()).to_owned())
}

/// The content of the secret that an option names.
struct Content<'a> {
    option: &'static str,
    uri: &'a str,
    values: &'a BTreeMap<String, Secret>,
}

impl<'a> Content<'a> {
    fn read(option: &'static str, named: SecretOption<'a>) -> Result<Option<Self>, Mistake> {
        let SecretOption { uri, content, app } = named;
        match content {
            // A failure that may pass is no mistake in the option.
            SecretContent::Unnamed | SecretContent::Unclear(_) | SecretContent::Failed(_) => Ok(None),
            SecretContent::Unreadable | SecretContent::Shared(_) => {
                Err(Mistake::new(option, format!("{option} cannot be read: juju grant-secret {uri} {app}")))
            }
            SecretContent::Known(values) => Ok(Some(Self { option, uri, values })),
        }
    }

    fn get(&self, key: &str) -> Option<&Secret> {
        self.values.get(key).filter(|value| !without_blanks(value.expose()).is_empty())
    }

    /// Checks that all required keys exist, and that every value can be an environment variable.
    fn require(&self, required: &[&str], optional: &[&str]) -> Result<(), Mistake> {
        let used: Vec<&str> = optional.iter().copied().filter(|key| self.get(key).is_some()).collect();
        let used = [used.as_slice(), required].concat();
        let missing: Vec<&str> = required.iter().copied().filter(|key| self.get(key).is_none()).collect();
        if let [first, others @ ..] = missing.as_slice() {
            let keys = if others.is_empty() { format!("key {first}") } else { format!("keys {}", missing.join(", ")) };
            return Err(self.mistake(&format!("lacks the {keys}"), &used));
        }
        let invalid = used.iter().find(|key| self.get(key).is_some_and(|value| value.expose().contains('\0')));
        invalid.map_or(Ok(()), |key| Err(self.mistake(&format!("has a NUL character in the key {key}"), &used)))
    }

    /// A mistake and its remedy. The command names every key in use, because an update replaces the whole content.
    fn mistake(&self, what: &str, used: &[&str]) -> Mistake {
        let values: Vec<String> = used.iter().map(|key| format!("{key}=...")).collect();
        let text = format!("{} {what}: juju update-secret {} {}", self.option, self.uri, values.join(" "));
        Mistake::new(self.option, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::arbitrary;
    use proptest::{collection::btree_map, prelude::*, sample::select};

    const URI: &str = "secret:cvi2hqmp8e3c7dn1a0t0";

    fn content(pairs: &[(&str, &str)]) -> SecretContent {
        let values = pairs.iter().map(|(key, value)| ((*key).to_owned(), Secret::from((*value).to_owned())));
        SecretContent::Known(values.collect())
    }

    fn named(content: &SecretContent) -> SecretOption<'_> {
        SecretOption { uri: URI, content, app: "forum" }
    }

    #[test]
    fn an_option_that_is_not_set_has_no_credentials() {
        assert_eq!(smtp(named(&SecretContent::Unnamed)), Ok(None));
        assert_eq!(s3(named(&SecretContent::Unnamed)), Ok(None));
    }

    #[test]
    fn a_secret_without_a_grant_is_reported_with_its_remedy() {
        let grant = "cannot be read: juju grant-secret secret:cvi2hqmp8e3c7dn1a0t0 forum";
        let unreadable = |option| Mistake::new(option, format!("{option} {grant}"));
        assert_eq!(smtp(named(&SecretContent::Unreadable)), Err(unreadable(SMTP)));
        assert_eq!(s3(named(&SecretContent::Unreadable)), Err(unreadable(S3)));
    }

    #[test]
    fn the_mail_login_has_a_password_and_optionally_a_username() {
        for (pairs, username) in [
            (&[("password", "p")][..], None),
            (&[("password", "p"), ("username", "")], None),
            (&[("password", "p"), ("username", "u"), ("other", "o")], Some("u".to_owned())),
            (&[("password", "p\r\n"), ("username", " u\n")], Some("u".to_owned())),
        ] {
            let expected = SmtpLogin { username, password: Secret::from("p".to_owned()) };
            assert_eq!(smtp(named(&content(pairs))), Ok(Some(expected)));
        }
    }

    #[test]
    fn the_storage_keys_are_an_id_and_a_secret_key() {
        let pairs = [("access-key-id", " 007\n"), ("secret-access-key", "008\n")];
        let expected = S3Keys { access_key_id: "007".to_owned(), secret_access_key: Secret::from("008".to_owned()) };
        assert_eq!(s3(named(&content(&pairs))), Ok(Some(expected)));
    }

    #[test]
    fn a_missing_or_invalid_key_is_reported_with_its_remedy() {
        for (pairs, text) in [
            (&[][..], "lacks the key password: juju update-secret {secret} password=..."),
            (
                &[("password", ""), ("username", "u")],
                "lacks the key password: juju update-secret {secret} username=... password=...",
            ),
            (
                &[("password", "\0")],
                "has a NUL character in the key password: juju update-secret {secret} password=...",
            ),
            (
                &[("password", "p"), ("username", "\0")],
                "has a NUL character in the key username: juju update-secret {secret} username=... password=...",
            ),
        ] {
            let expected = format!("smtp_credentials {}", text.replace("{secret}", URI));
            assert_eq!(smtp(named(&content(pairs))), Err(Mistake::new(SMTP, expected)));
        }
        for (pairs, what) in [
            (&[][..], "lacks the keys access-key-id, secret-access-key"),
            (&[("access-key-id", "i")], "lacks the key secret-access-key"),
            (&[("secret-access-key", "k")], "lacks the key access-key-id"),
            (
                &[("access-key-id", "i"), ("secret-access-key", "\0")],
                "has a NUL character in the key secret-access-key",
            ),
        ] {
            let expected =
                format!("s3_credentials {what}: juju update-secret {URI} access-key-id=... secret-access-key=...");
            assert_eq!(s3(named(&content(pairs))), Err(Mistake::new(S3, expected)));
        }
    }

    proptest! {
        #![proptest_config(crate::relations::arbitrary::trials())]

        #[test]
        fn no_content_panics_or_is_shown(
            values in btree_map(
                select(vec!["username", "password", "access-key-id", "secret-access-key", "other"]),
                arbitrary::secret().prop_map(Secret::from),
                0..5,
            ),
        ) {
            let values = values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            let content = SecretContent::Known(values);
            let shown = format!("{:?} {:?}", smtp(named(&content)).err(), s3(named(&content)).err());
            prop_assert!(!shown.contains(arbitrary::MARK), "{shown}");
        }
    }
}
