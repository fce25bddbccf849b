//! Hosts, ports and web addresses, as people and providers write them.
//!
//! Spelling that keeps the meaning is put right: blanks around it, case, other scripts than Latin, brackets around IPv6, a default
//! port. What is no address at all is not guessed at.
//!
//! *Source*: the URL Standard (url.spec.whatwg.org), RFC 1035 for the length of names.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use url::Url;

/// The most bytes of a name. *Source*: RFC 1035, section 2.3.4.
const LONGEST_NAME: usize = 253;

/// The most bytes of a label. *Source*: RFC 1035, section 2.3.4.
const LONGEST_LABEL: usize = 63;

/// Characters that addresses do not have. *Source*: RFC 3986, section 2; Ruby's `URI` refuses them, too.
const REFUSED: [char; 9] = ['\\', '<', '>', '{', '}', '|', '^', '"', '`'];

/// The name of a host in ASCII and lower case, or its address; IPv6 without brackets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host(String);

/// A host, and the port if one is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Authority {
    /// The host.
    pub host: Host,
    /// The port.
    ///
    /// *Empty*: the usual one of the protocol.
    pub port: Option<u16>,
}

/// An address of the scheme http or https.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress {
    url: Url,
    text: String,
}

impl Host {
    /// The host that a text names.
    ///
    /// *Empty*: none, or more than a host.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = without_blanks(text);
        let inside = text.strip_prefix('[').map(|rest| rest.strip_suffix(']'));
        if let Ok(address) = inside.unwrap_or(Some(text))?.parse::<Ipv6Addr>() {
            return Some(Self(address.to_string()));
        }
        // The parser would decode percent signs.
        if text.contains('%') {
            return None;
        }
        match url::Host::parse(text).ok()? {
            url::Host::Domain(name) => is_name(&name).then_some(Self(name)),
            // The parser would also read one number, octal and hexadecimal ones as an address.
            url::Host::Ipv4(address) => (address.to_string() == text).then(|| Self(text.to_owned())),
            url::Host::Ipv6(_) => None,
        }
    }

    /// A name that Juju gives, which is always one of a host.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The host, with IPv6 not in brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an address of version 6.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        self.0.contains(':')
    }

    /// Whether it is an address, of either version.
    #[must_use]
    pub fn is_address(&self) -> bool {
        self.0.parse::<IpAddr>().is_ok()
    }

    /// Whether it means the machine itself, so that no other one reaches anything by it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let name = self.0.strip_suffix('.').unwrap_or(&self.0);
        let is_own = |address: IpAddr| address.is_loopback() || address.is_unspecified();
        self.ip().map_or(name == "localhost" || name.ends_with(".localhost"), is_own)
    }

    /// Whether another machine can be there: neither the machine itself, nor the address of no host, of one link or of a group.
    #[must_use]
    pub fn is_routable(&self) -> bool {
        let is_special = match self.ip() {
            Some(IpAddr::V4(it)) => {
                it.octets().starts_with(&[0]) || it.is_link_local() || it.is_multicast() || it.is_broadcast()
            }
            Some(IpAddr::V6(it)) => it.is_unicast_link_local() || it.is_multicast(),
            None => false,
        };
        !(is_special || self.is_loopback())
    }

    /// Whether another name or address surely means the same machine, or one is the other without the domain that resolvers add.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let name = |host: &Self| host.0.strip_suffix('.').unwrap_or(&host.0).to_owned();
        let (one, two) = (name(self), name(other));
        let is_beginning = |short: &str, long: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'));
        match (self.ip(), other.ip()) {
            (None, None) => one == two || is_beginning(&one, &two) || is_beginning(&two, &one),
            (one, two) => one == two,
        }
    }

    /// The address that it is; one of version 4 within one of version 6 is one of version 4.
    fn ip(&self) -> Option<IpAddr> {
        let address: IpAddr = self.0.strip_suffix('.').unwrap_or(&self.0).parse().ok()?;
        Some(match address {
            // Both forms that hold an address of version 4; `::` and `::1` are among the older ones.
            IpAddr::V6(it) if !(it.is_unspecified() || it.is_loopback()) => it.to_ipv4().map_or(address, IpAddr::V4),
            address => address,
        })
    }

    /// The host as it stands in an address of the web: IPv6 in brackets.
    #[must_use]
    pub fn in_brackets(&self) -> String {
        if self.is_ipv6() { format!("[{}]", self.0) } else { self.0.clone() }
    }
}

impl Authority {
    /// The host and port of a text such as `name`, `name:port` or `[address]:port`.
    ///
    /// IPv6 without brackets is understood if it can be read in one way only: `fd00::1` and `fd00::1:54321`, but not `fd00::1:5432`.
    ///
    /// *Empty*: none, or more than a host and a port.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = without_blanks(text);
        if text.contains(char::is_whitespace) {
            return None;
        }
        let whole = Host::parse(text).map(|host| Self { host, port: None });
        let parts = text.rsplit_once(':').filter(|_| !text.ends_with(']'));
        let parts = parts.and_then(|(host, number)| Some(Self { host: Host::parse(host)?, port: Some(port(number)?) }));
        match (whole, parts) {
            (Some(_), Some(_)) => None,
            (whole, parts) => whole.or(parts),
        }
    }
}

impl WebAddress {
    /// The address that a text holds; the spelling of its parts is kept, without blanks around it and one slash at its end.
    ///
    /// *Empty*: it is no whole address of the scheme http or https.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = without_blanks(text);
        let (scheme, rest) = text.split_once("://")?;
        let is_web = ["http", "https"].iter().any(|it| scheme.eq_ignore_ascii_case(it));
        // The parser would put these right, which no other program does.
        let is_refused = |c: char| c.is_whitespace() || c.is_control() || REFUSED.contains(&c);
        let is_odd = rest.starts_with('/') || rest.contains(is_refused);
        if !is_web || is_odd {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let host = Host::parse(url.host_str()?)?;
        // The parser would also read one number, octal and hexadecimal ones as an address.
        let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_number = host.is_address() && !host.is_ipv6() && !place.contains(host.as_str());
        if is_number || url.port() == Some(0) {
            return None;
        }
        Some(Self { url, text: text.strip_suffix('/').unwrap_or(text).to_owned() })
    }

    /// The address as it was written, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address as every program reads it: as it was written, or as browsers write it if it has other characters than ASCII.
    #[must_use]
    pub fn as_ascii(&self) -> &str {
        let normal = self.normal();
        if self.text.is_ascii() { &self.text } else { normal.strip_suffix('/').unwrap_or(normal) }
    }

    /// The address as browsers write it.
    #[must_use]
    pub fn normal(&self) -> &str {
        self.url.as_str()
    }

    /// Whether the scheme is https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Host and port; a default port is left out.
    #[must_use]
    pub fn authority(&self) -> Authority {
        let host = Host(self.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned());
        Authority { host, port: self.url.port() }
    }

    /// What browsers send as `Origin`: scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", self.url.scheme(), self.authority())
    }

    /// Whether the address has a path, other than that of the root.
    #[must_use]
    pub fn has_path(&self) -> bool {
        self.url.path() != "/"
    }

    /// Whether the address is that of a server or a folder on it: it has no query, no fragment and no login.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.url.query().is_none()
            && self.url.fragment().is_none()
            && self.url.username().is_empty()
            && self.url.password().is_none()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.in_brackets();
        match self.port {
            Some(port) => write!(formatter, "{host}:{port}"),
            None => host.fmt(formatter),
        }
    }
}

/// A text as it may come from a file, without its byte order mark and the white space around it.
#[must_use]
pub fn without_blanks(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// White space or a byte order mark.
#[must_use]
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// A port from 1 to 65535; blanks around it do not matter.
#[must_use]
pub fn port(text: &str) -> Option<u16> {
    let text = without_blanks(text);
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port != 0)
}

/// Whether a text is one label of a host name: letters, digits and dashes. *Source*: RFC 1123, section 2.1.
#[must_use]
pub fn is_label(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let has_length = (1..=LONGEST_LABEL).contains(&text.len());
    has_length && text.chars().all(is_allowed) && !text.starts_with('-') && !text.ends_with('-')
}

/// Whether a name can be looked up; an underscore is no letter of host names, but resolvers take it.
fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_label = |label: &str| (1..=LONGEST_LABEL).contains(&label.len()) && label.chars().all(is_allowed);
    name.len() <= LONGEST_NAME && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn host(text: &str) -> Option<String> {
        Host::parse(text).map(|host| host.to_string())
    }

    fn authority(text: &str) -> Option<String> {
        Authority::parse(text).map(|authority| authority.to_string())
    }

    fn origin(text: &str) -> Option<String> {
        WebAddress::parse(text).map(|address| address.origin())
    }

    #[test]
    fn spelling_that_keeps_the_meaning_of_a_host_is_put_right() {
        for (text, expected) in [
            ("forum.example.com", "forum.example.com"),
            (" Forum.Example.COM\n", "forum.example.com"),
            ("föhn.example", "xn--fhn-sna.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("a_b.example.com", "a_b.example.com"),
            ("forum.example.com.", "forum.example.com."),
            ("10.0.0.1", "10.0.0.1"),
            ("[FD00::1]", "fd00::1"),
            ("fd00:0:0:0:0:0:0:1", "fd00::1"),
        ] {
            assert_eq!(host(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_a_host_is_none() {
        let long_label = "a".repeat(64);
        let long_name = ["a"; 128].join(".");
        for text in [
            "",
            " ",
            "a b",
            "a,b",
            "*.example.com",
            "a/b",
            "a:1",
            "http://a",
            "u@a",
            "a..b",
            ".a",
            "a%41",
            "a?b",
            "[fd00::1",
            "fe80::1%eth0",
            "256.0.0.1",
            "8080",
            "10.1",
            "010.0.0.1",
            "0x7f.1",
            "a\0",
            &long_label,
            &long_name,
        ] {
            assert_eq!(host(text), None, "{text}");
        }
    }

    #[test]
    fn localhost_in_every_spelling_is_the_machine_itself() {
        let is_loopback = |text: &&str| Host::parse(text).unwrap().is_loopback();
        let own = ["LOCALHOST", "localhost.", "db.localhost", "127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"];
        let others = ["localhost.example.com", "notlocalhost", "10.0.0.1", "fd00::1"];
        assert!(own.iter().all(is_loopback) && !others.iter().any(is_loopback));
    }

    #[test]
    fn addresses_of_the_machine_itself_of_no_host_of_one_link_or_of_a_group_are_not_routable() {
        let is_routable = |text: &&str| Host::parse(text).unwrap().is_routable();
        assert!(["loki", "10.0.0.1", "fd00::1", "::ffff:10.0.0.1"].iter().all(is_routable));
        let own = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "localhost", "a.localhost."];
        let others =
            ["0.0.0.0", "0.1.2.3", "::", "169.254.1.1", "::ffff:169.254.1.1", "fe80::1", "224.0.0.1", "ff02::1"];
        assert!(!own.iter().chain(&others).any(is_routable));
    }

    #[test]
    fn a_port_may_follow_a_host_and_ipv6_may_lack_brackets_where_only_one_reading_is_possible() {
        for (text, expected) in [
            ("pg", Some("pg")),
            (" PG:5432 ", Some("pg:5432")),
            ("[fd00::1]:5432", Some("[fd00::1]:5432")),
            ("[fd00::1]", Some("[fd00::1]")),
            ("fd00::1", Some("[fd00::1]")),
            ("fd00::1:54321", Some("[fd00::1]:54321")),
            ("fd00:0:0:0:0:0:0:1:5432", Some("[fd00::1]:5432")),
            ("1:2:3:4:5:6:7:8", Some("[1:2:3:4:5:6:7:8]")),
            ("fd00::1:5432", None),
            ("pg:", None),
            (":5432", None),
            ("pg:0", None),
            ("pg:65536", None),
            ("pg:+1", None),
            ("pg:port", None),
            ("pg:1:2", None),
            ("[pg]:1", None),
            ("", None),
        ] {
            assert_eq!(authority(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_origin_of_an_address_is_what_browsers_send() {
        for (text, expected) in [
            ("https://CDN.example.com/path/?q", "https://cdn.example.com"),
            ("https://cdn.example.com:443/", "https://cdn.example.com"),
            ("http://cdn.example.com:443/", "http://cdn.example.com:443"),
            ("https://[fd00::1]:8443", "https://[fd00::1]:8443"),
            (" https://föhn.example ", "https://xn--fhn-sna.example"),
        ] {
            assert_eq!(origin(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_text_without_http_or_https_or_a_host_is_no_web_address() {
        for text in [
            "",
            "a.example.com",
            "//a",
            "ftp://a",
            "http:a",
            "http:/a",
            "http://",
            "https:///a",
            "http://a b",
            "http://a,b",
            "http://*.a",
            "http:\\\\a",
            "http://a:0x",
            "http://a:0",
            "http://{a}",
            "http://a/<b>",
            "http://8080",
            "http://010.0.0.1/",
            "http://0x7f.1/127.0.0.1",
            "http://a\n/b",
        ] {
            assert_eq!(origin(text), None, "{text}");
        }
    }

    #[test]
    fn the_spelling_of_an_address_is_kept_without_a_slash_at_its_end() {
        let address = WebAddress::parse("https://S3.example.com/minio/ ").unwrap();
        assert_eq!(
            (address.as_str(), address.normal()),
            ("https://S3.example.com/minio", "https://s3.example.com/minio/")
        );
        assert!(address.is_https() && address.has_path() && address.is_plain());
        assert_eq!(address.as_ascii(), address.as_str());
        assert_eq!(WebAddress::parse("https://Föhn.example/").unwrap().as_ascii(), "https://xn--fhn-sna.example");
        let odd =
            ["http://u@a", "http://:p@a", "http://a?q", "http://a#f"].map(|text| WebAddress::parse(text).unwrap());
        assert!(odd.iter().all(|address| !address.is_plain()));
    }

    #[test]
    fn a_port_is_a_number_from_1_to_65535() {
        assert_eq!(
            [" 6379 ", "0", "65536", "-1", "+1", "x", ""].map(port),
            [Some(6379), None, None, None, None, None, None]
        );
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_again_as_the_same(text in "[a-zA-Z0-9.:_\\[\\]/ üß*,-]{0,24}") {
            if let Some(host) = Host::parse(&text) {
                prop_assert_eq!(Host::parse(host.as_str()), Some(host.clone()));
                prop_assert_eq!(Host::parse(&host.in_brackets()), Some(host));
            }
            if let Some(authority) = Authority::parse(&text) {
                prop_assert_eq!(Authority::parse(&authority.to_string()), Some(authority));
            }
            if let Some(address) = WebAddress::parse(&format!("https://{text}")) {
                let again = WebAddress::parse(address.as_str()).unwrap();
                prop_assert_eq!(again.origin(), address.origin());
                prop_assert_eq!(WebAddress::parse(&address.origin()).unwrap().origin(), address.origin());
            }
        }
    }
}
