"""Looks into the packed charm.

usage: packed.py FILE CHECK

FILE is the packed charm; CHECK is one of the functions below.
"""

import re
import stat
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import yaml

PROJECT = Path(__file__).parents[2]
OURS = ["LICENSE", "actions.yaml", "config.yaml", "metadata.yaml"]
LARGEST = 3_000_000


def equal(got, expected):
    assert got == expected, f"\ngot      {got}\nexpected {expected}"


def the_charm_is_a_zip_file_without_faults(charm):
    equal(ZipFile(charm).testzip(), None)


def the_charm_holds_what_it_needs_and_nothing_else(charm):
    equal(sorted(ZipFile(charm).namelist()), sorted([*OURS, "dispatch", "manifest.yaml"]))


def dispatch_may_be_run_and_nothing_else(charm):
    modes = {entry.filename: stat.filemode(entry.external_attr >> 16) for entry in ZipFile(charm).infolist()}
    equal(modes.pop("dispatch"), "-rwxr-xr-x")
    equal(set(modes.values()), {"-rw-r--r--"})


def the_charm_is_small(charm):
    size = charm.stat().st_size
    assert size <= LARGEST, f"{size} bytes are more than {LARGEST}"


def what_juju_reads_is_byte_for_byte_ours(charm):
    for name in OURS:
        assert ZipFile(charm).read(name) == (PROJECT / name).read_bytes(), name


def the_charm_is_for_one_base_and_this_platform(charm):
    name, channel = yaml.safe_load((PROJECT / "charmcraft.yaml").read_text())["base"].split("@")
    architecture = charm.stem.split("_")[-1]
    bases = yaml.safe_load(ZipFile(charm).read("manifest.yaml"))["bases"]
    equal(bases, [{"name": name, "channel": channel, "architectures": [architecture]}])


def dispatch_is_built_by_the_release_of_rust_that_the_project_names(charm):
    release = tomllib.loads((PROJECT / "rust-toolchain.toml").read_text())["toolchain"]["channel"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", release), f"{release} is no exact release"
    built_by = re.findall(rb"rustc version (\S+)", ZipFile(charm).read("dispatch"))
    equal(set(built_by), {release.encode()})


if __name__ == "__main__":
    globals()[sys.argv[2]](Path(sys.argv[1]))
