//! An image that breaks its promise, and one that keeps it with more migrations.

use std::fs;

use crate::forum::{ACTIVE, Forum, copy, image, rails_boots};

/// The image `one` with one of its files changed; no content removes it.
fn altered(file: &str, content: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&image("one"), folder.path());
    let path = folder.path().join(file.trim_start_matches('/'));
    match content {
        Some(content) => fs::write(path, content).unwrap(),
        None => fs::remove_file(path).unwrap(),
    }
    folder
}

#[test]
fn an_image_that_is_not_of_this_charm_blocks_with_the_command_that_replaces_it() {
    for (file, content, defect) in [
        ("/srv/discourse/VERSION", None, "the image lacks /srv/discourse/VERSION"),
        ("/srv/discourse/REVISION", Some("two words\n"), "the image has a malformed /srv/discourse/REVISION"),
        ("/srv/discourse/MIGRATIONS", Some(""), "the image has a malformed /srv/discourse/MIGRATIONS"),
    ] {
        let image = altered(file, content);
        let mut forum = Forum::deployed_from(image.path(), 1);
        forum.relate();
        forum.settle();
        let remedy = "juju refresh discourse-k8s --resource discourse-image=<image>";
        assert_eq!(forum.status(), format!("blocked: {defect}: {remedy}"));
    }
}

#[test]
fn a_refresh_to_an_image_with_more_migrations_boots_rails_once() {
    let mut forum = Forum::active();
    forum.stage.refresh(crate::forum::charm(), image("two")).unwrap();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), rails_boots(&runs)), (ACTIVE, vec!["bin/rake charm:migrate".to_owned()]));
    assert_eq!(forum.schema_versions().len(), 18);
    assert_eq!(forum.stage.unit(0).workload_version(), "2026.1.8");
}
