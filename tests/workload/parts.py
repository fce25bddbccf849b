"""Builds and primes the parts of discourse_rock/rockcraft.yaml with craft-parts, as rockcraft does, and makes an image's root.

usage: parts.py ROCK DESTINATION VERSION [extra] [rails]   in a mount namespace with a work folder at /mnt, and an empty /srv

What is not as in the file, and why:
  runtime            is left out: its packages are those of Ubuntu's archive
  git sources        are repositories that are made here: the stand-in in place of Discourse, and a file for each plugin
  build-packages     are left out: the stand-in needs none, and tests/setup installs what the forwarder needs
  rust-channel       is none: the machine's own Rust is taken, where rockcraft would install one from a snap
  bundle, npm, pnpm  do nothing: the stand-in's gems are Debian's, and it has no modules
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

import craft_parts
import yaml
from craft_parts import Step

HERE = pathlib.Path(__file__).parent
RAILS = HERE.parent / "rails"
WORK = pathlib.Path("/mnt")
# It takes long to compile, so it is built again only when it has changed.
FORWARDER = "metrics-forwarder"
# What build/app asks a Discourse and a plugin for.
VERSION = 'module Discourse; module VERSION; STRING = "{}"; end; end\n'
PLUGIN = """# name: discourse-{0}
# version: 0.1
# Reads node_modules/none.js.

enabled_site_setting :{0}_enabled
"""


def stand_in(options):
    """The application that stands in for Discourse; the one of tests/rails has some files in common with this folder's."""
    target = WORK / "sources/discourse"
    shared = RAILS.joinpath("shared").read_text().split() if "rails" in options else ["."]
    for name in shared:
        source = HERE / "app" / name
        if source.is_dir():
            shutil.copytree(source, target / name, dirs_exist_ok=True)
        else:
            target.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    if "rails" in options:
        shutil.copytree(RAILS / "app", target, dirs_exist_ok=True)
    if "extra" in options:
        shutil.copytree(HERE / "extra", target, dirs_exist_ok=True)


def prepare(rock, version, options):
    """Lay out the project, the sources and the programs that do nothing; all files belong to root, as where rockcraft builds."""
    for name in ("project", "sources", "bin"):
        shutil.rmtree(WORK / name, ignore_errors=True)
    shutil.copytree(rock, WORK / "project", ignore=shutil.ignore_patterns("target"))
    stand_in(options)
    (WORK / "sources/discourse/lib/version.rb").write_text(VERSION.format(version))
    if "rails" not in options:
        add_facts(rock, WORK / "sources/discourse")
    (WORK / "bin").mkdir()
    for name in ("bundle", "npm", "pnpm"):
        (WORK / "bin" / name).symlink_to("/bin/true")


def add_facts(rock, app):
    """Put the texts that build/app looks for where the light stand-in has no such file; the other one has all of them."""
    lines = (pathlib.Path(rock) / "patches/facts").read_text().splitlines()
    for files, texts, _ in (line.split("\t") for line in lines if line and line[0] not in "#!"):
        file = app / files.split()[0]
        known = file.read_text() if file.exists() else ""
        if not any(text in known for text in texts.split("|")):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{known}# {texts.split('|')[0]}\n")


def set_environment(version):
    """What the scripts of the parts see."""
    for name in list(os.environ):  # the forwarder's part looks for target/, and a hook of git names a repository
        if name in ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR") or name.startswith("GIT_"):
            del os.environ[name]
    os.environ["PATH"] = f"{WORK}/bin:{os.environ['PATH']}"
    os.environ["CRAFT_PROJECT_VERSION"] = version
    os.environ |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    # The commit is named in the image: the same files are the same commit.
    os.environ |= {"GIT_AUTHOR_DATE": "2026-01-01T00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00Z"}
    os.umask(0o022)


def repository(name):
    """The URL of a repository that stands in for that of a part."""
    folder = WORK / "sources" / name
    if not folder.exists():
        folder.mkdir()
        (folder / "plugin.rb").write_text(PLUGIN.format(name.removeprefix("plugin-").replace("-", "_")))
    author = ["-c", "user.name=tests", "-c", "user.email=tests@example.com"]
    for command in (["init", "--quiet"], ["add", "--all"], [*author, "commit", "--quiet", "--message", "Stand in"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return f"file://{folder}"


def parts_of(doc):
    """The parts as this machine can build them."""
    parts = {name: dict(part) for name, part in doc["parts"].items() if name != "runtime"}
    for name, part in parts.items():
        part.pop("build-packages", None)
        part["after"] = [other for other in part.get("after", []) if other in parts]
        if ":" in part.get("source", ""):
            pins = ("source-tag", "source-commit")
            parts[name] = {key: value for key, value in part.items() if key not in pins}
            parts[name] |= {"source": repository(name), "source-type": "git"}
    parts[FORWARDER]["rust-channel"] = "none"
    return parts


def forwarder_digest(part):
    """A digest of what the program is made of."""
    files = sorted(path for path in (WORK / "project" / part["source"]).rglob("*") if path.is_file())
    rust = subprocess.run(["rustc", "--version"], check=True, capture_output=True).stdout
    text = [yaml.dump(part).encode(), rust, *(str(path).encode() + path.read_bytes() for path in files)]
    return hashlib.sha256(b"".join(text)).hexdigest()


def forget(digest):
    """Remove all that was built before but the forwarder, if that is the same; craft-parts cleans slower than it builds."""
    known = WORK / "forwarder"
    kept = known.exists() and known.read_text() == digest
    if not kept:
        known.unlink(missing_ok=True)
    for folder in (WORK / "stage", WORK / "prime", *(WORK / "parts").glob("*")):
        if not (kept and folder.name == FORWARDER):
            shutil.rmtree(folder, ignore_errors=True)
    for step in ("stage", "prime"):
        (WORK / "parts" / FORWARDER / "state" / step).unlink(missing_ok=True)


def prime(parts, log):
    """Take all parts through the steps of craft-parts."""
    digest = forwarder_digest(parts[FORWARDER])
    forget(digest)
    manager = craft_parts.LifecycleManager(
        {"parts": parts}, application_name="tests", cache_dir=WORK / "cache", work_dir=WORK, parallel_build_count=os.cpu_count()
    )
    with manager.action_executor() as executor:
        executor.execute(manager.plan(Step.PRIME), stdout=log, stderr=log)
    (WORK / "forwarder").write_text(digest)


def add_layer(doc, root):
    """As rockcraft, which writes the file by itself, beside what is primed."""
    folder = root / "var/lib/pebble/default/layers"
    folder.mkdir(parents=True)
    layer = {key: doc[key] for key in ("services", "checks") if key in doc}
    (folder / f"001-rockcraft-{doc['name']}.yaml").write_text(yaml.dump(layer, sort_keys=False))


def main(rock, destination, version, *options):
    set_environment(version)
    prepare(rock, version, options)
    os.chdir(WORK / "project")
    doc = yaml.safe_load(pathlib.Path("rockcraft.yaml").read_text())
    log = WORK / "log"
    try:
        with log.open("w") as file:
            prime(parts_of(doc), file)
    except craft_parts.PartsError as error:
        sys.exit(f"{log.read_text()}tests/workload/parts.py: cannot build the image: {error}")
    subprocess.run(["cp", "-a", WORK / "prime", destination], check=True)
    add_layer(doc, pathlib.Path(destination))


main(*sys.argv[1:])
