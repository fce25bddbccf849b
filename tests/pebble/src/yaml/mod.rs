//! The little of YAML that layers and plans need: reading with spelling and lines kept, and printing as go-yaml does.

pub mod node;
pub mod order;
pub mod print;
pub mod scalar;
