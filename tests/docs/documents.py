"""The documents of the project, and the prose in them."""

import json
import re
from pathlib import Path

import yaml

# Blocks, comments, words in the font of code, targets of links, what is filled in, and names such as mail.example.com or smtp_port.
CODE = [
    r"(?ms)^(```|~~~).*?^\1",
    r"(?m)^    .*$",
    r"(?s)<!--.*?-->",
    r"`[^`]*`",
    r"\]\([^)]*\)",
    r"\{\{.*?\}\}",
    r"<[^>]*>",
    r"\{[^}]*\}",
    r"\S*[_=@/]\S*",
    r"\w\S*\.\w\S*",
]

TOP = Path(__file__).resolve().parent.parent.parent


def documents():
    """All documents in Markdown for people, by path."""
    others = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "discourse_rock/README.md", "terraform/README.md"]
    paths = [TOP / name for name in others] + sorted((TOP / "docs").rglob("*.md"))
    return [path for path in paths if path.exists()]


def without_code(text):
    """The text without what is code: blocks, words in its font, comments, addresses, names with dots and the like in them."""
    for pattern in CODE:
        text = re.sub(pattern, " ", text)
    return text


def prose():
    """The prose of each document, and of the texts that people read elsewhere, by where it is."""
    found = {str(path.relative_to(TOP)): without_code(path.read_text()) for path in documents()}
    for name in ["config.yaml", "actions.yaml", "metadata.yaml", "charmcraft.yaml"]:
        found[name] = without_code("\n".join(descriptions(yaml.safe_load((TOP / name).read_text()))))
    for path in sorted((TOP / "src/observability").rglob("*.rules")):
        groups = yaml.safe_load(path.read_text())["groups"]
        texts = [text for group in groups for rule in group["rules"] for text in rule["annotations"].values()]
        found[str(path.relative_to(TOP))] = without_code("\n".join(texts))
    for path in sorted((TOP / "src/observability").rglob("*.json")):
        found[str(path.relative_to(TOP))] = "\n".join(titles(json.loads(path.read_text())))
    statuses = yaml.safe_load((TOP / "tests/documents/statuses.yaml").read_text())
    found["statuses"] = without_code("\n".join(text for entries in statuses.values() for entry in entries for text in entry[1:4]))
    return found


def descriptions(value):
    """All texts for people in a YAML file."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("summary", "description") and isinstance(inner, str):
                yield inner
            else:
                yield from descriptions(inner)


def titles(dashboard):
    """What people read of a dashboard."""
    for panel in [dashboard, *dashboard.get("panels", [])]:
        yield from (str(panel[key]) for key in ("title", "description") if panel.get(key))
        if panel is not dashboard:
            yield from titles({"panels": panel.get("panels", [])})
