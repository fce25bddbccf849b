//! How tests name units and endpoints.

use super::Model;

/// A unit, named in full or, of the main application, by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitRef {
    /// A unit of the main application.
    Number(u32),
    /// `redis/0`.
    Name(String),
}

impl From<u32> for UnitRef {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for UnitRef {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<&String> for UnitRef {
    fn from(name: &String) -> Self {
        Self::Name(name.clone())
    }
}

impl Model {
    /// The name of a unit; a number is one of the main application.
    #[must_use]
    pub fn unit_name(&self, unit: impl Into<UnitRef>) -> String {
        match unit.into() {
            UnitRef::Number(number) => format!("{}/{number}", self.main),
            UnitRef::Name(name) => name,
        }
    }

    /// The application and the endpoint of `app:endpoint`; an endpoint alone is one of the main application.
    #[must_use]
    pub fn place<'t>(&'t self, endpoint: &'t str) -> (&'t str, &'t str) {
        endpoint.split_once(':').unwrap_or((&self.main, endpoint))
    }
}
