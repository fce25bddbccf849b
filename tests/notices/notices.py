"""The notices of a program: what is linked into it, and under which licences.

usage: notices.py PROGRAM     prints the notices
       notices.py --examples  chooses among licences, as the notices say
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
# The crate of each program, and the folder whose lock file it is built from.
PROGRAMS = {"dispatch": ("discourse-k8s", "."), "metrics-forwarder": ("metrics-forwarder", "discourse_rock/forwarder")}
TARGETS = ["aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"]
APACHE = "Apache-2.0"
# Where licences may be chosen, the first of these. What each of the others says, and nothing else does.
MARKS = {
    APACHE: "",
    "MIT": "permission is hereby granted, free of charge",
    "Unicode-3.0": "unicode license v3",
    "BSD-3-Clause": "neither the name of",
}
# Of a crate, the files with its licences.
LICENCES = re.compile(r"(licen[cs]e|copying|unlicense)", re.IGNORECASE)
NOTICES = re.compile(r"notice", re.IGNORECASE)
# What Rust links into every static program, with the file beside this one that holds its licence.
RUNTIME = [
    ("the standard library of Rust {rust}", APACHE, None),
    ("libunwind of LLVM, which comes with Rust {rust}", f"{APACHE} with the exception of LLVM", "llvm-exception"),
    ("musl, which comes with Rust {rust}", "MIT", "musl"),
    ("tables of Unicode in the standard library of Rust {rust}", "Unicode-3.0", "unicode"),
]
EXAMPLES = {
    "MIT": {"MIT"},
    "MIT/Apache-2.0": {APACHE},
    "Unlicense OR MIT": {"MIT"},
    "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT": {APACHE},
    "(Apache-2.0 OR MIT) AND BSD-3-Clause": {APACHE, "BSD-3-Clause"},
    "MIT AND Unicode-3.0 OR Zlib": {"MIT", "Unicode-3.0"},
}
INTRODUCTION = """\
Software of others in the program {program}

These crates and libraries are linked into it, on one platform or on both. Where they
offer several licences, the first of {order} is chosen.
"""


def run(command, folder, *options):
    """Within the project, whose release of Rust counts."""
    command = ["cargo", command, "--locked", f"--manifest-path={folder / 'Cargo.toml'}", *options]
    return subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True).stdout


def linked(folder, crate, target):
    """The names, versions and licences of the crates that are compiled into a program, but for its own."""
    options = ["--package", crate, "--target", target, "--edges", "normal,no-proc-macro", "--prefix", "none"]
    lines = run("tree", folder, *options, "--format", "{p}|{l}").splitlines()
    found = re.findall(r"^(\S+) v(\S+)(?: \([^)]*\))?\|(.*?)(?: \(\*\))?$", "\n".join(lines), re.MULTILINE)
    assert len(found) == len([line for line in lines if line]), f"cargo tree says something else than expected: {lines}"
    return {(name, version): licence for name, version, licence in found if name != crate}


def places(folder, target):
    """The folders with the sources of all crates."""
    answer = json.loads(run("metadata", folder, "--format-version", "1", "--filter-platform", target))
    return {(it["name"], it["version"]): Path(it["manifest_path"]).parent for it in answer["packages"]}


def crates(folder, crate):
    """The crates in a program for any platform, each with its licence and its sources."""
    found = {}
    for target in TARGETS:
        sources = places(folder, target)
        found |= {key: (licence, sources[key]) for key, licence in linked(folder, crate, target).items()}
    return found


def chosen(expression):
    """The licences that a crate is used under, of what its expression offers."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR ").replace(" WITH ", "_WITH_"))

    def alternatives():
        found = [together()]
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            found.append(together())
        return min(found, key=rank)

    def together():
        found = single()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            found = found | single()
        return found

    def single():
        token = tokens.pop(0)
        if token != "(":
            return {token}
        found = alternatives()
        assert tokens.pop(0) == ")", expression
        return found

    found = alternatives()
    unknown = found - MARKS.keys()
    assert not tokens and not unknown, f"{expression}: no notice is known for {unknown or tokens}"
    return found


def rank(licences):
    """How late a choice comes: a licence without a mark comes last."""
    order = list(MARKS)
    return max(order.index(it) if it in order else len(order) for it in licences)


def files(folder, pattern):
    return [path.read_text() for path in sorted(folder.iterdir()) if pattern.match(path.name) and path.is_file()]


def texts(name, folder, licence):
    """What a crate asks to be passed on for a licence: with Apache-2.0, only what it has to say besides."""
    if licence == APACHE:
        return files(folder, NOTICES)
    found = [text for text in files(folder, LICENCES) if MARKS[licence] in " ".join(text.lower().split())]
    assert found, f"{name} brings no text of {licence}"
    return found


def collect(program):
    """For each licence, its texts with the names of what is under it; without a text, for what only its name is asked."""
    crate, path = PROGRAMS[program]
    release = tomllib.loads((PROJECT / "rust-toolchain.toml").read_text())["toolchain"]["channel"]
    found = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as scratch:
        folder = PROJECT
        if path != ".":  # outside of the workspace, whose lock file would count
            folder = Path(scratch) / "program"
            shutil.copytree(PROJECT / path, folder)
        for (name, version), (expression, sources) in sorted(crates(folder, crate).items()):
            for licence in sorted(chosen(expression)):
                for text in texts(name, sources, licence) or [""]:
                    found[licence][tidy(text)].append(f"{name} {version}")
    for name, licence, file in RUNTIME:
        text = (HERE / "runtime" / file).read_text() if file else ""
        found[licence][tidy(text)].append(name.format(rust=release))
    return found


def tidy(text):
    """A text as lines without blanks at their ends, and without a byte order mark."""
    return "\n".join(line.rstrip() for line in text.removeprefix("\ufeff").strip("\n").splitlines())


def names(users):
    """The names in lines, each with its version in the same line."""
    glued = ", ".join(user.replace(" ", "\0") for user in users)
    return textwrap.fill(glued, width=88, break_on_hyphens=False, break_long_words=False).replace("\0", " ")


def notices(program):
    order = ", ".join(MARKS)
    yield INTRODUCTION.format(program=program, order=order)
    for licence, by_text in sorted(collect(program).items()):
        for text, users in sorted(by_text.items(), key=lambda item: item[1]):
            yield f"{'=' * 88}\n{licence}\n\n{names(users)}\n"
            yield f"{'-' * 88}\n{text}\n" if text else "The text of this licence stands at the end.\n"
    yield f"{'=' * 88}\nThe text of {APACHE}\n{'-' * 88}\n{tidy((PROJECT / 'LICENSE').read_text())}\n"


def choose_examples():
    for expression, expected in EXAMPLES.items():
        assert chosen(expression) == expected, f"{expression}: {chosen(expression)}"
    try:
        chosen("GPL-3.0-only OR CC0-1.0")
    except AssertionError:
        return
    sys.exit("a licence of which nothing is known was chosen")


if sys.argv[1] == "--examples":
    choose_examples()
else:
    print("\n".join(notices(sys.argv[1])), end="")
