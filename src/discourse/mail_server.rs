//! Mail servers and mail addresses, as people and providers write them.
//!
//! *Source*: RFC 5321, section 4.1.1.1 for the name in HELO, section 4.5.3.1.1 for the length of a local part.

use crate::address::{Authority, Host};

/// The port on which mail servers expect TLS from the first byte. *Source*: RFC 8314, section 7.3.
pub const TLS_PORT: i64 = 465;

/// The ports on which mail servers expect clear text, and then STARTTLS.
pub const START_TLS_PORTS: [i64; 2] = [25, 587];

/// The most bytes before the `@` of a mail address.
const LONGEST_LOCAL_PART: usize = 64;

/// The address of a mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Its host, and the port if one is named.
    pub authority: Authority,
    /// Whether it was written with the scheme smtps, which means TLS from the first byte.
    pub is_smtps: bool,
}

/// The name with which the forum greets a mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helo {
    /// The name.
    pub name: String,
    /// Whether servers may refuse it, because it is neither a host name nor an address in brackets.
    pub is_odd: bool,
}

impl MailServer {
    /// The server that a text names; the scheme smtp or smtps may stand before it, and one slash after it.
    ///
    /// *Empty*: none, or more than a server.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("smtp", text.trim()));
        let is = |known: &str| scheme.eq_ignore_ascii_case(known);
        if rest.contains(char::is_whitespace) || !(is("smtp") || is("smtps")) {
            return None;
        }
        let authority = Authority::parse(rest.strip_suffix('/').unwrap_or(rest))?;
        Some(Self { authority, is_smtps: is("smtps") })
    }
}

impl Helo {
    /// The name that a text holds, in ASCII and lower case if it is a host name.
    ///
    /// *Empty*: no server takes it, because it is more than one word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let is_literal = text.starts_with('[') && text.ends_with(']');
        Some(match Host::parse(text).filter(|host| !host.is_address()) {
            Some(host) => Self { name: host.to_string(), is_odd: false },
            None => Self { name: text.to_owned(), is_odd: !is_literal && !text.is_empty() },
        })
    }
}

/// The mail address in a text such as `forum@example.com` or `The forum <forum@example.com>`.
///
/// *Empty*: none, or one that Discourse cannot put into its header `From`.
#[must_use]
pub fn mail_address(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = match text.strip_suffix('>') {
        Some(rest) => rest.rsplit_once('<')?.1,
        None => text,
    };
    let (local, domain) = bare.rsplit_once('@')?;
    let host = Host::parse(domain).filter(|host| !host.is_address() && domain == domain.trim())?;
    is_local_part(local).then(|| format!("{local}@{host}"))
}

/// Whether a text can stand before the `@` without quotes. *Source*: RFC 5322, section 3.2.3.
fn is_local_part(text: &str) -> bool {
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    text.len() <= LONGEST_LOCAL_PART && text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::arbitrary::trials;
    use proptest::prelude::*;

    fn server(text: &str) -> Option<(String, bool)> {
        MailServer::parse(text).map(|server| (server.authority.to_string(), server.is_smtps))
    }

    fn helo(text: &str) -> Option<(String, bool)> {
        Helo::parse(text).map(|helo| (helo.name, helo.is_odd))
    }

    #[test]
    fn spelling_that_keeps_the_meaning_of_a_mail_server_is_put_right() {
        for (text, expected) in [
            (" Mail.Example.COM\n", "mail.example.com"),
            ("smtp://mail.example.com/", "mail.example.com"),
            ("SMTP://mail.example.com:2525", "mail.example.com:2525"),
            ("mail.example.com:25/", "mail.example.com:25"),
            ("föhn.example", "xn--fhn-sna.example"),
            ("[FD00::1]:25", "[fd00::1]:25"),
            ("fd00::1", "[fd00::1]"),
        ] {
            assert_eq!(server(text), Some((expected.to_owned(), false)), "{text}");
        }
        assert_eq!(server("smtps://mail.example.com"), Some(("mail.example.com".to_owned(), true)));
    }

    #[test]
    fn what_is_more_or_less_than_a_mail_server_is_none() {
        for text in [
            "",
            "a b",
            "a,b",
            "*.example.com",
            "a/b",
            "a//",
            "u@a",
            "u:p@a",
            "a:0",
            "a: 25",
            "smtp://",
            "smtp:// a",
            "http://a",
            "smtp://smtp://a",
            "a\u{1b}",
        ] {
            assert_eq!(server(text), None, "{text}");
        }
    }

    #[test]
    fn the_name_in_helo_is_one_word_and_odd_unless_it_is_a_host_or_an_address_in_brackets() {
        for (text, expected) in [
            (" Forum.Example.com\n", Some(("forum.example.com", false))),
            ("föhn.example", Some(("xn--fhn-sna.example", false))),
            ("[10.0.0.1]", Some(("[10.0.0.1]", false))),
            ("[IPv6:fd00::1]", Some(("[IPv6:fd00::1]", false))),
            ("", Some(("", false))),
            ("10.0.0.1", Some(("10.0.0.1", true))),
            ("https://forum", Some(("https://forum", true))),
            ("a,b", Some(("a,b", true))),
            ("a b", None),
            ("a\r\nMAIL", None),
            ("a\u{1b}b", None),
        ] {
            assert_eq!(helo(text), expected.map(|(name, is_odd)| (name.to_owned(), is_odd)), "{text}");
        }
    }

    #[test]
    fn a_mail_address_is_taken_out_of_what_surrounds_it() {
        for text in [" forum@Example.com ", "The forum <forum@example.com>", "<forum@example.com>"] {
            assert_eq!(mail_address(text).as_deref(), Some("forum@example.com"), "{text}");
        }
        assert_eq!(mail_address("a.b+c@föhn.example").as_deref(), Some("a.b+c@xn--fhn-sna.example"));
    }

    #[test]
    fn what_discourse_cannot_send_from_is_no_mail_address() {
        for text in [
            "",
            "forum",
            "@example.com",
            "forum@",
            "a@b@c.example",
            "a b@example.com",
            "a..b@example.com",
            "a@example.com, b@example.com",
            "a@ example.com",
            "a@10.0.0.1",
            "a@example.com>",
            "A <a@example.com",
            "A <<a@example.com>>",
            "\"a\"@example.com",
            "a\n@example.com",
        ] {
            assert_eq!(mail_address(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(trials())]

        #[test]
        fn what_is_read_has_the_form_that_the_mail_library_takes(text in "([a-zA-Z0-9.:_\\[\\]/ üß*,<>@\r\n\t-]|smtps?://){0,12}") {
            let is_word = |text: &str| !text.contains(|c: char| c.is_whitespace() || c.is_control());
            if let Some(MailServer { authority, .. }) = MailServer::parse(&text) {
                prop_assert!(is_word(authority.host.as_str()) && authority.host.as_str().is_ascii());
                prop_assert_eq!(Authority::parse(&authority.to_string()), Some(authority));
            }
            if let Some(helo) = Helo::parse(&text) {
                prop_assert!(is_word(&helo.name));
                prop_assert_eq!(Helo::parse(&helo.name), Some(helo));
            }
            if let Some(address) = mail_address(&text) {
                prop_assert!(is_word(&address) && address.is_ascii() && address.matches('@').count() == 1);
                prop_assert_eq!(mail_address(&format!("Forum <{address}>")), Some(address));
            }
        }
    }
}
