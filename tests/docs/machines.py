"""The machines on which a page's commands are run: each a shell with a home folder and a host name of its own, in one
network that reaches nobody else."""

import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from marked import marked_processes  # noqa: E402

PATIENCE = 120  # seconds; far more than any command of a page takes on a busy machine
HERE = "laptop"  # the machine of a prompt without a name
# In a page's output a machine's home folder is called so.
HOME = "/home/me"
# What of the sources a page's commands see, in ~/evensweep.
CLONE = ("sweeps/*.yaml", "sweeps/data/*", "docs/examples/*", "deploy/*", "deploy/systemd/*")

# scp between machines: these are folders.
SCP = """#!/bin/sh
recursive=; [ "$1" != -r ] || { recursive=-r; shift; }
for last; do :; done
case "$last" in *:*) ;; *) echo "scp: the last argument must be MACHINE:FOLDER" >&2; exit 1;; esac
machine=${last%%:*} folder=${last#*:}
[ -d "$EVENSWEEP_MACHINES/$machine" ] || { echo "scp: there is no machine $machine" >&2; exit 1; }
case "$folder" in /*) ;; "~"/*) folder=${folder#"~/"};; esac
while [ $# -gt 1 ]; do cp $recursive -p "$1" "$EVENSWEEP_MACHINES/$machine/$folder" || exit 1; shift; done
"""


class CommandError(Exception):
    """A command that did not do what its page says."""


class Machines:
    """All machines of a page, and of the pages that go on after it."""

    def __init__(self, folder, source, programs, python):
        """`python` is an interpreter with PyTorch, which pages call ~/venv/bin/python, or nothing."""
        self.folder, self.source, self.programs, self.python = folder, source, programs, python
        self.mark = f"EVENSWEEP_MACHINES={folder}"
        self.shells = {}
        tools = folder / ".tools"
        tools.mkdir(parents=True)
        (tools / "scp").write_text(SCP)
        (tools / "scp").chmod(0o755)
        self.env = {"PATH": f"{tools}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "TERM": "dumb", "COLUMNS": "100",
                    "CUDA_VISIBLE_DEVICES": "",  # what pages show is from processors
                    "USER": "me", "EVENSWEEP_MACHINES": str(folder)}

    def start(self, name):
        """The machine's shell, with a copy of what a clone has, started when it is first needed."""
        if name not in self.shells:
            home = self.folder / name
            clone = home / "evensweep"
            for pattern in CLONE:
                for path in self.source.glob(pattern):
                    if path.is_file():
                        target = clone / path.relative_to(self.source)
                        target.parent.mkdir(parents=True, exist_ok=True)
                        shutil.copy2(path, target)
            (clone / "build").mkdir(parents=True)
            (clone / "build" / "bin").symlink_to(self.programs)
            if self.python:
                interpreter = home / "venv" / "bin" / "python"
                interpreter.parent.mkdir(parents=True)
                interpreter.write_text(f"#!/bin/sh\nexec {self.python} \"$@\"\n")
                interpreter.chmod(0o755)
            self.shells[name] = Shell(name, home, clone, {**self.env, "HOME": str(home)})
        return self.shells[name]

    def printed(self, text):
        """What was printed, with the folders named as they are on a reader's machine."""
        for name in self.shells:
            text = text.replace(str(self.folder / name), HOME)
        for path in {str(self.programs), str(self.programs.resolve())}:
            text = text.replace(path, f"{HOME}/evensweep/build/bin")
        lines = [line.rstrip() for line in text.replace("\r", "").split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def end(self):
        """Ends all that was started here: first as asked, then by force; says what had to be forced."""
        for number, patience in ((signal.SIGTERM, 30), (signal.SIGKILL, 10)):
            for pid in marked_processes(self.mark):
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
            for shell in self.shells.values():
                shell.close()
            limit = time.monotonic() + patience
            while marked_processes(self.mark) and time.monotonic() < limit:
                time.sleep(0.02)
            left = marked_processes(self.mark)
            if not left:
                for shell in self.shells.values():
                    shell.process.wait()
                return None if number == signal.SIGTERM else "programs had to be killed"
        return f"processes left behind: {left}"


class Shell:
    """One bash that takes one command after the other; what each prints goes to a file."""

    def __init__(self, name, home, folder, env):
        self.home, self.logs = home, home / ".commands"
        self.logs.mkdir()
        self.count, self.code = 0, 0
        ours, theirs = os.pipe()
        command = ["bash", "--noprofile", "--norc"]
        if os.environ.get("EVENSWEEP_DOCS_ISOLATED"):
            command = ["unshare", "--uts", "sh", "-c", f"hostname {name} && exec bash --noprofile --norc"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=folder, env=env, text=True,
                                        pass_fds=[theirs], start_new_session=True)
        os.close(theirs)
        self.answers, self.theirs = ours, theirs
        self._send("set -m")

    def _send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def close(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
            os.close(self.answers)

    def write(self, name, text):
        """Saves a file in the shell's current folder."""
        saved = self.logs / "saved"
        saved.write_text(text.replace(HOME, str(self.home)))
        code, printed = self.run(f"mkdir -p \"$(dirname {name})\" && cp {saved} {name}")
        if code:
            raise CommandError(f"cannot save {name}: {printed}")

    def run(self, command, ready=None):
        """Runs a command and returns its exit code and output. With `ready`, a function of the output so far, it is one
        that stays in the background: returns as soon as that is true."""
        self.count += 1
        script, log = self.logs / f"{self.count}.sh", self.logs / f"{self.count}.log"
        script.write_text(command.replace(HOME, str(self.home)) + "\n")
        self._send(f"(exit {self.code}); source {script} >{log} 2>&1 {self.theirs}>&- </dev/null; "
                   f"echo $? >&{self.theirs}")
        limit = time.monotonic() + PATIENCE
        answer = b""
        while not answer.endswith(b"\n"):
            if not select.select([self.answers], [], [], max(0, limit - time.monotonic()))[0]:
                raise CommandError(f"has not ended after {PATIENCE} s; it printed:\n{log.read_text()}")
            part = os.read(self.answers, 16)
            if not part:
                raise CommandError(f"has ended the shell; it printed:\n{log.read_text()}")
            answer += part
        self.code = int(answer)
        while ready and not ready(log.read_text()):
            if time.monotonic() > limit:
                raise CommandError(f"is not ready after {PATIENCE} s; it printed:\n{log.read_text()}")
            time.sleep(0.005)
        return self.code, log.read_text()
