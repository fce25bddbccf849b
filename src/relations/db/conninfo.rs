//! libpq's connection strings of keywords and values, such as `host=pg password='two words'`.
//!
//! *Source*: PostgreSQL 16 documentation, 34.1.1.1 Keyword/Value Connection Strings.

use std::{collections::BTreeMap, iter::Peekable, str::Chars};

use crate::secret::Secret;

/// Why a text is no such string; no part of it is shown, for a password can be anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    NoEqualsSign,
    NoKeyword,
    OpenQuote,
    Nul,
}

impl Malformed {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::NoEqualsSign => "a keyword has no = after it",
            Self::NoKeyword => "a value has no keyword before it",
            Self::OpenQuote => "a quote is not closed",
            Self::Nul => "it holds a NUL character",
        }
    }
}

/// The values by keyword; of a keyword that is there twice, the last one.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, Secret>, Malformed> {
    // libpq would take it for the end.
    if text.contains('\0') {
        return Err(Malformed::Nul);
    }
    let mut values = BTreeMap::new();
    let mut rest = text.chars().peekable();
    loop {
        skip_blanks(&mut rest);
        if rest.peek().is_none() {
            return Ok(values);
        }
        let keyword = keyword(&mut rest)?;
        values.insert(keyword, Secret::from(value(&mut rest)?));
    }
}

/// Reads a keyword, the equals sign after it, and the blanks around that.
fn keyword(rest: &mut Peekable<Chars>) -> Result<String, Malformed> {
    let mut keyword = String::new();
    while let Some(c) = rest.next_if(|c| *c != '=' && !is_blank(*c)) {
        keyword.push(c);
    }
    skip_blanks(rest);
    rest.next_if_eq(&'=').ok_or(Malformed::NoEqualsSign)?;
    skip_blanks(rest);
    if keyword.is_empty() { Err(Malformed::NoKeyword) } else { Ok(keyword) }
}

fn value(rest: &mut Peekable<Chars>) -> Result<String, Malformed> {
    if rest.next_if_eq(&'\'').is_none() {
        return Ok(characters(rest, is_blank));
    }
    let value = characters(rest, |c| c == '\'');
    rest.next().map(|_| value).ok_or(Malformed::OpenQuote)
}

/// Reads up to the end of a value; a backslash makes the next character an ordinary one, and is nothing at the very end.
fn characters(rest: &mut Peekable<Chars>, is_end: impl Fn(char) -> bool) -> String {
    let mut value = String::new();
    while let Some(c) = rest.next_if(|c| !is_end(*c)) {
        value.extend(if c == '\\' { rest.next() } else { Some(c) });
    }
    value
}

fn skip_blanks(rest: &mut Peekable<Chars>) {
    while rest.next_if(|c| is_blank(*c)).is_some() {}
}

/// What C calls white space.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(text: &str) -> Result<Vec<(String, String)>, Malformed> {
        let values = parse(text)?;
        Ok(values.iter().map(|(keyword, value)| (keyword.clone(), value.expose().to_owned())).collect())
    }

    #[test]
    fn quotes_backslashes_and_blanks_mean_what_they_mean_to_libpq() {
        for (text, expected) in [
            ("", &[][..]),
            (" \u{b}\n", &[]),
            ("host=a port=1", &[("host", "a"), ("port", "1")]),
            ("\thost \n= \ta\x0bport=1 ", &[("host", "a"), ("port", "1")]),
            ("password='two words'", &[("password", "two words")]),
            (r"password=two\ words", &[("password", "two words")]),
            (r"password='a\'b\\c\d'", &[("password", r"a'b\cd")]),
            (r"password=a\'b\\c'd", &[("password", r"a'b\c'd")]),
            ("host=''port='1'user=u", &[("host", ""), ("port", "1"), ("user", "u")]),
            ("host= port=1", &[("host", "port=1")]),
            ("host=", &[("host", "")]),
            (r"host=a\", &[("host", "a")]),
            ("host=a host=b", &[("host", "b")]),
            ("options=-c\u{a0}x=é", &[("options", "-c\u{a0}x=é")]),
        ] {
            let expected = expected.iter().map(|(keyword, value)| ((*keyword).to_owned(), (*value).to_owned()));
            assert_eq!(pairs(text), Ok(expected.collect()), "{text:?}");
        }
    }

    #[test]
    fn what_libpq_refuses_is_refused() {
        for (text, why) in [
            ("host", Malformed::NoEqualsSign),
            ("host=a b c=d", Malformed::NoEqualsSign),
            ("postgresql://u:p@host/name", Malformed::NoEqualsSign),
            ("=a", Malformed::NoKeyword),
            ("host='a", Malformed::OpenQuote),
            (r"host='a\'", Malformed::OpenQuote),
            (r"host='a\", Malformed::OpenQuote),
            ("host=a\0", Malformed::Nul),
        ] {
            assert_eq!(pairs(text), Err(why), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_value_that_was_escaped_is_read_back(value in "[^\0]{0,30}", other in "[^\0]{0,30}") {
            let quoted = format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"));
            let bare: String = other.chars().flat_map(|c| ['\\', c]).collect();
            let text = format!("first={quoted} second={bare}");
            prop_assert_eq!(pairs(&text), Ok(vec![("first".to_owned(), value), ("second".to_owned(), other)]));
        }
    }
}
