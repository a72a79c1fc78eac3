#!/usr/bin/env python3
"""Agents in network namespaces of their own, whose cables are pulled: TLS and client certificates on, as in a lab.

    tests/chaos/partition.py                          # cuts of 2 s and 8 s, with a lease of 5 s
    tests/chaos/partition.py --lease default --cuts 5 60 300 900    # the settings of a lab; takes cuts side by side
    tests/chaos/partition.py --sweep sweeps/satimage.yaml --data DIR    # a real sweep, against `evensweep run`

Each cut takes one agent's cable while it trains. A cut that is shorter than the lease must start no run again; after a
longer one a run may have been given to the other agent, and still has one result. With the settings of a lab an agent
beyond the cable also trains what no other one may have (a label), for longer than the cut: that must go on, and be
started by nobody again. Whoever comes without a certificate,
with one of another authority, or in plaintext is refused. Needs root and `ip`; without them it is skipped.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chaos import check_single, query  # noqa: E402
from cluster import BIN, EVENSWEEP, FAKE_TRAINER, Program, noop_sweep, tiny_data, wait_for  # noqa: E402

SKIPPED = 77
SHORT = "timeouts: {heartbeat: 1, lease: 5, suspect: 3, start_grace: 5, brake: 5, backoff: 0.1}\n"


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True, capture_output=True)


class Lab:
    """A namespace for the coordinator and one for each agent, a cable between each agent and the coordinator."""

    def __init__(self, folder, agents, config, number=0):
        self.folder, self.mark = folder, f"ev{os.getpid() % 10000}{'xyzuvw'[number]}"
        self.hosts = [f"10.77.{i + 1}.1" for i in range(agents)]
        ip("netns", "add", self.space("c"))
        ip("-n", self.space("c"), "link", "set", "lo", "up")
        for i in range(agents):
            here, there = f"{self.mark}c{i}", f"{self.mark}a{i}"
            ip("netns", "add", self.space(i))
            ip("-n", self.space(i), "link", "set", "lo", "up")
            ip("link", "add", here, "netns", self.space("c"), "type", "veth", "peer", "name", there, "netns", self.space(i))
            ip("-n", self.space("c"), "addr", "add", f"10.77.{i + 1}.1/24", "dev", here)
            ip("-n", self.space(i), "addr", "add", f"10.77.{i + 1}.2/24", "dev", there)
            ip("-n", self.space("c"), "link", "set", here, "up")
            ip("-n", self.space(i), "link", "set", there, "up")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("EVENSWEEP_", "FAKE_TRAINER_", "XDG_"))}
        self.env["HOME"] = str(folder)
        self.call("certs", "init", folder / "lab", *sum((["--host", host] for host in self.hosts), []))
        file = folder / "lab" / "coordinator.yaml"
        file.write_text(file.read_text() + config)
        self.programs = []

    def space(self, name):
        return f"{self.mark}-{name}"

    def within(self, name):
        return ["ip", "netns", "exec", self.space(name)]

    def cut(self, i, seconds):
        ip("-n", self.space("c"), "link", "set", f"{self.mark}c{i}", "down")
        time.sleep(seconds)
        ip("-n", self.space("c"), "link", "set", f"{self.mark}c{i}", "up")

    def start(self, space, name, *arguments, **env):
        program = Program([*self.within(space), EVENSWEEP, *arguments], self.folder / f"{name}.log", dict(self.env, **env))
        self.programs.append(program)
        return program

    def start_coordinator(self):
        ready = self.folder / "coordinator.ready"
        program = self.start("c", "coordinator", "coordinator", "--config", self.folder / "lab" / "coordinator.yaml",
                             "--state", self.folder / "state", "--ready-file", ready)
        wait_for(lambda: ready.exists() or not program.alive(), "the coordinator")
        return program

    def start_agent(self, i, trainer, data, slots, mode=None, name=None, labels=()):
        """The certificates of a lab name one address; each agent reaches the coordinator by that of its own cable."""
        name = name or f"agent{i}"
        ready = self.folder / f"{name}.ready"
        environment = {"FAKE_TRAINER_MODE": mode} if mode else {}
        program = self.start(i, name, "agent", "--coordinator", f"{self.hosts[i]}:7078", "--ca", self.lab("ca.crt"),
                             "--cert", self.lab("agent.crt"), "--key", self.lab("agent.key"), "--dir",
                             self.folder / name, "--slots", slots, "--trainer", trainer, "--ready-file", ready,
                             *(["--data", data] if data else []), *(["--labels", *labels] if labels else []), **environment)
        wait_for(lambda: ready.exists() or not program.alive(), name)
        if not program.alive():
            raise AssertionError((self.folder / f"{name}.log").read_text()[-500:])
        return program

    def lab(self, name):
        return str(self.folder / "lab" / name)

    def call(self, *arguments, space=None, check=True):
        done = subprocess.run([*(self.within(space) if space is not None else []), str(EVENSWEEP), *map(str, arguments)],
                              env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"evensweep {arguments[0]} ended with {done.returncode}: {done.stderr}")
        return done

    def client(self, *arguments, check=True):
        return self.call(*arguments, "--coordinator", f"{self.hosts[0]}:7078", "--ca", self.lab("ca.crt"), "--cert",
                         self.lab("client.crt"), "--key", self.lab("client.key"), space="c", check=check)

    def refused(self):
        """Exit codes of those who should not be let in, by what they lack."""
        self.call("certs", "init", self.folder / "other", "--host", self.hosts[0])
        address = f"{self.hosts[0]}:7078"
        ca, other = ["--ca", self.lab("ca.crt")], str(self.folder / "other")
        tries = {
            "no certificate": ca,
            "certificate of another authority": [*ca, "--cert", f"{other}/client.crt", "--key", f"{other}/client.key"],
            "coordinator of another authority": ["--ca", f"{other}/ca.crt", "--cert", self.lab("client.crt"), "--key",
                                                 self.lab("client.key")],
            "plaintext": [],
        }
        return {what: self.call("ls", "--coordinator", address, *flags, space="c", check=False).returncode
                for what, flags in tries.items()}

    def close(self):
        for program in self.programs:
            program.send(signal.SIGKILL)
        for name in ["c", *range(len(self.hosts))]:
            pids = subprocess.run(["ip", "netns", "pids", self.space(name)], capture_output=True, text=True, check=False)
            for pid in pids.stdout.split():
                os.kill(int(pid), signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", self.space(name)], check=False, capture_output=True)


def attempts_of(state):
    return query(state, "SELECT count(*) FROM attempts")[0][0]


def check_refusals(lab):
    told = lab.refused()
    # 2: without --ca the client itself does not speak to another machine.
    wrong = {what: code for what, code in told.items() if code not in ((2,) if what == "plaintext" else (4, 5))}
    if wrong:
        raise AssertionError(f"let in: {wrong}")
    return told


def submit(lab, *arguments, room=None, **more):
    path = noop_sweep(lab.folder, *arguments, **more)
    if room:
        path.write_text(path.read_text() + f"resources: {{labels: {{room: {room}}}}}\n")
    return lab.client("submit", path, "-o", "quiet").stdout.split()[0]


def finish(lab, sweep, seconds):
    code = lab.client("wait", sweep, "-o", "quiet", check=False).returncode
    if code != 0:
        raise AssertionError(f"after a cut of {seconds} s the sweep ended with {code}")


def cuts(lab, options):
    """Runs sleep for a second and a half, so that a cut always meets some that train."""
    lease = 5
    told = {"refused": check_refusals(lab)}
    data = tiny_data(lab.folder)
    for i in range(2):
        lab.start_agent(i, FAKE_TRAINER, data, 4, "sleep:1500")
    wanted = again_before = 0
    for number, seconds in enumerate(options.cuts):
        arms = max(4, int((seconds + 15) * 8 / 1.5 / 20))
        sweep = submit(lab, arms, 20, name=f"cut{number}", first=100 * number)
        wanted += (arms + 1) * 20
        time.sleep(3)
        lab.cut(0, seconds)
        finish(lab, sweep, seconds)
        check_single(lab.folder / "state", wanted)
        again = attempts_of(lab.folder / "state") - wanted - again_before
        again_before += again
        told[f"cut of {seconds} s"] = {"runs": (arms + 1) * 20, "started_again": again}
        print(told[f"cut of {seconds} s"], flush=True)
        if seconds < lease - 2 and again:
            raise AssertionError(f"{again} runs were started again after a cut of {seconds} s, shorter than the lease")
    return told


LEASE = 25  # seconds, as it is without a configuration


def long_cut(lab, seconds):
    """One cut with the settings of a lab: many short runs for whoever is there, and two that only the far agent may
    have and that last longer than the cut."""
    data = tiny_data(lab.folder)
    short = max(1500, int(seconds * 50))  # milliseconds
    for i in range(2):
        lab.start_agent(i, FAKE_TRAINER, data, 2, f"sleep:{short}", labels=["room=near"])
    lab.start_agent(0, FAKE_TRAINER, data, 2, f"sleep:{int(seconds + 30) * 1000}", name="far", labels=["room=far"])
    far = submit(lab, 1, 1, room="far", name="far", first=500)
    wait_for(lambda: attempts_of(lab.folder / "state") == 2, "the far agent's runs")
    near = submit(lab, 9, 4, room="near", name="near")
    time.sleep(3)
    lab.cut(0, seconds)
    healed = time.time()
    finish(lab, far, seconds)
    finish(lab, near, seconds)
    wanted = 2 + 40
    check_single(lab.folder / "state", wanted)
    tries = query(lab.folder / "state", """SELECT count(*) FROM attempts WHERE run IN
        (SELECT run FROM trials JOIN sweeps ON sweeps.number = trials.sweep WHERE sweeps.name = 'far')""")[0][0]
    again = attempts_of(lab.folder / "state") - wanted
    told = {"cut": seconds, "runs": wanted, "started_again": again, "far_attempts": tries,
            "over_after_heal": round(time.time() - healed, 1)}
    print(told, flush=True)
    if tries != 2:
        raise AssertionError(f"what only the far agent could train was tried {tries} times, not 2")
    if seconds < LEASE - 2 and again:
        raise AssertionError(f"{again} runs were started again after a cut of {seconds} s, shorter than the lease")
    return told


def without_volatile(value):
    if isinstance(value, dict):
        return {k: without_volatile(v) for k, v in value.items() if k not in ("times", "environment")}
    return [without_volatile(v) for v in value] if isinstance(value, list) else value


def real_sweep(lab, options):
    """The report of two agents in namespaces must be that of `evensweep run` on this machine."""
    trainer = options.trainer or BIN / "evensweep-trainer"
    for i in range(2):
        lab.start_agent(i, trainer, options.data, 1)
    began = time.time()
    sweep = lab.client("submit", options.sweep, "--data", options.data, "-o", "quiet").stdout.split()[0]
    time.sleep(5)
    lab.cut(1, options.cuts[0])
    code = lab.client("wait", sweep, "-o", "quiet", check=False).returncode
    took = time.time() - began
    lab.client("report", sweep, "--out", lab.folder / "cluster")
    lab.call("run", options.sweep, "--data", options.data, "--state", lab.folder / "alone", "--out", lab.folder / "single",
             "--trainer", trainer, "--slots", 2)
    reports = [without_volatile(json.loads((lab.folder / name / "results.json").read_text())) for name in
               ("cluster", "single")]
    differ = [key for key in reports[1] if reports[0].get(key) != reports[1][key]]
    return {"exit_code": code, "seconds": round(took, 1), "parts_that_differ": differ,
            "same_report": reports[0] == reports[1]}


def in_lab(test, what, number=0, config=""):
    """What the test tells, or None if it failed: its folder then stays."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="evensweep-partition."))
    lab = Lab(folder, 2, config, number)
    try:
        lab.start_coordinator()
        told = test(lab, what)
    except (AssertionError, TimeoutError) as error:
        print(f"{folder}: {error}", file=sys.stderr, flush=True)
        told = None
    lab.close()
    if told is not None:
        shutil.rmtree(folder, ignore_errors=True)
    return told


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=float, nargs="+", default=[2, 8], help="seconds")
    parser.add_argument("--lease", choices=["short", "default"], default="short",
                        help="default: heartbeats and leases as they are in a lab, up to six cuts")
    parser.add_argument("--sweep", help="a real sweep in place of no-op runs")
    parser.add_argument("--data", help="its data folder")
    parser.add_argument("--trainer", help="its trainer")
    options = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("ip") is None:
        print("skipped: network namespaces need root and the program ip", file=sys.stderr)
        sys.exit(SKIPPED)
    if options.lease == "default" and not options.sweep:
        with concurrent.futures.ThreadPoolExecutor(len(options.cuts)) as pool:
            told = list(pool.map(in_lab, [long_cut] * len(options.cuts), options.cuts, range(len(options.cuts))))
    else:
        told = in_lab(real_sweep if options.sweep else cuts, options, config="" if options.lease == "default" else SHORT)
    print(json.dumps(told))
    failed = None in told if isinstance(told, list) else told is None or not told.get("same_report", True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
