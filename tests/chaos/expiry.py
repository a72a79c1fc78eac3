#!/usr/bin/env python3
"""Certificates and tokens that expire while a cluster runs, and new ones in their place.

    tests/chaos/expiry.py

One agent comes with a certificate of three days, one with a token of three days; then the coordinator's clock goes four
days ahead. The agent with the token is cut off at once and told why, and so is one whose token is taken out of the file;
both train on, are let in again by themselves with a new token, and no run that trains is harmed. The stream of the
certificate goes on, but whoever comes anew with it is refused, client and agent alike, also after the coordinator was
killed and started again; a new one counts with a restart of the agent. Needs libfaketime (Debian's
package faketime), which moves the wall clock of one process; without it the test is skipped.
"""

import glob
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chaos import attempts, check_single, query  # noqa: E402
from cluster import Cluster, noop_sweep, wait_for  # noqa: E402

SKIPPED = 77
CONFIG = """\
tls: {cert: lab/server.crt, key: lab/server.key, client_ca: lab/ca.crt, client_certificates: optional}
tokens: lab/tokens.yaml
timeouts: {heartbeat: 1, suspect: 60, lease: 90, start_grace: 90, backoff: 0.1}
"""
NOT_REACHED, REFUSED = 4, 5


class Lab(Cluster):
    def __init__(self, folder, library):
        super().__init__(folder, CONFIG)
        self.lab, self.library, self.clock = self.folder / "lab", library, self.folder / "clock"
        self.call("certs", "init", self.lab, "--host", "127.0.0.1")
        self.call("certs", "agent", self.lab, "short", "--days", 3)
        self.call("certs", "client", self.lab, "visitor", "--scope", "read", "--days", 3)
        for name, scope in (("worker", "agent"), ("reader", "read")):
            self.call("certs", "token", self.lab, name, "--scope", scope, "--days", 3)
        self.env.update(EVENSWEEP_CA=str(self.lab / "ca.crt"), **self.certificate("client"))
        self.go_to("+0")

    def certificate(self, name):
        return {"EVENSWEEP_CERT": str(self.lab / f"{name}.crt"), "EVENSWEEP_KEY": str(self.lab / f"{name}.key")}

    def go_to(self, offset):
        self.clock.write_text(offset + "\n")

    def start(self):
        self.start_coordinator(prefix=["env", f"LD_PRELOAD={self.library}", f"FAKETIME_TIMESTAMP_FILE={self.clock}",
                                       "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"])

    def start_worker(self, name, **credentials):
        without = ["-u", "EVENSWEEP_CERT", "-u", "EVENSWEEP_KEY"]
        self.start_agent(name, slots=2, mode="sleep:300",
                         prefix=["env", *without, *(f"{key}={value}" for key, value in credentials.items())])

    def refusal(self, code, **credentials):
        """What somebody with these credentials is told, who must be turned away so."""
        env, self.env = self.env, {k: v for k, v in self.env.items() if k not in ("EVENSWEEP_CERT", "EVENSWEEP_KEY")}
        self.env.update({key: str(value) for key, value in credentials.items()})
        try:
            done = self.call("ls", check=False)
        finally:
            self.env = env
        if done.returncode != code:
            raise AssertionError(f"ended with {done.returncode}, not {code}: {done.stderr}")
        return done.stderr

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def all_once(self, sweep, runs):
        if self.wait(sweep) != 0:
            raise AssertionError("the sweep did not end well")
        check_single(self.state, runs)
        # A lease that was on its way when the stream ended has not been trained.
        harmed = query(self.state, "SELECT failure_json FROM attempts WHERE failure_json IS NOT NULL AND failure_json "
                                   "NOT LIKE '%came back without it%'")
        if harmed:
            raise AssertionError(f"runs were harmed: {harmed}")

    def renew(self, name):
        """A new token in the place of the worker's. It is read anew for each connection."""
        self.call("certs", "token", self.lab, name, "--scope", "agent")
        (self.lab / f"{name}.token").replace(self.lab / "worker.token")

    def take_out(self, name):
        file = self.lab / "tokens.yaml"
        lines = file.read_text().splitlines(keepends=True)
        left = [line for line in lines if f"name: {name}," not in line]
        if len(left) != len(lines) - 1:
            raise AssertionError(f"{name} is not one line of {file}: {lines}")
        with tempfile.NamedTemporaryFile("w", dir=self.lab, delete=False) as new:
            new.writelines(left)
        pathlib.Path(new.name).replace(file)

    def wait_until_both_train(self, sweep):
        wait_for(lambda: self.status(sweep)["running"] >= 3, "both agents to train")


def who_loses_its_token_is_cut_off(lab):
    first = lab.submit(noop_sweep(lab.folder, 5, 16, name="first"))
    lab.wait_until_both_train(first)
    lab.go_to("+345600")
    told = lab.refusal(REFUSED, EVENSWEEP_TOKEN_FILE=lab.lab / "reader.token")
    if "expired" not in told:
        raise AssertionError(f"does not say that the token has expired: {told}")
    lab.refusal(NOT_REACHED, **lab.certificate("visitor"))
    wait_for(lambda: "expired" in lab.log("worker"), "the agent with the token to be told that it has expired")
    lab.renew("fresh")
    wait_for(lambda: "connected to the coordinator again" in lab.log("worker"), "the agent with the new token to be back")
    cuts = lab.log("coordinator").count("good no more")
    lab.take_out("fresh")
    wait_for(lambda: lab.log("coordinator").count("good no more") > cuts, "the coordinator to see what was taken out")
    wait_for(lambda: "token is not known" in lab.log("worker"), "the agent to be told that its token is not known")
    lab.renew("fresher")
    lab.all_once(first, 96)
    refused = query(lab.state, "SELECT who, outcome FROM audit WHERE what = 'refused'")
    if not refused or "has expired" not in refused[0][1]:
        raise AssertionError(f"the audit log has of refusals: {refused}")


def new_ones_take_their_place(lab):
    before = attempts(lab.state)
    second = lab.submit(noop_sweep(lab.folder, 5, 10, name="second", first=100))
    lab.wait_until_both_train(second)
    lab.coordinator.kill()
    lab.start()
    wait_for(lambda: "no connection to the coordinator" in lab.log("short"), "the agent with the certificate to be refused")
    # It holds its leases until it is started anew, with what it trained given back.
    for kind in ("crt", "key"):
        (lab.lab / f"short.{kind}").unlink()
    lab.call("certs", "agent", lab.lab, "short")
    lab.agents["short"].stop()
    lab.start_worker("short", **lab.certificate("short"))
    if lab.wait(second) != 0:
        raise AssertionError("the sweep did not end well with new credentials")
    check_single(lab.state, 156)
    again = attempts(lab.state) - before - 60
    if again > 4:  # at most what the restarted agent held: two in its slots, and one more for each
        raise AssertionError(f"{again} runs were started again")
    for name in ("coordinator", "worker", "short"):
        if "evensweep_" in lab.log(name):
            raise AssertionError(f"a token is in the log of {name}")


def main():
    libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not libraries:
        print("skipped: libfaketime is not there (package faketime)", file=sys.stderr)
        sys.exit(SKIPPED)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="evensweep-expiry."))
    keep = False
    try:
        with Lab(folder, libraries[0]) as lab:
            lab.start()
            lab.start_worker("short", **lab.certificate("short"))
            lab.start_worker("worker", EVENSWEEP_TOKEN_FILE=lab.lab / "worker.token")
            who_loses_its_token_is_cut_off(lab)
            new_ones_take_their_place(lab)
            print("156 runs, one result each; tokens were cut off within seconds, and new ones took their place")
    except (AssertionError, TimeoutError, RuntimeError) as error:
        keep = True
        print(f"{folder}: {error}", file=sys.stderr)
        sys.exit(1)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
