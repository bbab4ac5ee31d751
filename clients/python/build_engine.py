#!/usr/bin/env python3
"""Builds the packages that contain the engine's library; ./package python runs it.

    python3 build_engine.py FOLDER [linux-x64=LIBRARY] [linux-arm64=LIBRARY]

Writes into FOLDER: the wheel without the library and the source distribution, and for each library
a wheel and an archive for other languages. A library that needs more than its wheel's tag promises
is refused. Requires hatchling; with the same hatchling and SOURCE_DATE_EPOCH, the same files give
the same bytes.
"""

import contextlib
import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

from build_file import VERSION

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GLIBC = (2, 34)
ARCHITECTURES = {"linux-x64": ("x86_64", "X86-64"), "linux-arm64": ("aarch64", "AArch64")}
# What manylinux allows, of what a native library of .NET uses.
ALLOWED = re.compile(r"(libc|libm|libpthread|libdl|librt|libgcc_s|ld-linux-[\w-]+)\.so\.\d+")
NOTICES = ("LICENSE", "THIRD-PARTY-NOTICES.md")


def check(library, machine):
    """Refuses a library that does not run wherever the tag of its wheel is accepted."""
    described = _readelf("--file-header", library)
    if machine not in described:
        raise SystemExit(f"{library} is not for {machine}")
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", _readelf("--dynamic", library))
    foreign = [name for name in needed if not ALLOWED.fullmatch(name)]
    if foreign:
        raise SystemExit(f"{library} needs {', '.join(foreign)}, which manylinux does not allow")
    versions = re.findall(r"\bGLIBC_(\d+)\.(\d+)", _readelf("--version-info", library))
    newest = max(tuple(map(int, version)) for version in versions)
    if newest > GLIBC:
        raise SystemExit(f"{library} needs glibc {'.'.join(map(str, newest))}, more than {'.'.join(map(str, GLIBC))}")


def build(folder, platform, library):
    architecture, machine = ARCHITECTURES[platform]
    check(library, machine)
    wheel = build_wheel(folder, library, f"manylinux_{GLIBC[0]}_{GLIBC[1]}_{architecture}")
    files = {
        "lib/libremora.so": Path(library).read_bytes(),
        "include/remora.h": (ROOT / "src/Remora.Native/remora.h").read_bytes(),
        "examples/assess.c": (ROOT / "examples/c/assess.c").read_bytes(),
        **{name: (ROOT / name).read_bytes() for name in NOTICES}
    }
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    files["SHA256SUMS"] = sums.encode()
    top = f"remora-engine-{VERSION}-{platform}"
    return wheel, write_archive(folder / f"{top}.tar.gz", top, files)


def build_wheel(folder, library="", platform=""):
    """Writes the wheel, with a library for its platform, and returns its name."""
    from hatchling.build import build_wheel as hatchling_wheel

    os.environ.update(REMORA_WHEEL_LIBRARY=library and os.path.abspath(library), REMORA_WHEEL_PLATFORM=platform)
    return _hatchling(hatchling_wheel, folder)


def build_sdist(folder):
    """Writes the source distribution and returns its name."""
    from hatchling.build import build_sdist as hatchling_sdist

    return _hatchling(hatchling_sdist, folder)


def _hatchling(hook, folder):
    with contextlib.chdir(HERE):  # PEP 517: the folder of the project
        return hook(str(folder))


def write_archive(path, top, files):
    """Writes files below one top folder as tar.gz and returns the name of the archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size, entry.mode = len(content), 0o755 if name.endswith(".so") else 0o644
            archive.addfile(entry, io.BytesIO(content))
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as zipped:
        zipped.write(packed.getvalue())
    return path.name


def _readelf(option, library):
    run = subprocess.run(["readelf", "--wide", option, str(library)], capture_output=True, text=True, check=True)
    return run.stdout


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    target = Path(sys.argv[1]).resolve()
    made = [build_wheel(target), build_sdist(target)]
    for argument in sys.argv[2:]:
        made += build(target, *argument.split("=", 1))
    for name in made:
        print(target / name)
