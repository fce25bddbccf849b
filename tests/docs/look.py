"""Looks at built pages in Chromium, without a window: does a page fit its window, complain, and lead on to others?

usage: look.py PAGES PICTURES   prints one line for each page and width, and writes a picture of it
"""

import base64
import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path

WIDTHS = [1280, 390]

# How long the browser may take for an answer, in seconds; it starts in one or two.
PATIENCE = 120

# The index and one page of each kind, those with the widest tables among them.
PAGES = [
    "index.html",
    "tutorial.html",
    "how-to/index.html",
    "how-to/back-up-and-restore.html",
    "how-to/move-from-the-python-charm.html",
    "reference/options.html",
    "reference/statuses.html",
    "reference/differences.html",
    "explanation/security.html",
]


class Browser:
    """A browser that is told by pipes what to do; it ends with this program."""

    def __init__(self, folder):
        to_browser, from_browser = os.pipe(), os.pipe()
        command = 'exec "$@" 3<&%d 4>&%d' % (to_browser[0], from_browser[1])
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe", "--hide-scrollbars=false"]
        self.process = subprocess.Popen(
            ["sh", "-c", command, "sh", "chromium", *options, f"--user-data-dir={folder}/profile"],
            pass_fds=(to_browser[0], from_browser[1]),
            env={**os.environ, "HOME": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.input, self.output = to_browser[1], from_browser[0]
        self.last, self.session, self.events, self.rest = 0, None, [], b""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        """Sends a command and returns its answer; what happens meanwhile is kept."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.input, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def read(self):
        """The next message, up to its zero byte."""
        while b"\0" not in self.rest:
            if not select.select([self.output], [], [], PATIENCE)[0]:
                raise RuntimeError(f"the browser says nothing for {PATIENCE} s")
            more = os.read(self.output, 65536)
            if not more:
                raise RuntimeError("the browser has ended")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def show(self, address, width):
        """Shows a page, and waits until it is there."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
        self.events = []
        self.open(lambda: self.call("Page.navigate", url=address))

    def open(self, act):
        """Does what leads to another page, and waits until that is there."""
        act()
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.read())
        self.events = [event for event in self.events if event.get("method") != "Page.loadEventFired"]

    def ask(self, expression):
        """What an expression in JavaScript gives."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def complaints(self):
        """What went wrong in the page, and what it asked of a network."""
        for event in self.events:
            if event.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                yield json.dumps(event["params"])[:300]
            url = event.get("params", {}).get("request", {}).get("url", "")
            if event.get("method") == "Network.requestWillBeSent" and not url.startswith(("file:", "data:")):
                yield f"asked for {url}"

    def picture(self, path):
        """A picture of what the window shows."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


def faults(browser, address, width):
    """What is wrong with a page at this width."""
    browser.show(address, width)
    room, needed = browser.ask("document.documentElement.clientWidth"), browser.ask("document.documentElement.scrollWidth")
    if needed > room:
        yield f"needs {needed} px, a horizontal scroll bar"
    if not browser.ask("document.querySelector('h1') && document.title.length"):
        yield "has no title"
    yield from browser.complaints()


def leads_on(browser, address, width):
    """What is wrong with the way from a page to another one by its navigation."""
    browser.show(address, width)
    if width < 500:
        browser.ask("document.querySelector('label[for=__navigation]').click()")
    link = "[...document.querySelectorAll('.sidebar-tree a')].find((it) => it.textContent === 'Reference')"
    if not browser.ask(f"{link}?.checkVisibility()"):
        yield "shows no navigation"
        return
    browser.open(lambda: browser.ask(f"{link}.click()"))
    heading = browser.ask("document.querySelector('h1').firstChild.textContent")
    if heading != "Reference":
        yield f"leads to {heading} in place of Reference"


def main():
    pages, pictures = Path(sys.argv[1]), Path(sys.argv[2])
    pictures.mkdir(parents=True, exist_ok=True)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(folder)
        for width in WIDTHS:
            for page in PAGES:
                found = list(faults(browser, f"file://{pages}/{page}", width))
                browser.picture(pictures / f"{page.removesuffix('.html').replace('/', '-')}-{width}.png")
                failed = failed or bool(found)
                print(f"{page} at {width} px: {'; '.join(found) or 'well'}")
            found = list(leads_on(browser, f"file://{pages}/index.html", width))
            failed = failed or bool(found)
            print(f"navigation at {width} px: {'; '.join(found) or 'well'}")
        browser.process.terminate()
        browser.process.wait()
    return 1 if failed else 0


sys.exit(main())
