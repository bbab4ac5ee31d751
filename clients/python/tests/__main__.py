"""Runs all tests and ends with 'N passed, N failed, N skipped'."""

import sys
import unittest
from pathlib import Path

from tests import service


def main():
    here = Path(__file__).resolve().parent
    tests = unittest.defaultTestLoader.discover(str(here), top_level_dir=str(here.parent))
    if len(sys.argv) > 1:
        tests = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
    try:
        result = unittest.TextTestRunner(verbosity=1).run(tests)
    finally:
        service.stop()
    failed = {id(test) for test, _ in [*result.failures, *result.errors]}
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    passed = result.testsRun - len(failed) - len(result.skipped)
    print(f"{passed} passed, {len(failed)} failed, {len(result.skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
