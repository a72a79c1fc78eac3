"""Programs in a real terminal: tmux, one server for each test."""

import itertools
import shutil
import subprocess
import sys

from program import BIN, SKIPPED, poll

COUNT = itertools.count()


def require(*programs):
    """Skips the test where one of them is not installed."""
    for name in programs:
        if shutil.which(name) is None:
            print(f"skipped: {name} is not installed (deploy/packages, group test)", file=sys.stderr)
            sys.exit(SKIPPED)


class Tmux:
    def __init__(self, test, width=80, height=24):
        self.test = test
        self.socket = test.dir / f"tmux{next(COUNT)}"
        # Programs get the test's environment and no more; ours are found by their names.
        self.env = {**test.env, "PATH": f"{BIN}:{test.env['PATH']}", "TERM": "xterm-256color"}
        self.run("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), "-s", "it",
                 "env PS1='$ ' bash --norc --noprofile")
        self.run("set-option", "-g", "status", "off")
        self.run("resize-window", "-t", "it", "-x", str(width), "-y", str(height))
        test.addCleanup(self.end)

    def end(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False, capture_output=True)

    def run(self, *arguments):
        done = subprocess.run(["tmux", "-S", self.socket, *arguments], env=self.env, cwd=self.test.dir, text=True,
                              capture_output=True, check=False)
        self.test.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def type(self, text):
        self.run("send-keys", "-t", "it", "-l", text)

    def press(self, *keys):
        self.run("send-keys", "-t", "it", *keys)

    def enter(self, text):
        self.type(text)
        self.press("Enter")

    def screen(self):
        """What is seen: its lines, without blanks at their ends."""
        return self.run("capture-pane", "-p", "-t", "it").rstrip("\n").split("\n")

    def resize(self, width, height):
        self.run("resize-window", "-t", "it", "-x", str(width), "-y", str(height))

    def wait(self, *parts):
        """Until all of these are seen; the lines then seen."""
        def seen():
            lines = self.screen()
            return lines if all(part in "\n".join(lines) for part in parts) else None
        try:
            return poll(seen, f"{parts} on the terminal", patience=30, interval=0.05)
        except AssertionError as error:
            raise AssertionError(f"{error}\n" + "\n".join(self.screen())) from None
