"""The dashboard as people use it: a real coordinator, a real agent, a real browser; one session of it for all."""

from cluster_site import HOSTILE, Eyes, SiteTest, require_browser, start_browser
from program import main, poll

require_browser()

from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

# Looks at a page with scripts off, and in the dark.
EMULATE = "Emulation.setScriptExecutionDisabled"


class DashboardTest(SiteTest):
    def test_dashboard(self):
        self.start_site()
        driver = start_browser(self.dir / "profile")
        self.addCleanup(driver.quit)
        self.eyes = Eyes(driver, self.site)
        steps = (self.empty, self.live_grid, self.trial, self.failures_and_retry, self.pages_of_all, self.drain,
                 self.keyboard, self.stop_asks, self.audit, self.hostile, self.narrow_and_dark, self.without_scripts)
        for step in steps:
            with self.subTest(step.__name__):
                step()
                self.assertEqual(self.eyes.errors(), [], "the console is quiet")

    # ---- in this order

    def empty(self):
        self.eyes.open("/")
        self.assertIn("No sweep is under way", self.eyes.text())

    def live_grid(self):
        self.mode.write_text("sleep:60000")
        self.sweep_id = self.submit("plain")
        self.eyes.wait_text("plain")
        self.assertIn("Nothing trains", self.eyes.text(), "there is no agent yet")
        self.eyes.click("plain")
        self.eyes.driver.execute_script("window.stayed = true")
        self.assertEqual(self.eyes.count(".dots a.mark"), 16)
        self.start_agent("one", self.address, "--id", "one")
        self.eyes.wait_count(".dots a.running", 2)
        self.assertTrue(self.eyes.driver.title.startswith("0 %"))
        self.assertTrue(self.eyes.driver.execute_script("return window.stayed"), "it was not loaded again")

    def trial(self):
        self.eyes.press("//a[contains(@class, 'running')]", "a running trial")
        self.eyes.wait_text("agent one trains it")
        self.assertIn("running", self.eyes.driver.title)
        self.eyes.wait_text("evensweep-trainer task.json")

    def failures_and_retry(self):
        # What trains now is given back by an agent that goes; everything after that fails.
        self.mode.write_text("exit:3")
        agent = self.children[-1]
        self.stop(agent)
        self.start_agent("two", self.address, "--id", "two")
        self.eyes.open("/sweeps/" + self.sweep_id)
        self.eyes.wait_text("see why")
        poll(lambda: self.eyes.driver.title.startswith("100 %"), "the end in the title")
        self.eyes.click("see why")
        self.eyes.wait_text("An example")
        self.assertRegex(self.eyes.text(), r"code 3")
        self.mode.write_text("instant")
        self.eyes.click("Retry what failed")
        self.eyes.wait_count(".dots a.finished", 16)
        self.assertIn("evensweep report", self.eyes.text())

    def pages_of_all(self):
        for path in (f"/sweeps/{self.sweep_id}/timeline", f"/sweeps/{self.sweep_id}/trials", "/queue",
                     f"/trials/{self.sweep_id[:12]}/1/1"):
            self.eyes.open(path)
            self.assertEqual(self.eyes.count("h1"), 1, path)
        self.assertEqual(self.eyes.count("#curves ~ div svg, #curves ~ .grid svg"), 2, "two curves")
        self.assertIn("succeeded", self.eyes.text())

    def press_in_row(self, start):
        self.eyes.press(f"//tr[th[starts-with(., '{start}')]]//button", f"the button of {start}")

    def drain(self):
        self.eyes.open("/agents")
        self.press_in_row("two")
        self.eyes.wait_text("draining: takes nothing new")
        self.press_in_row("two")
        poll(lambda: "draining: takes" not in self.eyes.text(), "its release", patience=30)

    def keyboard(self):
        self.eyes.open("/sweeps/" + self.sweep_id)
        press = lambda *keys: ActionChains(self.eyes.driver).send_keys(*keys).perform()
        focused = lambda: self.eyes.driver.switch_to.active_element
        press(Keys.TAB)
        self.assertEqual(focused().text, "Skip to the content")
        for _ in range(40):
            if "mark" in (focused().get_attribute("class") or ""):
                break
            press(Keys.TAB)
        self.assertEqual(focused().get_attribute("aria-label"), "seed 0: finished")
        self.assertNotEqual(focused().value_of_css_property("outline-style"), "none", "the focus is seen")
        press(Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
        self.assertTrue(focused().get_attribute("href").endswith("/1/1"))
        press(Keys.ENTER)
        self.eyes.wait_text("seed 1")

    def stop_asks(self):
        self.mode.write_text("sleep:60000")
        other = self.submit("another", seeds=7)
        self.eyes.open("/sweeps/" + other)
        self.eyes.wait_count(".dots a.running", 2)
        self.eyes.click("Cancel")
        self.eyes.wait_text("Cancel another?")
        self.eyes.click("Cancel the sweep")
        poll(lambda: self.eyes.count(".dots a.cancelled") > 0, "cancelled trials", patience=30)
        self.eyes.wait_count(".dots a.running", 0)

    def audit(self):
        self.eyes.open("/audit")
        rows = [row.text for row in self.eyes.all("tbody tr")]
        for words in ("cancel", "drain", "release", "retry", "submit"):
            self.assertTrue(any(words in row and "this machine" in row for row in rows), f"{words} in {rows}")

    def hostile(self):
        self.mode.write_text("instant")
        names = [HOSTILE, "</script><script>alert(2)</script>", "\"' onmouseover=alert(3) x='"]
        plain = self.submit("classes", data=self.data_with_classes(names))
        # A sweep file has names of letters alone; whoever speaks to the API may send others.
        sweep = self.submit_renamed(plain, HOSTILE)
        self.eyes.open("/sweeps/" + sweep)
        self.eyes.wait_count(".dots a.finished", 16)
        for path in ("/", f"/sweeps/{sweep}", f"/sweeps/{sweep}/trials", f"/sweeps/{sweep}/failures",
                     f"/sweeps/{sweep}/timeline", f"/trials/{sweep[:12]}/1/1", "/queue", "/agents", "/audit"):
            self.eyes.open(path)
            self.assertEqual(self.eyes.count("img"), 0, path)
            self.assertEqual(self.eyes.count("script"), 1, f"{path}: its own alone")
        self.eyes.open(f"/trials/{sweep[:12]}/1/1")
        self.assertIn(HOSTILE, self.eyes.text(), "shown as it is")

    def narrow_and_dark(self):
        light = self.eyes.one("body").value_of_css_property("background-color")
        pages = ("/", f"/sweeps/{self.sweep_id}", f"/sweeps/{self.sweep_id}/failures",
                 f"/sweeps/{self.sweep_id}/timeline", f"/trials/{self.sweep_id[:12]}/1/1", "/agents", "/audit",
                 "/login")
        for width in (1280, 400):
            self.eyes.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                             {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
            for path in pages:
                self.eyes.open(path)
                self.assertEqual(self.eyes.overflow(), 0, f"{path} at {width} px")
        self.eyes.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.eyes.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                         {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        dark = self.eyes.one("body").value_of_css_property("background-color")
        self.assertNotEqual(light, dark)

    def without_scripts(self):
        self.eyes.driver.execute_cdp_cmd(EMULATE, {"value": True})
        try:
            self.eyes.open("/sweeps/" + self.sweep_id)
            self.assertEqual(len(self.eyes.all(".dots a.finished")), 16)
            self.assertIn(" ago</span>", self.eyes.driver.page_source, "ages without the script")
            self.eyes.open("/agents")
            self.press_in_row("two")
            poll(lambda: "draining: takes nothing new" in self.eyes.driver.page_source, "the drained agent")
        finally:
            self.eyes.driver.execute_cdp_cmd(EMULATE, {"value": False})


if __name__ == "__main__":
    main()
