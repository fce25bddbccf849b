//! Other charms than that of the forum.

use stage::{
    play::{self, PlayError},
    scene::{Scene, SceneError},
};

use crate::Options;

/// The charm whose life the rehearsal knows.
const OWN: &str = "discourse-k8s";

/// Why a foreign charm cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// There is no charm, or the stage cannot be built.
    #[error(transparent)]
    Play(#[from] PlayError),
    /// The scene that every charm gets does not fit this one.
    #[error(transparent)]
    Scene(#[from] SceneError),
}

/// Plays what every charm must live through, and tells whether it went well; nothing for the charm of the forum.
///
/// # Errors
/// The path is no charm, or it cannot be played at all.
pub fn play(options: &Options) -> Result<Option<bool>, ForeignError> {
    if play::declared(&options.charm)?.name == OWN {
        return Ok(None);
    }
    let scene = Scene::parse("the scene of every charm", &play::starter(&options.charm)?)?;
    let (juju, clock) = (options.juju, options.time_scale);
    let options = play::Options { juju, clock, ..play::Options::new(&options.charm) };
    Ok(Some(play::play(&options, &scene)?))
}
