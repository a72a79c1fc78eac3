"""Completion in the real shells, and the manual pages."""

import re
import shutil
import unittest

from program import BIN, main
from tmux import Tmux, require
from verbs import VerbsTest


class CompletionTest(VerbsTest):
    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{BIN}:{self.env['PATH']}"
        self.write("sweeps/my table.csv", "a,b\n1,2\n")

    def complete(self, line):
        """What the program says to shells."""
        out = self.type("__complete", "line", line).stdout
        return [row.split("\t")[0] for row in out.splitlines()]

    def test_names_from_the_coordinator(self):
        self.submit(seeds=2)
        self.start_agent("gpu-1")
        self.assertEqual(self.complete("evensweep status e"), ["e2e"])
        self.assertEqual(self.complete("evensweep logs e"), ["e2e/"])
        self.assertEqual(self.complete("evensweep logs e2e/")[:2], ["e2e/0/", "e2e/1/"])
        self.assertEqual(self.complete("evensweep explain e2e/1/"), ["e2e/1/0", "e2e/1/1"])
        self.assertEqual(self.complete("evensweep drain g"), ["gpu-1"])
        self.assertIn("satimage", self.complete("evensweep data fetch "))

    def test_silent_without_a_coordinator(self):
        for place in ("--coordinator unix:/nowhere", "--coordinator 127.0.0.1:9", "--token-file /nowhere"):
            done = self.type("__complete", "line", f"evensweep status {place} ")
            self.assertEqual((done.stdout, done.stderr), ("", ""), place)

    def test_bash(self):
        require("tmux")
        self.submit(seeds=2)
        self.in_shell(Tmux(self), 'eval "$(evensweep completion bash)"; clear')

    def test_zsh(self):
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed")
        require("tmux")
        self.submit(seeds=2)
        terminal = Tmux(self)
        terminal.enter("PS1='$ ' exec zsh -f")
        self.in_shell(terminal, "PS1='$ '; autoload -U compinit; compinit -D -u; source <(evensweep completion zsh); "
                                "clear")

    def in_shell(self, terminal, setup):
        terminal.enter(setup)
        terminal.enter("echo rea''dy")
        terminal.wait("\nready")
        for typed, completed in (("evensweep stat", "$ evensweep status"),
                                 ("evensweep pause e", "$ evensweep pause e2e"),
                                 ("evensweep ls --output=j", "$ evensweep ls --output=json"),
                                 ("evensweep run x.yaml see", "$ evensweep run x.yaml seeds="),
                                 ("evensweep explain e2e/1/", "$ evensweep explain e2e/1/"),
                                 ("evensweep init sweeps/my", "$ evensweep init sweeps/my\\ table.csv"),
                                 ("evensweep run --out swe", "$ evensweep run --out sweeps/")):
            terminal.type(typed)
            terminal.press("Tab")
            terminal.wait(completed)
            terminal.press("C-c")
            terminal.enter("clear")
        terminal.type("evensweep st")
        terminal.press("Tab", "Tab")
        terminal.wait("status", "stop")
        terminal.press("C-c")

    def test_fish(self):
        if shutil.which("fish") is None:
            self.skipTest("fish is not installed")
        self.submit(seeds=2)

        def fish(line):
            script = f"evensweep completion fish | source; complete -C '{line}'"
            return self.ok(["fish", "--no-config", "-c", script]).stdout.splitlines()

        self.assertEqual(fish("evensweep stat"), ["status\tShow how a sweep stands, or all that are under way"])
        self.assertEqual([row.split("\t")[0] for row in fish("evensweep pause e")], ["e2e"])
        self.assertEqual({row.split("\t")[0] for row in fish("evensweep ls -o ")}, {"table", "json", "quiet"})
        self.assertTrue(any("my" in row for row in fish("evensweep init sweeps/my")))

    def test_manual_pages(self):
        self.type("__man", self.dir / "man1")
        pages = sorted((self.dir / "man1").iterdir())
        names = {page.name for page in pages}
        self.assertLessEqual({"evensweep.1", "evensweep-run.1", "evensweep-data-fetch.1", "evensweep-top.1"}, names)
        self.assertFalse([name for name in names if "__" in name])
        if shutil.which("mandoc") is None:
            self.skipTest("mandoc is not installed")
        lint = self.call(["mandoc", "-T", "lint", "-W", "warning", *map(str, pages)])
        self.assertEqual(lint.stdout + lint.stderr, "")
        text = self.ok(["mandoc", "-T", "ascii", str(self.dir / "man1" / "evensweep-status.1")]).stdout
        self.assertIn("--watch", re.sub(".\b", "", text))


if __name__ == "__main__":
    main()
