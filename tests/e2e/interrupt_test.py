"""A stopped sweep writes its checkpoints, is gone soon, and goes on from there."""

import os
import signal
import subprocess
import time

from program import FAKE_TRAINER, TRAINER, E2eTest, main, poll

LIMIT = 5  # s; documented for a stop

# Writes down what the trainer says. tee outlives the SIGTERM that goes to the whole process group.
LISTENER = """\
#!/bin/sh
trap '' TERM
{trainer} 3>&1 >/dev/null | tee -a {dir}/events.$$ >&3
"""


class InterruptTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.listener = self.write("listener", LISTENER.format(trainer=TRAINER, dir=self.dir))
        self.listener.chmod(0o755)

    def stderr(self):
        return (self.dir / "stderr").read_text()

    def stop(self, process, number, code=130):
        begin = time.monotonic()
        os.killpg(process.pid, number)
        self.assertEqual(process.wait(PATIENCE_TO_STOP), code, self.stderr())
        took = time.monotonic() - begin
        self.assertLess(took, LIMIT)
        self.assertFalse(self.processes())
        return took

    def events(self, word):
        return [line for file in self.dir.glob("events.*") for line in file.read_text().splitlines()
                if f'"event":"{word}"' in line.replace(" ", "")]

    def test_stopped_and_gone_on(self):
        sweep = self.sweep(epochs=400, seeds=1, gammas="1")  # 4 runs
        self.ok(self.command("run", sweep, "--state", self.dir / "state0", "--out", self.dir / "undisturbed"))
        command = self.run_command(sweep, "--slots", "2", "--trainer", self.listener)
        for stops, number in enumerate([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], start=1):
            before = len(self.events("progress"))
            process = self.start(command)
            poll(lambda n=before: len(self.events("progress")) > n + 3 or process.poll() is not None, "progress")
            took = self.stop(process, number)
            print(f"{number.name}: gone after {took:.2f} s", flush=True)
            self.assertRegex(self.stderr(), r"evensweep: stopped with \d of 4 trials done; the same command goes on")
            self.assertFalse([a for a in self.attempts() if not a[2]], "an attempt was left open")
            preempted = [a for a in self.attempts() if a[3] and a[3]["class"] == "preempted"]
            self.assertGreaterEqual(len(preempted), stops)
            self.assertFalse(self.out.exists(), "no report of an interrupted sweep")
        self.ok(command)
        self.check_attempts(4)
        self.assertEqual(self.report(), self.report(self.dir / "undisturbed"))
        resumed = [line for line in self.events("started") if '"resumed_at_epoch":0' not in line.replace(" ", "")]
        self.assertGreaterEqual(len(resumed), 3, "each stop interrupted a training that went on later")
        self.assertFalse(list((self.state / "agent" / "work").iterdir()), "run folders are tidied up")

    def test_second_signal_ends_at_once(self):
        sweep = self.sweep(seeds=1)
        command = self.run_command(sweep, "--slots", "1", "--trainer", FAKE_TRAINER)
        process = self.start(command, env={"FAKE_TRAINER_MODE": "ignore_term"})
        poll(lambda: any(not ended for _, _, ended, _ in self.attempts()), "a training")
        os.killpg(process.pid, signal.SIGINT)
        poll(lambda: "stopping" in self.stderr(), "the first signal's effect")
        begin = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_TO_STOP), 130)
        print(f"second signal: gone after {time.monotonic() - begin:.2f} s", flush=True)
        poll(lambda: not self.processes(), "the trainer to follow", patience=LIMIT)
        self.ok(command)
        self.check_attempts(5)

    def test_trainer_that_ignores_the_stop(self):
        sweep = self.sweep(seeds=1)
        command = self.run_command(sweep, "--slots", "2", "--trainer", FAKE_TRAINER)
        process = self.start(command, env={"FAKE_TRAINER_MODE": "ignore_term"})
        poll(lambda: any(not ended for _, _, ended, _ in self.attempts()), "a training")
        self.stop(process, signal.SIGINT)
        self.ok(command)
        self.check_attempts(5)

    def test_nohup(self):
        """A signal that is ignored from the start, as nohup does it, stays ignored."""
        sweep = self.sweep(seeds=1)
        command = self.run_command(sweep, "--slots", "1", "--trainer", FAKE_TRAINER)
        process = self.start(["nohup", *command], env={"FAKE_TRAINER_MODE": "sleep:400"})
        poll(lambda: self.results_stored() > 0, "a result")
        os.killpg(process.pid, signal.SIGHUP)
        self.assertEqual(process.wait(PATIENCE_TO_STOP), 0, self.stderr())
        self.check_attempts(5)


PATIENCE_TO_STOP = 60

if __name__ == "__main__":
    main()
