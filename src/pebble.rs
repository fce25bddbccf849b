//! The pebble room.
