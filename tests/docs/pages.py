#!/usr/bin/env python3
"""Reading the Markdown pages: fenced blocks, the commands in them, and what is said to be printed.

A block of the language `console` is run. Its commands begin with a prompt, `$ ` or that of a machine, `head$ `; what
follows is what they print. A block whose language is followed by a file name is saved under that name where the page's
commands run. A block of commands that is not run has a comment before it that says why: <!-- not run: REASON -->. The
comment <!-- commands: needs trainer; after README.md --> at the top of a page says what its commands need, and which
page's commands they go on after.
"""

import dataclasses
import pathlib
import re

NEEDS = ("trainer", "torch", "network", "curl")

FENCE = re.compile(r"^( *)(`{3,}|~{3,})\s*([^\s`]*)[ \t]*([^\s`]*)\s*$")
COMMENT = re.compile(r"^\s*<!--\s*(.*?)\s*-->\s*$")
PROMPT = re.compile(r"^((?:[a-z][a-z0-9-]*)?)\$ (.*)$")
# Lines that are to be typed, wherever they stand.
COMMAND = re.compile(r"^\s*(?:(?:[a-z][a-z0-9-]*)?\$ |(?:build/bin/)?evensweep(?:-trainer)? [a-z\[-]|"
                     r"(?:cmake|ctest|git|pip|python3?|sudo|apt(?:-get)?|systemctl|"
                     r"curl|scp|ssh|export)\s+\S|(?:deploy|tests|build)/\S+(?:\s|$))")


class PageError(Exception):
    """A page that cannot be used: where, what, what to do."""


@dataclasses.dataclass
class Block:
    """One fenced block. `first` and `last` are the indices of its lines within the page, without the fences."""

    language: str
    file: str
    indent: str
    first: int
    last: int
    lines: list
    not_run: str = ""


@dataclasses.dataclass
class Command:
    """A command of a console block, and what it prints; `first` is the index of the first line of that in the page."""

    machine: str
    text: str
    line: int
    first: int
    shown: list

    @property
    def in_background(self):
        return self.text.split("#")[0].rstrip().endswith("&")

    @property
    def asks_for_the_code(self):
        return self.text.split("#")[0].strip() == "echo $?"


class Page:
    """A Markdown file with its blocks."""

    def __init__(self, name, text):
        self.name, self.lines = name, text.split("\n")
        self.needs, self.after = (), ""
        self.blocks, self.indented = [], []
        self._read()

    def error(self, index, what):
        return PageError(f"{self.name}:{index + 1}: {what}")

    def _read(self):
        fence, start, comment = None, 0, None
        for index, line in enumerate(self.lines):
            if fence:
                if line.strip().startswith(fence[2]) and not line.strip().strip(fence[2][0]):
                    self._add(fence, start, index, comment)
                    fence, comment = None, None
                continue
            if fence := FENCE.match(line):
                start = index + 1
            elif said := COMMENT.match(line):
                comment = self._comment(index, said[1])
            elif line.strip():
                if comment:
                    raise self.error(comment[0], "the comment \"not run\" must stand directly before a block")
                if line.startswith("    "):
                    self.indented.append(index)
        if fence:
            raise self.error(start - 1, "this block is never closed")

    def _comment(self, index, words):
        """Takes in what a comment says about the page; returns (index, reason) of a "not run"."""
        if words.startswith("commands:"):
            for part in filter(None, (part.strip() for part in words[len("commands:"):].split(";"))):
                verb, _, rest = part.partition(" ")
                if verb == "after" and rest:
                    self.after = rest.strip()
                elif verb == "needs" and rest and not set(re.split(r"[,\s]+", rest.strip())) - set(NEEDS):
                    self.needs = tuple(re.split(r"[,\s]+", rest.strip()))
                else:
                    raise self.error(index, f"\"{part}\" is neither \"after PAGE\" nor \"needs\" with some of "
                                            f"{', '.join(NEEDS)}")
        elif words.startswith("not run"):
            reason = words[len("not run"):].lstrip(":").strip()
            if len(reason) < 10:
                raise self.error(index, "say why it is not run: <!-- not run: REASON -->")
            return index, reason
        return None

    def _add(self, fence, start, end, comment):
        indent = fence[1]
        lines = [line[len(indent):] if line.startswith(indent) else line.lstrip() for line in self.lines[start:end]]
        block = Block(fence[3], fence[4], indent, start, end, lines, comment[1] if comment else "")
        if block.language == "console" and not block.not_run and not (lines and PROMPT.match(lines[0])):
            raise self.error(start, "a console block begins with a command: \"$ COMMAND\"")
        self.blocks.append(block)

    def commands(self, block):
        """The commands of a console block, in order."""
        found, index = [], 0
        while index < len(block.lines):
            prompt = PROMPT.match(block.lines[index])
            command = Command(prompt[1], prompt[2], block.first + index, 0, [])
            while command.text.endswith("\\") and index + 1 < len(block.lines):
                index += 1
                command.text += "\n" + block.lines[index]
            index += 1
            command.first = block.first + index
            while index < len(block.lines) and not PROMPT.match(block.lines[index]):
                command.shown.append(block.lines[index])
                index += 1
            if command.in_background and not command.shown:
                raise self.error(command.line, "a program in the background must show the line that tells it is ready")
            found.append(command)
        return found

    @property
    def runs(self):
        """Whether any of its commands is run."""
        return any(block.language == "console" and not block.not_run for block in self.blocks)

    def machines(self):
        """The names in its prompts, "" for none."""
        blocks = [block for block in self.blocks if block.language == "console" and not block.not_run]
        return list(dict.fromkeys(command.machine for block in blocks for command in self.commands(block)))

    def complaints(self):
        """Commands that are shown, and neither run nor said not to be, one line each."""
        found = []
        for block in self.blocks:
            if block.language == "console" or block.not_run:
                continue
            for index, line in enumerate(block.lines):
                if COMMAND.match(line) and not block.file:
                    found.append(str(self.error(block.first + index, _advice(line))))
                    break
        found += [str(self.error(index, _advice(self.lines[index]))) for index in self.indented
                  if COMMAND.match(self.lines[index])]
        return found


def _advice(line):
    return (f"\"{line.strip()[:40]}\" is a command: put it into a ```console block, which is run, or say before the "
            "block why it is not: <!-- not run: REASON -->")


def pages_of(root):
    """All pages below a folder whose commands a reader may type, {name: Page}."""
    root = pathlib.Path(root)
    names = [path for path in sorted(root.glob("*.md")) if path.name != "CHANGELOG.md"]
    names += [path for path in sorted((root / "docs").rglob("*.md")) if "adr" not in path.relative_to(root).parts]
    return {str(path.relative_to(root)): Page(str(path.relative_to(root)), path.read_text("utf-8")) for path in names}
