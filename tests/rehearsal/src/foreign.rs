//! Other charms than that of the forum.

use stage::play::{self, Ending, PlayError};

use crate::Options;

/// The charm whose life the rehearsal knows.
const OWN: &str = "discourse-k8s";

/// Plays what every charm must live through, and tells whether it went well; nothing for the charm of the forum.
///
/// # Errors
/// The path is no charm, or it cannot be played at all.
pub fn play(options: &Options) -> Result<Option<bool>, PlayError> {
    if play::declared(&options.charm)?.name == OWN {
        return Ok(None);
    }
    let scene = play::starter_scene(&options.charm)?;
    let (juju, clock) = (options.juju, options.time_scale);
    let options = play::Options { juju, clock, ..play::Options::new(&options.charm) };
    Ok(Some(play::play(&options, &scene)? == Ending::Well))
}
