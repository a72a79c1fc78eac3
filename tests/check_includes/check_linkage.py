#!/usr/bin/env python3
"""check_linkage.py PROGRAM PREFIX...: fails if PROGRAM loads a library whose name starts with one of the prefixes."""

import subprocess
import sys


def main(program: str, prefixes: list[str]) -> None:
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        sys.exit(f"{program}: ldd failed: {listed.stderr.strip()}")
    libraries = [line.split()[0].rsplit("/", 1)[-1] for line in listed.stdout.splitlines() if line.strip()]
    if not any(library.startswith("libstdc++") for library in libraries):
        sys.exit(f"{program}: ldd lists no libstdc++; is it a dynamically linked C++ program?")
    missing = [line.split()[0] for line in listed.stdout.splitlines() if "not found" in line]
    if missing:
        sys.exit(f"{program}: not found: {', '.join(missing)}")
    wrong = [library for library in libraries if library.startswith(tuple(prefixes))]
    if wrong:
        sys.exit(f"{program} must not load {', '.join(wrong)}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
