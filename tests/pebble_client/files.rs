//! Files and directories.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use discourse_k8s::pebble::{PathErrorKind, PebbleError};

use crate::daemon::Daemon;

#[tokio::test]
async fn several_files_are_read_in_one_request_each_with_its_own_result() {
    let daemon = Daemon::start().await;
    let names = ["plain", "empty", "a \"quoted\" & ünusual%41 name", "binary"];
    let contents: [&[u8]; 4] = [b"one\n", b"", b"two", &[0, 13, 10, 255, 45, 45]];
    names.iter().zip(contents).for_each(|(name, content)| fs::write(daemon.path(name), content).unwrap());
    let paths = names.map(|name| daemon.text(name));
    let mut asked: Vec<&str> = paths.iter().map(String::as_str).collect();
    let missing = daemon.text("missing");
    asked.extend([missing.as_str(), "/tmp"]);
    let mut read = daemon.client().read_files(&asked).await.unwrap();
    let kinds = [missing.as_str(), "/tmp"].map(|path| read.remove(path).unwrap().unwrap_err().kind);
    assert_eq!(kinds, [PathErrorKind::NotFound, PathErrorKind::Generic]);
    let expected = paths.iter().zip(contents).map(|(path, content)| (path.clone(), Ok(content.to_vec()))).collect();
    assert_eq!(read, expected);
}

#[tokio::test]
async fn of_a_small_file_nothing_but_a_regular_file_within_the_limit_is_read() {
    let daemon = Daemon::start().await;
    fs::create_dir(daemon.path("dir")).unwrap();
    fs::create_dir(daemon.path("dir/folder")).unwrap();
    fs::write(daemon.path("dir/small"), "one\n").unwrap();
    fs::write(daemon.path("dir/large"), "12345").unwrap();
    std::os::unix::fs::symlink("small", daemon.path("dir/link")).unwrap();
    assert!(Command::new("mkfifo").arg(daemon.path("dir/pipe")).status().unwrap().success());
    let (pebble, dir) = (daemon.client(), daemon.text("dir"));
    assert_eq!(pebble.read_small_file(&dir, "small", 4).await.unwrap().as_deref(), Some(b"one\n".as_slice()));
    for name in ["large", "link", "pipe", "folder", "missing"] {
        assert_eq!(pebble.read_small_file(&dir, name, 4).await.unwrap(), None, "{name}");
    }
    assert_eq!(pebble.read_small_file(&daemon.text("no/folder"), "small", 4).await.unwrap(), None);
}

#[tokio::test]
async fn a_directory_that_exists_keeps_its_content() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    let path = daemon.text("a/b");
    pebble.make_dir(&path, "root", "root").await.unwrap();
    fs::write(daemon.path("a/b/c"), "kept").unwrap();
    pebble.make_dir(&path, "root", "root").await.unwrap();
    assert_eq!(fs::read_to_string(daemon.path("a/b/c")).unwrap(), "kept");
    let error = pebble.make_dir(&format!("{path}/c"), "root", "root").await.unwrap_err();
    assert!(matches!(error, PebbleError::Api { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_is_removed_and_one_that_does_not_exist_is_an_error() {
    let daemon = Daemon::start().await;
    let path = daemon.text("a/b");
    daemon.client().write_file(&path, "", "root").await.unwrap();
    daemon.client().remove_file(&path).await.unwrap();
    assert!(!daemon.path("a/b").exists());
    let error = daemon.client().remove_file(&path).await.unwrap_err();
    assert!(matches!(error, PebbleError::Api { .. }), "{error:?}");
}

#[tokio::test]
async fn a_written_file_has_its_content_and_only_its_owner_can_read_it() {
    let daemon = Daemon::start().await;
    let path = daemon.text("a/\"quoted\" \\ ünusual%41 name");
    let pebble = daemon.client();
    for content in ["an older and longer text\n", "--\r\n--x\r\nnew\n"] {
        pebble.write_file(&path, content, "root").await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
