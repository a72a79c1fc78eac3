"""What is trained is never trained again: by the same command, a larger sweep, or another one of the same baselines."""

import json
import time

from program import TRAINER, E2eTest, main


class AgainTest(E2eTest):
    def trained(self, done):
        """(trained now, already there) by the last words of `run`."""
        self.assertRegex(done.stderr, r"trained \d+ runs now, \d+ were already there")
        words = next(line for line in done.stderr.splitlines() if "runs now" in line).split()
        return int(words[2]), int(words[5])

    def plan(self, sweep, *overrides):
        """(trained, to train) of `plan`; the table must say the same as the JSON."""
        arguments = ["plan", sweep, "--state", self.state, *overrides]
        done = json.loads(self.ok(self.command(*arguments, "-o", "json")).stdout)
        table = self.ok(self.command(*arguments)).stdout
        self.assertIn(f"{done['runs_to_train']} runs to train, {done['runs_trained']} already trained", table)
        self.assertEqual(sum(arm["to_train"] for arm in done["arms"]), done["runs_to_train"])
        for arm in done["arms"]:
            line = next(line for line in table.splitlines() if line.startswith(arm["name"] + " "))
            self.assertEqual(line[len(arm["name"]):].split()[:2], [str(arm["trained"]), str(arm["to_train"])])
        return done["runs_trained"], done["runs_to_train"]

    def test_reuse(self):
        sweep = self.sweep(seeds=2, gammas="[0.5, 1]")  # 4 arms and the baseline
        self.assertEqual(self.plan(sweep), (0, 10))
        self.assertFalse(self.state.exists(), "plan writes nothing")
        self.assertEqual(self.trained(self.ok(self.run_command(sweep))), (10, 0))
        self.assertEqual(self.plan(sweep), (10, 0))

        with self.subTest("what is trained is a pilot"):
            more = self.ok(self.command("plan", sweep, "--state", self.state, "-o", "json", "seeds=20")).stdout
            self.assertEqual([arm["seeds"] for arm in json.loads(more)["pilot"]], [2, 2, 2, 2])

        with self.subTest("the same command"):
            before, first = self.attempts(), self.report()
            begin = time.monotonic()
            self.assertEqual(self.trained(self.ok(self.run_command(sweep))), (0, 10))
            print(f"again: {time.monotonic() - begin:.2f} s", flush=True)
            self.assertEqual(self.attempts(), before)
            self.assertEqual(self.report(), first)

        with self.subTest("one run by hand"):
            run = first["runs"][-1]
            task = self.ok(self.command("report", self.out, "--task", run["key"][:12])).stdout
            self.ok([str(TRAINER), str(self.write("task.json", task))])
            result = json.loads((self.dir / run["key"] / "result.json").read_text())
            for part in ("validation", "test", "curve", "model_parameters"):
                self.assertEqual(result[part], run[part], part)

        with self.subTest("extended"):
            larger = ["seeds=4", "methods.0.gamma=[0.5, 1, 2]"]  # 5 arms and the baseline
            self.assertEqual(self.plan(sweep, *larger), (10, 14))
            self.assertEqual(self.trained(self.ok(self.run_command(sweep, *larger))), (14, 10))
            self.assertEqual(self.plan(sweep, *larger), (24, 0))
            self.check_attempts(24)

        with self.subTest("another sweep"):
            other = ["name=other", "methods=[{method: focal, gamma: [3, 4]}]"]
            self.assertEqual(self.plan(sweep, *other), (2, 4))  # the baselines of two seeds are there
            self.assertEqual(self.trained(self.ok(self.run_command(sweep, *other))), (4, 2))
            self.check_attempts(28)

        with self.subTest("the first one still says what it said"):
            self.assertEqual(self.trained(self.ok(self.run_command(sweep))), (0, 10))
            self.assertEqual(self.report(), first)


if __name__ == "__main__":
    main()
