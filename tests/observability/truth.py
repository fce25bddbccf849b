"""What each panel must show of a made forum, by the legend of its series."""

from forums import BEGIN, COMPONENTS, END, FILLS, PAGES, QUEUED_JOBS, SCHEDULED_JOBS, TIMES

SHOWN = 1800


def whole(legend, value):
    """A value that does not depend on how many units there are."""
    return lambda forum: {legend: value}


def rates(by_second):
    """Of one unit, and a pace of 1."""
    return lambda forum: {legend: rate * forum.units * forum.pace for legend, rate in by_second.items()}


def sums(by_unit):
    return lambda forum: {legend: value * forum.units for legend, value in by_unit.items()}


def each(by_unit):
    return lambda forum: {f"{unit} {legend}".strip(): value for unit in forum.names() for legend, value in by_unit.items()}


def each_rate(by_unit):
    return lambda forum: {legend: rate * forum.pace for legend, rate in each(by_unit)(forum).items()}


def if_ill(truth):
    return lambda forum: truth(forum) if forum.is_ill else {}


def if_reported(truth):
    return lambda forum: {} if forum.is_cut_off else truth(forum)


def more_if_ill(truth, ill):
    return lambda forum: (ill if forum.is_ill else truth)(forum)


def most(jobs):
    """Of the jobs with their rates, the ten highest over the time shown."""
    return rates({job: rate * SHOWN for job, rate in sorted(jobs.items(), key=lambda it: -it[1])[:10]})


def releases(forum):
    return {"2026.1.7": 0.5, "2026.1.8": 0.5} if forum.is_refreshed else {"2026.1.7": 1}


def by_page(values):
    return lambda forum: {f"{controller} {action}": value for (controller, action), value in zip(PAGES, values)}


ALL_JOBS = {job: count / 1000 for job, count in (QUEUED_JOBS | SCHEDULED_JOBS).items()}
QUEUED, SCHEDULED = sum(QUEUED_JOBS.values()) / 1000, sum(SCHEDULED_JOBS.values()) / 1000
FAILED = {"Jobs::Queued01": 0.03, "Jobs::Scheduled01": 0.01}
HEALTH = {
    "Units up": lambda forum: {"": forum.units},
    "Units down": whole("", 0),
    "PostgreSQL": if_reported(whole("", 1)),
    "Redis": if_reported(whole("", 1)),
    "Read-only mode": whole("", 0),
    "Sidekiq processes": lambda forum: {"": forum.units},
    "Releases": releases,
    # Of 500 requests to five pages, 195 take at most 0.1 s, 295 at most 0.2 s, 395 at most 0.4 s, and 495 at most 0.8 s.
    "Response time": lambda forum: {"p50": 0.1 + 0.1 * 55 / 100, "p95": 0.4 + 0.4 * 80 / 100, "p99": 0.8},
    "Queue latency": lambda forum: {"default": 2.5, "low": 2.5},
    "Requests": more_if_ill(rates({"regular": 4.75, "background": 2}), rates({"regular": 5, "background": 2})),
    "Jobs": more_if_ill(
        rates({"queued jobs": QUEUED, "scheduled jobs": SCHEDULED}),
        rates({"queued jobs": QUEUED + 0.03, "scheduled jobs": SCHEDULED + 0.01}),
    ),
    "Error rate": if_ill(whole("errors", 0.25 / 5)),
    "Failed jobs": if_ill(rates({"queued jobs": 0.03, "scheduled jobs": 0.01})),
    "Jobs that fail most": if_ill(most(FAILED)),
    "Concurrent requests": each({"active": 4, "queued": 1}),
    "CPU": each_rate({"web": 0.02, "sidekiq": 0.01}),
    "Memory": each({"web": 5e8, "sidekiq": 4e8}),
    "Database connections": sums({"busy": 2, "idle": 2, "waiting": 0}),
    "Threads and deferred jobs": each({"threads": 32, "deferred jobs": 3}),
    "Free space in /tmp": lambda forum: each({"": 8e9 - (0 if forum.is_cut_off else FILLS * (END - BEGIN))})(forum),
    "Queued jobs": lambda forum: {"default": 7, "low": 7, "ultra_low": 7},
    "Sidekiq threads": each({"": 5}),
    "Stuck jobs": if_ill(lambda forum: {"Jobs::Queued01": 2 * forum.units, "Jobs::Scheduled01 (scheduled)": forum.units, "paused": 1}),
    "Most frequent jobs": more_if_ill(most(ALL_JOBS), most(ALL_JOBS | {"Jobs::Queued01": 0.031})),
    "Time spent in jobs": most({job: rate / 2 for job, rate in ALL_JOBS.items()}),
    "PostgreSQL and Redis": if_reported(each({"PostgreSQL": 1, "Redis": 1})),
    "Highest sequence": whole("default", 1.5e6),
    "Missing uploads": if_ill(whole("default", 6)),
    "Ruby heap": sums({"web live": 1e6, "web free": 2e5}),
    "JavaScript heap": sums({"web size": 4e7, "web used": 3e7}),
    "Garbage collections": rates({"web major": 0.01, "web minor": 0.2}),
    "Metrics collector": each_rate({"accepted": 2, "refused": 0}),
}
STATS = {
    "Page views": rates({"anon": 45, "logged_in": 7.5, "crawler": 6}),
    "Page views by device": rates({"mobile": 30, "desktop": 22.5, "crawler": 6}),
    "Requests by status": more_if_ill(rates({"200": 4.25, "404": 0.5}), rates({"200": 4.25, "404": 0.5, "500": 0.25})),
    "Requests by origin": more_if_ill(
        rates({"web GET": 4, "web POST": 0.5, "admin GET": 0.25}),
        rates({"web GET": 4.25, "web POST": 0.5, "admin GET": 0.25}),
    ),
    "Background requests": rates({"-1": 2}),
    "Response time by page": by_page(TIMES),
    "Response time by component": lambda forum: {
        "Ruby": COMPONENTS["application"], "SQL": COMPONENTS["sql"], "Redis": COMPONENTS["redis"],
        "network": COMPONENTS["net"], "garbage collection": COMPONENTS["gc"],
    },
    "SQL statements per request": by_page([30] * 5),
    "Anonymous cache": if_ill(rates({"hits": 0.5, "stores": 0.05})),
    "Requests forced to anonymous": if_ill(rates({"requests": 0.01})),
}
TRUTH = HEALTH | STATS
