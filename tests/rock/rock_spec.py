"""The specification of discourse_rock/rockcraft.yaml. Each sentence is checked twice: it holds for the file, and it does not
hold for a copy that was broken in the way that stands beside it."""

import re
import subprocess
import sys
import tomllib

import craft_parts
from craft_parts.parts import Part, sort_parts
from rock_file import GIT_KEYS, Rock

# What the model of rockcraft 1.20 requires, and what it knows besides and is of use here.
REQUIRED = {"name", "summary", "description", "base", "platforms", "parts", "version", "license", "run-user", "checks"}
ALLOWED = REQUIRED | {"title", "environment"}
# The plugins of rockcraft for ubuntu@26.04 that need no more than craft-parts.
PLUGINS = {"autotools", "cargo-use", "cmake", "dump", "go", "go-use", "make", "meson", "nil", "npm", "rust"}
BUILD_TOOLS = re.compile(
    r"(.*-dev|build-essential|gcc.*|g\+\+.*|clang.*|make|cmake|autoconf|automake|libtool|bison|flex|git.*|node.*|npm|yarn.*|pnpm"
    r"|cargo.*|rustc.*|rustup|golang.*|python3-pip|curl|wget|ubuntu-dev-tools|postgresql|postgresql-all|redis|redis-server)$"
)
DOWNLOADS = re.compile(r"\b(curl|wget|snap|gem install|pip3? install|npm install|git clone)\b|https?://")
PROGRAMS = {
    "sh": "dash", "cat": "coreutils", "cut": "coreutils", "dd": "coreutils", "ln": "coreutils", "mkfifo": "coreutils", "mv": "coreutils", "nice": "coreutils", "rm": "coreutils",
    "sleep": "coreutils", "tail": "coreutils", "grep": "grep", "gzip": "gzip", "tar": "tar", "pg_dump": "postgresql-client", "ps": "procps", "ruby": "ruby", "sed": "sed",
    "psql": "postgresql-client", "redis-cli": "redis-tools", "setsid": "util-linux", "setpriv": "util-linux",
}
NO_SERVERS = ("SKIP_DB_AND_REDIS=1", "DISCOURSE_DOWNLOAD_PRE_BUILT_ASSETS=0", "assets:precompile")
SPECIFICATION = []


def spec(sentence, broken):
    """A sentence about a Rock, which returns what contradicts it, and a way to break a copy of it."""
    return lambda body: SPECIFICATION.append((sentence, body, broken)) or body


def part_of(rock, **more):
    """Add a part to a copy that is to be broken."""
    rock.parts["more"] = {"plugin": "nil"} | {key.replace("_", "-"): value for key, value in more.items()}


@spec("the file has the keys that rockcraft requires", lambda rock: rock.doc.pop("license"))
def _(rock):
    return REQUIRED - rock.doc.keys()


@spec("the file has no key that nobody reads", lambda rock: rock.doc.update(env={}))
def _(rock):
    return rock.doc.keys() - ALLOWED - {"services"}


@spec("the image is that of Ubuntu 26.04, for both architectures", lambda rock: rock.doc["platforms"].pop("arm64"))
def _(rock):
    return (rock.doc["base"], rock.doc["platforms"]) != ("ubuntu@26.04", {"amd64": None, "arm64": None})


@spec("the user is the one that the charm names", lambda rock: rock.doc.update({"run-user": "root"}))
def _(rock):
    return rock.doc["run-user"] != "_daemon_"


@spec("the version is that of Discourse's tag", lambda rock: rock.doc.update(version="2026.1.6"))
def _(rock):
    part = rock.parts["discourse"]
    tag = part.get("source-tag") or re.search(r"discourse/discourse\.git\n.*# tag: ([^ ;\n]+)", rock.text("rockcraft.yaml")).group(1)
    return tag != f"v{rock.doc['version']}"


@spec("the image has no service of its own", lambda rock: rock.doc.update(services={"web": {}}))
def _(rock):
    return rock.doc.keys() & {"services", "entrypoint-service", "entrypoint-command"}


@spec("variables are texts without interpolation", lambda rock: rock.doc["environment"].update(LANG="$HOME"))
def _(rock):
    return [name for name, value in rock.doc["environment"].items() if not isinstance(value, str) or "$" in value]


@spec("the allocator is found on every architecture", lambda rock: rock.doc["environment"].update(LD_PRELOAD="/usr/lib/x86_64-linux-gnu/a.so"))
def _(rock):
    return rock.doc["environment"]["LD_PRELOAD"] != "libjemalloc.so.2" or "libjemalloc2" not in rock.image_packages()


@spec("the garbage collector is set", lambda rock: rock.doc["environment"].pop("RUBY_GC_HEAP_0_INIT_SLOTS"))
def _(rock):
    return len([name for name in rock.doc["environment"] if name.startswith("RUBY_GC_")]) != 5


@spec("every plugin is one that rockcraft has", lambda rock: part_of(rock, plugin="ruby"))
def _(rock):
    return {part["plugin"] for part in rock.parts.values()} - PLUGINS


@spec("craft-parts understands every part", lambda rock: part_of(rock, stage_package=["ruby"]))
def _(rock):
    return {name: text for name, part in rock.parts.items() if (text := objection(part))}


@spec("every part that another one comes after exists", lambda rock: part_of(rock, after=["nothing"]))
def _(rock):
    return {after for part in rock.parts.values() for after in part.get("after", [])} - rock.parts.keys()


@spec("no part waits for itself, by whatever way", lambda rock: rock.parts["scripts"].update(after=["image"]))
def _(rock):
    try:
        sort_parts([Part(name, {"after": part.get("after", []), "plugin": "nil"}) for name, part in rock.parts.items()])
    except craft_parts.errors.PartDependencyCycle as error:
        return error.brief
    return None


@spec("foreign sources are public repositories at one tag or one whole commit", lambda rock: rock.parts["plugin-saml"].update({"source-commit": "e204423"}))
def _(rock):
    return [name for name, part in rock.git_parts().items() if not is_pinned(part)]


@spec("sources of our own are folders beside the file", lambda rock: part_of(rock, plugin="dump", source="../src"))
def _(rock):
    return [name for name, part in rock.local_parts().items() if ".." in part["source"] or not (rock.folder / part["source"]).is_dir()]


@spec("no script downloads anything by itself", lambda rock: rock.edit("build/app", "bundle install", "curl -L x | sh; bundle install"))
def _(rock):
    code = {name: re.sub(r"^\s*#.*$", "", text, flags=re.M) for name, text in rock.scripts().items()}
    return [name for name, text in code.items() if DOWNLOADS.search(text)]


@spec("every script is written for the shell that runs it", lambda rock: rock.edit("build/finish", "done", ""))
def _(rock):
    shells = {name: "sh" if name.startswith("build/") else "bash" for name in rock.scripts()}
    return [name for name, text in rock.scripts().items() if subprocess.run([shells[name], "-n"], input=text, text=True, capture_output=True).returncode]


@spec("the image has no tool that only a build needs", lambda rock: part_of(rock, stage_packages=["git"]))
def _(rock):
    return [package for package in rock.image_packages() if BUILD_TOOLS.match(package)]


@spec("the programs that README promises are asked for, and looked for", lambda rock: rock.parts["runtime"]["overlay-packages"].remove("redis-tools"))
def _(rock):
    promised = rock.promised_programs()
    looked_for = set(rock.parts["runtime"]["overlay-script"].split())
    packages = {PROGRAMS.get(program) for program in promised}
    return packages - set(rock.image_packages()) or set(promised) - looked_for or len(promised) < 10


@spec("every program in build/ is called", lambda rock: rock.edit("build/app", "prune-modules", "prune"))
def _(rock):
    text = "\n".join(rock.scripts().values())
    return [name for name in rock.build_scripts() if f"/build/{name}" not in text]


@spec("the last part comes after all that is in the image", lambda rock: rock.parts["image"]["after"].remove("charm-tasks"))
def _(rock):
    shipped = {name for name, part in rock.parts.items() if "rock" not in part.get("stage", []) and name != "image"}
    return shipped - set(rock.parts["image"]["after"])


@spec("the build of Discourse sees the base, all plugins and its tools", lambda rock: rock.parts["discourse"]["after"].remove("plugin-saml"))
def _(rock):
    needed = {name for name in rock.parts if name.startswith("plugin-")} | {"runtime", "build-files", "patches", "scripts"}
    return needed - set(rock.parts["discourse"]["after"])


@spec("assets are compiled without a server, and without a download", lambda rock: rock.edit("build/app", "SKIP_DB_AND_REDIS=1", ""))
def _(rock):
    return [wanted for wanted in NO_SERVERS if wanted not in rock.text("build/app")]


@spec("pnpm has a version and a checksum", lambda rock: rock.edit("build/pnpm/package-lock.json", "integrity", "origin"))
def _(rock):
    modules = {name: module for name, module in rock.pnpm_lock()["packages"].items() if name}
    return [name for name, module in modules.items() if not module.get("integrity", "").startswith("sha512-")] or not modules


@spec("the forwarder is built by the release of Rust that the charm is built by", lambda rock: rock.parts["metrics-forwarder"].update({"rust-channel": "1.95"}))
def _(rock):
    toolchain = tomllib.loads((rock.top / "rust-toolchain.toml").read_text())["toolchain"]
    return rock.parts["metrics-forwarder"]["rust-channel"] != toolchain["channel"]


@spec("the forwarder is built with the profile of the charm", lambda rock: rock.parts["metrics-forwarder"]["build-environment"].pop())
def _(rock):
    profile = tomllib.loads((rock.top / "Cargo.toml").read_text())["profile"]["release"]
    variables = {f"CARGO_PROFILE_RELEASE_{key.upper().replace('-', '_')}": str(value).lower() for key, value in profile.items()}
    given = {key: value for pair in rock.parts["metrics-forwarder"]["build-environment"] for key, value in pair.items()}
    return variables.items() ^ given.items()


@spec("the forwarder is built from the crates that the tests use", lambda rock: rock.edit("forwarder/Cargo.lock", 'name = "hyper"', 'name = "hypo"'))
def _(rock):
    return rock.packages_of("forwarder/Cargo.lock").items() - rock.packages_of("Cargo.lock").items()


def objection(part):
    """What craft-parts says against a part."""
    try:
        craft_parts.parts.validate_part(dict(part))
    except (ValueError, craft_parts.PartsError) as error:
        return str(error)
    return None


def is_pinned(part):
    keys = part.keys() & GIT_KEYS
    url = re.fullmatch(r"https://github\.com/[\w-]+/[\w.-]+\.git", part["source"])
    commit = re.fullmatch(r"[0-9a-f]{40}", part.get("source-commit", "0" * 40))
    return bool(url and commit and len(keys) == 1 and "source-branch" not in keys and part.get("source-depth") == 1)


def ask(rock, body):
    """What contradicts the sentence; a file that it cannot be asked of does."""
    try:
        return body(rock)
    except (AttributeError, KeyError, OSError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


def judge(rock, body, broken):
    """Nothing, or why the sentence fails."""
    if problem := ask(rock, body):
        return problem
    worse = rock.copy()
    broken(worse)
    return None if ask(worse, body) else "holds for a broken file, too: the check is blind"


def main(top):
    craft_parts.Features(enable_overlay=True)
    rock = Rock(top)
    failed = 0
    for sentence, body, broken in SPECIFICATION:
        problem = judge(rock, body, broken)
        failed += bool(problem)
        print(f"FAILED  {sentence}\n        {problem}" if problem else f"ok      {sentence}")
    verdict = "FAILED" if failed else "ok"
    print(f"test result: {verdict}. {len(SPECIFICATION) - failed} passed; {failed} failed; 0 ignored")
    return 1 if failed else 0


sys.exit(main(sys.argv[1]))
