#!/usr/bin/env python3
"""Real programs, killed, stopped, cut off and starved at random: nothing is lost, and nothing is counted twice.

    tests/chaos/chaos.py                          # about a minute
    tests/chaos/chaos.py --kills 1000 --seed 7    # until so many processes were killed with SIGKILL

A coordinator and agents with trainers that train nothing, all with short timeouts, work through sweeps while one act
after another is done to them. Then all is healed and the sweeps end. The table of results must be that of a cluster to
which nothing was done, byte for byte; every run must have exactly one result and one attempt that succeeded; the count of
stored results must never have fallen; and no process may be left over. Prints what was done, how long it took after each
kind of act until the next result was stored, and one line of JSON.

Disks that fill up need root (a tmpfs of their own); without it that act is left out, and said to be.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster import EVENSWEEP, Cluster, noop_sweep, wait_for  # noqa: E402
from tcp_proxy import TcpProxy  # noqa: E402

TRAINING_MS = 40
RECOVERY = 60  # seconds after which a cluster that stores nothing is taken for dead
COORDINATOR = "timeouts: {heartbeat: 0.2, lease: 1, suspect: 0.6, start_grace: 2, brake: 1, quarantine: 1, backoff: 0.05}\n"


class Disk:
    """A small tmpfs for a folder, so that it can be full."""

    def __init__(self, folder, mib):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.filler = folder, folder / "filler"
        self.mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)], check=False,
            capture_output=True).returncode == 0

    def fill(self):
        with open(self.filler, "wb", buffering=0) as file:
            for block in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"x" * block)
                except OSError:
                    pass

    def free(self):
        self.filler.unlink(missing_ok=True)

    def unmount(self):
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)


class Chaos:
    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.rng = random.Random(options.seed)
        self.cluster = Cluster(folder, COORDINATOR)
        self.cluster.env["EVENSWEEP_CHAOS_MARK"] = str(folder)
        self.names = [f"agent{i}" for i in range(options.agents)]
        self.disks = {name: Disk(folder / name, 64) for name in self.names}
        self.disks["coordinator"] = Disk(self.cluster.state, 512)
        self.proxies = {name: TcpProxy(self.cluster.port) for name in self.names}
        self.done = collections.Counter()
        self.recoveries = collections.defaultdict(list)
        self.deaths = []  # processes that ended though nobody killed them
        self.kills = 0
        self.most_stored = 0
        self.sweeps = []

    # ---- the cluster

    def start_agent(self, name):
        self.cluster.start_agent(name, slots=self.options.slots, mode=f"sleep:{TRAINING_MS}", wait=False,
                                 coordinator=self.proxies[name].address, directory=self.folder / name / "dir")

    def count(self, query):
        """None where the store cannot be read now."""
        path = self.cluster.state / "evensweep.db"
        try:
            database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
            try:
                return database.execute(query).fetchone()[0]
            finally:
                database.close()
        except sqlite3.Error:
            return None

    def all_ended(self):
        """A run whose trainers were killed twice has failed, as if for lack of memory, and those that need it with it."""
        return self.count("SELECT count(*) FROM runs WHERE state = 0") == 0

    def stored(self):
        """How many trials have a stored result (some share a run); what was there once must never be gone."""
        count = self.count("SELECT count(*) FROM trials JOIN results USING (run)")
        if count is None:
            return self.most_stored
        if count < self.most_stored:
            raise AssertionError(f"{self.most_stored} results were stored, now there are {count}")
        self.most_stored = count
        return count

    def revive(self):
        """Starts again what is dead, as systemd would."""
        if not self.cluster.coordinator.alive():
            self.cluster.start_coordinator(wait=False)
        for name in self.names:
            if not self.cluster.agents[name].alive():
                self.start_agent(name)

    def look_for_deaths(self, but=()):
        programs = {"coordinator": self.cluster.coordinator, **self.cluster.agents}
        for name, program in programs.items():
            if not program.alive() and name not in but:
                self.deaths.append(f"{name} ended with {program.process.returncode} after {dict(self.done)}: "
                                   f"{self.cluster.tail(name + '.log')[-300:]}")

    # ---- acts; each returns the names of programs that it has ended

    def kill(self, name):
        program = self.cluster.coordinator if name == "coordinator" else self.cluster.agents[name]
        program.kill()
        self.kills += 1
        time.sleep(self.rng.choice([0, 0, 0.1, 0.5, 1.5]))
        return [name]

    def kill_coordinator(self):
        return self.kill("coordinator")

    def kill_agent(self):
        return self.kill(self.rng.choice(self.names))

    def kill_trainer(self):
        trainers = self.cluster.agents[self.rng.choice(self.names)].children()
        if trainers:
            os.kill(self.rng.choice(trainers), signal.SIGKILL)
            self.kills += 1
        return []

    def pause(self):
        programs = [self.cluster.coordinator.pid, *(self.cluster.agents[name].pid for name in self.names)]
        programs += self.cluster.agents[self.rng.choice(self.names)].children()
        pid = self.rng.choice(programs)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self.rng.choice([0.1, 0.5, 2]))
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass
        return []

    def terminate_agent(self):
        name = self.rng.choice(self.names)
        self.cluster.agents[name].send(self.rng.choice([signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2]))
        try:
            self.cluster.agents[name].process.wait(30)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{name} did not end after SIGTERM") from error
        return [name]

    def delay(self):
        proxy = self.proxies[self.rng.choice(self.names)]
        proxy.delay = self.rng.choice([0.02, 0.2, 0.5])
        time.sleep(self.rng.choice([0.3, 1]))
        proxy.delay = 0
        return []

    def stall(self):
        proxy = self.proxies[self.rng.choice(self.names)]
        proxy.stalled = True
        time.sleep(self.rng.choice([0.3, 1.5, 3]))
        if self.rng.random() < 0.5:
            proxy.cut()
        proxy.stalled = False
        return []

    def cut(self):
        for name in self.names if self.rng.random() < 0.3 else [self.rng.choice(self.names)]:
            self.proxies[name].cut()
        return []

    def fill_disk(self):
        name = self.rng.choice([*self.names, "coordinator", "coordinator"])
        self.disks[name].fill()
        time.sleep(self.rng.choice([0.3, 1, 2]))
        self.disks[name].free()
        return [name]  # it may have ended: with the reason, and nothing lost

    def damage_checkpoint(self):
        found = [path for name in self.names for path in (self.folder / name).rglob("checkpoint*") if path.is_file()]
        if found:
            try:
                with open(max(found, key=lambda path: path.stat().st_mtime), "r+b") as file:
                    file.write(b"\xff\x00damaged")
            except OSError:
                pass  # it was removed in this moment
        return []

    def second_coordinator(self):
        done = subprocess.run([str(EVENSWEEP), "coordinator", "--listen", "127.0.0.1:0", "--state", self.cluster.state],
                              env=self.cluster.env, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 0:
            raise AssertionError("a second coordinator was let into the same state folder")
        return []

    def acts(self):
        weights = {self.kill_coordinator: 3, self.kill_agent: 4, self.kill_trainer: 4, self.pause: 2,
                   self.terminate_agent: 1, self.delay: 1, self.stall: 1, self.cut: 2, self.damage_checkpoint: 1,
                   self.second_coordinator: 0.3}
        if all(disk.mounted for disk in self.disks.values()):
            weights[self.fill_disk] = 1
        else:
            print("left out: disks that fill up, as a tmpfs could not be mounted", flush=True)
        if self.options.only:
            weights = {act: weight for act, weight in weights.items() if act.__name__ in self.options.only}
        return list(weights), list(weights.values())

    # ---- the run of it

    def submit_next(self):
        number = len(self.sweeps)
        sweep = noop_sweep(self.folder, self.options.arms, 20, name=f"sweep{number}", first=1000 * number, dependent=True)
        for _ in range(100):
            done = self.cluster.call("submit", sweep, "-o", "quiet", check=False)
            if done.returncode == 0:
                self.sweeps.append((sweep, done.stdout.split()[0]))
                return
            if done.returncode != 4:
                raise AssertionError(f"submit ended with {done.returncode}: {done.stderr}")
            self.revive()
            time.sleep(0.2)
        raise AssertionError(f"nothing can be submitted: {done.stderr}")

    def wanted(self):
        return len(self.sweeps) * (self.options.arms + 1) * 20

    def one_act(self, act):
        self.look_for_deaths()
        self.revive()
        started = time.time()
        ended = act()
        self.look_for_deaths(but=ended)
        before = self.stored()
        healed = time.monotonic()
        self.revive()
        self.done[act.__name__] += 1
        wait_for(lambda: self.stored() > before or self.all_ended(), f"a result after {act.__name__}, begun at "
                 f"{started:.1f}; {before} of {self.wanted()} were stored", RECOVERY)
        self.recoveries[act.__name__].append(time.monotonic() - healed)

    def disturb(self):
        acts, weights = self.acts()
        limit = time.monotonic() + self.options.seconds if not self.options.kills else float("inf")
        told = 0
        while time.monotonic() < limit and (not self.options.kills or self.kills < self.options.kills):
            if self.wanted() - self.stored() < (self.options.arms + 1) * 20 / 4:
                self.submit_next()
            self.one_act(self.rng.choices(acts, weights)[0])
            if time.monotonic() - told > 60:
                told = time.monotonic()
                print(f"{self.kills} kills, {self.most_stored} results, {dict(self.done)}", flush=True)
            time.sleep(self.rng.uniform(0.05, 0.5))

    def end_sweeps(self):
        """All is well again: the sweeps must end. Runs that were failed by the rules are asked for again, as a person would
        (two trainers of a run that are killed look as if it took too much memory)."""
        asked = 0
        for _, sweep in self.sweeps:
            for _ in range(10):
                self.revive()
                code = self.cluster.wait(sweep, timeout=600)
                if code == 0:
                    break
                if code == 4:  # the coordinator has not listened for long enough yet
                    time.sleep(1)
                    continue
                if code != 3:
                    raise AssertionError(f"wait ended with {code}")
                asked += 1
                self.cluster.call("retry", sweep, "--failed")
            else:
                raise AssertionError(f"sweep {sweep} has trials without a result")
        return asked

    def run(self):
        self.cluster.start_coordinator()
        for name in self.names:
            self.start_agent(name)
        self.submit_next()
        self.disturb()
        asked = self.end_sweeps()
        self.look_for_deaths()
        for agent in self.cluster.agents.values():
            agent.stop()
        self.cluster.coordinator.stop()
        runs = query(self.cluster.state, "SELECT count(DISTINCT run) FROM trials")[0][0]
        check_single(self.cluster.state, runs)
        return {"kills": self.kills, "acts": dict(self.done), "runs": runs, "sweeps_retried": asked,
                "ended_by_themselves": self.deaths, "attempts": attempts(self.cluster.state),
                "recovery_s": {name: spread(values) for name, values in sorted(self.recoveries.items())}}


def spread(values):
    values = sorted(values)
    return {"n": len(values), "p50": round(values[len(values) // 2], 3),
            "p99": round(values[min(len(values) - 1, int(0.99 * len(values)))], 3), "max": round(values[-1], 3)}


def query(state, sql):
    database = sqlite3.connect(f"file:{state}/evensweep.db?mode=ro", uri=True)
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


def attempts(state):
    return query(state, "SELECT count(*) FROM attempts")[0][0]


def check_single(state, runs):
    """Exactly one result and one attempt that succeeded for each run, and nothing that is still open."""
    counts = {
        "runs": "SELECT count(*) FROM runs",
        "results": "SELECT count(*) FROM results",
        "runs with an attempt that succeeded": "SELECT count(DISTINCT run) FROM attempts WHERE ended_at IS NOT NULL "
                                               "AND failure_json IS NULL",
        "attempts that succeeded": "SELECT count(*) FROM attempts WHERE ended_at IS NOT NULL AND failure_json IS NULL",
    }
    found = {name: query(state, sql)[0][0] for name, sql in counts.items()}
    wrong = {name: count for name, count in found.items() if count != runs}
    open_attempts = query(state, "SELECT count(*) FROM attempts WHERE ended_at IS NULL")[0][0]
    if wrong or open_attempts:
        raise AssertionError(f"{runs} runs were wanted, but there are {found}, and {open_attempts} open attempts")


def table(state):
    """What all sweeps have: arm, seed, run key and the run's result, as stored."""
    return query(state, "SELECT sweeps.id, trials.arm, trials.seed, hex(runs.key), trials.failure_json, "
                        "results.result_json FROM trials JOIN sweeps ON sweeps.number = trials.sweep "
                        "LEFT JOIN runs ON runs.number = trials.run LEFT JOIN results ON results.run = runs.number "
                        "ORDER BY 1, 2, 3")


def undisturbed(folder, sweeps, options):
    disk = Disk(folder, 1024)  # as quick as the disturbed one had it
    try:
        with Cluster(folder) as cluster:
            cluster.start_coordinator()
            for i in range(options.agents):
                cluster.start_agent(f"agent{i}", slots=options.slots)
            for sweep, _ in sweeps:
                if cluster.wait(cluster.submit(sweep)) != 0:
                    raise AssertionError("the undisturbed sweep has trials without a result")
            cluster.coordinator.stop()
            return table(cluster.state)
    finally:
        disk.unmount()


def left_over(mark):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"EVENSWEEP_CHAOS_MARK={mark}".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of acts, unless --kills is given")
    parser.add_argument("--kills", type=int, default=0, help="end after so many SIGKILLs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--agents", type=int, default=3)
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--arms", type=int, default=24, help="of each sweep, at 20 seeds")
    parser.add_argument("--only", nargs="*", help="only these acts")
    parser.add_argument("--keep", action="store_true", help="leave the folder where it is")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="evensweep-chaos."))
    chaos = Chaos(folder / "disturbed", options)
    try:
        began = time.monotonic()
        with chaos.cluster:
            told = chaos.run()
        told["seconds"] = round(time.monotonic() - began, 1)
        disturbed = table(chaos.cluster.state)
        wait_for(lambda: not left_over(chaos.folder), "all processes to end", 20)
        expected = undisturbed(folder / "undisturbed", chaos.sweeps, options)
        differ = sum(a != b for a, b in zip(disturbed, expected)) + abs(len(disturbed) - len(expected))
        told.update(trials=len(expected), trials_that_differ=differ, seed=options.seed)
        print(json.dumps(told))
        if differ or told["ended_by_themselves"]:
            sys.exit(1)
    except (AssertionError, TimeoutError) as error:
        print(f"seed {options.seed}, {chaos.kills} kills, {dict(chaos.done)}, {folder}: {error}", file=sys.stderr)
        options.keep = True
        sys.exit(1)
    finally:
        if not options.keep:
            for disk in chaos.disks.values():
                disk.unmount()
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
