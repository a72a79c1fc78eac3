#!/usr/bin/env python3
"""What dispatch costs: real coordinator, agents and SQLite with FULL sync on one machine, no-op trainers.

    tests/bench/dispatch/dispatch_bench.py compare --peers $(deploy/peers)   # beside other tools, interleaved
    tests/bench/dispatch/dispatch_bench.py makespan                          # runs that sleep, over the ideal
    tests/bench/dispatch/dispatch_bench.py million                           # a sweep of 1,000,000 runs
    tests/bench/dispatch/dispatch_bench.py agents                            # 1,000 simulated agents and 100,000 runs
    tests/bench/dispatch/dispatch_bench.py viewers                           # 200 viewers of a sweep, and none
    tests/bench/dispatch/dispatch_bench.py restart                           # kill -9 of the coordinator under them
    tests/bench/dispatch/dispatch_bench.py lost-agent                        # kill -9 of an agent, default settings

Each prints what it found as it goes and one line of JSON at the end. docs/evidence/cluster.md has the results.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
from cluster import EVENSWEEP, LOAD_CLIENT, Cluster, noop_sweep, wait_for  # noqa: E402


class Folder:
    """A temporary folder under --tmp, on the disk that is to be measured."""

    def __init__(self, options):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="evensweep-bench.", dir=options.tmp))

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def trainers_cpu(agent):
    total = 0
    for pid in agent.children():
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


class Viewers:
    """So many browsers that look at one sweep (viewers.py)."""

    def __init__(self, cluster, count, path):
        port = (cluster.folder / "coordinator.ready").read_text().split()[-1].rsplit(":", 1)[1]
        self.program = subprocess.Popen([sys.executable, str(HERE / "viewers.py"), port, str(count), path], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def look_at(self, sweep):
        print(sweep, file=self.program.stdin, flush=True)

    def end(self):
        """Events and bytes that all of them together were told."""
        told, _ = self.program.communicate("end\n")
        if self.program.returncode != 0:
            raise RuntimeError("the viewers failed")
        return [int(number) for number in told.split()] or [0, 0]


def evensweep_runs(options, runs, slots, mode=None, viewers=0):
    """Submit, train and wait for `runs` runs on one agent; seconds, and CPU milliseconds a run by program."""
    with Folder(options) as folder, Cluster(folder) as cluster:
        cluster.start_coordinator()
        agent = cluster.start_agent(slots=slots, mode=mode)
        cluster.wait(cluster.submit(noop_sweep(folder, 2 * slots - 1, 1, name="warm")))  # all trainers have started
        arms = 99 if runs >= 1000 else 9
        sweep = noop_sweep(folder, arms, runs // (arms + 1), first=1000)
        before = {"coordinator": cluster.coordinator.cpu_seconds(), "agent": agent.cpu_seconds(),
                  "trainers": trainers_cpu(agent)}
        looking = Viewers(cluster, viewers, options.viewers_path)
        start = time.perf_counter()
        submitted = cluster.submit(sweep)
        looking.look_at(submitted)
        code = cluster.wait(submitted)
        seconds = time.perf_counter() - start
        told = looking.end()
        if viewers:
            print(f"{viewers} viewers were told {told[0]} events, {told[1]} bytes", flush=True)
        if code != 0:
            raise RuntimeError(f"the sweep ended with {code}: {cluster.tail('agent.log')}")
        after = {"coordinator": cluster.coordinator.cpu_seconds(), "agent": agent.cpu_seconds(),
                 "trainers": trainers_cpu(agent)}
        return seconds, {name: round(1000 * (after[name] - before[name]) / runs, 4) for name in before}


def peer_runs(options, tool, runs, slots):
    done = subprocess.run([options.peers, str(HERE / "peers.py"), tool, "--runs", str(runs), "--slots", str(slots)],
                          capture_output=True, text=True, check=False, timeout=900,
                          env=dict(os.environ, RAY_USAGE_STATS_ENABLED="0", PYTHONDONTWRITEBYTECODE="1"))
    if done.returncode != 0:
        raise RuntimeError(f"{tool}: {done.stderr[-500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])["seconds"]


def compare(options):
    runs = {"evensweep": options.runs, "hyperqueue": options.runs, "spawn": options.runs, "ray": options.runs,
            "optuna": options.optuna_runs, "ray-tune": options.tune_runs}
    took, cpu = {tool: [] for tool in runs}, []
    for round_ in range(options.rounds):
        for tool, count in runs.items():
            if tool in options.skip or (tool == "ray-tune" and round_ >= options.tune_rounds):
                continue
            if tool == "evensweep":
                seconds, by_program = evensweep_runs(options, count, options.slots)
                cpu.append(by_program)
            else:
                seconds = peer_runs(options, tool, count, options.slots)
            took[tool].append(1000 * seconds / count)
            print(f"round {round_ + 1}  {tool:10}  {count:6} runs  {took[tool][-1]:9.4f} ms a run", flush=True)
    medians = {tool: statistics.median(values) for tool, values in took.items() if values}
    print("\n| tool | runs | ms a run, median | all rounds | over ours |\n|---|---|---|---|---|")
    for tool, median in sorted(medians.items(), key=lambda item: item[1]):
        rounds = ", ".join(f"{value:.3f}" for value in took[tool])
        print(f"| {tool} | {runs[tool]} | {median:.3f} | {rounds} | {median / medians['evensweep']:.1f} |")
    return {"ms_a_run": took, "medians": medians, "slots": options.slots, "cpu_ms_a_run": cpu}


def makespan(options):
    """Over the ideal: `runs` sleeps shared by the slots, with no time between them."""
    ideal = -(-options.sleep_runs // options.slots) * options.milliseconds / 1000
    found = {"ideal_s": ideal}
    for tool in ("evensweep", "hyperqueue"):
        if tool == "evensweep":
            seconds, found["cpu_ms_a_run"] = evensweep_runs(options, options.sleep_runs, options.slots,
                                                            f"sleep:{options.milliseconds}")
        elif not options.peers:
            continue
        else:
            seconds = peer_runs(options, "sleep", options.sleep_runs, options.slots)
        found[tool] = {"s": round(seconds, 3), "over_ideal_percent": round(100 * (seconds / ideal - 1), 2)}
        print(tool, found[tool], flush=True)
    return found


def viewers(options):
    """The same runs without and with viewers, in turn; what one round differs by is seen in the others."""
    took, cpu = {0: [], options.viewers: []}, {0: [], options.viewers: []}
    for round_ in range(options.rounds):
        for count in sorted(took, reverse=round_ % 2 == 1):
            seconds, by_program = evensweep_runs(options, options.runs, options.slots, viewers=count)
            took[count].append(1000 * seconds / options.runs)
            cpu[count].append(by_program["coordinator"])
            print(f"round {round_ + 1}  {count:4} viewers  {took[count][-1]:.4f} ms a run", flush=True)
    medians = {count: statistics.median(values) for count, values in took.items()}
    return {"ms_a_run": took, "medians": medians, "coordinator_cpu_ms_a_run": cpu,
            "slower_percent": round(100 * (medians[options.viewers] / medians[0] - 1), 2)}


def load_client(cluster, **arguments):
    command = [str(LOAD_CLIENT), "--coordinator", cluster.address]
    for name, value in arguments.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def size_of(cluster):
    coordinator = cluster.coordinator
    return {"rss_mib": round(coordinator.rss_mib()), "peak_mib": round(coordinator.rss_mib(peak=True)),
            "threads": coordinator.threads(), "files": coordinator.files()}


def million(options):
    """One simulated agent that ends runs at once, so that what is measured is the coordinator alone."""
    arms = 999 if options.million >= 100_000 else 99
    with Folder(options) as folder, Cluster(folder) as cluster:
        cluster.start_coordinator()
        sweep = noop_sweep(folder, arms, options.million // (arms + 1))
        client = load_client(cluster, agents=1, slots=options.slots, seconds=options.patience)
        wait_for(lambda: json.loads(client.stdout.readline())["connected"] == 1, "the agent")
        started, cpu = time.time(), cluster.coordinator.cpu_seconds()
        submit = subprocess.Popen([str(EVENSWEEP), "submit", str(sweep), "-o", "quiet"], env=cluster.env,
                                  stdout=subprocess.PIPE, text=True)
        first, points = None, []
        for line in client.stdout:
            said = json.loads(line)
            first = first or said["first_lease_at"]
            points.append((said["acknowledged"], cluster.coordinator.cpu_seconds() - cpu, said["at"] - started))
            if len(points) % 20 == 0:
                print(points[-1], size_of(cluster), flush=True)
            if said["acknowledged"] >= options.million or said["final"]:
                break
        size = size_of(cluster)
        client.send_signal(signal.SIGTERM)
        submit.wait()
    cost = costs(points, options.million)
    return {"runs": points[-1][0], "first_lease_s": round(first - started, 3), "seconds": round(points[-1][2], 1),
            **cost, **size}


def costs(points, runs):
    """CPU milliseconds a run of the coordinator near the beginning (after a thousand runs) and near the end."""
    def between(low, high):
        inside = [point for point in points if low <= point[0] <= high]
        if len(inside) < 2 or inside[-1][0] == inside[0][0]:
            return None
        return 1000 * (inside[-1][1] - inside[0][1]) / (inside[-1][0] - inside[0][0])
    width = runs // 20
    early, late = between(1000, 1000 + width), between(runs - width, runs)
    return {"cpu_ms_a_run_early": early, "cpu_ms_a_run_late": late,
            "late_over_early": late / early if early and late else None}


def agents(options):
    """Heartbeats alone, then the runs as well; meanwhile a client that asks 20 times a second."""
    with Folder(options) as folder, Cluster(folder) as cluster:
        cluster.start_coordinator()
        warm = cluster.submit(noop_sweep(folder, 1, 1, name="warm"))
        idle = load_client(cluster, agents=options.agents, seconds=options.idle_seconds + 20, calls=20, sweep=warm)
        wait_for(lambda: json.loads(idle.stdout.readline())["connected"] == options.agents, "all agents", 120, 0)
        time.sleep(3)
        cpu, began = cluster.coordinator.cpu_seconds(), time.monotonic()
        time.sleep(options.idle_seconds)
        cores = (cluster.coordinator.cpu_seconds() - cpu) / (time.monotonic() - began)
        found = {"agents": options.agents, "heartbeats_cores": round(cores, 3), "idle": size_of(cluster)}
        idle.send_signal(signal.SIGTERM)
        lines = [json.loads(line) for line in idle.stdout]
        found["idle"].update({name: lines[-1][name] for name in ("calls", "p50_ms", "p99_ms", "max_ms")})
        print(found, flush=True)
        sweep = cluster.submit(noop_sweep(folder, 99, options.load_runs // 100, first=1000))
        cpu, began = cluster.coordinator.cpu_seconds(), time.monotonic()
        busy = load_client(cluster, agents=options.agents, seconds=options.patience, calls=20, sweep=sweep,
                           training_ms=options.training_ms)
        for line in busy.stdout:
            said = json.loads(line)
            if said["acknowledged"] >= options.load_runs:
                busy.send_signal(signal.SIGTERM)
            if said["final"]:
                break
        seconds = time.monotonic() - began
        found["busy"] = {"runs": said["acknowledged"], "seconds": round(seconds, 1),
                         "cores": round((cluster.coordinator.cpu_seconds() - cpu) / seconds, 3), **size_of(cluster),
                         **{name: said[name] for name in ("calls", "calls_failed", "p50_ms", "p99_ms", "max_ms")}}
        return found


def restart(options):
    """The coordinator is killed while all agents train runs that outlast it; it starts again at once."""
    with Folder(options) as folder, Cluster(folder) as cluster:
        cluster.start_coordinator()
        cluster.submit(noop_sweep(folder, 99, options.load_runs // 100))
        fill = load_client(cluster, agents=20, slots=16, seconds=options.patience, spread_ms=10)
        for line in fill.stdout:
            said = json.loads(line)
            if said["acknowledged"] >= options.load_runs or said["final"]:
                break
        fill.send_signal(signal.SIGTERM)
        fill.wait()
        sweep = cluster.submit(noop_sweep(folder, 99, options.agents // 20, name="long", first=100_000))
        client = load_client(cluster, agents=options.agents, seconds=options.patience, training_ms=30_000, calls=20,
                             sweep=sweep)
        said = {}
        while said.get("started", 0) < options.agents or said["connected"] < options.agents:
            said = json.loads(client.stdout.readline())
        cluster.coordinator.kill()
        killed = time.time()
        cluster.start_coordinator()
        serving = time.time() - killed
        back = None
        for line in client.stdout:
            said = json.loads(line)
            if back is None and said["at"] > killed and said["connected"] == options.agents:
                back = said["at"] - killed
                print({"serving_s": serving, "agents_back_s": back, **size_of(cluster)}, flush=True)
            if back and said["at"] > killed + 45:
                break
        client.send_signal(signal.SIGTERM)
        return {"agents": options.agents, "runs": options.load_runs,
                "serving_s": round(serving, 3), "agents_back_s": round(back, 3),
                "runs_started_again": said["started_again"], **size_of(cluster)}


def lost_agent(options):
    """Two agents, default settings; one is killed, and the time is taken until the other has begun all its runs."""
    with Folder(options) as folder, Cluster(folder) as cluster:
        cluster.start_coordinator()
        first = cluster.start_agent("first", slots=4, mode="sleep:600000")
        sweep = cluster.submit(noop_sweep(folder, 3, 1))
        wait_for(lambda: cluster.status(sweep)["running"] == 4, "the first agent to train", interval=0.2)
        cluster.start_agent("second", slots=4, mode="sleep:600000")
        first.kill()
        killed = time.time()
        wait_for(lambda: len(cluster.agents["second"].children()) == 4, "the second agent to train", interval=0.05)
        return {"given_out_again_s": round(time.time() - killed, 2)}


def main():
    checks = {"compare": compare, "makespan": makespan, "million": million, "agents": agents, "viewers": viewers,
              "restart": restart, "lost-agent": lost_agent}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=checks)
    parser.add_argument("--peers", help="interpreter with the other tools: $(deploy/peers)")
    parser.add_argument("--runs", type=int, default=10_000, help="of compare")
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--optuna-runs", type=int, default=1000, help="Optuna's, as it takes long")
    parser.add_argument("--tune-runs", type=int, default=100, help="Ray Tune's, as it takes longer")
    parser.add_argument("--tune-rounds", type=int, default=1)
    parser.add_argument("--skip", nargs="*", default=[], help="tools")
    parser.add_argument("--sleep-runs", type=int, default=5000)
    parser.add_argument("--milliseconds", type=int, default=100)
    parser.add_argument("--million", type=int, default=1_000_000, help="runs of million")
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--load-runs", type=int, default=100_000)
    parser.add_argument("--training-ms", type=int, default=0, help="of each run of agents")
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--viewers-path", default="/sweeps/{}/live",
                        help="of the stream that they look at; that of programs is /api/v1/sweeps/{}/events")
    parser.add_argument("--idle-seconds", type=int, default=30)
    parser.add_argument("--patience", type=int, default=900, help="seconds")
    parser.add_argument("--tmp", help="folder for state; on the disk that is to be measured")
    options = parser.parse_args()
    print(json.dumps(checks[options.check](options)))


if __name__ == "__main__":
    main()
