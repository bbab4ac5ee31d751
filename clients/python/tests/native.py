"""The engine's library for tests: published by ./package library, again only after a change."""

import os
import subprocess
import unittest

from tests import service

_VARIABLE = "REMORA_ENGINE_LIBRARY"


def require():
    """Makes the library available to this process and its children, or skips the test."""
    if _VARIABLE in os.environ:
        return os.environ[_VARIABLE]
    run = subprocess.run([str(service.REPOSITORY / "package"), "library"], capture_output=True, text=True)
    if run.returncode != 0:
        if "names of Debian's packages" in run.stderr or "is built on Linux" in run.stderr:
            raise unittest.SkipTest(run.stderr.strip())
        raise AssertionError(run.stderr)
    os.environ[_VARIABLE] = f"{run.stdout.strip()}/libremora.so"
    return os.environ[_VARIABLE]


def require_numpy():
    """Returns numpy, or skips the test."""
    try:
        import numpy
    except ImportError:
        raise unittest.SkipTest("no numpy: on Debian, apt-get install python3-numpy") from None
    return numpy
