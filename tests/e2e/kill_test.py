"""Killed at any moment, a sweep loses nothing: restarted often enough, it gives what an undisturbed one gives."""

import json
import os
import random
import shutil
import signal
import subprocess

from program import E2eTest, main, poll, without_volatile

SEED = 20260
STARTUP_KILLS, TRAINING_KILLS, REPORT_KILLS = 5, 9, 6
SEEDS, ARMS = 4, 5  # the baseline included


class KillTest(E2eTest):
    def kill(self, process, with_trainers):
        """SIGKILL to evensweep's process group, then to its trainers, which have groups of their own, or not."""
        os.killpg(process.pid, signal.SIGKILL)
        if with_trainers:
            for pid in self.processes():
                try:
                    os.killpg(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass  # it has ended by itself, or leads no group
        self.assertEqual(process.wait(), -signal.SIGKILL, (self.dir / "stderr").read_text())

    def let_run(self, process, seconds):
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass

    def wait_or_end(self, process, question, what):
        poll(lambda: question() or process.poll() is not None, what, interval=0.001)

    def test_twenty_kills(self):
        rng = random.Random(SEED)
        sweep = self.sweep(epochs=40, seeds=SEEDS)
        runs = ARMS * SEEDS
        self.ok(self.command("run", sweep, "--state", self.dir / "state0", "--out", self.dir / "undisturbed"))
        expected = self.report(self.dir / "undisturbed")
        command = self.run_command(sweep)

        # Each kill at random with or without the trainers, half of the times each.
        with_trainers = [True, False] * ((STARTUP_KILLS + TRAINING_KILLS + REPORT_KILLS) // 2)
        rng.shuffle(with_trainers)
        startups = [rng.uniform(0, 0.3) for _ in range(STARTUP_KILLS)]
        targets = sorted(rng.randrange(runs) for _ in range(TRAINING_KILLS))
        kills = 0
        for step in rng.sample(startups + targets, STARTUP_KILLS + TRAINING_KILLS):
            process = self.start(command)
            if isinstance(step, float):
                self.let_run(process, step)
            else:
                target = targets.pop(0)
                self.wait_or_end(process, lambda t=target: self.results_stored() >= t, f"{target} results")
                self.let_run(process, rng.uniform(0, 0.3))
            self.kill(process, with_trainers.pop())
            kills += 1
        self.ok(command)
        self.check_attempts(runs)

        for _ in range(REPORT_KILLS):  # now only the report remains to be written
            shutil.rmtree(self.out, ignore_errors=True)
            process = self.start(command)
            files = rng.randrange(20)
            self.wait_or_end(process, lambda n=files: len(list(self.out.rglob("*"))) >= n, "files of the report")
            self.kill(process, with_trainers.pop())
            kills += 1
            results = self.out / "results.json"
            if results.exists():  # then it is whole
                self.assertEqual(without_volatile(json.loads(results.read_text())), expected)

        attempts = self.attempts()
        done = self.ok(command)
        self.assertIn(f"trained 0 runs now, {runs} were already there", done.stderr)
        self.assertEqual(self.attempts(), attempts)
        self.assertEqual(self.report(), expected)
        self.check_attempts(runs)
        self.check_baselines()
        print(f"{kills} kills, {len(attempts)} attempts for {runs} runs", flush=True)

    def check_baselines(self):
        """All arms of a seed were compared with one baseline run, trained once."""
        baselines = {}
        for trial in self.report()["trials"]:
            baselines.setdefault(trial["seed"], set()).add(trial["baseline_run"])
        self.assertEqual(len(baselines), SEEDS)
        self.assertTrue(all(len(keys) == 1 for keys in baselines.values()), baselines)


if __name__ == "__main__":
    main()
