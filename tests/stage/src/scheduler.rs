//! Which hook comes next.
