"""Agents as jobs of a real Slurm (deploy/slurm/evensweep-agent.sbatch): whatever ends a job, its trainings are given back
with their checkpoints, go on elsewhere, are charged to nobody, and every run has one result."""

import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from cluster import ClusterTest  # noqa: E402
from program import BIN, EVENSWEEP, FAKE_TRAINER, SOURCE, main, poll  # noqa: E402

import slurm  # noqa: E402

AGENT = SOURCE / "deploy" / "slurm" / "evensweep-agent.sbatch"
RUNS = 8  # of a sweep of program.py with two seeds: one baseline and three arms each


class SlurmTest(ClusterTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="evensweep-slurm.")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.slurm = slurm.Slurm(folder)

    def setUp(self):
        super().setUp()
        self.jobs = []
        self.addCleanup(self.cancel_jobs)
        self.nodes = self.dir / "nodes"  # the local disks of the nodes
        self.nodes.mkdir()
        self.ok(self.command("certs", "init", self.dir / "lab", "--host", "127.0.0.1"))
        # What certs init writes, with the port that the coordinator really has.
        lab = self.dir / "lab"
        _, address = self.start_coordinator("--cert", lab / "server.crt", "--key", lab / "server.key", "--client-ca",
                                            lab / "ca.crt", "--tokens", lab / "tokens.yaml")
        for name, folder in (("agent", lab), ("client", lab)):
            text = (folder / f"{name}.yaml").read_text()
            lines = [f"coordinator: {address}" if line.startswith("coordinator:") else line
                     for line in text.splitlines()]
            (folder / f"{name}.yaml").write_text("\n".join(lines) + "\n")
        shutil.copytree(lab, self.dir / ".config" / "evensweep")

    def cancel_jobs(self):
        for job in self.jobs:
            self.slurm.run("scancel", "--full", job)
        poll(lambda: not self.slurm.run("squeue", "-h").strip(), "an empty queue", interval=0.05)

    def sbatch(self, *arguments, env=None):
        env = {**self.env, "SLURM_CONF": self.slurm.env["SLURM_CONF"], "EVENSWEEP": str(EVENSWEEP),
               "TMPDIR": str(self.nodes), "EVENSWEEP_IDLE": "2", **(env or {})}
        self.jobs.append(self.slurm.run("sbatch", "--parsable", *arguments, env=env, cwd=self.dir).strip())
        return self.jobs[-1]

    def agent(self, node, *options, millis=1500, env=None):
        """Submits one; its job."""
        return self.sbatch(f"--nodelist={node}", "--cpus-per-task=2", *options, AGENT, "--trainer", FAKE_TRAINER,
                           env={"FAKE_TRAINER_MODE": f"sleep:{millis}", **(env or {})})

    def submit(self):
        sweep = self.sweep(seeds=2, gammas="1")
        return self.ok(self.command("submit", sweep, "-o", "quiet")).stdout.strip()

    # ---- looking

    def job_log(self, job):
        path = self.dir / f"evensweep-agent-{job}.log"
        return path.read_text() if path.exists() else ""

    def folder(self, job):
        return self.nodes / f"evensweep-agent-{job}-0"

    def agent_of(self, job):
        """Its id, from its first words."""
        words = poll(lambda: "trains for" in self.job_log(job) and self.job_log(job).split(), f"the agent of job {job}")
        return words[words.index("agent") + 1]

    def poll_job(self, job, **wanted):
        def there():
            fields = self.slurm.job(job)
            return all(fields.get(name) == value for name, value in wanted.items())
        try:
            poll(there, f"job {job} to be {wanted}", interval=0.05)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.slurm.job(job)}\n{self.job_log(job)}\n{self.slurm.log()}") from None

    def at_work(self, job):
        """Whether it has trained something for a while that is not over."""
        limit = int(time.time() * 1000) - 400
        agent = self.agent_of(job)
        return self.query(f"SELECT run FROM attempts WHERE agent = '{agent}' AND ended_at IS NULL AND granted_at < {limit}")

    def given_back(self, job):
        """Failures of the attempts of its agent; none is open."""
        rows = self.query(f"SELECT ended_at IS NOT NULL, failure_json FROM attempts WHERE agent = '{self.agent_of(job)}'")
        return all(ended for ended, _ in rows) and [failure for _, failure in rows if failure]

    def wait_and_check(self, sweep):
        self.ok(self.command("wait", sweep, "--out", self.out))
        self.check_attempts(RUNS)
        failures = [failure for *_, failure in self.attempts() if failure]
        self.assertEqual({failure["class"] for failure in failures}, {"preempted"}, failures)

    # ---- tests

    def test_preemption(self):
        sweep = self.submit()
        first, second = self.agent("n1"), self.agent("n2")
        poll(lambda: self.at_work(first), "a training")
        begun = time.monotonic()
        high = self.sbatch("--partition=high", "--nodelist=n1", "--exclusive", "--wrap=sleep 600")
        poll(lambda: self.given_back(first), "its trainings to be given back")
        print(f"preempted: all given back {time.monotonic() - begun:.2f} s after the other job came", file=sys.stderr)
        self.assertTrue(self.query("SELECT 1 FROM runs WHERE checkpoint_sha256 IS NOT NULL"), "no checkpoint was kept")
        poll(lambda: list(self.folder(second).glob("work/*/uploaded")), "its checkpoint on the other node")
        # The job waits for its turn again: it has not ended, and need not be submitted anew.
        self.poll_job(first, JobState="PENDING", Restarts="1")
        self.poll_job(high, JobState="RUNNING")
        self.assertFalse(self.folder(first).exists(), "its folder is left on the node")
        self.wait_and_check(sweep)
        self.poll_job(second, JobState="COMPLETED", Restarts="0")
        self.assertIn("nothing to do for 2 s", self.job_log(second))

    def test_signals_the_time_limit_and_a_requeue(self):
        sweep = self.submit()
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
            job = self.agent("n1", "--cpus-per-task=1")
            poll(lambda job=job: self.at_work(job), "a training")
            self.slurm.run("scancel", f"--signal={number.name[3:]}", job)
            self.poll_job(job, JobState="COMPLETED", Restarts="0")
            self.assertTrue(self.given_back(job), number)
        # A minute is the shortest limit that Slurm knows; it gives the signal at the beginning of that.
        limited = self.agent("n1", "--time=1", "--signal=B:USR1@55", millis=20000)
        self.poll_job(limited, JobState="PENDING", Restarts="1")
        self.assertTrue(poll(lambda: self.given_back(limited), "its trainings to be given back"))
        requeued = self.agent("n2", millis=20000)
        poll(lambda: self.at_work(requeued), "a training")
        self.slurm.run("scontrol", "requeue", requeued)
        self.poll_job(requeued, JobState="PENDING", Restarts="1")
        self.assertTrue(poll(lambda: self.given_back(requeued), "its trainings to be given back"))
        self.agent("n1", millis=300)
        self.wait_and_check(sweep)

    def test_an_agent_uses_the_gpus_of_its_job_alone(self):
        sweep = self.submit()
        library = {"LD_LIBRARY_PATH": f"{BIN / 'fake_nvml'}:{os.environ.get('LD_LIBRARY_PATH', '')}"}
        for _ in range(2):
            self.agent("n1", "--cpus-per-task=1", "--gres=gpu:1", env=library)
        both = self.agent("n2", "--gres=gpu:2", env=library)

        def devices():
            seen = set()
            for pid, program in self.processes().items():
                try:
                    variables = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                except OSError:
                    continue
                values = dict(v.split(b"=", 1) for v in variables if b"=" in v)
                if program == "fake_trainer":
                    seen.add((values[b"SLURM_JOB_ID"].decode(), values[b"CUDA_VISIBLE_DEVICES"].decode()))
            return seen if len(seen) == 4 else None

        seen = poll(devices, "a trainer on each GPU")
        gpus = [f"GPU-00000000-0000-0000-0000-{number:012}" for number in range(2)]
        self.assertEqual({gpu for job, gpu in seen if job == both}, set(gpus))
        self.assertEqual(sorted(gpu for job, gpu in seen if job != both), gpus)
        self.ok(self.command("wait", sweep, "--out", self.out))
        self.check_attempts(RUNS)


if __name__ == "__main__":
    slurm.enter()
    main()
