//! The key with which Discourse signs sessions and encrypts cookies.
//!
//! Whoever has it can log in as anybody; whenever it changes, everybody is logged out. Discourse keeps one that it made itself in
//! Redis, where a lost Redis takes it along, unless a variable names one.
//!
//! *Source*: Discourse `app/models/global_setting.rb`, `safe_secret_key_base`.

use std::fmt::Write as _;

use serde::Serialize;

use crate::secret::Secret;

/// The variable.
pub const VARIABLE: &str = "DISCOURSE_SECRET_KEY_BASE";

/// The key of Redis under which Discourse keeps what it made itself.
const IN_REDIS: &str = "SECRET_TOKEN";

/// Who keeps the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Keeper {
    /// As a secret of the application.
    Juju,
    /// As Discourse's own, or a new one.
    Redis,
}

/// Random bytes in a key.
pub const BYTES: usize = 64;

/// Returns what Redis has, or stores a new key there first: one command, so that two units agree.
const FIND_OR_STORE: &str = "\
local key = redis.call('GET', KEYS[1]) \
if key and #key == 128 and not key:find('[^0-9a-f]') then return key end \
redis.call('SET', KEYS[1], ARGV[1]) \
return ARGV[1]";

/// Whether a text is a key: Discourse silently makes its own in place of anything but 128 lower-case hexadecimal digits.
#[must_use]
pub fn is_valid(text: &str) -> bool {
    text.len() == 2 * BYTES && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

/// A key of random bytes.
#[must_use]
pub fn of_bytes(bytes: &[u8; BYTES]) -> Secret {
    let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    Secret::from(digits)
}

/// The standard input of `redis-cli` that answers with the key in Redis, or stores this one.
#[must_use]
pub fn script(new: &Secret) -> Secret {
    Secret::from(format!("EVAL \"{FIND_OR_STORE}\" 1 {IN_REDIS} {}\n", new.expose()))
}

/// The key in an answer of `redis-cli`, wherever it stands: an answer without one may be shown.
///
/// *Empty*: the answer is something else, such as an error.
#[must_use]
pub fn parse(answer: &str) -> Option<Secret> {
    let key = answer.lines().map(str::trim).find(|line| is_valid(line))?;
    Some(Secret::from(key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_128_lower_case_hexadecimal_digits() {
        let key = of_bytes(&[0xa0; BYTES]);
        assert_eq!(key.expose(), "a0".repeat(64));
        assert!(is_valid(key.expose()));
        for text in ["", &"a0".repeat(63), &"A0".repeat(64), &"g0".repeat(64)] {
            assert!(!is_valid(text), "{text}");
        }
    }

    #[test]
    fn an_answer_is_a_key_or_nothing() {
        let key = "0f".repeat(64);
        assert_eq!(parse(&format!("{key}\n")), Some(Secret::from(key.clone())));
        assert_eq!(
            parse(&format!("a warning\n{key}\n\n")),
            Some(Secret::from(key)),
            "else the key would be shown as a complaint"
        );
        assert_eq!(parse("NOAUTH Authentication required.\n"), None);
    }
}
