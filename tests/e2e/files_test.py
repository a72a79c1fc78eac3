"""Files of a cluster: an agent with an empty folder gets its data from the coordinator, and goes on with the checkpoint
of a machine that is gone. The results are those of one machine."""

import hashlib
import shutil
import signal
import unittest

from program import FAKE_TRAINER, SOURCE, TRAINER, E2eTest, main, poll, sweep_text

DATA = SOURCE / "sweeps" / "data" / "digits.csv"


class FilesTest(E2eTest):
    def coordinator(self):
        ready = self.dir / "address"
        server = self.start(self.command("coordinator", "--listen", "127.0.0.1:0", "--state", self.state,
                                         "--ready-file", ready))
        self.addCleanup(self.end, server)
        self.address = poll(lambda: ready.exists() and ready.read_text().split()[0], "the coordinator's address")

    def agent(self, name, *arguments, env=None):
        where = ["--coordinator", self.address, "--dir", self.dir / name, "--id", name, "--slots", 1]
        process = self.start(self.command("agent", *where, *arguments), env=env)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.terminate()
        process.wait()

    def submit(self, **fields):
        """Of data that is gone from where it was before any agent runs."""
        private = self.dir / "private" / "digits.csv"
        private.parent.mkdir()
        shutil.copy(DATA, private)
        file = self.write("sweep.yaml", sweep_text(data=private, **fields))
        submitted = self.ok(self.command("submit", file, "--coordinator", self.address, "-o", "quiet"))
        self.sweep_id = submitted.stdout.strip()
        shutil.rmtree(private.parent)

    def wait(self):
        waiting = self.command("wait", self.sweep_id, "--coordinator", self.address, "--out", self.dir / "cluster")
        self.ok(waiting, timeout=400)  # a lease has to run out, and the runs are long
        return self.report(self.dir / "cluster")

    def checkpoints(self):
        return self.query("SELECT checkpoint_sha256 FROM runs WHERE checkpoint_sha256 IS NOT NULL")

    def taken_over(self, name):
        """Checkpoints that an agent got from the coordinator and trains on from."""
        return list((self.dir / name / "work").glob("*/uploaded"))

    def test_an_agent_gets_data_that_it_never_had(self):
        self.coordinator()
        self.submit(seeds=1)
        self.agent("a", "--trainer", FAKE_TRAINER)
        self.wait()
        digest = hashlib.sha256(DATA.read_bytes()).hexdigest()
        self.assertEqual((self.dir / "a" / "data" / digest[:2] / digest).read_bytes(), DATA.read_bytes())

    def test_a_stopped_run_goes_on_elsewhere(self):
        slow = {"FAKE_TRAINER_MODE": "sleep:6000"}
        self.coordinator()
        self.submit(seeds=1, gammas="[1]")
        first = self.agent("a", "--trainer", FAKE_TRAINER, env=slow)
        poll(lambda: list((self.dir / "a" / "work").glob("*")), "a training")
        first.send_signal(signal.SIGTERM)
        first.wait()
        poll(self.checkpoints, "the checkpoint in the store")
        self.agent("b", "--trainer", FAKE_TRAINER, env=slow)
        poll(lambda: self.taken_over("b"), "the checkpoint on the other machine")

    @unittest.skipUnless(TRAINER.exists(), "needs evensweep-trainer")
    def test_what_a_killed_machine_began_ends_as_if_nothing_had_been(self):
        fields = {"epochs": 4000, "seeds": 1, "gammas": "[1]"}
        self.coordinator()
        self.submit(**fields)
        first = self.agent("a", "--trainer", TRAINER, "--checkpoint-every", 1)
        poll(self.checkpoints, "a checkpoint in the store")
        first.kill()
        first.wait()
        shutil.rmtree(self.dir / "a")
        self.agent("b", "--trainer", TRAINER, "--checkpoint-every", 1)
        poll(lambda: self.taken_over("b"), "the checkpoint on the other machine")
        cluster = self.wait()
        alone = self.dir / "alone"
        self.ok(self.command("run", self.sweep(**fields), "--state", self.dir / "other", "--out", alone, "--trainer",
                             TRAINER))
        self.assertEqual(cluster["runs"], self.report(alone)["runs"])


if __name__ == "__main__":
    main()
