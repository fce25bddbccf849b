"""A Prometheus with made samples, as long as a `with` lasts."""

import json
import socket
import subprocess
import time
from pathlib import Path
from shutil import rmtree
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener


class Prometheus:
    def __init__(self, folder, lines):
        self.folder = Path(folder)
        rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / "samples").write_text("".join(lines))
        (self.folder / "config.yaml").write_text("{}")
        self.opener = build_opener(ProxyHandler({}))

    def __enter__(self):
        blocks = self.folder / "blocks"
        fill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", self.folder / "samples", blocks]
        subprocess.run(fill, check=True)
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        serve = ["--config.file", self.folder / "config.yaml", "--storage.tsdb.path", blocks, "--storage.tsdb.retention.time=100y"]
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen(["prometheus", *serve, f"--web.listen-address=127.0.0.1:{port}"], stderr=self.log)
        self.wait()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def wait(self):
        for _ in range(300):
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                return self.opener.open(f"{self.address}/-/ready").close()
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("Prometheus does not become ready")

    def get(self, path, **arguments):
        try:
            with self.opener.open(f"{self.address}/api/v1/{path}?{urlencode(arguments, doseq=True)}") as answer:
                return json.load(answer)["data"]
        except HTTPError as error:
            raise ValueError(f"{arguments}: {error.read().decode()}") from None

    def instant(self, query, at):
        """The labels of each series, with the time and value of its last sample."""
        return [(it["metric"], [it["value"]]) for it in self.get("query", query=query, time=at)["result"]]

    def range(self, query, begin, end, step):
        """The labels of each series, with the time and value of all samples."""
        answer = self.get("query_range", query=query, start=begin, end=end, step=step)
        return [(it["metric"], it["values"]) for it in answer["result"]]

    def values(self, label, selector, begin, end):
        return self.get(f"label/{label}/values", **{"match[]": selector, "start": begin, "end": end})


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
