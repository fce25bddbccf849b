"""Made forums and a foreign target, as their units would have been scraped for an hour: the truth that panels must show.

Every unit of a forum does the same. Its counters grow steadily, by `pace` times what the table says; its gauges stand still, but for the free space.
"""

from dataclasses import dataclass

BEGIN, END, STEP = 1_767_225_600, 1_767_229_200, 60
# When a refreshed unit is back.
RETURN = BEGIN + 2700


@dataclass(frozen=True)
class Forum:
    model: str
    uuid: str
    application: str
    units: int
    pace: float
    charm: str = "discourse-k8s"
    # Whether something is wrong in it: only then are there series of errors.
    is_ill: bool = False
    # Whether its last unit came back with another release.
    is_refreshed: bool = False
    # Whether it has reported nothing new on its stores and queues.
    is_cut_off: bool = False

    def names(self):
        return [f"{self.application}/{number}" for number in range(self.units)]

    def labels(self, unit):
        application = {"juju_model": self.model, "juju_model_uuid": self.uuid, "juju_application": self.application}
        instance = "_".join([self.model, self.uuid, unit]).replace("/", "_")
        return application | {"juju_charm": self.charm, "juju_unit": unit, "instance": instance}


# Two of a model, and two of another, one of the same name.
FORUM = Forum("community", "11111111", "forum", units=3, pace=1, is_ill=True)
HELP = Forum("community", "11111111", "help", units=1, pace=8)
NAMESAKE = Forum("staging", "22222222", "forum", units=2, pace=5, is_refreshed=True)
CUT_OFF = Forum("staging", "22222222", "cut-off", units=1, pace=2, is_cut_off=True)
FORUMS = [FORUM, HELP, NAMESAKE, CUT_OFF]
# What is chosen where a dropdown has All.
EVERYTHING = Forum(".*", ".*", ".*", units=0, pace=0)
FOREIGN = Forum("community", "11111111", "postgresql-k8s", units=1, pace=1, charm="postgresql-k8s")

# Bytes by second.
FILLS = 4096
WEB, JOBS = {"type": "web", "pid": "101"}, {"type": "sidekiq", "pid": "102"}
PAGES = [("topics", "show"), ("list", "latest"), ("list", "top"), ("users", "show"), ("categories", "categories_and_latest")]
BUCKETS = [0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1, 2, 4, 8, 16, 30]
# Of the n-th page, 95 of 100 requests take the n-th of these times, and five the next.
TIMES = [0.05, 0.1, 0.2, 0.4, 0.8, 1]
# Mean seconds of a page.
COMPONENTS = {"application": 0.06, "sql": 0.03, "redis": 0.005, "net": 0.002, "gc": 0.003}
# Jobs run this many times in 1000 seconds, and take half a second each.
QUEUED_JOBS = {f"Jobs::Queued{number:02}": number for number in range(1, 26)}
SCHEDULED_JOBS = {f"Jobs::Scheduled{number:02}": number / 10 for number in range(1, 16)}

GAUGES = [
    ("up", {}, 1),
    ("discourse_postgres_primary_available", {}, 1),
    ("discourse_postgres_readonly_mode", {}, 0),
    ("discourse_redis_primary_available", {"type": "main"}, 1),
    ("discourse_postgres_highest_sequence", {"db": "default"}, 1.5e6),
    ("discourse_collector_working", {}, 1),
    ("discourse_active_app_reqs", {}, 4),
    ("discourse_queued_app_reqs", {}, 1),
    ("discourse_sidekiq_processes", {}, 1),
    ("discourse_sidekiq_workers", {}, 5),
    ("discourse_rss", WEB, 5e8),
    ("discourse_rss", JOBS, 4e8),
    ("discourse_thread_count", WEB, 20),
    ("discourse_thread_count", JOBS, 12),
    ("discourse_deferred_jobs_queued", WEB, 3),
    ("discourse_deferred_jobs_queued", JOBS, 1),
    ("discourse_heap_live_slots", WEB, 1e6),
    ("discourse_heap_free_slots", WEB, 2e5),
    ("discourse_v8_heap_size", WEB, 4e7),
    ("discourse_v8_used_heap_size", WEB, 3e7),
    *[("discourse_readonly_sites", {"key": f"readonly_mode{key}"}, 0) for key in ("", ":user", ":postgres")],
    *[("discourse_sidekiq_jobs_enqueued", {"queue": queue}, 7) for queue in ("default", "low", "ultra_low")],
    *[("discourse_sidekiq_queue_latency_seconds", {"queue": queue}, 2.5) for queue in ("default", "low")],
    *[("discourse_http_sql_calls_per_request", {"controller": page[0], "action": page[1]}, 30) for page in PAGES],
    *[("discourse_active_record_connections_count", WEB | {"status": status}, 2) for status in ("busy", "idle")],
    ("discourse_active_record_connections_count", WEB | {"status": "waiting"}, 0),
]

# By second.
COUNTERS = [
    ("discourse_page_views", {"db": "default", "type": "anon", "device": "mobile"}, 0.5),
    ("discourse_page_views", {"db": "default", "type": "anon", "device": "desktop"}, 0.25),
    ("discourse_page_views", {"db": "default", "type": "logged_in", "device": "desktop"}, 0.125),
    ("discourse_page_views", {"db": "default", "type": "crawler", "device": "crawler"}, 0.1),
    ("discourse_http_requests", {"type": "regular", "api": "web", "verb": "GET", "status": "200"}, 4),
    ("discourse_http_requests", {"type": "regular", "api": "web", "verb": "POST", "status": "404"}, 0.5),
    ("discourse_http_requests", {"type": "regular", "api": "admin", "verb": "GET", "status": "200"}, 0.25),
    ("discourse_http_requests", {"type": "background", "api": "web", "verb": "POST", "status": "-1"}, 2),
    ("discourse_process_cpu_seconds_total", WEB, 0.02),
    ("discourse_process_cpu_seconds_total", JOBS, 0.01),
    ("discourse_major_gc_count", WEB, 0.01),
    ("discourse_minor_gc_count", WEB, 0.2),
    ("discourse_collector_bad_metrics_total", {}, 0),
    *[("discourse_sidekiq_job_count", {"job_name": job, "success": "true"}, n / 1000) for job, n in QUEUED_JOBS.items()],
    *[("discourse_sidekiq_job_duration_seconds", {"job_name": job, "success": "true"}, n / 2000) for job, n in QUEUED_JOBS.items()],
    *[("discourse_scheduled_job_count", {"job_name": job, "success": "true"}, n / 1000) for job, n in SCHEDULED_JOBS.items()],
    *[("discourse_scheduled_job_duration_seconds", {"job_name": job, "success": "true"}, n / 2000) for job, n in SCHEDULED_JOBS.items()],
]

# What a healthy forum has no series of.
ILL_GAUGES = [
    ("discourse_sidekiq_jobs_stuck", {"job_name": "Jobs::Queued01"}, 2),
    ("discourse_scheduled_jobs_stuck", {"job_name": "Jobs::Scheduled01"}, 1),
    ("discourse_sidekiq_paused", {"db": "default"}, 1),
    ("discourse_missing_s3_uploads", {"db": "default"}, 6),
]
ILL_COUNTERS = [
    ("discourse_http_requests", {"type": "regular", "api": "web", "verb": "GET", "status": "500"}, 0.25),
    ("discourse_sidekiq_job_count", {"job_name": "Jobs::Queued01", "success": "false"}, 0.03),
    ("discourse_scheduled_job_count", {"job_name": "Jobs::Scheduled01", "success": "false"}, 0.01),
    ("discourse_http_anon_cache_hit", {"controller": "list", "action": "latest"}, 0.5),
    ("discourse_http_anon_cache_store", {"controller": "list", "action": "latest"}, 0.05),
    ("discourse_http_forced_anon_count", {"type": "regular", "status": "200"}, 0.01),
]


def histograms():
    """One request a second and page; all else takes half a minute, and counts nowhere."""
    for page, (controller, action) in enumerate(PAGES):
        labels = {"controller": controller, "action": action}
        yield from histogram(labels, [(TIMES[page], 0.95), (TIMES[page + 1], 0.05)])
        for component, mean in COMPONENTS.items():
            yield f"discourse_http_requests_{component}_duration_seconds_sum", labels, mean
            yield f"discourse_http_requests_{component}_duration_seconds_count", labels, 1
    yield from histogram({"controller": "other", "action": "other"}, [(30, 1)])


def histogram(labels, times):
    name = "discourse_http_requests_duration_seconds_bucket"
    for bound in [*BUCKETS, "+Inf"]:
        below = sum(share for time, share in times if bound == "+Inf" or time <= bound)
        yield name, labels | {"le": str(bound)}, below


def series_of(forum, unit):
    """Name, labels, first value, growth by second, begin and end; what ends comes before what begins."""
    for name, labels, value in GAUGES + ILL_GAUGES * forum.is_ill:
        yield name, labels, value, 0, BEGIN, END
    for name, labels, rate in [*COUNTERS, *ILL_COUNTERS * forum.is_ill, *histograms()]:
        yield name, labels, 0, rate * forum.pace, BEGIN, END
    yield "discourse_tmp_dir_available_bytes", {}, 8e9, 0 if forum.is_cut_off else -FILLS, BEGIN, END
    lives = [("2026.1.7", BEGIN, END)]
    if forum.is_refreshed and unit == forum.names()[-1]:
        lives = [("2026.1.7", BEGIN, RETURN - STEP), ("2026.1.8", RETURN, END)]
    for release, begin, end in lives:
        yield "discourse_version_info", {"revision": "", "version": release}, 1, 0, begin, end
        yield "discourse_collector_metrics_total", {}, 0, 2 * forum.pace, begin, end

def lines():
    """All samples in the text format OpenMetrics."""
    for forum in FORUMS:
        for unit in forum.names():
            for name, labels, first, growth, begin, end in series_of(forum, unit):
                yield from samples(name, forum.labels(unit) | labels, first, growth, begin, end)
    yield from samples("up", FOREIGN.labels("postgresql-k8s/0"), 1, 0, BEGIN, END)
    yield "# EOF\n"


def samples(name, labels, first, growth, begin, end):
    text = ",".join(f'{label}="{value}"' for label, value in labels.items())
    for time in range(begin, end + 1, STEP):
        yield f"{name}{{{text}}} {first + growth * (time - begin)} {time}\n"
