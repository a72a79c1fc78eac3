#!/usr/bin/env python3
"""check_includes.py ROOT: checks the rules of the house over all C++ files of a source tree.

- Folders include only folders below them (LEVELS); the cores stay pure; each outside library has its homes (HOMES).
- A file outside tests/ has at most 400 lines.
- No file or type is called a manager, a helper or a util.
- A type name is defined once in its namespace: of two, the linker would take either without a word.

Prints one line for each violation, "file:line: what", and exits 1 if there are any.
"""

import pathlib
import re
import sys
from typing import Iterator, NamedTuple

# A folder may include itself and the folders of lower levels.
LEVELS = [
    ["common/base"],
    ["common/model"],
    ["common/dataset", "common/wire", "sweeps/methods", "sweeps/stats"],
    ["sweeps/spec", "sweeps/table", "coordinator/core", "agent/core", "common/transfer"],
    ["sweeps/report", "coordinator/store", "agent/process", "agent/devices", "agent/trainer"],
    ["coordinator/host", "agent/link", "sweeps/pdf"],
    ["coordinator/rpc", "coordinator/http"],
    ["coordinator/http/pages"],
    ["cli"],
]
LEVEL_OF = {folder: level for level, folders in enumerate(LEVELS) for folder in folders}

# Pure state machines: an event and the time in, records and effects out.
PURE = ["coordinator/core", "agent/core"]
PURE_BANNED = re.compile(r"(grpc(pp)?|google/protobuf|sqlite3|SQLiteCpp|boost|spdlog|torch|ATen|c10)[/.]|.*\.pb\.h$")
PURE_BANNED_STANDARD = {
    "thread", "mutex", "shared_mutex", "condition_variable", "future", "atomic", "random", "filesystem", "fstream",
    "iostream", "ctime", "unistd.h", "fcntl.h", "sys/socket.h", "sys/time.h", "time.h",
}  # fmt: skip
CLOCK = re.compile(r"\b(system_clock|steady_clock|high_resolution_clock|random_device|SystemClock)\b")


class Home(NamedTuple):
    library: str
    include: re.Pattern
    folders: list[str]


# The two ends of the link, the transfer of files, and the command line as a client.
ON_THE_WIRE = ["common/transfer", "coordinator/rpc", "agent/link", "cli"]

# Where an outside library may be included, tests of those folders apart.
HOMES = [
    Home("libtorch", re.compile(r"(torch|ATen|c10|caffe2)/"), ["agent/trainer"]),
    Home("protobuf", re.compile(r"google/protobuf/|evensweep/v1/|.*\.pb\.h$"), ["common/wire", *ON_THE_WIRE]),
    Home("gRPC", re.compile(r"grpc(pp)?/"), ON_THE_WIRE),
    Home("SQLite", re.compile(r"sqlite3\.h|SQLiteCpp/"), ["coordinator/store"]),
    Home("cairo, Pango and librsvg", re.compile(r"(cairo|pango|librsvg|fontconfig/)"), ["sweeps/pdf"]),
    Home("spdlog", re.compile(r"spdlog/"), ["common/base"]),
    Home("Boost.Beast", re.compile(r"boost/beast"), ["coordinator/http"]),
    Home("libcurl", re.compile(r"curl/"), ["cli"]),
    Home("zlib", re.compile(r"zlib\.h"), ["cli"]),
]
# Tests that go with a folder's outside library: by the test's own folder or file name.
TESTS_OF = {
    "libtorch": re.compile(r"trainer"),
    "protobuf": re.compile(r"wire|transfer|coordinator|agent|cli|integration|e2e|support|fuzz"),
    "gRPC": re.compile(r"transfer|coordinator|agent|cli|integration|e2e|support|fuzz"),
    "SQLite": re.compile(r"store|coordinator|integration|e2e"),
    "spdlog": re.compile(r"base"),
    "Boost.Beast": re.compile(r"coordinator"),
    "libcurl": re.compile(r"cli"),
    "zlib": re.compile(r"cli"),
}

MOST_LINES = 400
BANNED_NAME = re.compile(r"Manager|Helper|Utils?(?![a-z])|Utility")
BANNED_FILE_NAME = re.compile(r"(^|_)(manager|helpers?|utils?|utility)(_|$)")
TYPE = re.compile(r"^\s*(?:enum\s+)?(?:class|struct|enum|using|concept|namespace)\s+(\w+)")
NAMESPACE = re.compile(r"^(inline\s+)?namespace(?:\s+([\w:]+))?\s*\{(?!.*\})")
NAMESPACE_END = re.compile(r"^\}  // namespace")
# clang-format leaves what is in a namespace unindented, so a type of a namespace begins its line.
DEFINITION = re.compile(r"^(?:class|struct|enum(?:\s+class)?)\s+(\w+)(?:\s+final)?(?:\s+:\s[^;]*)?\s*\{")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
TOP_FOLDERS = ["common", "sweeps", "coordinator", "agent", "cli", "tests"]


class Violation(NamedTuple):
    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def folder_of(path: str) -> str:
    """The module folder that a file belongs to: the deepest that has a level, "cli" or "tests", else two parts."""
    parts = path.split("/")
    if parts[0] in ("cli", "tests"):
        return parts[0]
    deepest = "/".join(parts[:3])
    return deepest if deepest in LEVEL_OF else "/".join(parts[:2])


def without_comments(text: str) -> str:
    """The text with comments blanked and string contents kept, line by line the same length in lines."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
    return pattern.sub(lambda m: m[0] if m[0].startswith('"') else re.sub(r"[^\n]", " ", m[0]), text)


def is_home(file: str, home: Home) -> bool:
    folder = folder_of(file)
    return folder in home.folders or (folder == "tests" and TESTS_OF[home.library].search(file) is not None)


def include_faults(file: str, included: str, quoted: bool) -> Iterator[str]:
    folder = folder_of(file)
    target = folder_of(included)
    if quoted and target in LEVEL_OF and folder in LEVEL_OF:
        if target != folder and LEVEL_OF[target] >= LEVEL_OF[folder]:
            yield f"{folder} must not include {target}, which is not below it"
    if quoted and target == "tests" and folder != "tests":
        yield "only tests include tests"
    if quoted and "/" not in included:
        yield f'write the whole path: "{folder}/{included}"'
    if folder in PURE and (PURE_BANNED.match(included) or included in PURE_BANNED_STANDARD):
        yield f"{folder} is pure and must not include <{included}>"
    for home in HOMES:
        if home.include.match(included) and not is_home(file, home):
            yield f"{home.library} belongs in {', '.join(home.folders)} alone"


def faults_of_line(file: str, line: str) -> Iterator[str]:
    include = INCLUDE.match(line)
    if include:
        yield from include_faults(file, include[2], include[1] == '"')
        return
    folder = folder_of(file)
    clock = CLOCK.search(line)
    if folder in PURE and clock:
        yield f"{folder} is pure and must not use {clock[1]}"
    name = TYPE.match(line)
    if name and BANNED_NAME.search(name[1]):
        yield f"{name[1]} says nothing; name it for what it does"


def violations_of_file(file: str, text: str) -> Iterator[Violation]:
    if folder_of(file) not in LEVEL_OF and folder_of(file) != "tests":
        yield Violation(file, 1, f"the folder {folder_of(file)} has no level in tests/check_includes")
    stem = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if BANNED_FILE_NAME.search(stem):
        yield Violation(file, 1, "the name says nothing; name the file for what is in it")
    lines = without_comments(text).splitlines()
    if len(lines) > MOST_LINES and folder_of(file) != "tests":
        yield Violation(file, MOST_LINES + 1, f"the file has {len(lines)} lines; at most {MOST_LINES}")
    for number, line in enumerate(lines, start=1):
        for fault in faults_of_line(file, line):
            yield Violation(file, number, fault)


def definitions_of_file(text: str) -> Iterator[tuple[str, int]]:
    """Qualified names of the types that other files could see, with their lines; nothing of unnamed namespaces."""
    inside: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        namespace = NAMESPACE.match(line)
        if namespace:
            inside.append(namespace[2] or "")
        elif NAMESPACE_END.match(line) and inside:
            inside.pop()
        definition = DEFINITION.match(line)
        if definition and "" not in inside:
            yield "::".join([*inside, definition[1]]), number


def program_of(file: str) -> str:
    """The trainer is a program of its own, which shares only common/ with the rest."""
    if file.startswith("common/"):
        return "all"
    return "trainer" if folder_of(file) == "agent/trainer" else "evensweep"


def repeated_definitions(texts: dict[str, str]) -> Iterator[Violation]:
    files_of_name: dict[str, list[str]] = {}
    for file, text in texts.items():
        for name, number in definitions_of_file(text) if folder_of(file) != "tests" else []:
            others = files_of_name.setdefault(name, [])
            for other in others:
                if other != file and len({program_of(file), program_of(other), "all"}) < 3:
                    yield Violation(file, number, f"{name} is defined in {other} too; rename one, or hide it")
            others.append(file)


def files_of(root: pathlib.Path) -> list[pathlib.Path]:
    found = [path for top in TOP_FOLDERS for end in ("*.h", "*.cc") for path in (root / top).rglob(end)]
    return sorted(found)


def violations_of(root: pathlib.Path) -> list[Violation]:
    texts = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in files_of(root)}
    found = [violation for file, text in texts.items() for violation in violations_of_file(file, text)]
    return found + list(repeated_definitions(texts))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(arguments[0])
    if not files_of(root):
        print(f"{root}: no C++ files are there", file=sys.stderr)
        return 2
    found = violations_of(root)
    for violation in found:
        print(violation)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
