//! The reader of the options: each is parsed, then accepted, warned about or rejected.

use crate::{
    address::without_blanks,
    discourse::{
        mistake::{Findings, Mistake},
        options::{Kind, RawOptions, WrongType},
    },
};

use super::{Checked, Context, Settings};

/// Continues after a mistake, so that the operator sees all of them at once.
pub(super) struct Reader<'a> {
    pub context: Context<'a>,
    options: &'a RawOptions,
    findings: Findings,
}

impl<'a> Reader<'a> {
    /// A reader of these options.
    pub fn new(options: &'a RawOptions, context: Context<'a>) -> Self {
        Self { context, options, findings: Findings::default() }
    }

    /// The settings, with all mistakes and warnings.
    pub fn read(mut self) -> Checked {
        let settings = self.settings();
        Checked { settings, findings: self.findings }
    }

    fn settings(&mut self) -> Settings {
        let address = self.address();
        let cdn = self.cdn_url();
        if address.is_https && cdn.as_ref().is_some_and(|cdn| !cdn.is_https()) {
            self.warn("s3_cdn_url begins with http://, from where no browser loads scripts into a page with https");
        }
        let cors_origin = self.cors_origin(&address, cdn.as_ref());
        Settings {
            address,
            is_cors_enabled: self.boolean("enable_cors"),
            cors_origin,
            developer_emails: self.developer_emails(),
            max_category_nesting: self.max_category_nesting(),
            throttle: self.throttle(),
            sidekiq: self.sidekiq(),
            sizing: self.sizing(),
            is_saml_forced: self.boolean("force_saml_login"),
            saml_sync_groups: self.saml_sync_groups(),
            smtp: self.smtp(),
            s3: self.s3(cdn),
        }
    }

    pub fn text(&mut self, option: &'static str) -> String {
        let read = self.options.text(option);
        read.unwrap_or_else(|wrong| self.reject_type(&wrong).text())
    }

    /// One of some words; their case has no meaning.
    pub fn word(&mut self, option: &'static str) -> String {
        self.text(option).to_lowercase()
    }

    /// The entries of a list that is separated by commas or line breaks; blank ones are left out.
    pub fn list(&mut self, option: &'static str) -> Vec<String> {
        let text = self.text(option);
        let entries = text.split([',', '\n', '\r']).map(without_blanks);
        entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    }

    /// Whether an option is set to any text, even a blank one.
    pub fn is_given(&self, option: &'static str) -> bool {
        self.options.is_given(option)
    }

    /// Whether an option has another value than its default.
    pub fn is_changed(&self, option: &'static str) -> bool {
        self.options.is_changed(option)
    }

    /// Those of some options that ask for something else than their defaults.
    pub fn changed(&self, options: &[&'static str]) -> Vec<&'static str> {
        options.iter().copied().filter(|option| self.is_changed(option)).collect()
    }

    /// Warns if options are set that something else takes precedence over.
    pub fn warn_about_precedence(&mut self, stronger: &str, weaker: &[&'static str]) {
        let (changed, app) = (self.changed(weaker), self.context.app);
        if !changed.is_empty() {
            let command = format!("juju config {app} --reset {}", changed.join(","));
            self.warn(format!("{stronger} takes precedence over {}: {command}", changed.join(", ")));
        }
    }

    pub fn boolean(&mut self, option: &'static str) -> bool {
        let read = self.options.boolean(option);
        read.unwrap_or_else(|wrong| self.reject_type(&wrong).boolean())
    }

    pub fn number(&mut self, option: &'static str) -> i64 {
        let read = self.options.number(option);
        read.unwrap_or_else(|wrong| self.reject_type(&wrong).number())
    }

    /// Rejects an option of the wrong type and returns its default, with which reading continues.
    fn reject_type(&mut self, wrong: &WrongType) -> Kind {
        self.reject(wrong.option, wrong.to_string());
        wrong.default
    }

    pub fn reject(&mut self, option: &'static str, text: impl Into<String>) {
        let mistake = Mistake::new(option, text);
        // Some options are read more than once.
        if !self.findings.mistakes.contains(&mistake) {
            self.findings.mistakes.push(mistake);
        }
    }

    pub fn warn(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.findings.warnings.contains(&text) {
            self.findings.warnings.push(text);
        }
    }

    pub fn or_mistake<T>(&mut self, read: Result<T, Mistake>) -> Option<T> {
        read.map_err(|mistake| self.findings.mistakes.push(mistake)).ok()
    }
}
