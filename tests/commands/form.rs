//! The form of one argument.

/// What stands in a pattern for a part that is filled in.
const ANY: &str = "any";

/// The form of one argument.
#[derive(Clone, Copy)]
pub enum Form {
    /// An application, or anything else that has a name.
    Name,
    /// An application with one of its endpoints.
    Endpoint,
    /// An application, with or without one of its endpoints.
    End,
    /// A unit, by its number or as the leader.
    Unit,
    /// A secret.
    Secret,
    /// A name with a value.
    Setting,
    /// A number.
    Number,
    /// The packed charm, or another path.
    Charm,
    /// A charm, by its name or by its path.
    Source,
}

impl Form {
    pub fn fits(self, argument: &str) -> bool {
        let is_filled_in = argument == ANY || !argument.is_empty() && argument.chars().all(|c| c.is_ascii_uppercase());
        is_filled_in || self.fits_literally(argument)
    }

    fn fits_literally(self, argument: &str) -> bool {
        match self {
            Self::Name => is_name(argument),
            Self::Endpoint => argument.split_once(':').is_some_and(|(app, endpoint)| is_name(app) && is_list(endpoint)),
            Self::End => is_name(argument) || Self::Endpoint.fits_literally(argument),
            Self::Unit => is_unit(argument),
            Self::Secret => is_name(argument.trim_start_matches("secret:")),
            Self::Setting => argument.split_once('=').is_some_and(|(name, value)| is_name(name) && !value.is_empty()),
            Self::Number => is_number(argument),
            Self::Charm => argument.starts_with(['.', '/']),
            Self::Source => Self::Charm.fits_literally(argument) || is_name(argument),
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./#".contains(c))
}

fn is_list(text: &str) -> bool {
    text.split(',').all(is_name)
}

fn is_number(text: &str) -> bool {
    text == ANY || !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_unit(text: &str) -> bool {
    let parts = text.split_once('/');
    parts.is_some_and(|(app, number)| is_name(app) && (is_number(number) || number == "leader"))
}
