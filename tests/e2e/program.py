"""What the end-to-end tests share: the real programs, folders of their own, and looks into what was left behind.

The folder of the programs is in EVENSWEEP_BIN_DIR, the root of the sources in EVENSWEEP_SOURCE_DIR; CMake sets both.
"""

import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from marked import marked_processes  # noqa: E402

BIN = pathlib.Path(os.environ.get("EVENSWEEP_BIN_DIR", "build/bin")).absolute()
SOURCE = pathlib.Path(os.environ.get("EVENSWEEP_SOURCE_DIR", pathlib.Path(__file__).parents[2])).absolute()
EVENSWEEP = BIN / "evensweep"
TRAINER = BIN / "evensweep-trainer"
FAKE_TRAINER = BIN / "fake_trainer"
DIGITS = SOURCE / "sweeps" / "digits.yaml"
# An interpreter with the real torch, numpy and scipy; deploy/python makes it.
TORCH_PYTHON = pathlib.Path(os.environ.get("EVENSWEEP_PYTHON") or "no-python-with-torch")

# Far more than anything here takes on a busy machine; reaching it is a failure.
PATIENCE = 120
SKIPPED = 77  # CMake's SKIP_RETURN_CODE

# A sweep of a baseline and four arms, three of them dependent on it, on the bundled digits.
SWEEP = """\
version: 1
name: e2e
dataset: {{format: csv, path: {data}, split: {{train: 0.6, validation: 0.2, test: 0.2}}}}
model: {{name: mlp, hidden: [16]}}
training: {{epochs: {epochs}, batch_size: 64, lr: 0.05, threads: 1}}
seeds: {seeds}
methods:
  - {{method: tpr_weighting, gamma: {gammas}}}
  - {{method: effective_number, beta: 0.99, counts: tpr}}
  - {{method: focal, gamma: 2}}
"""


def sweep_text(epochs=3, seeds=2, gammas="[0.5, 1]", data=SOURCE / "sweeps" / "data" / "digits.csv"):
    return SWEEP.format(epochs=epochs, seeds=seeds, gammas=gammas, data=data)


def require_torch():
    """Skips the test where there is no interpreter with the real torch."""
    if not TORCH_PYTHON.exists():
        print("skipped: deploy/python has not made the Python environment with PyTorch", file=sys.stderr)
        sys.exit(SKIPPED)


def poll(question, what, patience=PATIENCE, interval=0.005):
    """Asks until the answer is true, and returns it."""
    limit = time.monotonic() + patience
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > limit:
            raise AssertionError(f"waited {patience} s in vain for: {what}")
        time.sleep(interval)


def without_volatile(value):
    """results.json less all members that may differ between two executions (docs/format/results.md)."""
    if isinstance(value, dict):
        return {name: without_volatile(v) for name, v in value.items() if name not in ("times", "environment")}
    if isinstance(value, list):
        return [without_volatile(v) for v in value]
    return value


class E2eTest(unittest.TestCase):
    """A folder and an environment of its own for each test; at its end no process started here may be alive."""

    maxDiff = 2000

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="evensweep-e2e."))
        self.mark = f"EVENSWEEP_E2E_MARK={self.dir}"
        self.state, self.out = self.dir / "state", self.dir / "out"
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("EVENSWEEP_", "FAKE_TRAINER_", "XDG_"))}
        self.env.pop("NO_COLOR", None)
        self.env.update(HOME=str(self.dir), EVENSWEEP_E2E_MARK=str(self.dir), TERM="xterm-256color", LC_ALL="C.UTF-8")
        self.addCleanup(self.tidy_up)

    def tidy_up(self):
        try:
            poll(lambda: not self.processes(), "all processes to end", patience=10)
        except AssertionError:
            left = self.processes()
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            self.fail(f"processes left behind: {left}")
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    # ---- running

    def write(self, name, content):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)
        return path

    def sweep(self, name="sweep.yaml", **fields):
        return self.write(name, sweep_text(**fields))

    def command(self, *arguments):
        return [str(EVENSWEEP), *map(str, arguments)]

    def run_command(self, file, *arguments):
        return self.command("run", file, "--state", self.state, "--out", self.out, *arguments)

    def call(self, command, env=None, **options):
        """Runs a command to its end, output as text."""
        options.setdefault("timeout", PATIENCE)
        options.setdefault("cwd", self.dir)
        return subprocess.run(command, env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, check=False, **options)

    def start(self, command, env=None, **options):
        """Starts a command in a process group of its own; standard error goes to the file `stderr`."""
        with open(self.dir / "stderr", "w", encoding="utf-8") as errors:
            return subprocess.Popen(command, env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=errors, cwd=self.dir, start_new_session=True,
                                    **options)

    def ok(self, command, code=0, **options):
        done = self.call(command, **options)
        self.assertEqual(done.returncode, code, f"{' '.join(command)}\n{done.stderr}{done.stdout[-2000:]}")
        return done

    # ---- looking

    def processes(self):
        """Processes of this test that are alive, {pid: program}."""
        return marked_processes(self.mark)

    def query(self, sql):
        """Rows of the store; nothing while there is no store yet."""
        path = self.state / "evensweep.db"
        if not path.exists():
            return []
        try:
            database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
            try:
                return database.execute(sql).fetchall()
            finally:
                database.close()
        except sqlite3.OperationalError:
            return []  # its tables are about to be made

    def results_stored(self):
        return (self.query("SELECT count(*) FROM results") or [(0,)])[0][0]

    def attempts(self):
        """All attempts: (run number, number, whether it has ended, its failure as a dict or None)."""
        rows = self.query("SELECT run, number, ended_at IS NOT NULL, failure_json FROM attempts ORDER BY 1, 2")
        return [(run, number, bool(ended), json.loads(failure) if failure else None)
                for run, number, ended, failure in rows]

    def report(self, folder=None):
        return without_volatile(json.loads(((folder or self.out) / "results.json").read_text()))

    def check_attempts(self, runs):
        """Each of the runs was trained successfully exactly once, and nothing is open."""
        self.assertEqual(self.query("SELECT DISTINCT state FROM runs"), [(1,)])
        succeeded = [run for run, _, ended, failure in self.attempts() if ended and failure is None]
        self.assertEqual(len(succeeded), runs)
        self.assertEqual(len(set(succeeded)), runs)
        self.assertEqual(self.results_stored(), runs)
        self.assertFalse([a for a in self.attempts() if not a[2]], "attempts that have not ended")


def main():
    """unittest.main, but with an exit code of its own where everything was skipped."""
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    if result.wasSuccessful() and result.testsRun == len(result.skipped):
        sys.exit(SKIPPED)
    sys.exit(0 if result.wasSuccessful() else 1)
