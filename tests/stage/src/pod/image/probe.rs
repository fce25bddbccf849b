//! A look at what is to be an image, before anything of it is unpacked.

use std::{borrow::Cow, fs::File, io::Read as _, path::Path};

/// How packed archives begin, with gzip and with zstd: what they hold is known late.
const PACKED: [&[u8]; 2] = [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd]];
/// What an archive or layout of an image has at its top.
const CONTENTS: [&str; 2] = ["index.json", "manifest.json"];

/// Why there is no image at a path, as far as a look tells.
///
/// *Empty*: it may be one; a folder that is no layout is a root or a part of one.
#[must_use]
pub fn complaint(path: &Path) -> Option<String> {
    let shown = path.display();
    match path.metadata() {
        Err(cause) => Some(format!("no such image: {shown}: {cause}")),
        Ok(found) if found.is_dir() => {
            let is_half = path.join("oci-layout").exists() && !path.join("index.json").is_file();
            is_half.then(|| format!("no image: {shown}: a layout has an index.json"))
        }
        Ok(_) => (!is_archive(path)).then(|| {
            format!("no image: {shown}: it is neither a folder nor an archive with index.json or manifest.json")
        }),
    }
}

fn is_archive(path: &Path) -> bool {
    let mut begin = [0; 4];
    let Ok(mut file) = File::open(path) else { return false };
    let _ = file.read(&mut begin);
    if PACKED.iter().any(|magic| begin.starts_with(magic)) {
        return true;
    }
    let Ok(file) = File::open(path) else { return false };
    let mut archive = tar::Archive::new(file);
    let Ok(entries) = archive.entries_with_seek() else { return false };
    let mut names = entries.flatten().filter_map(|entry| entry.path().ok().map(Cow::into_owned));
    names.any(|name| CONTENTS.iter().any(|known| name == Path::new(known) || name == Path::new(".").join(known)))
}
