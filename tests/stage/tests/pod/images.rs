//! Images of any kind: their whole root is the container's, and the container's own to write to.

use super::{
    packed::{
        Layer, docker_archive, gzip, gzip_in_parts, layout, layout_packed, oci_archive, root, zstd, zstd_in_parts,
    },
    pod_fixture::{Fixture, sh},
};
use stage::pod::Image;
use std::{fs, os::unix::fs::PermissionsExt};

/// What a program of the machine would not print.
const LOOK: &str = "cat /etc/passwd /opt/note; ls -A /opt; id -un 1042; stat -c '%u:%g %a' /opt/note /";

const SEEN: &str = "root:x:0:0:root:/root:/bin/sh\nforum:x:1042:1042::/opt:/bin/sh\nfrom the image\nlink\nnote\nforum\n\
    1042:1042 640\n0:0 755\n";

#[test]
fn a_folder_with_programs_of_its_own_is_the_whole_root() {
    let fixture = Fixture::with_image(|dir| root(&dir.join("image")));
    assert_eq!(sh(&fixture.pod, LOOK), SEEN);
    let mounts = sh(&fixture.pod, "cat /proc/self/mounts");
    assert!(mounts.starts_with("overlay / overlay rw,"), "{mounts}");
}

/// Stand-ins for programs of the workload, in a few lines of shell.
#[test]
fn a_folder_without_a_shell_is_laid_over_the_programs_of_the_machine() {
    let fixture = Fixture::with_image(|dir| {
        let image = dir.join("image");
        for (path, text) in [("bin/one", "echo one"), ("usr/bin/two", "echo two"), ("opt/app/three", "cat /etc/own")] {
            fs::create_dir_all(image.join(path).parent().unwrap()).unwrap();
            fs::write(image.join(path), format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(image.join(path), fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::create_dir(image.join("etc")).unwrap();
        fs::write(image.join("etc/own"), "three\n").unwrap();
        image
    });
    assert_eq!(
        sh(&fixture.pod, "one; two; /opt/app/three; id -un; ls /home 2>&1 | wc -l"),
        "one\ntwo\nthree\nroot\n1\n"
    );
    sh(&fixture.pod, "echo written > /var/log/out");
    assert_eq!(fs::read_to_string(fixture.pod.path("web", "/var/log/out").unwrap()).unwrap(), "written\n");
    fixture.pod.kill_container("web").unwrap();
    fixture.pod.start_container("web").unwrap();
    assert_eq!(sh(&fixture.pod, "[ -e /var/log/out ] || one"), "one\n");
}

#[test]
fn layouts_and_archives_are_unpacked_to_the_same_root() {
    for pack in [layout, oci_archive, docker_archive] {
        let fixture = Fixture::with_image(|dir| pack(dir, &[Layer::Root]));
        assert_eq!(sh(&fixture.pod, LOOK), SEEN);
        assert_eq!(sh(&fixture.pod, "echo $GREETING"), "hello there\n");
    }
}

#[test]
fn a_layer_is_unpacked_whatever_it_was_packed_with() {
    for pack in [<[u8]>::to_vec, gzip, gzip_in_parts, zstd, zstd_in_parts] {
        let fixture = Fixture::with_image(|dir| layout_packed(dir, &[Layer::Root], pack));
        assert_eq!(sh(&fixture.pod, LOOK), SEEN);
    }
}

#[test]
fn upper_layers_replace_and_take_away() {
    let upper: &[(&str, Option<&str>)] = &[
        ("opt/.wh.note", Some("")),
        ("srv/kept/new", Some("new")),
        ("srv/kept/.wh..wh..opq", Some("")),
        ("usr/link", Some("a file now")),
        ("through/file", Some("behind the link")),
    ];
    let lower: &[(&str, Option<&str>)] =
        &[("srv/kept/old", Some("old")), ("srv/kept/deep/old", Some("old")), ("target/x", Some("")), ("through", None)];
    let fixture = Fixture::with_image(|dir| layout(dir, &[Layer::Root, Layer::Files(lower), Layer::Files(upper)]));
    let look = "ls -A /opt; find /srv/kept; cat /usr/link; echo; cat /target/file";
    assert_eq!(sh(&fixture.pod, look), "link\n/srv/kept\n/srv/kept/new\na file now\nbehind the link");
}

#[test]
fn a_container_writes_to_its_root_until_it_starts_again_and_never_to_the_image() {
    let fixture = Fixture::with_image(|dir| root(&dir.join("image")));
    let image = fixture.sandbox.dir().join("image");
    sh(&fixture.pod, "echo changed > /opt/note; rm /etc/passwd; touch /usr/bin/new /run/new; mkdir /new");
    assert_eq!(sh(&fixture.pod, "cat /opt/note; ls -d /new /usr/bin/new"), "changed\n/new\n/usr/bin/new\n");
    assert_eq!(fs::read_to_string(image.join("opt/note")).unwrap(), "from the image\n");
    assert!(image.join("etc/passwd").exists() && !image.join("usr/bin/new").exists());
    fixture.pod.kill_container("web").unwrap();
    fixture.pod.start_container("web").unwrap();
    assert_eq!(sh(&fixture.pod, LOOK), SEEN);
    assert_eq!(sh(&fixture.pod, "ls -d /new /usr/bin/new 2>&1 | wc -l; ls /run"), "2\n");
}

#[test]
fn a_file_of_a_container_is_found_from_outside() {
    let fixture = Fixture::with_image(|dir| root(&dir.join("image")));
    sh(&fixture.pod, "echo written > /var/log/out");
    assert_eq!(fs::read_to_string(fixture.pod.path("web", "/var/log/out").unwrap()).unwrap(), "written\n");
}

#[test]
fn without_an_image_a_container_has_a_pebble_and_next_to_nothing_else() {
    let fixture = Fixture::without_image();
    let list = |path: &str| {
        let found = fs::read_dir(fixture.pod.path("web", path).unwrap()).unwrap();
        let mut names: Vec<String> = found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert!(fixture.pod.is_ready());
    assert_eq!(list("/"), ["charm", "dev", "etc", "proc", "root", "run", "sys", "tmp", "var"]);
    assert_eq!(list("/etc"), ["group", "hosts", "nsswitch.conf", "passwd", "resolv.conf"]);
}

#[test]
fn what_is_no_image_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (file, store) = (folder.path().join("web.tar"), folder.path().join("store"));
    fs::write(&file, "no archive").unwrap();
    let refused = Image::open(&file, &store).unwrap_err().to_string();
    assert!(refused.contains("web.tar"), "{refused}");
    fs::write(folder.path().join("oci-layout"), "{}").unwrap();
    fs::write(folder.path().join("index.json"), r#"{"manifests": []}"#).unwrap();
    let refused = Image::open(folder.path(), &store).unwrap_err().to_string();
    assert!(refused.ends_with("index.json: no image for this machine"), "{refused}");
}
