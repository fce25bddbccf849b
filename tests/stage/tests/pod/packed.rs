//! Images of a few programs, packed in every way.

use flate2::{Compression, write::GzEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::{Value, json};
use stage::sandbox::run;
use std::{
    fs::{self, Permissions},
    io::Write,
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
    process::Command,
};
use tar::{Builder, EntryType, Header};

/// What one layer holds.
pub enum Layer {
    /// A root with a shell.
    Root,
    /// Files with their content; without one, a link to `/target`.
    Files(&'static [(&'static str, Option<&'static str>)]),
}

/// Fills a folder with the programs of a small root, and files that are not the machine's.
pub fn root(dir: &Path) -> PathBuf {
    for folder in ["bin", "etc", "opt", "root", "run", "tmp", "usr/bin", "var/log", "var/lib/pebble/default"] {
        fs::create_dir_all(dir.join(folder)).unwrap();
    }
    let programs = "cp -L --parents /usr/bin/{cat,ls,id,stat,find,rm,touch,mkdir,wc} $1; cp -L /bin/sh $1/bin/sh; \
        ldd /bin/sh /usr/bin/{cat,ls,id,stat,find} | grep -o '/lib[^ ]*' | sort -u | xargs -I{} cp -L --parents {} $1";
    run(Command::new("bash").args(["-c", programs, "bash"]).arg(dir), "").unwrap();
    fs::rename(dir.join("usr/bin"), dir.join("usr/programs")).unwrap();
    for entry in fs::read_dir(dir.join("usr/programs")).unwrap() {
        let entry = entry.unwrap();
        fs::rename(entry.path(), dir.join("bin").join(entry.file_name())).unwrap();
    }
    fs::rename(dir.join("usr/programs"), dir.join("usr/bin")).unwrap();
    fs::write(dir.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nforum:x:1042:1042::/opt:/bin/sh\n").unwrap();
    let note = dir.join("opt/note");
    fs::write(&note, "from the image\n").unwrap();
    fs::set_permissions(&note, Permissions::from_mode(0o640)).unwrap();
    chown(&note, Some(1042), Some(1042)).unwrap();
    symlink("/opt/note", dir.join("opt/link")).unwrap();
    dir.to_owned()
}

/// An OCI layout in a folder.
pub fn layout(dir: &Path, layers: &[Layer]) -> PathBuf {
    layout_packed(dir, layers, gzip)
}

/// An OCI layout whose layers are packed in this way.
pub fn layout_packed(dir: &Path, layers: &[Layer], pack: fn(&[u8]) -> Vec<u8>) -> PathBuf {
    let layout = dir.join("layout");
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let mut written = 0;
    let mut blob = |content: &[u8]| {
        written += 1;
        let name = format!("{written:064x}");
        fs::write(blobs.join(&name), content).unwrap();
        json!({"digest": format!("sha256:{name}"), "size": content.len()})
    };
    let layers: Vec<Value> = layers.iter().map(|layer| blob(&pack(&files(dir, layer)))).collect();
    let config = blob(configuration().to_string().as_bytes());
    let manifest = blob(json!({"config": config, "layers": layers}).to_string().as_bytes());
    let other = json!({"digest": "sha256:00", "platform": {"architecture": "s390x", "os": "linux"}});
    let index = blob(json!({"manifests": [other, manifest]}).to_string().as_bytes());
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion": "1.0.0"}"#).unwrap();
    fs::write(layout.join("index.json"), json!({"manifests": [index]}).to_string()).unwrap();
    layout
}

/// A layout in one file.
pub fn oci_archive(dir: &Path, layers: &[Layer]) -> PathBuf {
    archive(&layout(dir, layers), &dir.join("image.tar"))
}

/// What `docker save` writes, packed once more.
pub fn docker_archive(dir: &Path, layers: &[Layer]) -> PathBuf {
    let saved = dir.join("saved");
    fs::create_dir_all(&saved).unwrap();
    let names: Vec<String> = (0..layers.len()).map(|number| format!("{number}.tar")).collect();
    for (name, layer) in names.iter().zip(layers) {
        fs::write(saved.join(name), gzip(&files(dir, layer))).unwrap();
    }
    fs::write(saved.join("config.json"), configuration().to_string()).unwrap();
    let manifest = json!([{"Config": "config.json", "RepoTags": ["forum:1"], "Layers": names}]);
    fs::write(saved.join("manifest.json"), manifest.to_string()).unwrap();
    archive(&saved, &dir.join("image.tar.gz"))
}

fn configuration() -> Value {
    json!({"architecture": "amd64", "os": "linux", "config": {"Env": ["GREETING=hello there"]}})
}

fn archive(folder: &Path, file: &Path) -> PathBuf {
    run(Command::new("tar").arg("-caf").arg(file).arg("-C").arg(folder).arg("."), "").unwrap();
    file.to_owned()
}

pub fn gzip(archive: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(archive).unwrap();
    packed.finish().unwrap()
}

/// In two members, as images are packed whose files can be fetched one by one.
pub fn gzip_in_parts(archive: &[u8]) -> Vec<u8> {
    let (one, other) = archive.split_at(archive.len() / 2);
    [gzip(one), gzip(other)].concat()
}

pub fn zstd(archive: &[u8]) -> Vec<u8> {
    compress_to_vec(archive, CompressionLevel::Fastest)
}

/// In two frames, with one before each that only other programs understand.
pub fn zstd_in_parts(archive: &[u8]) -> Vec<u8> {
    let (one, other) = archive.split_at(archive.len() / 2);
    let foreign = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"any"].concat();
    [&foreign, &zstd(one), &foreign, &zstd(other)].map(Vec::as_slice).concat()
}

fn files(dir: &Path, layer: &Layer) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    archive.follow_symlinks(false);
    match layer {
        Layer::Root => archive.append_dir_all(".", root(&dir.join("packed"))).unwrap(),
        Layer::Files(files) => files.iter().for_each(|(name, text)| append(&mut archive, name, *text)),
    }
    archive.into_inner().unwrap()
}

fn append(archive: &mut Builder<impl Write>, name: &str, text: Option<&str>) {
    let mut header = Header::new_gnu();
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    if let Some(text) = text {
        header.set_size(text.len().try_into().unwrap());
        archive.append_data(&mut header, name, text.as_bytes()).unwrap();
    } else {
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        archive.append_link(&mut header, name, "/target").unwrap();
    }
}
