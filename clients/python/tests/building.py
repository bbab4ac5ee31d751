"""hatchling, which builds the Python package: from ../shared/wheels if that exists, else from PyPI."""

import functools
import os
import subprocess
import sys
import unittest

from tests import service

HOME = service.REPOSITORY / "clients/python"


def environment():
    """Returns the variables of processes that run pip. pip also passes them to what builds a wheel."""
    wheels = service.SHARED / "wheels"
    local, remote = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}, {"PIP_RETRIES": "0", "PIP_TIMEOUT": "30"}
    places = local if wheels.is_dir() else remote
    return {**os.environ, **places, "PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@functools.cache
def missing():
    """Returns why pip cannot build the package here, or an empty text."""
    probe = [sys.executable, "-m", "pip", "--version"]
    if subprocess.run(probe, capture_output=True).returncode != 0:
        return "no pip: on Debian, apt-get install python3-pip"
    run = _hatchling()
    return "" if run.returncode == 0 else f"no hatchling: {run.stderr.strip()[-300:]}"


def require_pip():
    """Skips the test where pip cannot build the package."""
    if missing():
        raise unittest.SkipTest(missing())


def require():
    """Returns an interpreter that has hatchling, or skips the test."""
    run = _hatchling()
    if run.returncode == 0:
        return run.stdout.strip()
    if "cannot be installed" in run.stderr or "python3-venv" in run.stderr:
        raise unittest.SkipTest(f"no hatchling: {run.stderr.strip()[-300:]}")
    raise AssertionError(run.stderr)


@functools.cache
def _hatchling():
    return subprocess.run(
        [str(service.REPOSITORY / "package"), "hatchling"], capture_output=True, text=True,
        env={**environment(), "PYTHON": sys.executable}
    )
