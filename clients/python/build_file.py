#!/usr/bin/env python3
"""Writes the package without the engine as one module, for Freqtrade's folder of strategies.

    python3 build_file.py user_data/strategies/remora.py

It is the same code: strategies import it as they import the installed package. The same sources
give the same bytes.
"""

import re
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "src"
VERSION = re.search(r'^__version__ = "([^"]+)"', (SOURCES / "remora/__init__.py").read_text(), re.MULTILINE)[1]
HEAD = '''"""Remora {version} for Freqtrade in one file, made by clients/python/build_file.py: do not edit it.

Put it beside your strategies as remora.py; they import the guard as from the installed package:
    from remora.freqtrade import RemoraGuard
License: MIT.
"""

import importlib.abc as _abc
import importlib.util as _util
import sys as _sys

_SOURCES = {{}}
{sources}

class _Modules(_abc.MetaPathFinder, _abc.InspectLoader):
    """Finds the modules of this file."""

    def find_spec(self, name, path=None, target=None):
        if name not in _SOURCES:
            return None
        return _util.spec_from_loader(name, self, origin=__file__, is_package=self.is_package(name))

    def is_package(self, name):
        return any(other.startswith(name + ".") for other in _SOURCES)

    def get_source(self, name):
        return _SOURCES[name]

    def exec_module(self, module):
        module.__file__ = f"{{__file__}}/{{module.__name__}}"
        exec(compile(_SOURCES[module.__name__], module.__file__, "exec"), module.__dict__)


if not any(type(one).__name__ == "_Modules" and one.__module__ == __name__ for one in _sys.meta_path):
    _sys.meta_path.append(_Modules())
__path__ = []
if __name__ in _sys.modules:  # Freqtrade also runs this file, to look for strategies in it
    exec(compile(_SOURCES["remora"], __file__, "exec"))
'''


def content():
    """Returns the text of the module."""
    sources = []
    for path in sorted(SOURCES.rglob("*.py")):
        name = path.relative_to(SOURCES).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        if "'''" in text or text.rstrip("\n").endswith(("'", "\\")):
            raise SystemExit(f"{path} cannot be quoted with '''")
        sources.append(f"_SOURCES[{name!r}] = r'''{text}'''\n")
    return HEAD.format(version=VERSION, sources="\n".join(sources))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    target = Path(sys.argv[1])
    target.write_text(content(), encoding="utf-8")
    print(target)
