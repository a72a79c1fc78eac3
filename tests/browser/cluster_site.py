"""A coordinator with its dashboard, an agent with the fake trainer, and a headless Chromium before them."""

import json
import pathlib
import re
import shutil
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))

from cluster import ClusterTest  # noqa: E402
from program import SKIPPED, poll  # noqa: E402

try:
    from selenium import webdriver
    from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
    from selenium.webdriver.chrome.service import Service
except ImportError:
    webdriver = None

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

# What a browser might take for more than a name.
HOSTILE = "<img src=x onerror=alert(1)>"

SWEEP = """\
version: 1
name: {name}
dataset: {{format: csv, path: {data}, split: {{train: 0.6, validation: 0.2, test: 0.2}}}}
model: {{name: mlp, hidden: [16]}}
training: {{epochs: 3, batch_size: 64, lr: 0.05, threads: 1}}
seeds: {seeds}
methods:
  - {{method: tpr_weighting, gamma: [0.5, 1]}}
  - {{method: focal, gamma: 2}}
"""


def require_browser():
    """Skips the test where there is no browser."""
    missing = [what for what, there in (("selenium", webdriver), ("chromium", CHROMIUM), ("chromedriver", DRIVER))
               if not there]
    if missing:
        print(f"skipped: {', '.join(missing)} missing; deploy/look installs what this needs", file=sys.stderr)
        sys.exit(SKIPPED)


def start_browser(profile, dark=False):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
                     f"--user-data-dir={profile}", "--lang=en", "--window-size=1280,900"):
        options.add_argument(argument)
    if dark:
        options.add_argument("--force-dark-mode")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service(DRIVER), options=options)


class SiteTest(ClusterTest):
    def setUp(self):
        super().setUp()
        self.mode = self.write("mode", "instant")
        self.env["FAKE_TRAINER_MODE_FILE"] = str(self.mode)

    def start_site(self, *arguments):
        """A coordinator with a dashboard on a free port."""
        self.coordinator, self.address = self.start_coordinator("--http", "127.0.0.1:0", *arguments)
        self.site = (self.dir / "coordinator.ready").read_text().split()[-1]
        self.env["EVENSWEEP_COORDINATOR"] = self.address

    def data_with_classes(self, names, rows=60):
        lines = ["x,y,label"]
        for i in range(rows):
            name = names[i % len(names)].replace('"', '""')
            lines.append(f'{i % 7},{(i * 5) % 11},"{name}"')
        return self.write("classes.csv", "\n".join(lines) + "\n")

    def submit(self, name="plain", seeds=4, data=None):
        text = SWEEP.format(name="'" + name.replace("'", "''") + "'", seeds=seeds,
                            data=data or self.data_with_classes(["red", "green", "blue"]))
        file = self.write(re.sub(r"\W", "_", name) + ".yaml", text)
        return self.ok(self.command("submit", file, "-o", "quiet")).stdout.strip()

    def submit_renamed(self, sweep, name):
        """The same sweep under another name, over the API; its id."""
        with urllib.request.urlopen(f"{self.site}/api/v1/sweeps/{sweep}/definition", timeout=30) as answer:
            definition = json.load(answer)["sweep"]
        definition["name"] = name
        request = urllib.request.Request(f"{self.site}/api/v1/sweeps", json.dumps({"sweep": definition}).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["sweep"]["id"]


class Eyes:
    """What somebody sees before the browser."""

    def __init__(self, driver, site):
        self.driver, self.site = driver, site

    def open(self, path):
        self.driver.get(self.site + path)

    def text(self):
        return self.driver.execute_script("return document.body.innerText")

    def wait_text(self, words):
        poll(lambda: words in self.text(), f"{words!r} on {self.driver.current_url}", patience=30)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def count(self, selector):
        return self.driver.execute_script("return document.querySelectorAll(arguments[0]).length", selector)

    def wait_count(self, selector, count):
        poll(lambda: self.count(selector) == count, f"{count} of {selector} on {self.driver.current_url}", patience=30)

    def press(self, path, what):
        """Clicks on what an XPath finds, once it is there: live parts are replaced between a look and a click."""
        def pressed():
            try:
                self.driver.find_element("xpath", path).click()
                return True
            except (NoSuchElementException, StaleElementReferenceException):
                return False
        poll(pressed, f"{what} on {self.driver.current_url}", patience=30)

    def click(self, words):
        self.press(f"//*[self::a or self::button][normalize-space(translate(., '…', ''))='{words}']", words)

    def overflow(self):
        """Pixels that the page is wider than the window."""
        return self.driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def errors(self):
        """What the console has told since the last look."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
