#!/usr/bin/env python3
"""Unpacks from the wheels of deploy/libtorch.txt what building and running on a CPU needs; checks an unpacked folder.

  unpack_wheels.py unpack WHEELS FOLDER   takes the files out of WHEELS/*.whl into FOLDER
  unpack_wheels.py digest FOLDER          prints the SHA-256 of what is there: names and contents, in order of the names
"""

import hashlib
import pathlib
import re
import sys
import zipfile

# CUDA's own libraries and the Python modules stay in the wheel. The layout is kept: the libraries find each other by it.
WANTED = re.compile(
    r"torch/(lib/(libtorch_cpu|libc10)\.so|lib/libgomp[^/]*|include/.*)"
    r"|nvidia/cu13/lib/(libcudart|libcupti)\.so[^/]*"
)


def unpack(wheels: pathlib.Path, folder: pathlib.Path) -> None:
    found = sorted(wheels.glob("*.whl"))
    if not found:
        sys.exit(f"{wheels}: no wheels are there")
    for wheel in found:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                if WANTED.fullmatch(member.filename) and not member.is_dir():
                    archive.extract(member, folder)


def digest(folder: pathlib.Path) -> str:
    total = hashlib.sha256()
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    for name in filter(WANTED.fullmatch, names):
        content = hashlib.sha256()
        with open(folder / name, "rb") as file:
            while piece := file.read(1 << 20):
                content.update(piece)
        total.update(f"{content.hexdigest()}  {name}\n".encode())
    return total.hexdigest()


def main(arguments: list[str]) -> None:
    try:
        if len(arguments) == 3 and arguments[0] == "unpack":
            unpack(pathlib.Path(arguments[1]), pathlib.Path(arguments[2]))
        elif len(arguments) == 2 and arguments[0] == "digest":
            print(digest(pathlib.Path(arguments[1])))
        else:
            sys.exit(__doc__)
    except (OSError, zipfile.BadZipFile) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main(sys.argv[1:])
