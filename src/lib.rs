//! The Discourse charm.
