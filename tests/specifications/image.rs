//! An image that lacks a file, and a newer one with more migrations.

use std::fs;

use crate::forum::{Forum, Outcome, charm, image, image_copy};

/// The image `one` with one of its files changed; no content removes it.
#[track_caller]
fn altered(file: &str, content: Option<&str>) -> tempfile::TempDir {
    let image = image_copy();
    let path = image.path().join(file.trim_start_matches('/'));
    match content {
        Some(content) => fs::write(path, content).unwrap(),
        None => fs::remove_file(path).unwrap(),
    }
    image
}

#[test]
fn an_image_of_another_charm_blocks_with_the_command_that_replaces_it() {
    for (file, content, defect) in [
        ("/srv/discourse/VERSION", None, "the image lacks /srv/discourse/VERSION"),
        ("/srv/discourse/REVISION", Some("two words\n"), "the image has a malformed /srv/discourse/REVISION"),
        ("/srv/discourse/MIGRATIONS", Some(""), "the image has a malformed /srv/discourse/MIGRATIONS"),
    ] {
        let remedy = "juju attach-resource discourse-k8s discourse-image=<image>";
        let outcome = Forum::related_from(altered(file, content)).settle();
        assert_eq!(outcome, Outcome::unready(&format!("blocked: {defect}: {remedy}")));
    }
}

#[test]
fn a_refresh_to_an_image_with_more_migrations_migrates_once() {
    let mut forum = Forum::active();
    forum.stage.refresh(charm(), image("two")).unwrap();
    assert_eq!(forum.settle(), Outcome::migrated());
    assert_eq!(forum.schema_versions().len(), 19);
    assert_eq!(forum.stage.unit(0).workload_version(), "2026.1.8");
}
