//! The secret room.
