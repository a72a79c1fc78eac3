"""A whole cluster of real programs on this machine, for benchmarks and chaos: coordinator, agents, trainers that train
nothing (tests/support/fake_trainer.cc), each in a process group of its own.

The programs are in $EVENSWEEP_BIN_DIR, or build/bin of the sources.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("EVENSWEEP_BIN_DIR", SOURCE / "build" / "bin")).absolute()
EVENSWEEP = BIN / "evensweep"
FAKE_TRAINER = BIN / "fake_trainer"
LOAD_CLIENT = BIN / "load_client"

NOOP = """\
version: 1
name: {name}
dataset: {{format: csv, path: {csv}, split: {{train: 0.6, validation: 0.2, test: 0.2}}}}
model: {{name: mlp, hidden: [4]}}
training: {{epochs: 1, batch_size: 8, lr: 0.05, threads: 1}}
seeds: {{count: {seeds}, start: {first}}}
methods:
{methods}
"""


def tiny_data(folder):
    """The folder with the table of the sweeps below."""
    data = pathlib.Path(folder) / "data"
    data.mkdir(parents=True, exist_ok=True)
    (data / "tiny.csv").write_text("x,label\n" + "".join(f"{i / 10},{i % 2}\n" for i in range(40)))
    return data


def noop_sweep(folder, arms, seeds, name="noop", first=0, dependent=False):
    """Writes a sweep of (arms + 1) x seeds different runs (the baseline is an arm) on a table of 40 rows; its path.

    Focal loss needs nothing of its baseline, so that every run is ready at once; `dependent` arms wait for theirs.
    """
    folder = pathlib.Path(folder)
    csv = tiny_data(folder) / "tiny.csv"
    methods = []
    for kind in ("focal", "tpr_weighting") if dependent else ("focal",):
        count = arms // 2 if dependent and kind == "focal" else arms - arms // 2 if dependent else arms
        values = ", ".join(f"{(i + 1) * 9.9 / count:.6g}" for i in range(count))
        methods.append(f"  - {{method: {kind}, gamma: [{values}]}}")
    path = folder / f"{name}.yaml"
    path.write_text(NOOP.format(name=name, csv=csv, seeds=seeds, first=first, methods="\n".join(methods)))
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(question, what, patience=60, interval=0.02):
    """Asks until the answer is true and returns it."""
    limit = time.monotonic() + patience
    while not (answer := question()):
        if time.monotonic() > limit:
            raise TimeoutError(f"waited {patience} s in vain for: {what}")
        time.sleep(interval)
    return answer


class Program:
    """A process in a group of its own, with its standard error in a file."""

    def __init__(self, command, log, env):
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=errors,
                                            stderr=errors, env=env, start_new_session=True)
        self.log = log

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def send(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.process.wait()

    def stop(self, patience=40):
        """SIGTERM; killed if that takes too long. Whether it went by itself."""
        self.send(signal.SIGTERM)
        try:
            self.process.wait(patience)
            return True
        except subprocess.TimeoutExpired:
            self.kill()
            return False

    def children(self):
        """Pids of its children that live: the trainers of an agent."""
        found = []
        for path in pathlib.Path(f"/proc/{self.pid}/task").glob("*/children"):
            try:
                found += map(int, path.read_text().split())
            except OSError:
                pass
        return found

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self, peak=False):
        name = "VmHWM:" if peak else "VmRSS:"
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        return 0.0

    def threads(self):
        return len(list(pathlib.Path(f"/proc/{self.pid}/task").iterdir()))

    def files(self):
        return len(list(pathlib.Path(f"/proc/{self.pid}/fd").iterdir()))


class Cluster:
    def __init__(self, folder, coordinator_config=None, agent_config=None):
        """`..._config`: further text of the configuration files."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.state = self.folder / "state"
        self.data = tiny_data(self.folder)  # an agent looks at its data once, at its start
        self.coordinator_config = self.write("coordinator.yaml", coordinator_config)
        self.agent_config = self.write("agent.yaml", agent_config)
        self.coordinator = None
        self.agents = {}
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("EVENSWEEP_", "FAKE_TRAINER_", "XDG_"))}
        self.env.update(HOME=str(self.folder), EVENSWEEP_COORDINATOR=self.address)

    def write(self, name, text):
        if text is None:
            return None
        path = self.folder / name
        path.write_text("version: 1\n" + text)
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in [*self.agents.values(), self.coordinator]:
            if program is not None:
                for child in program.children():
                    try:
                        os.kill(child, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                program.kill()

    def start_coordinator(self, wait=True, listen=None, prefix=()):
        ready = self.folder / "coordinator.ready"
        ready.unlink(missing_ok=True)
        command = [*prefix, EVENSWEEP, "coordinator", "--listen", listen or self.address, "--http", "127.0.0.1:0",
                   "--state", self.state, "--ready-file", ready]
        if self.coordinator_config:
            command += ["--config", self.coordinator_config]
        self.coordinator = Program(command, self.folder / "coordinator.log", self.env)
        if wait:
            wait_for(lambda: ready.exists() or not self.coordinator.alive(), "the coordinator to listen", interval=0.002)
            if not self.coordinator.alive():
                raise RuntimeError(f"the coordinator has ended: {self.tail('coordinator.log')}")

    def start_agent(self, name="agent", slots=16, mode=None, coordinator=None, wait=True, directory=None, prefix=()):
        directory = directory or self.folder / name
        ready = self.folder / f"{name}.ready"
        ready.unlink(missing_ok=True)
        command = [*prefix, EVENSWEEP, "agent", "--coordinator", coordinator or self.address, "--slots", slots, "--id",
                   name, "--dir", directory, "--data", self.data, "--trainer", FAKE_TRAINER, "--ready-file", ready]
        if self.agent_config:
            command += ["--config", self.agent_config]
        env = dict(self.env, **({"FAKE_TRAINER_MODE": mode} if mode else {}))
        self.agents[name] = Program(command, self.folder / f"{name}.log", env)
        if wait:
            wait_for(lambda: ready.exists() or not self.agents[name].alive(), "the agent to run", interval=0.002)
            if not self.agents[name].alive():
                raise RuntimeError(f"the agent has ended: {self.tail(name + '.log')}")
        return self.agents[name]

    def tail(self, log):
        return (self.folder / log).read_text(errors="replace")[-600:]

    def call(self, *arguments, check=True, timeout=600):
        done = subprocess.run([str(EVENSWEEP), *map(str, arguments)], env=self.env, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, check=False, timeout=timeout)
        if check and done.returncode != 0:
            raise RuntimeError(f"evensweep {arguments[0]} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done

    def submit(self, sweep):
        """The sweep's id."""
        return self.call("submit", sweep, "-o", "quiet").stdout.split()[0]

    def status(self, sweep):
        """As docs/format/cli-json.md has it: "over", "running", "trials"..."""
        return json.loads(self.call("status", sweep, "-o", "json").stdout)["sweep"]

    def wait(self, sweep, timeout=600):
        """Until the sweep is over; evensweep's exit code."""
        return self.call("wait", sweep, "-o", "quiet", check=False, timeout=timeout).returncode
