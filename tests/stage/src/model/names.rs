//! What Juju takes as names, and what they are made of.

/// Whether a text can name an application: words of small letters and digits with dashes between, each but the first with a letter.
#[must_use]
pub fn is_application(name: &str) -> bool {
    let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.split('-').all(|word| word.chars().all(plain) && word.contains(|char: char| char.is_ascii_lowercase()))
}

/// Whether a text can name a unit: an application, and a number without zeros before it.
#[must_use]
pub fn is_unit(name: &str) -> bool {
    let is_number = |number: &str| {
        number.bytes().all(|byte| byte.is_ascii_digit())
            && (number == "0" || !number.starts_with('0'))
            && !number.is_empty()
    };
    name.split_once('/').is_some_and(|(application, number)| is_application(application) && is_number(number))
}

/// The application that a unit belongs to; an application is its own.
#[must_use]
pub fn application_of(unit: &str) -> &str {
    unit.split_once('/').map_or(unit, |(application, _)| application)
}

/// The number in the name of a unit.
///
/// *Empty*: it is an application's.
#[must_use]
pub fn number_of(unit: &str) -> Option<u32> {
    unit.split_once('/')?.1.parse().ok()
}

/// The name of a unit's pod, which is its host name, too.
#[must_use]
pub fn pod_of(unit: &str) -> String {
    unit.replace('/', "-")
}

/// A unit or an application as Juju's agents name it: `unit-pg-0`.
#[must_use]
pub fn tag_of(name: &str) -> String {
    let kind = if name.contains('/') { "unit" } else { "application" };
    format!("{kind}-{}", pod_of(name))
}

/// The name of a storage in the id of an instance: `data` of `data/0`.
#[must_use]
pub fn storage_of(id: &str) -> &str {
    id.split_once('/').map_or(id, |(name, _)| name)
}

/// The application and the endpoint of `app:endpoint`; an application alone has none.
#[must_use]
pub fn ends_of(name: &str) -> (&str, Option<&str>) {
    name.split_once(':').map_or((name, None), |(application, endpoint)| (application, Some(endpoint)))
}

#[cfg(test)]
mod tests {
    use super::{is_application, is_unit};

    #[test]
    fn an_application_has_a_letter_in_every_word() {
        assert!(["a", "pg", "a1-b2", "discourse-k8s", "a-1b"].into_iter().all(is_application));
        assert!(!["", "1a", "A", "a-1", "a--b", "a_b", "a-", "pg/0"].into_iter().any(is_application));
    }

    #[test]
    fn a_unit_has_a_number() {
        assert!(["pg/0", "pg/10"].into_iter().all(is_unit));
        assert!(!["pg", "pg/", "pg/x", "pg/01", "PG/0", "pg/-1", "/0"].into_iter().any(is_unit));
    }
}
