//! The juju room.
