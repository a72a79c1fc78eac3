"""A sweep that selects and stops trains less, ends well, and says what it left out; killed, it decides the same."""

import json
import os
import random
import signal
import subprocess

from program import E2eTest, main, poll

SELECTION, SEEDS, ARMS = 2, 6, 4
DESIGN = ("analysis={selection: {seeds: 2, keep: 2}, "
          "stopping: {rule: group_sequential, looks: [3, 4, 6], futility: 0.3}}")


class StagedTest(E2eTest):
    def test_a_sweep_in_stages(self):
        sweep = self.sweep(epochs=4, seeds=SEEDS)
        planned = json.loads(self.ok(self.command("plan", sweep, "--state", self.state, "-o", "json", DESIGN,
                                                  "--seconds-per-run", "60")).stdout)
        self.assertEqual(planned["trials"], (ARMS + 1) * (SEEDS + SELECTION))
        self.assertEqual(planned["reach"]["family"], 2)
        self.assertLess(planned["cost"]["expected_trainings_no_effect"], planned["trials"])
        done = self.ok(self.run_command(sweep, DESIGN))
        results = self.report()
        design = results["design"]
        self.assertEqual(design["plan_sha256"], planned["plan_sha256"])
        self.assertEqual(self.query("SELECT plan_sha256 FROM sweeps"), [(design["plan_sha256"],)])

        with self.subTest("selection"):
            self.assertEqual(design["decisions"][0]["kind"], "selection")
            self.assertEqual(sum(arm["selected"] for arm in design["selection"]), 2)
            left = {arm["name"] for arm in design["selection"] if not arm["selected"]}
            self.assertEqual({arm["name"] for arm in results["arms"] if arm["verdict"] == "not selected"}, left)
            trained = {trial["arm"] for trial in results["trials"] if trial["run"] and trial["seed"] < SEEDS}
            self.assertFalse(trained & left)

        with self.subTest("looks"):
            looks = [decision for decision in design["decisions"] if decision["kind"] == "look"]
            self.assertEqual([look["look"] for look in looks], list(range(1, len(looks) + 1)))
            self.assertEqual(looks[0]["blocks"], [0, 1, 2])
            for look in looks:
                self.assertEqual(look["blocks"], list(range(look["seeds"])), "in declared order, none lost")

        with self.subTest("counts"):
            left_out = [trial for trial in results["trials"] if trial["state"] == "not needed"]
            self.assertEqual(design["trials_not_needed"], len(left_out))
            self.assertTrue(all(trial["reason"] for trial in left_out))
            self.assertEqual(len(results["trials"]), planned["trials"])
            self.assertEqual(results["counts"]["runs"]["missing"], 0)
            self.assertEqual(results["counts"]["runs"]["planned"], self.results_stored())
            self.check_attempts(planned["trials"] - len(left_out))
            self.assertIn(f"trained {self.results_stored()} runs now", done.stderr)

        with self.subTest("another plan of the same name"):
            more = self.ok(self.command("plan", sweep, "--state", self.state, DESIGN, "methods.0.gamma=[0.5, 1, 2]"))
            self.assertIn("another analysis plan is stored (4 arms, 6 seeds)", more.stderr)
            self.assertIn("adjusted over its own 5 arms", more.stderr)
            same = self.ok(self.command("plan", sweep, "--state", self.state, DESIGN))
            self.assertEqual(same.stderr, "")

        with self.subTest("the same command"):
            again = self.ok(self.run_command(sweep, DESIGN))
            self.assertIn("trained 0 runs now", again.stderr)
            self.assertEqual(self.report(), results)

    def test_killed_in_every_stage(self):
        sweep = self.sweep(epochs=4, seeds=SEEDS)
        self.ok(self.command("run", sweep, "--state", self.dir / "state0", "--out", self.dir / "undisturbed", DESIGN))
        expected = self.report(self.dir / "undisturbed")
        command = self.run_command(sweep, DESIGN)
        rng = random.Random(7)
        for results in (3, 9, 11, 15, 18):
            process = self.start(command)
            poll(lambda: self.results_stored() >= results or process.poll() is not None, f"{results} results",
                 interval=0.001)
            try:
                process.wait(rng.uniform(0, 0.1))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.ok(command)
        self.assertEqual(self.report(), expected)


if __name__ == "__main__":
    main()
