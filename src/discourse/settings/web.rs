//! The options of the forum itself: its address, who may call its API, its limits and its background jobs.

use crate::discourse::environment::Origin;

use super::{Sidekiq, Throttle, reader::Reader};

impl Reader<'_> {
    pub(super) fn hostname(&mut self) -> (String, Origin) {
        const OPTION: &str = "external_hostname";
        let given = self.text(OPTION);
        let given = given.trim();
        if given.chars().any(char::is_uppercase) {
            self.warn("external_hostname is used in lower case");
        }
        match self.context.ingress {
            Some(ingress) if given.is_empty() => (ingress.host.to_owned(), ingress.origin),
            _ if given.is_empty() => (self.context.app.to_owned(), Origin::Option(OPTION)),
            _ => (given.to_lowercase(), Origin::Option(OPTION)),
        }
    }

    pub(super) fn https(&mut self) -> (bool, Origin) {
        const OPTION: &str = "force_https";
        let is_forced = self.boolean(OPTION);
        match self.context.ingress {
            Some(ingress) if ingress.is_https && !is_forced => (true, ingress.origin),
            _ => (is_forced, Origin::Option(OPTION)),
        }
    }

    /// The configured origins and, with `augment_cors_origin`, those of the forum and its CDN; `*` alone allows all.
    pub(super) fn cors_origin(&mut self, hostname: &str, is_https: bool) -> String {
        let given = self.text("cors_origin");
        let is_augmented = self.boolean("augment_cors_origin");
        if self.boolean("enable_cors") && !is_augmented && given.trim().is_empty() {
            self.report_missing_origins(&given);
        }
        if given.trim() == "*" {
            return "*".to_owned();
        }
        let mut origins = list(&given);
        if is_augmented {
            let scheme = if is_https { "https" } else { "http" };
            origins.push(format!("{scheme}://{hostname}"));
            origins.extend(Some(self.text("s3_cdn_url")).filter(|url| !url.is_empty()));
        }
        origins.sort();
        origins.dedup();
        origins.join(",")
    }

    /// An empty list is a mistake, but a blank one only a warning: the Python charm accepted it.
    fn report_missing_origins(&mut self, given: &str) {
        if given.is_empty() {
            let command = format!("juju config {} augment_cors_origin=true", self.context.app);
            self.reject("enable_cors", format!("enable_cors has no origin to allow: {command}, or set cors_origin"));
        } else {
            self.warn("cors_origin is blank: no other origin is allowed");
        }
    }

    pub(super) fn throttle(&mut self) -> Throttle {
        let given = self.text("throttle_level");
        Throttle::parse(&given).unwrap_or_else(|| {
            self.reject("throttle_level", "throttle_level must be none, permissive or strict");
            Throttle::None
        })
    }

    pub(super) fn max_category_nesting(&mut self) -> i64 {
        let given = self.number("max_category_nesting");
        if !(2..=3).contains(&given) {
            self.reject("max_category_nesting", "max_category_nesting must be 2 or 3");
        }
        given
    }

    pub(super) fn sidekiq(&mut self) -> Sidekiq {
        Sidekiq { is_service: self.boolean("sidekiq_as_service"), max_memory: self.number("sidekiq_max_memory") }
    }

    pub(super) fn saml_sync_groups(&mut self) -> Vec<String> {
        list(&self.text("saml_sync_groups"))
    }
}

/// The entries of a list that is separated by commas; blank ones are left out.
fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}
