"""Two agents in network namespaces of their own, TLS and a token between them and the coordinator: the report is the
one of `evensweep run`, to the last bit, but for times and hosts."""

import os
import subprocess
import sys

from cluster import ClusterTest
from program import DIGITS, SKIPPED, SOURCE, TRAINER, main

# A shortened sweep; the whole one by EVENSWEEP_NAMESPACES_OVERRIDES="" in the environment.
SHORT = os.environ.get("EVENSWEEP_NAMESPACES_OVERRIDES", "seeds=3 training.epochs=4").split()
SWEEP = os.environ.get("EVENSWEEP_NAMESPACES_SWEEP", str(DIGITS))


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Namespaces(ClusterTest):
    def setUp(self):
        super().setUp()
        self.mark_of_test = f"es{os.getpid() % 100000}"
        self.spaces = []
        self.addCleanup(self.remove_spaces)

    def remove_spaces(self):
        for space in self.spaces:
            subprocess.run(["ip", "netns", "del", space], check=False, capture_output=True)

    def space(self, number):
        """A namespace with a cable to this one: 10.213.N.2 there, 10.213.N.1 here."""
        name, here, there = f"{self.mark_of_test}n{number}", f"{self.mark_of_test}h{number}", f"{self.mark_of_test}t{number}"
        ip("netns", "add", name)
        self.spaces.append(name)
        ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        ip("addr", "add", f"10.213.{number}.1/24", "dev", here)
        ip("link", "set", here, "up")
        for command in (["addr", "add", f"10.213.{number}.2/24", "dev", there], ["link", "set", there, "up"],
                        ["link", "set", "lo", "up"]):
            ip("-n", name, *command)
        return name

    def command(self, *arguments, space=None):
        command = super().command(*arguments)
        return ["ip", "netns", "exec", space, *command] if space else command

    def test_the_same_report(self):
        lab = self.dir / "lab"
        self.ok(self.command("certs", "init", lab, "--host", "10.213.1.1", "--host", "10.213.2.1"))
        self.ok(self.command("certs", "token", lab, "robot", "--scope", "agent"))
        data = os.environ.get("EVENSWEEP_NAMESPACES_DATA", str(SOURCE / "sweeps" / "data"))
        self.ok(self.command("run", SWEEP, *SHORT, "--data", data, "--trainer", TRAINER, "--state", self.dir / "alone",
                             "--out", self.dir / "undisturbed"), timeout=3600)
        spaces = [self.space(number) for number in (1, 2)]
        _, address = self.start_coordinator("--cert", lab / "server.crt", "--key", lab / "server.key", "--client-ca",
                                            lab / "ca.crt", "--tokens", lab / "tokens.yaml", listen="0.0.0.0:0")
        port = address.rsplit(":", 1)[1]
        for number, space in enumerate(spaces, start=1):
            # This agent's certificate gives no scope; its token does.
            name = f"agent{number}"
            self.ok(self.command("certs", "client", lab, name, "--scope", "read"))
            child = self.launch_in(space, name, f"10.213.{number}.1:{port}", lab)
            self.wait_ready(name, child)
        client = ["--ca", lab / "ca.crt", "--cert", lab / "client.crt", "--key", lab / "client.key", "--coordinator",
                  f"10.213.1.1:{port}"]
        self.ok(self.command("submit", SWEEP, *SHORT, "--data", data, "--out", self.out, *client), timeout=3600)
        self.assertEqual(self.report(), self.report(self.dir / "undisturbed"))
        trained = {row[0] for row in self.query("SELECT DISTINCT agent FROM attempts")}
        self.assertEqual(len(trained), 2, f"both namespaces have a part: {trained}")
        for child in reversed(self.children):
            self.stop(child)

    def launch_in(self, space, name, address, lab):
        log = open(self.dir / f"{name}.log", "w", encoding="utf-8")
        with log:
            child = subprocess.Popen(
                self.command("agent", "--coordinator", address, "--dir", self.dir / name, "--trainer", TRAINER,
                             "--slots", "1", "--ready-file", self.dir / f"{name}.ready", "--ca", lab / "ca.crt",
                             "--cert", lab / f"{name}.crt", "--key", lab / f"{name}.key", "--token-file",
                             lab / "robot.token", "--id", name, space=space),
                env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.children.append(child)
        return child


def require_namespaces():
    """Skips where this process may make none."""
    name = f"es{os.getpid() % 100000}try"
    try:
        ip("netns", "add", name)
        ip("netns", "del", name)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"skipped: network namespaces need root and the program ip ({error})", file=sys.stderr)
        sys.exit(SKIPPED)


if __name__ == "__main__":
    require_namespaces()
    main()
