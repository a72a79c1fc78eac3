"""A coordinator and agents that train with the fake trainer, for tests of the verbs."""

import json
import subprocess

from program import FAKE_TRAINER, E2eTest, poll


class VerbsTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.started = []
        self.mode = self.write("mode", "instant")
        self.env["FAKE_TRAINER_MODE_FILE"] = str(self.mode)
        self.address = f"unix:{self.dir}/socket"
        self.env["EVENSWEEP_COORDINATOR"] = self.address
        self.start_coordinator()

    def tidy_up(self):
        for process in reversed(self.started):
            if process.poll() is None:
                process.terminate()
        for process in self.started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        super().tidy_up()

    def launch(self, name, *arguments):
        ready = self.dir / f"{name}.ready"
        ready.unlink(missing_ok=True)
        with open(self.dir / f"{name}.log", "a", encoding="utf-8") as log:
            process = subprocess.Popen(self.command(*arguments, "--ready-file", ready), env=self.env, cwd=self.dir,
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.started.append(process)
        poll(lambda: ready.exists() or process.poll() is not None, f"{name} to be ready")
        self.assertIsNone(process.poll(), (self.dir / f"{name}.log").read_text())
        return process

    def start_coordinator(self):
        self.coordinator = self.launch("coordinator", "coordinator", "--state", self.state, "--listen", self.address)

    def start_agent(self, name="one"):
        return self.launch(f"agent-{name}", "agent", "--id", name, "--dir", self.dir / name, "--slots", 2,
                           "--trainer", FAKE_TRAINER)

    def type(self, *arguments, code=0):
        return self.ok(self.command(*arguments), code=code)

    def json(self, *arguments, code=0):
        document = json.loads(self.type(*arguments, "-o", "json", code=code).stdout)
        self.assertEqual((document["schema"], document["schema_version"]), ("evensweep-cli", 1))
        return document

    def submit(self, *arguments, **fields):
        return self.type("submit", self.sweep(**fields), *arguments, "-o", "quiet").stdout.strip()

    def start_waiting(self, sweep):
        """A `wait` that has heard of the sweep."""
        told = self.dir / "waiting.log"
        with open(told, "w", encoding="utf-8") as log:
            waiting = subprocess.Popen(self.command("wait", sweep), env=self.env, cwd=self.dir,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        self.started.append(waiting)
        poll(lambda: "trials" in told.read_text(encoding="utf-8"), "word of the sweep")
        return waiting

    def trials(self, sweep, state):
        return self.type("ls", sweep, "--state", state, "-o", "quiet").stdout.split()
