//! Specifications that hold whichever Juju runs the charm.

use std::{
    panic::resume_unwind,
    thread::{self, Builder as Thread},
};

use stage::{Builder, Stage, Version};

/// Plays a specification with every series of Juju, all at once, since each mostly waits.
#[track_caller]
pub fn on_every_juju(specification: impl Fn(Builder) + Sync) {
    let specification = &specification;
    let failures = thread::scope(|scope| {
        let threads = Version::ALL.map(|juju| {
            let play = move || specification(Stage::builder().juju(juju));
            Thread::new().name(format!("Juju {juju}")).spawn_scoped(scope, play).unwrap()
        });
        threads.map(|thread| thread.join().err())
    });
    if let Some(failure) = failures.into_iter().flatten().next() {
        resume_unwind(failure);
    }
}
