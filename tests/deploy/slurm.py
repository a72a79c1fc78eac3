"""A Slurm of its own for a test: two nodes of two processors and two GPUs on this machine, two partitions of which the
one `high` preempts what runs in `low`. As root, without systemd, and with nothing outside its folder."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from program import SKIPPED, poll  # noqa: E402

PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "scontrol")
CONF = """\
ClusterName=evensweep
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=bf_interval=1,sched_min_interval=0
GresTypes=gpu
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={first} CPUs=2 RealMemory=1000 Gres=gpu:2 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={second} CPUs=2 RealMemory=1000 Gres=gpu:2 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=30 State=UP MaxTime=INFINITE
PartitionName=high Nodes=ALL PriorityTier=10 PreemptMode=OFF State=UP MaxTime=INFINITE
"""


def enter():
    """Begins this program again where all that it starts ends with it; skips the test where there can be no Slurm."""
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing or os.geteuid() != 0:
        print(f"skipped: needs {'the programs ' + ', '.join(missing) if missing else 'root'}", file=sys.stderr)
        sys.exit(SKIPPED)
    if os.environ.get("EVENSWEEP_TEST_ENTERED") != "yes":
        inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        if subprocess.run([*inside, "true"], check=False, capture_output=True).returncode != 0:
            print("skipped: unshare may make no namespaces here", file=sys.stderr)
            sys.exit(SKIPPED)
        os.execvpe("unshare", [*inside, sys.executable, *sys.argv], {**os.environ, "EVENSWEEP_TEST_ENTERED": "yes"})


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Slurm:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.env = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}
        for name in ("munge", "state", "spool-n1", "spool-n2"):
            (self.folder / name).mkdir(mode=0o700)
        port, first, second = free_ports(3)
        self.write("slurm.conf", CONF.format(host=socket.gethostname().split(".")[0], folder=self.folder, port=port,
                                             first=first, second=second))
        self.write("cgroup.conf", "CgroupAutomount=no\n")
        self.write("gres.conf", f"NodeName=n[1-2] Name=gpu File={self.folder}/gpu[0-1]\n")
        for number in range(2):
            os.mknod(self.folder / f"gpu{number}", 0o20666, os.makedev(1, 3))
        munge = self.folder / "munge"
        (munge / "key").write_bytes(os.urandom(1024))
        (munge / "key").chmod(0o600)
        self.run("munged", "--force", f"--socket={munge}/socket", f"--key-file={munge}/key", f"--pid-file={munge}/pid",
                 f"--log-file={munge}/log", f"--seed-file={munge}/seed")
        self.run("slurmctld")
        for node in ("n1", "n2"):
            self.run("slurmd", "-N", node)
        poll(lambda: self.run("sinfo", "-h", "-N", "-p", "low", "-o", "%T").split() == ["idle", "idle"], "idle nodes",
             interval=0.1)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def run(self, *command, **options):
        # munged and slurmd stay in the background with what they were started with.
        output = self.folder / "output"
        with open(output, "w+", encoding="utf-8") as out:
            done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False,
                                  env=options.pop("env", self.env), **options)
        if done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}: {output.read_text()}")
        return output.read_text()

    def job(self, job):
        """What Slurm says of it: {"JobState": "RUNNING", "Restarts": "0", ...}."""
        words = self.run("scontrol", "show", "job", "-o", job).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def log(self):
        return (self.folder / "slurmctld.log").read_text()[-3000:]
