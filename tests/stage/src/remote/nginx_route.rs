//! An ingress that takes requests for routes and answers nothing.

use crate::announcement::{Remote, RemoteError, RemoteView};

/// `nginx-ingress-integrator`, at the end of a relation that it never writes to.
#[derive(Debug, Clone)]
pub struct NginxRoute {
    application: String,
}

impl NginxRoute {
    /// An application of this name.
    #[must_use]
    pub fn new(application: &str) -> Self {
        Self { application: application.to_owned() }
    }
}

impl Remote for NginxRoute {
    fn application(&self) -> &str {
        &self.application
    }

    fn endpoint(&self) -> (&str, &str) {
        ("nginx-route", "nginx-route")
    }

    fn related(&mut self, _relation: &mut RemoteView<'_>) -> Result<(), RemoteError> {
        Ok(())
    }
}
