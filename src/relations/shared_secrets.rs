//! Secrets that several relations name: whoever names the secret of another would learn, or misuse, what was granted for that one.

use std::collections::{BTreeMap, BTreeSet};

use crate::{juju::secret_id, secret::SecretContent};

use super::{Relation, Relations, endpoint};

/// Who names a secret, the most trusted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// An option.
    Option(&'static str),
    /// A relation that the forum cannot do without: its endpoint and its number.
    Needed(&'static str, u32),
    /// Another relation.
    Other(&'static str, u32),
}

/// Withholds a secret from every relation that the forum can do without if another relation or an option names it, too.
///
/// While a relation that may name a secret cannot be read, nobody knows whom it shares one with: then no relation that can be missed
/// gets one.
///
/// `options` are the options that name secrets, with the URIs.
pub fn withhold_shared_secrets(relations: &mut Relations, options: &[(&'static str, String)]) {
    withhold_unclear_secrets(relations);
    let claims = claims(relations, options);
    for relation in relations.each_mut() {
        for (key, id) in named(relation) {
            let own = Claim::of(relation);
            let other = claims.get(&id).and_then(|claims| claims.iter().find(|it| **it != own));
            if let (Claim::Other(..), Some(other)) = (own, other) {
                relation.secrets.insert(key, SecretContent::Shared(other.name()));
            }
        }
    }
}

fn withhold_unclear_secrets(relations: &mut Relations) {
    let may_name = |it: &Relation| endpoint(it.endpoint).is_some_and(|endpoint| !endpoint.reads.secrets.is_empty());
    let unread = relations.each().find(|it| it.unreadable.is_some() && may_name(it)).map(|it| it.endpoint);
    let Some(unread) = unread else { return };
    for relation in relations.each_mut().filter(|it| is_optional(it.endpoint)) {
        let keys = named(relation).into_iter();
        relation.secrets.extend(keys.map(|(key, _)| (key, SecretContent::Unclear(unread))));
    }
}

/// A warning for each two who name the same secret.
#[must_use]
pub fn shared_secrets(relations: &Relations) -> BTreeSet<String> {
    let warnings = relations.each().flat_map(|relation| {
        relation.secrets.values().filter_map(|content| match content {
            SecretContent::Shared(other) => Some(warning(relation.endpoint, other)),
            _ => None,
        })
    });
    warnings.collect()
}

fn warning(one: &str, other: &str) -> String {
    if !is_optional(other) {
        return format!("{one} names the secret of {other}: it is used for {other} only");
    }
    let [first, second] = if one < other { [one, other] } else { [other, one] };
    format!("{first} and {second} name the same secret: it is used for neither")
}

/// Who names each secret, by its id.
fn claims(relations: &Relations, options: &[(&'static str, String)]) -> BTreeMap<String, BTreeSet<Claim>> {
    let by_options =
        options.iter().filter_map(|(option, uri)| Some((secret_id(uri)?.to_owned(), Claim::Option(option))));
    let by_relations =
        relations.each().flat_map(|relation| named(relation).into_iter().map(|(_, id)| (id, Claim::of(relation))));
    let mut claims = BTreeMap::<String, BTreeSet<Claim>>::new();
    for (id, claim) in by_options.chain(by_relations) {
        claims.entry(id).or_default().insert(claim);
    }
    claims
}

/// The keys of a relation that name a secret, with its id.
fn named(relation: &Relation) -> Vec<(&'static str, String)> {
    let keys = endpoint(relation.endpoint).map_or(&[][..], |endpoint| endpoint.reads.secrets);
    keys.iter().filter_map(|key| Some((key.key, secret_id(key.uri(&relation.bag)?)?.to_owned()))).collect()
}

fn is_optional(name: &str) -> bool {
    endpoint(name).is_some_and(|endpoint| endpoint.need.can_be_missed())
}

impl Claim {
    fn of(relation: &Relation) -> Self {
        let claim = if is_optional(relation.endpoint) { Self::Other } else { Self::Needed };
        claim(relation.endpoint, relation.id)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Option(name) | Self::Needed(name, _) | Self::Other(name, _) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::{Endpoint, databag::bag, database, oauth, s3, smtp};

    const ID: &str = "9m4e2mr0ui3e8a215n4g";
    const OTHER: &str = "9m4e2mr0ui3e8a215n5g";

    /// Relations with a secret each that was read, and what becomes of it by endpoint, with the warnings.
    fn withheld<const N: usize>(
        named: [(&'static Endpoint, &str); N],
        options: &[(&'static str, String)],
    ) -> (Vec<(&'static str, SecretContent)>, Vec<String>) {
        let mut relations = Relations::default();
        for (number, (endpoint, uri)) in (0..).zip(named) {
            let key = endpoint.reads.secrets[0].key;
            let secrets = [(key, SecretContent::Known(BTreeMap::new()))].into();
            let relation = Relation { id: number, bag: bag(&[(key, uri)]), secrets, ..Relation::default() };
            relations.insert(endpoint, vec![Relation { endpoint: endpoint.name, ..relation }]);
        }
        withhold_shared_secrets(&mut relations, options);
        let changed = relations.each().flat_map(|it| it.secrets.values().map(|content| (it.endpoint, content.clone())));
        let changed = changed.filter(|(_, content)| matches!(content, SecretContent::Shared(_))).collect();
        (changed, shared_secrets(&relations).into_iter().collect())
    }

    fn short() -> String {
        format!("secret:{ID}")
    }

    fn long() -> String {
        format!("secret://6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14/{ID}")
    }

    #[test]
    fn the_secret_of_a_required_relation_counts_for_that_one_only() {
        let warning = "smtp names the secret of database: it is used for database only";
        assert_eq!(
            withheld([(&database::ENDPOINT, &short()), (&smtp::ENDPOINT, &long())], &[]),
            (vec![("smtp", SecretContent::Shared("database"))], vec![warning.to_owned()])
        );
    }

    #[test]
    fn the_same_secret_of_two_optional_relations_counts_for_neither() {
        let warning = "oauth and s3 name the same secret: it is used for neither";
        let expected = vec![("oauth", SecretContent::Shared("s3")), ("s3", SecretContent::Shared("oauth"))];
        assert_eq!(
            withheld([(&oauth::ENDPOINT, &long()), (&s3::ENDPOINT, &short())], &[]),
            (expected, vec![warning.to_owned()])
        );
    }

    #[test]
    fn the_secret_of_an_option_counts_for_no_relation() {
        let warning = "smtp names the secret of s3_credentials: it is used for s3_credentials only";
        assert_eq!(
            withheld([(&smtp::ENDPOINT, &short())], &[("s3_credentials", long())]),
            (vec![("smtp", SecretContent::Shared("s3_credentials"))], vec![warning.to_owned()])
        );
    }

    #[test]
    fn while_a_relation_that_may_name_a_secret_is_unreadable_no_other_that_can_be_missed_gives_one() {
        let named = |endpoint: &'static Endpoint, number, id: &str| {
            let bag = bag(&[(endpoint.reads.secrets[0].key, &format!("secret:{id}"))]);
            vec![Relation { endpoint: endpoint.name, id: number, bag, ..Relation::default() }]
        };
        let mut relations = Relations::default();
        relations.insert(&database::ENDPOINT, named(&database::ENDPOINT, 1, ID));
        relations.insert(&s3::ENDPOINT, named(&s3::ENDPOINT, 2, OTHER));
        relations.insert(&oauth::ENDPOINT, vec![Relation { endpoint: "oauth", id: 3, ..Relation::default() }]);
        relations.insert(&smtp::ENDPOINT, vec![Relation::unreadable("smtp", "boom")]);
        withhold_shared_secrets(&mut relations, &[]);
        let failures: Vec<_> = relations.each().filter_map(Relation::failure).map(|it| it.to_string()).collect();
        let expected =
            ["s3 cannot be read: it may name the secret of smtp, which cannot be read", "smtp cannot be read: boom"];
        assert_eq!(failures, expected);
    }

    #[test]
    fn different_secrets_and_values_that_are_none_are_left_alone() {
        let [one, other] = [short(), format!("secret:{OTHER}")];
        let named = [(&database::ENDPOINT, one.as_str()), (&smtp::ENDPOINT, &other), (&s3::ENDPOINT, "hunter2")];
        assert_eq!(withheld(named, &[("s3_credentials", "hunter2".to_owned())]), (vec![], vec![]));
    }
}
