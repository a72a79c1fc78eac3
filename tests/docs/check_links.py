#!/usr/bin/env python3
"""Checks the links of all Markdown files of a folder: files and anchors exist, and every page can be reached.

    tests/docs/check_links.py [ROOT]

Links to other sites are left alone. Pages below docs/ must be reachable by links from README.md.
"""

import os
import pathlib
import re
import sys
import urllib.parse

LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^()\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
IMAGE = re.compile(r"!\[[^\[\]]*\]\(\s*<?([^()\s>]+)")  # also within the text of a link
REFERENCE = re.compile(r"^\s*\[[^\]]+\]:\s*<?(\S+?)>?\s*$")
HTML_LINK = re.compile(r"<(?:img|source|a)\b[^>]*?\b(?:src|srcset|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
NAMED = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
IGNORED = ("shared", "build", "build-", ".git", "node_modules")


def without_code(text):
    """The text with code taken out, line by line."""
    lines, fence = [], None
    for line in text.split("\n"):
        mark = re.match(r"^\s*(`{3,}|~{3,})", line)
        if fence is None and mark:
            fence = mark[1]
        elif fence is not None and mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = None
        elif fence is None:
            lines.append("" if line.startswith("    ") and not re.match(r"^\s*([-*|]|\d+\.)", line) else line)
            continue
        lines.append("")
    return [re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line) for line in lines]


def anchors(text):
    """The anchors that a page's headings get: lower case, blanks to hyphens, other signs dropped, repeats numbered."""
    found, seen, fence = set(), {}, None
    for line in text.split("\n"):
        mark = re.match(r"^\s*(`{3,}|~{3,})", line)
        if mark:
            fence = mark[1] if fence is None else None if mark[1].startswith(fence) else fence
        elif fence is None and (heading := HEADING.match(line)):
            words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading[2])
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            number = seen.get(slug, 0)
            seen[slug] = number + 1
            found.add(f"{slug}-{number}" if number else slug)
        if fence is None:
            found.update(NAMED.findall(line))
    return found


def links(text):
    """(number of the line, target) of each link."""
    for number, line in enumerate(without_code(text), start=1):
        targets = list(dict.fromkeys(LINK.findall(line) + IMAGE.findall(line) + HTML_LINK.findall(line)))
        if reference := REFERENCE.match(line):
            targets.append(reference[1])
        for target in targets:
            yield number, target


def pages_below(root):
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in IGNORED and not name.startswith(("build-", ".")))
        yield from (pathlib.Path(folder, name) for name in sorted(files) if name.endswith(".md"))


def check(root):
    """Complaints, one line each."""
    root = pathlib.Path(root).resolve()
    texts = {path: path.read_text("utf-8") for path in pages_below(root)}
    found, leads = [], {path: set() for path in texts}
    for path, text in texts.items():
        for number, target in links(text):
            where = f"{path.relative_to(root)}:{number}"
            if re.match(r"^[a-z][a-z0-9+.-]*:", target):
                continue
            name, _, anchor = urllib.parse.unquote(target).partition("#")
            file = (path.parent / name).resolve() if name else path
            if not file.is_relative_to(root):
                found.append(f"{where}: {target} leads out of the repository")
            elif not file.exists():
                found.append(f"{where}: {target}: there is no such file")
            elif anchor and file in texts and anchor not in anchors(texts[file]):
                found.append(f"{where}: {target}: the page has no such heading")
            if file.is_dir():
                leads[path].update(other for other in texts if other.parent == file)
            elif file in texts:
                leads[path].add(file)
    reached, queue = set(), [root / "README.md"]
    while queue:
        path = queue.pop()
        if path not in reached:
            reached.add(path)
            queue += leads.get(path, ())
    found += [f"{path.relative_to(root)}: no link leads here from README.md" for path in texts
              if path.is_relative_to(root / "docs") and path not in reached]
    return found


if __name__ == "__main__":
    complaints = check(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
    print("\n".join(complaints) or "all links lead somewhere")
    sys.exit(1 if complaints else 0)
