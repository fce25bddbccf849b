"""Looks into the packed charm.

usage: packed.py FILE CHECK

FILE is the packed charm; CHECK is one of the functions below.
"""

import re
import stat
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import yaml

PROJECT = Path(__file__).parents[2]
OURS = ["LICENSE", "THIRD-PARTY", "actions.yaml", "config.yaml", "icon.svg", "metadata.yaml"]
LARGEST = 3_000_000
SVG = "{http://www.w3.org/2000/svg}"


def equal(got, expected):
    assert got == expected, f"\ngot      {got}\nexpected {expected}"


def the_charm_is_a_zip_file_without_faults(charm):
    equal(ZipFile(charm).testzip(), None)


def the_charm_holds_what_it_needs_and_nothing_else(charm):
    equal(sorted(ZipFile(charm).namelist()), sorted([*OURS, "dispatch", "manifest.yaml", "version"]))


def dispatch_may_be_run_and_nothing_else(charm):
    modes = {entry.filename: stat.filemode(entry.external_attr >> 16) for entry in ZipFile(charm).infolist()}
    equal(modes.pop("dispatch"), "-rwxr-xr-x")
    equal(set(modes.values()), {"-rw-r--r--"})


def the_charm_is_small(charm):
    size = charm.stat().st_size
    assert size <= LARGEST, f"{size} bytes are more than {LARGEST}"


def what_people_and_juju_read_is_byte_for_byte_ours(charm):
    for name in OURS:
        assert ZipFile(charm).read(name) == (PROJECT / name).read_bytes(), name


def the_version_is_that_of_the_program(charm):
    project = tomllib.loads((PROJECT / "Cargo.toml").read_text())
    equal(ZipFile(charm).read("version").decode(), project["workspace"]["package"]["version"] + "\n")


def the_icon_is_a_flat_circle_with_a_glyph(charm):
    icon = ZipFile(charm).read("icon.svg")
    assert len(icon) < 10_000, f"{len(icon)} bytes are too many"
    root = ElementTree.fromstring(icon)
    equal(root.attrib, {"width": "100", "height": "100", "viewBox": "0 0 100 100"})
    equal([child.tag.removeprefix(SVG) for child in root.iter()], ["svg", "circle", "path"])
    circle, glyph = root
    equal({key: circle.get(key) for key in ("cx", "cy", "r")}, {"cx": "50", "cy": "50", "r": "50"})
    colours = [element.get("fill") for element in root]
    assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for colour in colours), colours
    assert contrast(*colours) >= 4.5, f"{colours} have a contrast of {contrast(*colours)}"
    assert set(glyph.attrib) <= {"fill", "fill-rule", "d"}, glyph.attrib


def contrast(*colours):
    """How much lighter one colour is than the other.

    Source: Web Content Accessibility Guidelines 2.2, contrast ratio.
    """
    dark, light = sorted(map(luminance, colours))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear))


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
