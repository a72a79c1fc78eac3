"""A coordinator and agents as programs of their own, for the end-to-end tests of a cluster."""

import signal
import subprocess

from program import FAKE_TRAINER, E2eTest, poll


class ClusterTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.children = []
        self.addCleanup(self.end_children)

    def end_children(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()

    def launch(self, name, *arguments, env=None):
        """A program in the background; its messages go to NAME.log."""
        with open(self.dir / f"{name}.log", "w", encoding="utf-8") as log:
            child = subprocess.Popen(self.command(*arguments), env={**self.env, **(env or {})}, cwd=self.dir,
                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.children.append(child)
        return child

    def log(self, name):
        return (self.dir / f"{name}.log").read_text()

    def wait_ready(self, name, child):
        ready = self.dir / f"{name}.ready"
        poll(lambda: ready.exists() or child.poll() is not None, f"{name} to be ready")
        self.assertTrue(ready.exists(), self.log(name))
        return ready.read_text().split()

    def start_coordinator(self, *arguments, listen="127.0.0.1:0"):
        """Returns the process and its address."""
        (self.dir / "coordinator.ready").unlink(missing_ok=True)
        child = self.launch("coordinator", "coordinator", "--listen", listen, "--state", self.state, "--ready-file",
                            self.dir / "coordinator.ready", *arguments)
        return child, self.wait_ready("coordinator", child)[0]

    def start_agent(self, name, address, *arguments, env=None):
        child = self.launch(name, "agent", "--coordinator", address, "--dir", self.dir / name, "--trainer",
                            FAKE_TRAINER, "--slots", "2", "--ready-file", self.dir / f"{name}.ready", *arguments,
                            env=env)
        self.wait_ready(name, child)
        return child

    def stop(self, child, number=signal.SIGTERM, code=0):
        child.send_signal(number)
        self.assertEqual(child.wait(60), code)
