"""The verbs against a real coordinator and a real agent, which trains with the fake trainer."""

import json
import signal

from program import FAKE_TRAINER, main, poll
from verbs import VerbsTest


class TheVerbsTest(VerbsTest):
    # ---- the life of a sweep

    def test_from_submission_to_report(self):
        with self.subTest("without an agent"):
            sweep = self.submit(seeds=3)
            self.assertRegex(sweep, r"^[0-9a-f]{64}$")
            self.assertEqual([s["id"] for s in self.json("ls")["sweeps"]], [sweep])
            status = self.json("status", sweep[:6])["sweep"]
            self.assertEqual((status["name"], status["phase"], status["trials"]["all"]), ("e2e", "active", 15))
            self.assertTrue(self.json("explain", "e2e/0/1")["lines"])
            self.assertEqual(self.json("explain", "e2e/1/1")["trial"]["state"], "waiting_for_baseline")
            self.assertEqual(self.json("agents")["agents"], [])
        with self.subTest("again"):
            self.assertTrue(self.json("submit", self.sweep(seeds=3))["known"])
        with self.subTest("with one"):
            self.start_agent()
            self.type("wait", "e2e")
            self.assertEqual(self.json("status", "e2e")["sweep"]["trials"]["finished"], 15)
            self.assertEqual(self.type("status", "e2e", "-o", "quiet").stdout, "over\n")
            self.assertEqual(self.json("ls")["sweeps"], [])
            self.assertEqual(len(self.json("ls", "--all")["sweeps"]), 1)
            self.assertEqual(len(self.json("ls", "e2e")["trials"]), 15)
            agent = self.json("agents")["agents"][0]
            self.assertEqual((agent["id"], agent["connected"], agent["running"]), ("one", True, 0))
        with self.subTest("report"):
            self.type("report", "e2e", "--out", self.dir / "there", "-o", "quiet")
            there = json.loads((self.dir / "there" / "results.json").read_text())
            self.assertEqual(sum(1 for run in there["runs"] if run.get("test")), len(there["runs"]))
        with self.subTest("extend"):
            larger = self.type("extend", "e2e", "seeds=4", "--wait", "-o", "quiet")
            self.assertEqual(larger.stdout, "")
            newest = self.json("ls", "--all")["sweeps"][0]
            self.assertEqual(newest["extends"], sweep)
            self.assertEqual(newest["runs"], {"trained": 5, "reused": 15})

    def test_the_same_report_as_run_makes(self):
        self.start_agent()
        file = self.sweep(seeds=3)
        self.type("submit", file, "--out", self.dir / "cluster", "-o", "quiet")
        alone = self.command("run", file, "--state", self.dir / "alone", "--out", self.out, "--trainer", FAKE_TRAINER)
        self.ok(alone)
        self.assertEqual(self.report(self.dir / "cluster"), self.report())

    # ---- control

    def test_pause_resume_stop_cancel(self):
        self.mode.write_text("sleep:60000")
        self.start_agent()
        sweep = self.submit(seeds=3)
        poll(lambda: len(self.trials(sweep, "running")) == 2, "two runs")
        self.assertEqual(self.type("pause", sweep, "-o", "quiet").stdout.strip(), sweep)
        self.assertEqual(self.json("status", sweep)["sweep"]["phase"], "paused")
        self.assertEqual(len(self.trials(sweep, "running")), 2, "what runs goes on")
        self.coordinator.send_signal(signal.SIGKILL)
        self.coordinator.wait()
        self.start_coordinator()
        self.assertEqual(self.json("status", sweep)["sweep"]["phase"], "paused", "it was stored")
        self.assertEqual(self.json("resume", sweep)["sweeps"][0]["phase"], "active")
        self.type("stop", sweep)
        self.assertEqual(self.json("status", sweep)["sweep"]["phase"], "stopping")
        self.assertEqual(self.json("cancel", sweep)["sweeps"][0]["phase"], "cancelled")
        self.type("wait", sweep, code=3)
        poll(lambda: self.json("agents")["agents"][0]["running"] == 0, "the trainers to be stopped")
        self.assertEqual(len(self.trials(sweep, "cancelled")), 15)

    def test_failures_their_logs_and_retry(self):
        self.mode.write_text("exit:3")
        self.start_agent()
        sweep = self.submit(seeds=1)
        self.assertIn("5 of 5 trials have no result", self.type("wait", sweep, code=3).stderr)
        log = self.json("logs", "e2e/0/0")["trials"][0]
        self.assertEqual(log["trial"]["state"], "failed")
        self.assertEqual(len(log["attempts"]), 3, "twice more than once")
        self.assertEqual({a["failure"]["class"] for a in log["attempts"]}, {"trainer_error"})
        self.assertIn("trainer_error", self.type("logs", sweep).stdout)
        self.mode.write_text("instant")
        self.assertGreater(self.json("retry", sweep, "--failed")["sweeps"][0]["changed"], 0)
        self.type("wait", sweep)

    def test_drain(self):
        self.start_agent()
        self.assertTrue(self.json("drain", "on")["agent"]["draining"])
        sweep = self.submit(seeds=1)
        self.assertIn("drain", " ".join(self.json("explain", "e2e/0/0")["lines"]))
        self.assertFalse(self.json("drain", "one", "--undo")["agent"]["draining"])
        self.type("wait", sweep)

    # ---- what goes wrong

    def test_mistakes_are_one_line(self):
        self.submit(seeds=1)
        for code, words in ((2, ["status", "e2"]), (2, ["logs", "e2e/9/0"]), (2, ["explain", "e2e/0/77"]),
                            (2, ["submit", "nothing.yaml"]), (2, ["extend", "e2e", "seed=3"]),
                            (2, ["drain", "nobody"]), (2, ["retry", "e2e"])):
            done = self.type(*words, code=code)
            self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr)
        self.assertIn('did you mean "e2e"?', self.type("status", "e2ee", code=2).stderr)

    def test_no_coordinator(self):
        self.coordinator.terminate()
        self.coordinator.wait()
        done = self.type("ls", code=4)
        self.assertIn("is not reached", done.stderr)

    def test_wait_through_a_restart(self):
        sweep = self.submit(seeds=1)
        waiting = self.start_waiting(sweep)
        self.coordinator.send_signal(signal.SIGKILL)
        self.coordinator.wait()
        self.start_coordinator()
        self.start_agent()
        self.assertEqual(waiting.wait(timeout=60), 0)

    def test_interrupted_wait_leaves_the_sweep(self):
        sweep = self.submit(seeds=1)
        waiting = self.start_waiting(sweep)
        waiting.send_signal(signal.SIGINT)
        self.assertEqual(waiting.wait(timeout=60), 130)
        self.assertEqual(self.json("status", sweep)["sweep"]["phase"], "active")


if __name__ == "__main__":
    main()
