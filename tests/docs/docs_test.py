#!/usr/bin/env python3
"""The tools of this folder: pages are read as pages.py says, shapes differ where they should, dead links are found."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check_links  # noqa: E402
import run_docs  # noqa: E402
from machines import Machines  # noqa: E402
from pages import Page, PageError  # noqa: E402
from shape import align, brought_up_to_date  # noqa: E402


def console(*lines, before=""):
    return Page("page.md", "\n".join([before, "```console", *lines, "```"]))


class Pages(unittest.TestCase):
    def test_commands_and_what_they_print(self):
        page = console("$ evensweep plan a.yaml \\", "    seeds=3", "seven arms", "", "head$ evensweep agent &",
                       "ready")
        first, second = page.commands(page.blocks[0])
        self.assertEqual((first.machine, first.text, first.shown), ("", "evensweep plan a.yaml \\\n    seeds=3",
                                                                    ["seven arms", ""]))
        self.assertEqual((second.machine, second.text, second.shown), ("head", "evensweep agent &", ["ready"]))
        self.assertTrue(second.in_background and not first.in_background)
        self.assertEqual(page.lines[first.first], "seven arms")

    def test_a_block_in_a_list_keeps_its_indent(self):
        page = Page("page.md", "1. Do:\n\n   ```console\n   $ ls\n   a\n   ```\n")
        self.assertEqual((page.blocks[0].indent, page.blocks[0].lines), ("   ", ["$ ls", "a"]))

    def test_what_a_page_says_of_its_commands(self):
        page = console("$ ls", before="<!-- commands: needs trainer, torch; after README.md -->")
        self.assertEqual((page.needs, page.after, page.runs), (("trainer", "torch"), "README.md", True))
        page = console("$ ls", before="<!-- not run: it takes an hour -->")
        self.assertEqual((page.blocks[0].not_run, page.runs), ("it takes an hour", False))

    def test_mistakes(self):
        for words, lines in {
            "begins with a command": ["```console", "ls", "```"],
            "never closed": ["```console", "$ ls"],
            "say why": ["<!-- not run: -->", "```console", "$ ls", "```"],
            "directly before": ["<!-- not run: it takes an hour -->", "text", "```console", "$ ls", "```"],
            "neither": ["<!-- commands: needs luck -->"],
        }.items():
            with self.subTest(words), self.assertRaisesRegex(PageError, f"^page.md:\\d+: .*{words}"):
                Page("page.md", "\n".join(lines))
        page = console("$ evensweep agent &")
        with self.assertRaisesRegex(PageError, "must show the line"):
            page.commands(page.blocks[0])

    def test_a_command_outside_of_console_blocks_is_complained_about(self):
        for text in ("    evensweep run a.yaml", "```\nbuild/bin/evensweep ls\n```", "```sh\ndeploy/check --fast\n```",
                     "1. So:\n\n       $ ls\n", "```text\nhead$ ls\n```"):
            with self.subTest(text):
                self.assertEqual(len(Page("page.md", text).complaints()), 1)
        for text in ("    evensweep.yaml is a file", "```text\nevensweep  2 agents\n```", "    x = 1",
                     "```yaml\nname: evensweep\n```", "evensweep run a.yaml",
                     "<!-- not run: it takes an hour -->\n```\nbuild/bin/evensweep ls\n```"):
            with self.subTest(text):
                self.assertEqual(Page("page.md", text).complaints(), [])

    def test_verbs_and_options_that_do_not_exist_are_found(self):
        helps = run_docs.Helps("no program")
        helps.texts = {("run",): "--out DIR", ("certs",): "  init  Make", ("certs", "init"): "--host NAME",
                       ("walk",): ""}
        for text, count in (("`evensweep run a.yaml --out b`", 0), ("`evensweep walk`", 1),
                            ("`evensweep run --outer`", 1), ("`evensweep certs init --host a`", 0),
                            ("`evensweep certs init --guest a`", 1),
                            ("evensweep walks on", 0), ("`evensweep\nwalk`", 1), ("`evensweep-trainer --probe`", 0),
                            ("```console\n$ evensweep run a.yaml && evensweep walk\n```", 1)):
            with self.subTest(text):
                self.assertEqual(len(run_docs.unknown_words(Page("page.md", text), helps)), count)


class Shapes(unittest.TestCase):
    def fits(self, shown, printed):
        return align(shown.split("\n"), printed.split("\n")) is not None

    def test_what_may_differ(self):
        for shown, printed in (
            ("D_u +12.5 pp", "D_u   -3.25 pp"),
            ("sweep 01ab23cd45ef is new", "sweep fe54dc32ba10 is new"),
            ("trained in 12 s, 3 MiB", "trained in 7 s, 1024 MiB"),
            ("submitted 59 s ago, 900 KiB", "submitted 1 min ago, 1.1 GiB"),
            ("error 0a1b2c3d4e5f", "error 012345678901"),
            ("until 2026-11-25T21:04:05Z", "until 2031-01-02T03:04:05Z"),
            ("0:41 left, pid 12", "1:00:02 left, pid 4711"),
            ("a ... c", "a b b c"),
            ("a\n...\nc", "a\nc"),
            ("a\n...\nc", "a\nb\nb\nc"),
            ("...", "anything\nat all"),
        ):
            with self.subTest(shown):
                self.assertTrue(self.fits(shown, printed))

    def test_what_must_not(self):
        for shown, printed in (
            ("7 arms", "8 arms"),
            ("effective", "harmful"),
            ("a", "a\nb"),
            ("a\nb", "a"),
            ("a ... c", "a b"),
            ("a\n...\nc", "a\nb"),
            ("12 s", "12 arms"),
            ("0.5", "5"),
        ):
            with self.subTest(shown):
                self.assertFalse(self.fits(shown, printed))

    def test_an_update_keeps_what_is_left_out(self):
        self.assertEqual(brought_up_to_date(["a 1.5", "...", "z ..."], ["a 2.5", "b", "c", "z 9"]),
                         ["a 2.5", "...", "z ..."])
        self.assertEqual(brought_up_to_date(["a 1.5", "..."], ["b 2.5", "c"]), ["b 2.5", "c"])


class Shells(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="evensweep-docs-test.")
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        (root / "machines").mkdir()
        self.machines = Machines(root / "machines", root, root / "programs", "")
        self.addCleanup(self.machines.end)

    def test_a_shell_remembers_folder_variables_and_code(self):
        shell = self.machines.start("laptop")
        self.assertEqual(shell.run("mkdir a && cd a && x=5"), (0, ""))
        code, text = shell.run("pwd; echo $x; echo oh >&2; false")
        self.assertEqual((code, self.machines.printed(text)), (1, ["/home/me/evensweep/a", "5", "oh"]))
        self.assertEqual(shell.run("echo $?"), (0, "1\n"))
        shell.write("b/c.txt", "it lies in /home/me\n")
        self.assertEqual(shell.run("cat b/c.txt")[1], f"it lies in {shell.home}\n")

    def test_what_is_left_in_the_background_is_ended(self):
        shell = self.machines.start("laptop")
        code, text = shell.run("{ echo ready; exec sleep 1000; } &", ready=lambda text: "ready" in text)
        self.assertEqual((code, text), (0, "ready\n"))
        self.assertIsNone(self.machines.end())

    def test_files_go_from_one_machine_to_another(self):
        self.machines.start("head").run("mkdir ~/lab; echo hello >~/lab/a; echo you >~/lab/b")
        self.machines.start("laptop")
        self.assertEqual(self.machines.start("head").run("cd; scp lab/a lab/b laptop:")[0], 0)
        self.assertEqual(self.machines.start("laptop").run("cat ~/a ~/b"), (0, "hello\nyou\n"))
        self.assertNotEqual(self.machines.start("head").run("scp lab/a nowhere:")[0], 0)


class Runs(unittest.TestCase):
    def failures(self, *lines):
        with tempfile.TemporaryDirectory(prefix="evensweep-docs-test.") as folder:
            machines = Machines(pathlib.Path(folder, "machines"), pathlib.Path(folder), pathlib.Path(folder), "")
            run = run_docs.Run({}, False)
            run.page(console(*lines), machines)
            self.assertIsNone(machines.end())
            return run.failures

    def test_what_is_as_shown(self):
        self.assertEqual(self.failures("$ echo a; echo b", "a", "b", "$ true", "$ false", "$ echo $?", "1"), [])
        self.assertEqual(self.failures("$ { echo ready; exec sleep 1000; } &", "ready"), [])

    def test_what_is_not(self):
        for words, lines in {"prints something else": ["$ echo a", "b"], "ended with code 1": ["$ false"],
                             "ended with code 127": ["$ no-such-program"], "ended the shell": ["$ exit 3"]}.items():
            with self.subTest(words):
                found = self.failures(*lines)
                self.assertEqual(len(found), 1)
                self.assertIn(words, found[0])
                self.assertTrue(found[0].startswith("page.md:3: "), found)

    def test_pages_that_go_on_after_each_other(self):
        pages = {name: Page(name, f"<!-- commands: after {other} -->\n```console\n$ true\n```")
                 for name, other in (("a.md", "b.md"), ("b.md", "a.md"))}
        with self.assertRaisesRegex(PageError, "goes on after"):
            run_docs.chains_of(pages, [])


class Links(unittest.TestCase):
    def complaints(self, **pages):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {"README": "[docs](docs/index.md)", "docs/index": "# Index\n", **pages}.items():
                path = pathlib.Path(folder, f"{name}.md")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return check_links.check(folder)

    def test_good_links(self):
        text = ("# A `b` c: d\n## A `b` c: d\n[x](#a-b-c-d) [y](#a-b-c-d-1) [z](docs/index.md#index)\n"
                "<a href=\"docs\">d</a>\n"
                "[site](https://example.org/x) `[code](nowhere.md)`\n```\n[code](nowhere.md)\n# no heading\n```\n"
                "[ref]: docs/index.md\n![a [nested] text](docs/index.md)")
        self.assertEqual(self.complaints(README=text), [])

    def test_dead_links(self):
        for link in ("[x](docs/nowhere.md)", "[x](#nowhere)", "[x](docs/index.md#nowhere)", "![x](image.png)",
                     "[ref]: nowhere.md", "<img src=\"image.png\">", "[x](../../outside.md)", "[![x](a.png)](docs)"):
            with self.subTest(link):
                found = self.complaints(README=f"[docs](docs/index.md)\n{link}\n")
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith("README.md:2: "), found)

    def test_a_page_that_nothing_leads_to(self):
        self.assertEqual(self.complaints(**{"docs/lost": "[home](../README.md)"}),
                         ["docs/lost.md: no link leads here from README.md"])


if __name__ == "__main__":
    unittest.main()
