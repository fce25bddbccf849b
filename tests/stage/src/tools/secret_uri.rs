//! URIs of secrets: `ID`, `secret:ID`, `secret:/ID` and `secret://MODEL/ID`.

use super::{ToolError, quote::quoted};

/// The bare id of a URI, for a tool that says what exactly is wrong with one.
///
/// # Errors
/// It is no URI of a secret.
pub fn parse(text: &str) -> Result<String, ToolError> {
    id(text).map_err(|why| ToolError::usage(why.unwrap_or_else(|| not_valid(text))))
}

/// The bare id of a URI, for a tool that says no more than that one is not valid.
///
/// # Errors
/// It is no URI of a secret.
pub fn parse_bluntly(text: &str) -> Result<String, ToolError> {
    id(text).map_err(|_| ToolError::usage(not_valid(text)))
}

fn not_valid(text: &str) -> String {
    format!("secret URI {} not valid", quoted(text))
}

/// The id, else what Juju says in place of "not valid".
///
/// *Source*: Juju 3.6 and 4.0, `core/secrets/secret.go`, over `Parse` of Go's `net/url`.
fn id(text: &str) -> Result<String, Option<String>> {
    if text.chars().any(|char| char.is_ascii_control()) {
        return Err(Some(format!("parse {}: net/url: invalid control character in URL", quoted(text))));
    }
    let (rest, scheme) = scheme(text.split('#').next().unwrap_or_default());
    let rest = rest.split('?').next().unwrap_or_default();
    match scheme {
        Some("") => return Err(Some(format!("parse {}: missing protocol scheme", quoted(text)))),
        Some(scheme) if !scheme.eq_ignore_ascii_case("secret") => {
            return Err(Some(format!("secret URI scheme {} not valid", quoted(&scheme.to_lowercase()))));
        }
        None if rest.split('/').next().is_some_and(|segment| segment.contains(':')) => {
            return Err(Some(format!("parse {}: first path segment in URL cannot contain colon", quoted(text))));
        }
        _ => {}
    }
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) if !rest.starts_with('/') => rest.split_once('/').unwrap_or((rest, "")),
        _ => ("", rest),
    };
    if !host.is_empty() && !host.char_indices().any(|(place, _)| host.get(place..place + 36).is_some_and(is_uuid)) {
        return Err(Some(format!("host controller UUID {} not valid", quoted(host))));
    }
    let path = path.trim_start_matches('/');
    let id = match path.split_once('/') {
        Some((source, id)) if is_uuid(source) => id,
        _ => path,
    };
    if is_id(id) { Ok(id.to_owned()) } else { Err(None) }
}

/// What follows a scheme, and the scheme; it may be empty.
fn scheme(text: &str) -> (&str, Option<&str>) {
    let is_part = |char: char| char.is_ascii_alphanumeric() || "+-.".contains(char);
    match text.split_once(':') {
        Some((scheme, rest))
            if scheme.chars().all(is_part) && !scheme.starts_with(|c: char| !c.is_ascii_alphabetic()) =>
        {
            (rest, Some(scheme))
        }
        _ => (text, None),
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.chars().all(|char| matches!(char, '0'..='9' | 'a'..='f' | '-'))
}

/// Twelve bytes in letters of five bits each, so that the last letter has four of them without a meaning.
fn is_id(text: &str) -> bool {
    text.len() == 20 && text.chars().all(|char| matches!(char, '0'..='9' | 'a'..='v')) && text.ends_with(['0', 'g'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "9m4e2mr0ui3e8a215n4g";
    const MODEL: &str = "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14";

    #[test]
    fn an_id_may_stand_alone_or_in_a_uri() {
        for text in [
            ID.to_owned(),
            format!("secret:{ID}"),
            format!("SECRET:{ID}"),
            format!("secret:/{ID}"),
            format!("secret:///{ID}"),
            format!("secret://{MODEL}/{ID}"),
            format!("secret:{MODEL}/{ID}"),
            format!("{MODEL}/{ID}"),
            format!("secret:{ID}?name=x#y"),
        ] {
            assert_eq!(parse(&text), Ok(ID.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_uri_is_told_by_some_tools_only() {
        for (text, why) in [
            ("", "secret URI \"\" not valid"),
            ("nonsense", "secret URI \"nonsense\" not valid"),
            ("secret:9M4E2MR0UI3E8A215N4G", "secret URI \"secret:9M4E2MR0UI3E8A215N4G\" not valid"),
            ("9m4e2mr0ui3e8a215n4h", "secret URI \"9m4e2mr0ui3e8a215n4h\" not valid"),
            ("9m4e2mr0ui3e8a215nwg", "secret URI \"9m4e2mr0ui3e8a215nwg\" not valid"),
            ("http:9m4e2mr0ui3e8a215n4g", "secret URI scheme \"http\" not valid"),
            ("secret://pg/9m4e2mr0ui3e8a215n4g", "host controller UUID \"pg\" not valid"),
            (":x", "parse \":x\": missing protocol scheme"),
            ("9m4e:x", "parse \"9m4e:x\": first path segment in URL cannot contain colon"),
            ("a\nb", "parse \"a\\nb\": net/url: invalid control character in URL"),
        ] {
            assert_eq!(parse(text), Err(ToolError::usage(why)));
            assert_eq!(parse_bluntly(text), Err(ToolError::usage(not_valid(text))));
        }
    }
}
