"""The command line as people and scripts see it: help, streams, formats, pipes, terminals."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import termios
import time

from program import FAKE_TRAINER, SOURCE, E2eTest, main, poll

VERBS = ["run", "plan", "analyze", "report", "compare", "data", "init", "doctor"]


class CliTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.env["EVENSWEEP_TRAINER"] = str(FAKE_TRAINER)
        self.file = self.sweep(seeds=2)

    def test_help(self):
        begin = time.monotonic()
        top = self.ok(self.command("--help"))
        print(f"--help took {(time.monotonic() - begin) * 1000:.0f} ms", flush=True)
        self.assertEqual(top.stdout, self.ok(self.command()).stdout, "no arguments: help")
        for verb in VERBS:
            self.assertRegex(top.stdout, rf"(?m)^  {verb}\b")
            done = self.ok(self.command(verb, "--help"))
            self.assertIn("Example", done.stdout)
            self.assertEqual(done.stderr, "")
            self.assertLess(max(map(len, done.stdout.splitlines())), 121)
        self.assertRegex(self.ok(self.command("--version")).stdout, r"^evensweep \d+\.\d+\.\d+\n$")

    def test_json(self):
        done = self.ok(self.run_command(self.file, "-o", "json"))
        self.assertEqual(json.loads(done.stdout), json.loads((self.out / "results.json").read_text()))
        again = self.ok(self.run_command(self.file, "-o", "json"))
        self.assertEqual(again.stdout, done.stdout)

    def test_quiet(self):
        done = self.ok(self.run_command(self.file, "-o", "quiet"))
        self.assertEqual(done.stdout, f"{self.out}/report.html\n")
        self.assertEqual(done.stderr, "")
        self.assertTrue((self.out / "report.html").exists())

    def test_streams(self):
        """Results on standard output, everything else on standard error, neither with control characters."""
        done = self.ok(self.run_command(self.file))
        self.assertRegex(done.stdout, r"(?m)^arm +D_u")
        self.assertNotRegex(done.stdout + done.stderr, r"[\x00-\x09\x0b-\x1f]")
        self.assertNotIn("running", done.stdout)
        self.assertTrue(all(line.startswith("evensweep: ") for line in done.stderr.splitlines()), done.stderr)
        self.assertIn("trained 10 runs now", done.stderr)

    def test_default_places(self):
        self.ok(self.command("run", self.file))
        self.assertTrue((self.dir / "results" / "e2e" / "report.html").exists())
        self.assertTrue((self.dir / ".local" / "state" / "evensweep" / "evensweep.db").exists())

    def test_plan_writes_nothing(self):
        before = sorted(self.dir.rglob("*"))
        self.ok(self.command("plan", self.file))
        self.assertEqual(sorted(self.dir.rglob("*")), before)

    def test_closed_pipes(self):
        for arguments in ["-o json", "-o table"]:
            command = " ".join(self.run_command(self.file)) + f" {arguments}"
            done = self.call(["bash", "-c", f"set -o pipefail; {command} | head -1"])
            self.assertNotRegex(done.stderr, "terminate|Aborted|Segmentation|core")
            self.assertEqual(len(done.stdout.splitlines()), 1)
        done = self.call(["bash", "-c", " ".join(self.run_command(self.file)) + " -o json >&-"])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("cannot write to standard output", done.stderr)
        done = self.call(["bash", "-c", " ".join(self.run_command(self.file)) + " -o json > /dev/full"])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("cannot write to standard output", done.stderr)
        done = self.call(["bash", "-c", " ".join(self.command("plan", self.file)) + " > /dev/full"])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stderr, "evensweep: cannot write to standard output\n")
        shutil.rmtree(self.state)  # without anybody to listen it trains all the same
        self.ok(["bash", "-c", " ".join(self.run_command(self.file)) + " -o quiet 2> /dev/full"])
        shutil.rmtree(self.state)
        self.ok(["bash", "-c", " ".join(self.run_command(self.file)) + " -o quiet 2>&-"])

    # ---- terminals

    def on_terminal(self, command, columns, env=None):
        """What the command writes to a terminal of so many columns, and its exit code."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.dir)
            os.execve(command[0], command, {**self.env, **(env or {})})
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        written = b""
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                got = os.read(terminal, 65536)
            except OSError:  # the other side is closed
                break
            if not got:
                break
            written += got
        os.close(terminal)
        return written.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def screen(self, written):
        """The lines that remain visible: carriage returns and erasures carried out, colours taken away."""
        lines = [""]
        for piece in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
            if piece == "\n":
                lines.append("")
                self.column = 0
            elif piece == "\r":
                self.column = 0
            elif piece == "\x1b[K":
                lines[-1] = lines[-1][: self.column]
            elif not piece.startswith("\x1b"):
                lines[-1] = lines[-1][: self.column] + piece + lines[-1][self.column + len(piece):]
                self.column += len(piece)
        return lines

    column = 0

    def test_terminal(self):
        for columns in (40, 80, 200):
            with self.subTest(columns=columns):
                shutil.rmtree(self.state, ignore_errors=True)
                command = self.run_command(self.file, "--slots", "1")
                written, code = self.on_terminal(command, columns, {"FAKE_TRAINER_MODE": "sleep:120"})
                self.assertEqual(code, 0, written)
                bars = re.findall(r"\r\x1b\[K([^\r\n\x1b]+)(?=\r\x1b)", written)
                self.assertGreater(len(bars), 3, "the bar is drawn again and again")
                self.assertTrue(all(len(bar) < columns for bar in bars), bars)
                self.assertEqual(len({bar.find("]") for bar in bars}), 1, "the bar keeps its length")
                self.assertTrue(all(re.search(r"\d/10 trials", bar) for bar in bars), bars)
                screen = self.screen(written)
                self.assertFalse([line for line in screen if "running" in line], "the bar is gone in the end")
                self.assertTrue(screen[0].startswith("Evensweep report"), screen[0])
                self.assertLessEqual(max(len(line) for line in screen if not line.startswith("evensweep: ")), columns)
                self.assertRegex("\n".join(screen), r"trained 10 runs now, 0 were already there")

    def test_terminal_without_motion(self):
        shutil.rmtree(self.state, ignore_errors=True)
        for env in ({"TERM": "dumb"}, {"NO_COLOR": "1"}):
            with self.subTest(env):
                written, code = self.on_terminal(self.run_command(self.file), 80, env)
                self.assertEqual(code, 0, written)
                self.assertNotRegex(written, r"\x1b\[[0-9;]*m", "no colours")
                if "TERM" in env:
                    self.assertNotIn("\x1b", written)

    def test_interrupted_bar(self):
        """Ctrl-C on the terminal: the bar is wiped before the message."""
        pid, terminal = pty.fork()
        command = self.run_command(self.file, "--slots", "1")
        if pid == 0:
            os.chdir(self.dir)
            os.execve(command[0], command, {**self.env, "FAKE_TRAINER_MODE": "sleep:500"})
        written = b""
        pressed = False
        while True:
            select.select([terminal], [], [], 60)
            try:
                written += os.read(terminal, 65536)
            except OSError:
                break
            if b"1 running" in written and not pressed:
                os.write(terminal, b"\x03")
                pressed = True
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 130)
        screen = self.screen(written.decode())
        self.assertFalse([line for line in screen if "running" in line and "stopping" not in line], screen)
        self.assertRegex("\n".join(screen), r"(?m)^(\^C)?evensweep: stopping: trainings write their checkpoints")


if __name__ == "__main__":
    main()
