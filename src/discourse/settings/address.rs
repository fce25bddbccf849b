//! The options of the forum's address, and the origins that may call its API from a browser.

use crate::{
    address::{Authority, Host, WebAddress},
    discourse::environment::Origin,
};

use super::{Address, reader::Reader};

const HOSTNAME: &str = "external_hostname";

/// The schemes of the web, and their usual ports.
const SCHEMES: [(&str, u16); 2] = [("https://", 443), ("http://", 80)];

impl Reader<'_> {
    /// The address at which people reach the forum; options take precedence over an ingress.
    pub(super) fn address(&mut self) -> Address {
        let (authority, authority_origin) = self.authority();
        let (is_https, https_origin) = self.https();
        let (usual, other) = if is_https { (443, 80) } else { (80, 443) };
        if authority.port == Some(other) && authority_origin == Origin::Option(HOSTNAME) {
            self.warn(format!("{HOSTNAME} has the port {other}, but force_https is {is_https}"));
        }
        let authority = Authority { port: authority.port.filter(|port| *port != usual), ..authority };
        Address { authority, authority_origin, is_https, https_origin }
    }

    fn authority(&mut self) -> (Authority, Origin) {
        let given = self.text(HOSTNAME);
        match self.context.ingress {
            Some(ingress) if given.is_empty() => (ingress.authority.clone(), ingress.origin),
            _ if given.is_empty() => (self.name_of_application(), Origin::Option(HOSTNAME)),
            _ => (self.hostname(&given), Origin::Option(HOSTNAME)),
        }
    }

    /// A scheme and a final slash are dropped, since people copy addresses from browsers.
    fn hostname(&mut self, given: &str) -> Authority {
        let lower = given.to_ascii_lowercase();
        let scheme = SCHEMES.into_iter().find(|(scheme, _)| lower.starts_with(scheme));
        let rest = given.get(scheme.map_or(0, |(scheme, _)| scheme.len())..).unwrap_or_default();
        let name = rest.strip_suffix('/').unwrap_or(rest);
        let authority = Authority::parse(name).filter(|_| name.trim() == name);
        let Some(authority) = authority else {
            self.reject(HOSTNAME, format!("{HOSTNAME} must be one host name such as forum.example.com"));
            return self.name_of_application();
        };
        match scheme {
            Some((scheme, _)) => self.warn(format!("{HOSTNAME} is used without {scheme}: force_https sets the scheme")),
            None if name != rest => self.warn(format!("{HOSTNAME} is used without the slash at its end")),
            None => {}
        }
        let usual = scheme.map(|(_, port)| port);
        Authority { port: authority.port.filter(|port| Some(*port) != usual), ..authority }
    }

    /// The name under which the forum is reached in its model.
    fn name_of_application(&self) -> Authority {
        Authority { host: Host::named(self.context.app), port: None }
    }

    fn https(&mut self) -> (bool, Origin) {
        const OPTION: &str = "force_https";
        let is_forced = self.boolean(OPTION);
        match self.context.ingress {
            Some(ingress) if ingress.is_https && !is_forced => (true, ingress.origin),
            _ => (is_forced, Origin::Option(OPTION)),
        }
    }

    /// The configured origins and, with `augment_cors_origin`, those of the forum and its CDN; `*` alone allows all.
    pub(super) fn cors_origin(&mut self, address: &Address, cdn: Option<&WebAddress>) -> String {
        let given = self.list("cors_origin");
        let is_augmented = self.boolean("augment_cors_origin");
        if self.boolean("enable_cors") && !is_augmented && given.is_empty() {
            self.report_missing_origins();
        }
        if !self.boolean("enable_cors") && !given.is_empty() {
            self.warn("cors_origin has no effect without enable_cors=true");
        }
        if given == ["*"] {
            return "*".to_owned();
        }
        let mut origins: Vec<String> = given.iter().map(|entry| self.origin(entry)).collect();
        if is_augmented {
            origins.push(address.origin());
            origins.extend(cdn.map(WebAddress::origin));
        }
        origins.sort();
        origins.dedup();
        origins.join(",")
    }

    /// What browsers send instead of an entry: Discourse compares texts.
    fn origin(&mut self, entry: &str) -> String {
        let Some(address) = WebAddress::parse(entry) else {
            if !matches!(entry, "*" | "null") && !is_origin_of_app(entry) {
                self.warn("cors_origin has an entry that is no origin such as https://blog.example.com");
            }
            return entry.to_owned();
        };
        if address.has_path() || !address.is_plain() {
            self.warn("cors_origin has an entry with more than scheme, name and port: browsers send only these");
        }
        address.origin()
    }

    /// No list is a mistake, but one without entries only a warning: the Python charm accepted it.
    fn report_missing_origins(&mut self) {
        if self.is_given("cors_origin") {
            self.warn("cors_origin has no entry: no other origin is allowed");
        } else {
            let command = format!("juju config {} augment_cors_origin=true", self.context.app);
            self.reject("enable_cors", format!("enable_cors has no origin to allow: {command}, or set cors_origin"));
        }
    }
}

/// Whether an entry is the origin of an app on a phone or in a browser, such as `capacitor://localhost`.
fn is_origin_of_app(entry: &str) -> bool {
    let is_scheme = |scheme: &str| {
        !matches!(scheme, "http" | "https") && scheme.chars().all(|c| c.is_ascii_lowercase() || c == '-')
    };
    entry.split_once("://").is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty() && !rest.contains('/'))
}
