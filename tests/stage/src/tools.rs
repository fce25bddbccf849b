//! The hook tools, as the agent serves them.
