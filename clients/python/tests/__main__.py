"""Runs all tests and ends with 'N passed, N failed, N skipped'."""

import importlib.util
import sys
import unittest
from pathlib import Path

from tests import service


def main():
    here = Path(__file__).resolve().parent
    loader = unittest.defaultTestLoader
    if len(sys.argv) > 1:
        tests = loader.loadTestsFromNames(sys.argv[1:])
    else:
        tests = loader.discover(str(here), top_level_dir=str(here.parent))
        if importlib.util.find_spec("freqtrade") is not None:
            tests.addTests(loader.loadTestsFromName("tests.real_freqtrade"))
    try:
        result = unittest.TextTestRunner(verbosity=1).run(tests)
    finally:
        service.stop()
    failed = {id(test) for test, _ in [*result.failures, *result.errors]}
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    print(f"{result.testsRun - len(failed) - len(result.skipped)} passed, {len(failed)} failed, {len(result.skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
