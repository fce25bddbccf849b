//! The flags that tools have.

/// A flag by all its names, each of which sets the same value.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// One letter or a word; the first one names the value.
    pub names: &'static [&'static str],
    /// What may be given.
    pub takes: Takes,
}

impl Flag {
    /// The line of help: all names, and the value if none is given.
    ///
    /// *Source*: `PrintDefaults` of gnuflag 1.0.0.
    pub fn help(&self, default: &str) -> String {
        let dashed = |name: &&str| if name.len() > 1 { format!("--{name}") } else { format!("-{name}") };
        // Only what is a text to gnuflag has its value in quotes, and one blank before it.
        let space = if default.starts_with('"') { "" } else { " " };
        format!("{}{space} (= {default})\n", self.names.iter().map(dashed).collect::<Vec<_>>().join(", "))
    }
}

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, or `=true` and the like after its long name.
    Nothing,
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A relation that the unit is in.
    Relation,
    /// A storage instance of the unit.
    Storage,
    /// Anything, which does nothing but to print a warning.
    Deprecated,
}

/// A flag without a value.
pub const fn switch(names: &'static [&'static str]) -> Flag {
    Flag { names, takes: Takes::Nothing }
}

/// A flag with a text.
pub const fn text(names: &'static [&'static str]) -> Flag {
    Flag { names, takes: Takes::Text }
}

/// The format of what a tool prints.
pub const fn format(formats: &'static [&'static str]) -> Flag {
    Flag { names: &["format"], takes: Takes::OneOf(formats) }
}

/// The file that a tool writes in place of printing.
pub const OUTPUT: Flag = text(&["o", "output"]);
/// A relation other than the hook's.
pub const RELATION: Flag = Flag { names: &["r", "relation"], takes: Takes::Relation };
/// A format of tools that print nothing.
pub const NO_FORMAT: Flag = Flag { names: &["format"], takes: Takes::Deprecated };
