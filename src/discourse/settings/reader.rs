//! The reader of the options: each is parsed, then accepted, warned about or rejected.

use crate::discourse::{
    mistake::Mistake,
    options::{Kind, RawOptions, WrongType},
};

use super::{Checked, Context, Settings};

/// Continues after a mistake, so that the operator sees all of them at once.
pub(super) struct Reader<'a> {
    pub context: Context<'a>,
    options: &'a RawOptions,
    mistakes: Vec<Mistake>,
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader of these options.
    pub fn new(options: &'a RawOptions, context: Context<'a>) -> Self {
        Self { context, options, mistakes: Vec::new(), warnings: Vec::new() }
    }

    /// The settings, with all mistakes and warnings.
    pub fn read(mut self) -> Checked {
        let settings = self.settings();
        Checked { settings, mistakes: self.mistakes, warnings: self.warnings }
    }

    fn settings(&mut self) -> Settings {
        let (hostname, hostname_origin) = self.hostname();
        let (is_https, https_origin) = self.https();
        let s3 = self.s3();
        let cors_origin = self.cors_origin(&hostname, is_https);
        Settings {
            hostname_origin,
            is_https,
            https_origin,
            is_cors_enabled: self.boolean("enable_cors"),
            cors_origin,
            developer_emails: self.text("developer_emails"),
            max_category_nesting: self.max_category_nesting(),
            throttle: self.throttle(),
            sidekiq: self.sidekiq(),
            is_saml_forced: self.boolean("force_saml_login"),
            saml_sync_groups: self.saml_sync_groups(),
            smtp: self.smtp(),
            s3,
            hostname,
        }
    }

    pub fn text(&mut self, option: &'static str) -> String {
        let read = self.options.text(option);
        read.unwrap_or_else(|wrong| self.reject_type(&wrong).text())
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
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    pub fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    pub fn or_mistake<T>(&mut self, read: Result<T, Mistake>) -> Option<T> {
        read.map_err(|mistake| self.mistakes.push(mistake)).ok()
    }
}
