#!/usr/bin/env python3
"""screenshots.py [--trainer FILE] [--out FOLDER]: makes the pictures of the documentation, docs/images/*.png.

Trains sweeps/digits.yaml with 20 seeds on a coordinator and an agent of its own, looks at the dashboard while it trains and
after it, and at the report. Needs what deploy/look installs, and the programs in $EVENSWEEP_BIN_DIR (build/bin).
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from cluster_site import Eyes, SiteTest, require_browser, start_browser  # noqa: E402
from program import SOURCE, TRAINER, poll  # noqa: E402

MOST_BYTES = 200_000
WIDTH, HEIGHT = 1280, 800


class Pictures(SiteTest):
    def runTest(self):  # unittest's name
        self.start_site()
        driver = start_browser(self.dir / "profile")
        self.addCleanup(driver.quit)
        self.eyes = Eyes(driver, self.site)
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False})
        (OPTIONS.out).mkdir(parents=True, exist_ok=True)
        self.mode.write_text("sleep:40")
        agents = [self.launch(name, "agent", "--coordinator", self.address, "--dir", self.dir / name, "--trainer",
                              OPTIONS.trainer, "--slots", "2", "--id", name) for name in ("lab-1", "lab-2")]
        sweep = self.ok(self.command("submit", SOURCE / "sweeps" / "digits.yaml", "seeds=20", "-o", "quiet")).stdout.strip()
        self.eyes.open("/sweeps/" + sweep)
        poll(lambda: self.eyes.count(".dots a.finished") >= 70, "half of it")
        self.picture("dashboard-sweep")
        for name, path in (("agents", "/agents"), ("overview", "/")):
            self.eyes.open(path)
            self.picture(f"dashboard-{name}", 500)
        self.ok(self.command("wait", sweep))
        self.eyes.open(f"/trials/{sweep[:12]}/1/1")
        self.picture("dashboard-trial", 1500)
        self.eyes.open(f"/sweeps/{sweep}/timeline")
        self.picture("dashboard-timeline", 600)
        self.ok(self.command("report", sweep, "--out", self.out))
        driver.get((self.out / "report.html").as_uri() + "#effects")
        self.picture("report", 490)
        for agent in agents:
            self.stop(agent)

    def picture(self, name, height=HEIGHT):
        self.eyes.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                         {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False})
        file = OPTIONS.out / f"{name}.png"
        self.eyes.driver.save_screenshot(str(file))
        self.assertLess(file.stat().st_size, MOST_BYTES, file)
        print(f"{file}: {file.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trainer", type=pathlib.Path, default=TRAINER)
    parser.add_argument("--out", type=pathlib.Path, default=SOURCE / "docs" / "images")
    OPTIONS = parser.parse_args()
    require_browser()
    import unittest

    outcome = unittest.TextTestRunner().run(Pictures())
    sys.exit(0 if outcome.wasSuccessful() else 1)
