"""Plays every query of the dashboards on a real Prometheus that has scraped made forums.

usage: panels.py FOLDER ask     asks everything for each forum, and keeps the answers in FOLDER
       panels.py FOLDER CHECK   CHECK is one of the functions below that take answers
"""

import json
import re
import sys
from pathlib import Path

import yaml

from forums import BEGIN, CUT_OFF, END, EVERYTHING, FORUM, FORUMS, HELP, NAMESAKE, RETURN, STEP, lines
from prometheus import Prometheus
from truth import TRUTH

SOURCES = Path(__file__).parents[2] / "src" / "observability"
DASHBOARDS = [json.loads(file.read_text()) for file in sorted((SOURCES / "grafana_dashboards").glob("*.json"))]
RULES = [rule for file in sorted((SOURCES / "prometheus_alert_rules").glob("*.rules"))
         for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]
# Half an hour is shown. Four intervals of scraping are Grafana's least for a rate.
SHOWN = END - 1800
FILLED = {"$__rate_interval": "4m", "$__range": f"{END - SHOWN}s"}
VARIABLES = ["juju_model", "juju_model_uuid", "juju_application"]
# By unit, the least and the most that a panel could show of any forum.
SANE = {
    "none": (0, 1e5), "short": (0, 2**31), "percentunit": (0, 1), "s": (0, 86400), "bytes": (0, 1e12),
    "reqps": (0, 1e4), "ops": (0, 1e4), "mps": (0, 1e4), "count:views/min": (0, 1e5),
}


def chosen(forum):
    return {"juju_model": forum.model, "juju_model_uuid": forum.uuid, "juju_application": forum.application, "juju_unit": ".*"}


def filled(text, forum):
    """A query as Grafana sends it; longer names first."""
    values = FILLED | {f"${name}": value for name, value in chosen(forum).items()}
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(name, values[name])
    assert "$" not in text, text
    return text


def selected(text, forum):
    """A query that asks only for a forum, as Grafana's charm makes it out of that of a panel."""
    matchers = ",".join(f'{name}=~"${name}"' for name in chosen(forum))
    def select(match):
        others = (match[2] or "{}")[1:-1]
        return f"{match[1]}{{{','.join(filter(None, [others, matchers]))}}}"
    return filled(re.sub(r"\b(up|discourse_\w+)\b({[^}]*})?", select, text), forum)


def panels(kind):
    for dashboard in DASHBOARDS:
        yield from (panel for panel in dashboard["panels"] if panel.get("datasource", {}).get("type") == kind)


def legend(target, labels):
    return re.sub(r"{{(\w+)}}", lambda match: labels.get(match[1], ""), target.get("legendFormat", ""))


def answer(prometheus, forum, panel, target):
    """What a target shows at its end, by legend, and how many series it has."""
    query = selected(target["expr"], forum)
    is_instant = target.get("instant", False)
    found = prometheus.instant(query, END) if is_instant else prometheus.range(query, SHOWN, END, STEP)
    shown = [(legend(target, labels), float(samples[-1][1])) for labels, samples in found if samples[-1][0] == END]
    values = [float(value) for _, samples in found for _, value in samples]
    return {"forum": FORUMS.index(forum), "panel": panel["title"], "unit": panel["fieldConfig"]["defaults"]["unit"],
            "query": query, "shown": shown, "series": len(found), "values": values}


def options(prometheus, forum):
    """What each dropdown offers, once those before it are as the forum needs them."""
    for variable in DASHBOARDS[0]["templating"]["list"]:
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
        yield prometheus.values(label, filled(selector, forum), BEGIN, END)


def events(prometheus, forum):
    for annotation in DASHBOARDS[0]["annotations"]["list"]:
        found = prometheus.range(filled(annotation["expr"], forum), SHOWN, END, STEP)
        yield annotation["name"], [[labels, samples[0][0]] for labels, samples in found]


def pending(prometheus, forum):
    return [rule["alert"] for rule in RULES if prometheus.instant(selected(rule["expr"], forum), END)]


def ask(folder):
    with Prometheus(folder / "prometheus", lines()) as prometheus:
        asked = [(forum, panel, target) for forum in FORUMS for panel in panels("prometheus") for target in panel["targets"]]
        answers = {
            "panels": [answer(prometheus, *one) for one in asked],
            "options": [list(options(prometheus, forum)) for forum in FORUMS],
            "events": [dict(events(prometheus, forum)) for forum in FORUMS],
            "units": [prometheus.instant(selected(panel["targets"][0]["expr"], EVERYTHING), END)[0][1][0][1]
                      for panel in panels("prometheus") if panel["title"] == "Units up"],
            "alerts": [pending(prometheus, forum) for forum in (HELP, CUT_OFF)],
        }
    (folder / "answers.json").write_text(json.dumps(answers))


def equal(got, expected):
    assert got == expected, f"\ngot      {got}\nexpected {expected}"


def every_query_has_an_answer(answers):
    """In a forum where all sorts of things go wrong."""
    equal([it["query"] for it in answers["panels"] if it["forum"] == FORUMS.index(FORUM) and not it["series"]], [])


def no_panel_shows_more_than_twenty_series(answers):
    counts = {}
    for it in answers["panels"]:
        counts[it["forum"], it["panel"]] = counts.get((it["forum"], it["panel"]), 0) + it["series"]
    equal({panel: count for panel, count in counts.items() if count > 20}, {})


def every_value_is_sane(answers):
    for it in answers["panels"]:
        least, most = SANE[it["unit"]]
        assert all(least <= value <= most for value in it["values"]), f"{it['query']}: {it['values']}"


def panels_show_the_truth(answers):
    equal(sorted({it["panel"] for it in answers["panels"]}), sorted(TRUTH))
    for number, forum in enumerate(FORUMS):
        for panel, truth in TRUTH.items():
            mine = [it for it in answers["panels"] if (it["forum"], it["panel"]) == (number, panel)]
            shown, truth = sorted(pair for it in mine for pair in it["shown"]), sorted(truth(forum).items())
            assert is_close(shown, truth), f"{panel} of {forum}\nshown {shown}\ntruth {truth}"


def is_close(shown, truth):
    """Whether the legends, each of which tells its series from all others, and the values are the same."""
    same_legends = [legend for legend, _ in shown] == [legend for legend, _ in truth]
    return same_legends and all(abs(one[1] - other[1]) <= 1e-6 * (1 + abs(other[1])) for one, other in zip(shown, truth))


def only_panels_that_say_what_no_data_means_have_none_in_a_healthy_forum(answers):
    empty = {number: {it["panel"] for it in answers["panels"] if it["forum"] == number and not it["series"]} for number in range(len(FORUMS))}
    explained = {panel["title"] for panel in panels("prometheus") if "noValue" in panel["fieldConfig"]["defaults"]}
    healthy, cut_off = empty[FORUMS.index(HELP)], empty[FORUMS.index(CUT_OFF)]
    equal(healthy - explained, set())
    equal(explained - healthy - cut_off, set())


def no_unit_of_another_charm_is_counted(answers):
    """Even if all models and applications are chosen, as a Grafana with dropdowns of its own lets people do."""
    equal(answers["units"], [str(sum(forum.units for forum in FORUMS))])


def dropdowns_offer_forums_alone(answers):
    models = ["community", "staging"]
    community, staging = [models, ["11111111"], ["forum", "help"]], [models, ["22222222"], ["cut-off", "forum"]]
    equal(answers["options"], [community, community, staging, staging])
    for dashboard in DASHBOARDS:
        equal([variable["name"] for variable in dashboard["templating"]["list"]], VARIABLES)


def a_unit_that_comes_back_with_another_release_is_marked(answers):
    none = {"Restarts": [], "New release": []}
    equal([answers["events"][FORUMS.index(forum)] for forum in (FORUM, HELP)], [none, none])
    found = answers["events"][FORUMS.index(NAMESAKE)]
    equal([(labels["juju_unit"], time) for labels, time in found["Restarts"]], [("forum/1", RETURN)])
    equal(found["New release"], [[{"version": "2026.1.8"}, RETURN]])


def no_alert_is_pending_on_a_healthy_forum_and_one_where_reports_are_stale(answers):
    equal(answers["alerts"], [[], ["DiscourseReportsStale"]])


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if sys.argv[2] == "ask":
        ask(folder)
    else:
        globals()[sys.argv[2]](json.loads((folder / "answers.json").read_text()))
