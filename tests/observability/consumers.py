"""Reads what the charm hands over with the library of those who get it.

usage: consumers.py FILE CHECK

FILE holds the bags by endpoint, as the example `bags` prints them; CHECK is one of the functions below.
"""

import hashlib
import json
import sys
from pathlib import Path

from cosl import JujuTopology
from cosl.grafana_dashboard import DashboardPath40UID
from cosl.rules import Rules, generic_alert_groups
from cosl.utils import LZMABase64
from grafana_foundation_sdk.models import units

import schema

SOURCES = Path(__file__).parents[2] / "src" / "observability"


def read(bag, key):
    return json.loads(bag[key])


def equal(got, expected):
    assert got == expected, f"\ngot      {got}\nexpected {expected}"


def dashboards_unpack_to_their_files(bags):
    templates = read(bags["grafana-dashboard"], "dashboards")["templates"]
    files = sorted((SOURCES / "grafana_dashboards").glob("*.json"))
    equal(sorted(templates), [f"file:{file.stem}" for file in files])
    for file in files:
        content = LZMABase64.decompress(templates[f"file:{file.stem}"]["content"])
        equal(json.loads(content), json.loads(file.read_text()))


def dashboards_have_the_identity_that_their_path_gives(bags):
    templates = read(bags["grafana-dashboard"], "dashboards")["templates"]
    for key, template in templates.items():
        charm, path = template["charm"], f"src/grafana_dashboards/{key.removeprefix('file:')}.json"
        dashboard = json.loads(LZMABase64.decompress(template["content"]))
        equal(dashboard["uid"], DashboardPath40UID.generate(charm, path))
        equal(template["dashboard_alt_uid"], hashlib.shake_256(f"{charm}-{key}".encode()).hexdigest(8))
        assert f"charm: {charm}" in dashboard["tags"]


def same_rules(bag, metadata, language, folder):
    """The other side changes nothing, and would have made the same of our files."""
    sent = read(bag, "alert_rules")
    topology = JujuTopology.from_dict(read(bag, metadata))
    received = Rules(language)
    received.add(sent)
    equal(received.as_dict(), sent)
    injected = Rules(language).inject_and_validate_rules(sent, read(bag, metadata))
    equal((injected.rules, injected.errmsg), (sent, None))
    made = Rules(language, topology)
    made.add_path(SOURCES / folder)
    equal(by_name(made.as_dict()), by_name(sent))


def dashboards_follow_the_schema_of_grafana(bags):
    for dashboard in sent_dashboards(bags):
        schema.decode_dashboard(dashboard)


def a_dashboard_that_breaks_the_schema_is_noticed(bags):
    """Each change is a mistake that Grafana would correct in silence, or trip over."""
    for change in [
        lambda it: it["panels"][1].update(height="100px"),
        lambda it: it["panels"][1]["options"].pop("justifyMode"),
        lambda it: it["panels"][1]["options"].update(textMode="large"),
        lambda it: it["panels"][1]["fieldConfig"]["defaults"].update(min="0"),
        lambda it: it["panels"][1]["fieldConfig"]["defaults"].update(custom={"lineWidth": 1}),
        lambda it: it["panels"][1]["targets"][0].pop("refId"),
        lambda it: it["links"][0].pop("icon"),
        lambda it: it.update(rows=[]),
    ]:
        dashboard = sent_dashboards(bags)[1]
        equal(dashboard["panels"][1]["type"], "stat")
        change(dashboard)
        try:
            schema.decode_dashboard(dashboard)
        except schema.Mistake:
            continue
        raise AssertionError(f"{dashboard} is taken for a good one")


def units_are_in_the_list_of_grafana(bags):
    known = {value for name, value in vars(units).items() if name[0].isupper()}
    for dashboard in sent_dashboards(bags):
        used = {panel["fieldConfig"]["defaults"].get("unit", "none") for panel in dashboard["panels"] if panel["type"] != "row"}
        equal({unit for unit in used - known if not unit.startswith("count:")}, set())


def sent_dashboards(sent):
    templates = read(sent["grafana-dashboard"], "dashboards")["templates"]
    return [json.loads(LZMABase64.decompress(template["content"])) for _, template in sorted(templates.items())]


def by_name(rules):
    return sorted(rules["groups"], key=lambda group: group["name"])


def facts(group):
    return [(rule["alert"], rule["expr"], rule["for"], rule["labels"]["severity"]) for rule in group["rules"]]


def prometheus_takes_the_rules_as_they_are(bags):
    same_rules(bags["metrics-endpoint"], "scrape_metadata", "promql", "prometheus_alert_rules")


def loki_takes_the_rules_as_they_are(bags):
    same_rules(bags["logging"], "metadata", "logql", "loki_alert_rules")


def the_generic_rules_are_those_of_every_charm(bags):
    bag = bags["metrics-endpoint"]
    prefix = JujuTopology.from_dict(read(bag, "scrape_metadata")).identifier.replace("-", "_")
    ours = {group["name"]: facts(group) for group in read(bag, "alert_rules")["groups"]}
    for group in generic_alert_groups.application_rules["groups"]:
        equal(ours[f"{prefix}_{group['name']}_rules"], facts(group))


if __name__ == "__main__":
    globals()[sys.argv[2]](json.loads(Path(sys.argv[1]).read_text()))
