"""`top` and `status --watch` in a real terminal (tmux), resized, piped, and where there is none."""

import os
import pathlib
import signal
import subprocess

from program import main, poll
from tmux import Tmux, require
from verbs import VerbsTest

SIZES = ((80, 24), (200, 50))
# Where captures are kept for people to look at; nowhere unless it is set.
KEEP = os.environ.get("EVENSWEEP_KEEP_CAPTURES")
BUSY = "python3 -c 'import termios,sys; print(termios.tcgetattr(0)[3] & termios.ICANON)'"


class TopTest(VerbsTest):
    def setUp(self):
        require("tmux")
        super().setUp()
        self.mode.write_text("sleep:60000")

    def keep(self, name, lines):
        if KEEP:
            (pathlib.Path(KEEP) / f"{name}.txt").write_text("\n".join(lines) + "\n")

    def check_lines(self, lines, width, height):
        self.assertLessEqual(len(lines), height)
        for line in lines:
            self.assertLessEqual(len(line), width, line)

    def start_sweeps(self):
        self.start_agent("gpu-1")
        self.mode.write_text("exit:3")
        self.submit(seeds=1)
        self.type("wait", "e2e", code=3)
        self.mode.write_text("sleep:60000")
        sweep = self.submit(seeds=3, epochs=4)
        poll(lambda: len(self.trials(sweep, "running")) == 2, "two runs")
        return sweep

    def test_top(self):
        sweep = self.start_sweeps()
        for width, height in SIZES:
            with self.subTest(width=width, height=height):
                terminal = Tmux(self, width, height)
                terminal.enter("evensweep top")
                lines = terminal.wait("evensweep  1 of 1 agents connected, 2 of 2 slots train", "Sweeps",
                                      "0 baseline", "gpu-1", "waiting for baseline", "q leave")
                self.keep(f"top-{width}x{height}", lines)
                self.check_lines(lines, width, height)
                self.assertTrue(lines[-1].startswith("q leave"), "the last line is that of the keys")
                terminal.press("Down")
                self.keep(f"top-failed-{width}x{height}", terminal.wait("failed", "exited with code 3"))
                terminal.press("Up")
                terminal.wait("waiting for baseline")
                terminal.press("Enter", "Enter")
                self.keep(f"top-trial-{width}x{height}", terminal.wait(f"Trial {sweep[:12]}/0/0", "attempt 1 on gpu-1"))
                terminal.press("Escape")
                terminal.wait("q leave", "arm 0 seed 0 running")
                terminal.press("Tab", "Enter")
                terminal.wait("Agent gpu-1", "2 of 2 slots")
                terminal.press("q", "?")
                terminal.wait("shift-tab")
                terminal.press("q")
                terminal.wait("q leave")
                # Other sizes, and back.
                for other in ((40, 10), (21, 6), (160, 40), (width, height)):
                    terminal.resize(*other)
                    lines = terminal.wait("evensweep" if other[0] > 21 else "Agents")
                    self.check_lines(lines, *other)
                terminal.wait("Sweeps", "q leave")
                terminal.press("q")
                self.assert_given_back(terminal)
                terminal.end()

    def assert_given_back(self, terminal):
        """Lines again, a cursor, and what was on the screen before."""
        terminal.enter(BUSY)
        lines = terminal.wait("\n2\n$")
        self.assertNotIn("Sweeps", "\n".join(lines))
        self.assertIn("evensweep top", "\n".join(lines))
        flags = terminal.run("display-message", "-p", "-t", "it", "#{cursor_flag} #{alternate_on}")
        self.assertEqual(flags.strip(), "1 0")

    def test_pause_from_top(self):
        sweep = self.start_sweeps()
        terminal = Tmux(self)
        terminal.enter("evensweep top")
        terminal.wait("active")
        terminal.press("p")
        terminal.wait("Pause e2e?  y: yes")
        terminal.press("n")
        terminal.wait("q leave")
        self.assertEqual(self.json("status", sweep)["sweep"]["phase"], "active")
        terminal.press("p", "y")
        terminal.wait("e2e is paused")
        self.assertEqual(self.json("status", sweep)["sweep"]["phase"], "paused")
        terminal.press("p", "y")
        terminal.wait("e2e is active")
        with self.subTest("the coordinator goes and comes back"):
            self.coordinator.send_signal(signal.SIGKILL)
            self.coordinator.wait()
            terminal.wait("is not reached", "0 baseline")
            self.start_coordinator()
            terminal.wait("e2e is active")
        terminal.press("C-c")
        self.assert_given_back(terminal)

    def test_signals_give_the_terminal_back(self):
        terminal = Tmux(self)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGSEGV, signal.SIGABRT):
            with self.subTest(number.name):
                terminal.enter("clear")
                terminal.enter("evensweep top; echo code $?")
                terminal.wait("q leave", "no sweep yet")
                self.top_of(terminal).send_signal(number)
                terminal.wait("code ")
                self.assert_given_back(terminal)
        with self.subTest("ctrl-z"):
            terminal.enter("clear")
            terminal.enter("evensweep top")
            terminal.wait("q leave")
            terminal.press("C-z")
            terminal.wait("Stopped")
            terminal.enter("fg")
            terminal.wait("q leave")
            terminal.press("q")
            self.assert_given_back(terminal)

    def top_of(self, terminal):
        class Process:
            def __init__(self, pid):
                self.pid = pid

            def send_signal(self, number):
                os.kill(self.pid, number)

        shell = terminal.run("display-message", "-p", "-t", "it", "#{pane_pid}").strip()
        return Process(int(poll(lambda: subprocess.run(["pgrep", "-P", shell, "evensweep"], text=True,
                                                       capture_output=True, check=False).stdout, "top")))

    def test_no_colours_and_no_unicode(self):
        self.start_sweeps()
        terminal = Tmux(self)
        terminal.enter("NO_COLOR=1 LC_ALL=C evensweep top")
        lines = terminal.wait("0 baseline", "%")
        self.assertTrue("\n".join(lines).isascii())
        coloured = terminal.run("capture-pane", "-p", "-e", "-t", "it")
        self.assertNotRegex(coloured, "\x1b\\[[0-9;]*3[0-7]m")
        terminal.press("q")

    def test_watch(self):
        sweep = self.start_sweeps()
        for width, height in SIZES:
            with self.subTest(width=width, height=height):
                terminal = Tmux(self, width, height)
                terminal.enter(f"evensweep status {sweep[:12]} --watch")
                lines = terminal.wait("0/15 trials", "2 running on 1 agents", "\nrunning\n")
                self.keep(f"watch-{width}x{height}", lines)
                self.check_lines(lines, width, height)
                for other in ((50, 12), (width, height)):
                    terminal.resize(*other)
                    lines = terminal.wait("0/15 trials", "\nrunning\n")
                    lines = poll(lambda: self.once_each(terminal, sweep), "one picture alone", patience=30)
                    self.check_lines(lines, *other)
                self.keep(f"watch-resized-{width}x{height}", lines)
                terminal.press("C-c")
                terminal.enter("echo code $?")
                terminal.wait("code 130")
                terminal.end()

    @staticmethod
    def once_each(terminal, sweep):
        lines = terminal.screen()
        heads = [line for line in lines if line.startswith(f"{sweep[:12]}  e2e")]
        return lines if len(heads) == 1 and sum("trials, " in line for line in lines) == 1 else None

    def test_piped(self):
        sweep = self.start_sweeps()
        done = self.type("top")
        self.assertNotIn("\x1b", done.stdout)
        for part in ("1 of 1 agents connected", "gpu-1", "e2e", "failures and queue of e2e", "waiting for baseline"):
            self.assertIn(part, done.stdout)
        self.type("cancel", sweep)
        watched = self.type("status", sweep, "--watch", code=3)
        self.assertNotIn("\x1b", watched.stdout)
        self.assertIn("15 given up", watched.stdout)

    def test_terminals_that_cannot(self):
        terminal = Tmux(self, 120, 20)
        terminal.enter("TERM=dumb evensweep top; echo code $?")
        terminal.wait("TERM is dumb; use evensweep status --watch", "code 2")
        terminal.enter("clear; evensweep top < /dev/null; echo code $?")
        terminal.wait("which is no terminal; use evensweep status --watch", "code 2")
        terminal.enter("clear; EVENSWEEP_COORDINATOR=127.0.0.1:9 evensweep top; echo code $?")
        terminal.wait("the coordinator at 127.0.0.1:9 is not reached", "code 4")


if __name__ == "__main__":
    main()
