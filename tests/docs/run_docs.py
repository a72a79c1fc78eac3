#!/usr/bin/env python3
"""Runs the commands that README.md and docs/ show, in fresh folders, and compares what they print with what is shown.

    tests/docs/run_docs.py                     all pages
    tests/docs/run_docs.py docs/own-data.md    one page, and the one that it goes on after
    tests/docs/run_docs.py --update            writes into the pages what the commands print now
    tests/docs/run_docs.py --check             runs nothing: every command is in a block that is run, or says why not

pages.py says how a page marks its commands, shape.py what may differ. The programs are in EVENSWEEP_BIN_DIR (default:
build/bin), an interpreter with PyTorch is EVENSWEEP_PYTHON. What a page needs and is not there makes it be skipped.
"""

import argparse
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from machines import HERE, CommandError, Machines
from pages import PageError, pages_of
from shape import align, brought_up_to_date, shape

SOURCE = pathlib.Path(os.environ.get("EVENSWEEP_SOURCE_DIR", pathlib.Path(__file__).parents[2])).absolute()
BIN = pathlib.Path(os.environ.get("EVENSWEEP_BIN_DIR", SOURCE / "build" / "bin")).absolute()
PYTHON = os.environ.get("EVENSWEEP_PYTHON", "")
SKIPPED = 77  # CMake's SKIP_RETURN_CODE
# A call of the program in code, up to where the shell would end it.
CALL = re.compile(r"(?:^|[\s;&|(])(?:build/bin/)?evensweep((?: +[^\s;&|<>)]+)+)")
NAMES = ("head", "gpu-1", "gpu-2", HERE)  # of the machines, in the pages' network


def isolate():
    """Starts this program again in a network of its own, where the machines' names mean this machine and every port is
    free; goes on without where the kernel does not let us."""
    if os.environ.get("EVENSWEEP_DOCS_ISOLATED") is None:
        apart = ["unshare", "--map-root-user", "--net", "--mount"]
        trial = "ip link set lo up && mount --bind /etc/hosts /etc/hosts && unshare --uts hostname head"
        possible = shutil.which("unshare") and subprocess.run([*apart, "sh", "-c", trial], check=False,
                                                              capture_output=True).returncode == 0
        env = {**os.environ, "EVENSWEEP_DOCS_ISOLATED": "1" if possible else ""}
        command = [sys.executable, *sys.argv]
        os.execvpe((apart + command)[0] if possible else command[0], apart + command if possible else command, env)
    if os.environ["EVENSWEEP_DOCS_ISOLATED"]:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        with tempfile.NamedTemporaryFile("w", prefix="evensweep-hosts.") as hosts:
            hosts.write(f"127.0.0.1 localhost {' '.join(NAMES)}\n")
            hosts.flush()
            subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)


def missing(page):
    """Why the commands of a page cannot be run here, or nothing."""
    if not (BIN / "evensweep").exists():
        return f"there is no program {BIN / 'evensweep'}"
    if "trainer" in page.needs and not (BIN / "evensweep-trainer").exists():
        return "evensweep-trainer has not been built"
    if "torch" in page.needs and not os.access(PYTHON, os.X_OK):
        return "there is no Python with PyTorch (EVENSWEEP_PYTHON; deploy/python makes it)"
    if "network" in page.needs and not os.environ["EVENSWEEP_DOCS_ISOLATED"]:
        return "the kernel gives no network namespace (unshare --map-root-user --net --mount, iproute2)"
    if "curl" in page.needs and not shutil.which("curl"):
        return "there is no curl"
    return None


class Quiet:
    """Whether an output has not grown for so many seconds."""

    def __init__(self, seconds):
        self.seconds, self.seen, self.at = seconds, "", time.monotonic()

    def since(self, text):
        if text != self.seen:
            self.seen, self.at = text, time.monotonic()
        return bool(text) and time.monotonic() - self.at >= self.seconds


class Run:
    """One page after the other, on the same machines."""

    def __init__(self, pages, update):
        self.pages, self.update = pages, update
        self.failures = []

    def page(self, page, machines):
        """Runs a page; at the first command that goes wrong the rest is left out. Returns whether all was well."""
        changes = []
        try:
            for name in page.machines():
                machines.start(name or HERE)
            for block in page.blocks:
                if block.file and not block.not_run:
                    machines.start(HERE).write(block.file, "\n".join(block.lines) + "\n")
                elif block.language == "console" and not block.not_run:
                    commands = page.commands(block)
                    for command, then in zip(commands, [*commands[1:], None]):
                        printed = self.command(page, command, then, machines)
                        changes.append((command, block, brought_up_to_date(command.shown, printed)))
        except CommandError as error:
            self.failures.append(str(error))
            return False
        finally:
            if self.update:
                self.write(page, changes)
        return True

    def command(self, page, command, then, machines):
        """Runs one command and returns what it printed, in lines."""
        shell = machines.start(command.machine or HERE)
        where = f"{page.name}:{command.line + 1}: {command.text.splitlines()[0]}"
        ready = None
        if command.in_background:
            quiet = Quiet(2) if self.update else None  # seconds: what is new need not look like what is shown

            def ready(text):
                return align(command.shown, machines.printed(text)) is not None or (quiet and quiet.since(text))
        try:
            code, text = shell.run(command.text, ready)
        except CommandError as error:
            raise CommandError(f"{where}\n{error}") from None
        printed = machines.printed(text)
        if code and not (then and then.asks_for_the_code):
            raise CommandError("\n".join([where, f"has ended with code {code}; it printed:", *printed]))
        if command.shown and align(command.shown, printed) is None and not self.update:
            difference = difflib.unified_diff(list(map(shape, command.shown)), list(map(shape, printed)), "shown",
                                              "printed", lineterm="")
            raise CommandError("\n".join([where, "prints something else than the page shows (run with --update to take "
                                                 "it over):", *difference, "--- as printed", *printed]))
        return printed

    def write(self, page, changes):
        """Takes what was printed over into the page."""
        lines = list(page.lines)
        for command, block, shown in reversed(changes):
            if command.shown:
                end = command.first + len(command.shown)
                lines[command.first:end] = [(block.indent + line).rstrip() for line in shown]
        if lines != page.lines:
            (SOURCE / page.name).write_text("\n".join(lines), "utf-8")
            print(f"{page.name}: brought up to date")

    def chain(self, first, wanted):
        """A page and those that go on after it, in a folder of their own. Returns how many were run."""
        with tempfile.TemporaryDirectory(prefix="evensweep-docs.") as folder:
            machines = Machines(pathlib.Path(folder), SOURCE, BIN, PYTHON if "torch" in first.needs else "")
            if first.name != "README.md":  # which says how to put them there
                machines.env["PATH"] = f"{BIN}:{machines.env['PATH']}"
            ran = self.follow(first, wanted, machines)
            left = machines.end()
            if left:
                self.failures.append(f"{first.name}: {left}")
        return ran

    def follow(self, page, wanted, machines):
        if page.name not in wanted:
            return 0
        begin = time.monotonic()
        well = self.page(page, machines)
        print(f"{page.name}: {'run' if well else 'FAILED'}, {time.monotonic() - begin:.1f} s", flush=True)
        if not well:
            return 1
        others = [other for other in self.pages.values() if other.after == page.name]
        return 1 + sum(self.follow(other, wanted, machines) for other in others)


class Helps:
    """The program's help for each verb, asked for once; nothing for what is no verb."""

    def __init__(self, program):
        self.program, self.texts = program, {}

    def of(self, *verb):
        if verb not in self.texts:
            done = subprocess.run([self.program, *verb, "--help"], check=False, capture_output=True, text=True)
            self.texts[verb] = done.stdout if done.returncode == 0 else ""
        return self.texts[verb]


def calls_in(page):
    """(index of the line, words after `evensweep`) of every call that a page names in code."""
    text = list(page.lines)
    for block in page.blocks:
        for index, line in enumerate(page.lines[block.first:block.last], start=block.first):
            yield from ((index, call) for call in CALL.findall(line.split(" #")[0]))
        text[block.first - 1:block.last + 1] = [""] * (block.last - block.first + 2)
    whole = "\n".join(text)
    for span in re.finditer(r"`([^`]+?)`", whole):
        if "\n\n" not in span[1]:
            index = whole.count("\n", 0, span.start())
            yield from ((index, call) for call in CALL.findall(" ".join(span[1].split())))


def unknown_words(page, helps):
    """Verbs and options that a page names and the program does not have, one line each."""
    found = []
    for index, call in calls_in(page):
        parts = call.split()
        if not re.fullmatch(r"[a-z][a-z-]*", parts[0]) or parts[1:] == ["1"]:  # "evensweep spool 1" begins a file
            continue
        verb = parts[:1]
        text = helps.of(*verb)
        if not text:
            found.append(f"{page.name}:{index + 1}: there is no \"evensweep {parts[0]}\"")
            continue
        if len(parts) > 1 and re.search(rf"^\s+{re.escape(parts[1])}\s", text, re.MULTILINE) and parts[1].isalpha():
            verb = parts[:2]
            text = helps.of(*verb)
        for option in (part.split("=")[0] for part in parts if part.startswith("--")):
            if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text):
                found.append(f"{page.name}:{index + 1}: \"evensweep {' '.join(verb)}\" has no option {option}")
    return found


def chains_of(pages, names):
    """The pages to be run: (those that others go on after or that stand alone, names of all)."""
    wanted = {name for name, page in pages.items() if page.runs and (not names or name in names)}
    for name in list(wanted):
        way = [name]
        while (before := pages[way[-1]].after):
            if before not in pages or before in way:
                raise PageError(f"{way[-1]}: it goes on after {before}, which is no page or goes on after this one")
            way.append(before)
        wanted.update(way)
    return [pages[name] for name in pages if name in wanted and not pages[name].after], wanted


def check(pages):
    """What can be said without running anything; lines of complaints."""
    found = []
    for page in pages.values():
        found += page.complaints()
        for block in page.blocks:
            if block.language == "console" and not block.not_run:
                page.commands(block)
    chains_of(pages, [])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--update", action="store_true", help="write into the pages what the commands print now")
    parser.add_argument("--check", action="store_true", help="run nothing")
    parser.add_argument("pages", nargs="*", help="such as docs/own-data.md; default: all")
    arguments = parser.parse_args()
    try:
        pages = pages_of(SOURCE)
        unknown = [name for name in arguments.pages if name not in pages]
        if unknown:
            raise PageError(f"{unknown[0]} is no page; the pages are {', '.join(pages)}")
        complaints = check(pages)
        if complaints or arguments.check:
            print("\n".join(complaints or [f"{len(pages)} pages: each command is run, or says why it is not"]))
            return 1 if complaints else 0
        isolate()
        chains, wanted = chains_of(pages, arguments.pages)
    except PageError as error:
        print(error)
        return 1
    run, ran = Run(pages, arguments.update), 0
    for first in chains:
        reasons = [(name, missing(pages[name])) for name in wanted]
        for name, reason in reasons:
            if reason and name in wanted and (name == first.name or pages[name].after == first.name):
                print(f"{name}: skipped, {reason}")
        able = {name for name, reason in reasons if not reason}
        ran += run.chain(first, able) if first.name in able else 0
    if (BIN / "evensweep").exists():
        helps = Helps(BIN / "evensweep")
        run.failures += [line for page in pages.values() for line in unknown_words(page, helps)]
    print("\n\n".join(run.failures))
    return 1 if run.failures else 0 if ran else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
