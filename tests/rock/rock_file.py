"""What rockcraft.yaml says, put together for the specification in rock_spec.py."""

import copy
import json
import pathlib
import re
import tomllib

import yaml

GIT_KEYS = {"source-tag", "source-commit", "source-branch"}
SCRIPT_KEYS = ("override-pull", "overlay-script", "override-build", "override-stage", "override-prime")


class Rock:
    """The file, and the files beside it; a copy can be broken without touching the disk."""

    def __init__(self, top):
        self.top = pathlib.Path(top)
        self.folder = self.top / "discourse_rock"
        self.texts = {}
        self.doc = yaml.safe_load(self.text("rockcraft.yaml"))

    def copy(self):
        other = copy.copy(self)
        other.doc = copy.deepcopy(self.doc)
        other.texts = dict(self.texts)
        return other

    def text(self, path):
        """The text of a file of the folder; a test may have put another one in its place."""
        return self.texts[path] if path in self.texts else (self.folder / path).read_text()

    def edit(self, path, old, new):
        """Break a text; the old one must be there, or the test of the test would prove nothing."""
        text = self.text(path)
        assert old in text, f"{path} has no {old!r}"
        self.texts[path] = text.replace(old, new)

    @property
    def parts(self):
        return self.doc["parts"]

    def git_parts(self):
        return {name: part for name, part in self.parts.items() if ":" in part.get("source", "")}

    def local_parts(self):
        return {name: part for name, part in self.parts.items() if "source" in part and ":" not in part["source"]}

    def build_scripts(self):
        """The programs in build/, by name."""
        return {file.name: self.text(f"build/{file.name}") for file in sorted((self.folder / "build").iterdir()) if file.is_file()}

    def scripts(self):
        """All shell text that a build runs, by where it stands."""
        inline = {f"{name}: {key}": part[key] for name, part in self.parts.items() for key in SCRIPT_KEYS if key in part}
        return inline | {f"build/{name}": text for name, text in self.build_scripts().items()}

    def image_packages(self):
        """What is installed into the image, by kind of key."""
        return [package for part in self.parts.values() for key in ("overlay-packages", "stage-packages") for package in part.get(key, [])]

    def promised_programs(self):
        """The programs in the table's row "in `PATH`"."""
        row = re.search(r"^\| in `PATH` \| (.*) \|$", self.text("README.md"), re.M)
        return re.findall(r"`([a-z-]+)`", row.group(1)) if row else []

    def packages_of(self, path):
        """The packages of a Cargo.lock: name and version to checksum."""
        text = self.text(path) if path.startswith("forwarder") else (self.top / path).read_text()
        return {(one["name"], one["version"]): one.get("checksum") for one in tomllib.loads(text)["package"]}

    def pnpm_lock(self):
        return json.loads(self.text("build/pnpm/package-lock.json"))
