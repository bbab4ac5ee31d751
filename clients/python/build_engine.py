#!/usr/bin/env python3
"""Builds the packages that contain the engine's library; ./package python runs it.

    python3 build_engine.py FOLDER linux-x64=LIBRARY [linux-arm64=LIBRARY]

Writes into FOLDER: the wheel without the library and the source distribution, and for each library
a wheel and an archive for other languages. A library that needs more than its wheel's tag promises
is refused.
"""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import build_package

ROOT = build_package.HERE.parents[1]
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
    notices = {name: (ROOT / name).read_bytes() for name in NOTICES}
    content = Path(library).read_bytes()
    info = f"{build_package.NAME}.dist-info/licenses"
    wheel = build_package.write_wheel(
        folder, f"py3-none-manylinux_{GLIBC[0]}_{GLIBC[1]}_{architecture}",
        {"remora/_engine/libremora.so": content, **{f"{info}/{name}": text for name, text in notices.items()}}
    )
    files = {
        "lib/libremora.so": content, "include/remora.h": (ROOT / "src/Remora.Native/remora.h").read_bytes(),
        "examples/assess.c": (ROOT / "examples/c/assess.c").read_bytes(), **notices
    }
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    files["SHA256SUMS"] = sums.encode()
    top = f"remora-engine-{build_package.VERSION}-{platform}"
    return wheel, build_package.write_archive(folder / f"{top}.tar.gz", top, files)


def _readelf(option, library):
    run = subprocess.run(["readelf", "--wide", option, str(library)], capture_output=True, text=True, check=True)
    return run.stdout


if __name__ == "__main__":
    target = Path(sys.argv[1])
    made = [build_package.build_wheel(target), build_package.build_sdist(target)]
    for argument in sys.argv[2:]:
        made += build(target, *argument.split("=", 1))
    for name in made:
        print(target / name)
