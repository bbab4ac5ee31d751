#!/usr/bin/env python3
"""Builds the wheel and the source distribution with only the standard library.

The same files give the same bytes.

    python3 build_package.py [FOLDER]      # default: dist

It is also the build backend of pip (PEP 517), so `pip install ./clients/python` requires no
network.
"""

import base64
import gzip
import hashlib
import io
import os
import re
import sys
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "src"
VERSION = re.search(r'^__version__ = "([^"]+)"', (SOURCES / "remora/__init__.py").read_text(), re.MULTILINE)[1]
NAME = f"remora-{VERSION}"
SDIST = f"{NAME}.tar.gz"
EARLIEST = (1980, 1, 1, 0, 0, 0)


def metadata():
    lines = [
        "Metadata-Version: 2.1",
        "Name: remora",
        f"Version: {VERSION}",
        "Summary: Remora, an open market-risk engine: client, engine for data frames, and a guard for Freqtrade",
        "License: MIT",
        "Requires-Python: >=3.9",
        "Provides-Extra: engine",
        "Requires-Dist: numpy>=1.21; extra == 'engine'",
        "Classifier: Typing :: Typed",
        "Description-Content-Type: text/markdown",
    ]
    return ("\n".join(lines) + "\n\n" + (HERE / "README.md").read_text(encoding="utf-8")).encode()


def modules():
    """Returns the files of the package by their names in it."""
    chosen = (path for path in SOURCES.rglob("*") if path.suffix == ".py" or path.name == "py.typed")
    return {path.relative_to(SOURCES).as_posix(): path.read_bytes() for path in sorted(chosen)}


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return write_wheel(wheel_directory, "py3-none-any", {})


def write_wheel(folder, tag, library):
    """Writes a wheel of the package and returns its name. `library` has files for one platform."""
    info = f"{NAME}.dist-info"
    files = {**modules(), **library}
    files[f"{info}/METADATA"] = metadata()
    purelib = "false" if library else "true"
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: remora build_package\nRoot-Is-Purelib: {purelib}\nTag: {tag}\n"
    ).encode()
    record = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    files[f"{info}/RECORD"] = ("\n".join([*record, f"{info}/RECORD,,"]) + "\n").encode()
    # Stored, so that the bytes do not depend on zlib's version.
    with zipfile.ZipFile(Path(folder) / f"{NAME}-{tag}.whl", "w", zipfile.ZIP_STORED) as wheel:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
            wheel.writestr(entry, content)
    return f"{NAME}-{tag}.whl"


def build_sdist(sdist_directory, config_settings=None):
    files = {f"src/{name}": content for name, content in modules().items()}
    files.update({name: (HERE / name).read_bytes() for name in ("README.md", "pyproject.toml", "build_package.py")})
    files["PKG-INFO"] = metadata()
    return write_archive(Path(sdist_directory) / SDIST, NAME, files)


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


def _digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "dist")
    os.makedirs(folder, exist_ok=True)
    for build in (build_wheel, build_sdist):
        print(folder / build(folder))
