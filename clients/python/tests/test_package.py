import ast
import base64
import email
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import zipfile
from pathlib import Path

from tests import building, native, service
from tests.building import HOME

PYRIGHT = "pyright@1.1.414"


class Package(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def build(self, name, root=HOME):
        """Builds the wheel and the source distribution of a folder."""
        target = self.folder / name
        target.mkdir()
        build = [building.require(), "-m", "hatchling", "build", "--directory", str(target)]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
        run = subprocess.run(build, capture_output=True, text=True, cwd=root, env=environment)
        self.assertEqual(run.returncode, 0, run.stderr)
        return [*target.glob("*-py3-none-any.whl"), *target.glob("*.tar.gz")]

    def test_the_wheel_works_where_it_is_unzipped(self):
        wheel, _ = self.build("dist")
        with zipfile.ZipFile(wheel) as files:
            files.extractall(self.folder / "site")
            names = files.namelist()
        self.assertIn("remora/py.typed", names)
        self.assertFalse([name for name in names if "test" in name or "pycache" in name])
        program = "; ".join([
            f"import sys; sys.path.insert(0, {str(self.folder / 'site')!r})",
            "import remora; from remora.client import RemoraClient",
            "safe = RemoraClient('http://127.0.0.1:9').is_safe('BTC/USDT')",
            "print(remora.__file__, safe, 'pandas' in sys.modules)",
        ])
        run = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True)
        self.assertEqual(run.stdout, f"{self.folder}/site/remora/__init__.py True False\n", run.stderr)

    def test_the_record_names_every_file_with_its_digest(self):
        wheel, _ = self.build("dist")
        with zipfile.ZipFile(wheel) as files:
            contents = {name: files.read(name) for name in files.namelist()}
        info = wheel.name.replace("-py3-none-any.whl", ".dist-info")
        recorded = dict(line.split(",", 1) for line in contents[f"{info}/RECORD"].decode().splitlines())
        self.assertEqual(set(recorded), set(contents))
        for name, content in contents.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            allowed = [f"sha256={digest},{len(content)}", *([","] if name.endswith("RECORD") else [])]
            self.assertIn(recorded[name], allowed)
        metadata = email.message_from_bytes(contents[f"{info}/METADATA"])
        self.assertEqual((metadata["Requires-Python"], metadata["License-Expression"]), (">=3.11", "MIT"))
        self.assertEqual(contents[f"{info}/licenses/LICENSE"], (service.REPOSITORY / "LICENSE").read_bytes())

    def test_the_same_sources_give_the_same_bytes_also_from_the_source_distribution(self):
        first = self.build("one")
        with tarfile.open(first[1]) as archive:
            archive.extractall(self.folder / "unpacked")
        root = next((self.folder / "unpacked").iterdir())
        self.assertFalse((root / "tests").exists())
        for path in root.rglob("*"):
            os.utime(path, (time.time() - 86400, time.time() - 86400))
        again, unpacked = self.build("two"), self.build("three", root)
        self.assertEqual(len(first), 2)
        for one, two, three in zip(first, again, unpacked, strict=True):
            self.assertEqual(one.read_bytes(), two.read_bytes())
            self.assertEqual(one.read_bytes(), three.read_bytes())

    def test_pip_builds_and_installs_it(self):
        building.require_pip()
        run = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(self.folder / "site"), str(HOME)],
            capture_output=True, text=True, env=building.environment()
        )
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertTrue((self.folder / "site/remora/freqtrade/guard.py").exists())

    def test_the_readme_examples_work(self):
        blocks = re.findall(
            r"^```python\n(.*?)^```", (HOME / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        self.assertEqual(len(blocks), 2)
        for block in blocks:
            env = {**os.environ, "REMORA_URL": service.url(), "PYTHONPATH": str(HOME / "src")}
            run = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, timeout=60, env=env)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            self.assertRegex(run.stdout, r"(?m)\bTrue\b")

    def test_the_version_is_the_projects(self):
        project = re.search(r"<Version>(.+?)</Version>", (service.REPOSITORY / "Directory.Build.props").read_text())[1]
        import remora

        self.assertEqual(remora.__version__, project)

    def test_every_module_is_python_3_11_and_only_two_places_import_more_than_the_standard_library(self):
        for path in sorted((HOME / "src").rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 11))
            imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
            imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            foreign = {name.split(".")[0] for name in imported} - sys.stdlib_module_names - {"remora"}
            allowed = {"pandas", "numpy", "freqtrade"} if "freqtrade" in path.parts else set()
            allowed |= {"numpy", "pyarrow"} if path.name == "_frames.py" else set()
            self.assertTrue(foreign <= allowed, f"{path}: {foreign}")


class Wheels(unittest.TestCase):
    """The wheel with the engine, in an empty virtual environment."""

    def test_five_lines_answer_in_an_empty_environment(self):
        if importlib.util.find_spec("ensurepip") is None:
            self.skipTest("no ensurepip: on Debian, apt-get install python3-venv")
        python, library = building.require(), native.require()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            run = subprocess.run(
                [python, str(HOME / "build_engine.py"), name, f"linux-x64={library}"], capture_output=True,
                text=True
            )
            self.assertEqual(run.returncode, 0, run.stderr)
            pure, _, wheel, archive = (Path(line) for line in run.stdout.splitlines())
            self.assertRegex(wheel.name, r"^remora-[\d.]+-py3-none-manylinux_2_34_x86_64\.whl$")
            self.assertTrue(pure.name.endswith("-py3-none-any.whl"))
            with zipfile.ZipFile(pure) as without, zipfile.ZipFile(wheel) as complete:
                info = wheel.name.split("-py3")[0] + ".dist-info"
                added = set(complete.namelist()) - set(without.namelist())
                self.assertEqual(added, {"remora/_engine/libremora.so", f"{info}/licenses/THIRD-PARTY-NOTICES.md"})
                self.assertIn("Root-Is-Purelib: false", complete.read(f"{info}/WHEEL").decode())
                self.assertEqual(complete.read("remora/_engine/libremora.so"), Path(library).read_bytes())
            with tarfile.open(archive) as files:
                names = [Path(*Path(member.name).parts[1:]).as_posix() for member in files.getmembers()]
                files.extractall(folder / "c")
            for expected in ("lib/libremora.so", "include/remora.h", "examples/assess.c", "LICENSE", "SHA256SUMS"):
                self.assertIn(expected, names)
            (top,) = (folder / "c").iterdir()
            subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], check=True, cwd=top)

            venv = folder / "venv"
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
            numpy = subprocess.run(
                [str(venv / "bin/pip"), "install", "--quiet", f"{wheel}[engine]"], capture_output=True, text=True,
                env=building.environment()
            )
            if numpy.returncode != 0 and "numpy" in numpy.stderr:
                self.skipTest(f"numpy cannot be installed: {numpy.stderr[-300:]}")
            self.assertEqual(numpy.returncode, 0, numpy.stderr)
            lines = (
                "import remora\n"
                "candles = [[i * 300_000, 100, 101, 99, 100 + i % 7 / 7, 1] for i in range(9000)]\n"
                "risk = remora.assess(candles, pair='BTC/USDT', policy='remora-1')\n"
                "print(len(risk['risk_score']), risk['risk_score'][-1] > 0, risk['state'][-1])\n"
            )
            clean = {key: value for key, value in os.environ.items() if not key.startswith(("REMORA", "PYTHON"))}
            run = subprocess.run([str(venv / "bin/python"), "-c", lines], capture_output=True, text=True, env=clean)
            self.assertEqual(run.stdout, "9000 True ok\n", run.stderr)

    def test_a_library_that_promises_too_much_is_refused(self):
        library = native.require()
        with tempfile.TemporaryDirectory() as folder:
            build = [building.require(), str(HOME / "build_engine.py"), folder]
            run = subprocess.run([*build, f"linux-arm64={library}"], capture_output=True, text=True)
            self.assertIn("is not for AArch64", run.stderr)
            program = f"import build_engine; build_engine.GLIBC = (2, 30); build_engine.check({library!r}, 'X86-64')"
            run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=HOME)
            self.assertRegex(run.stderr, r"needs glibc 2\.3\d, more than 2\.30")


class Types(unittest.TestCase):
    def test_the_engine_is_clean_under_pyright_in_strict_mode(self):
        native.require_numpy()
        if shutil.which("npm") is None:
            self.skipTest("npm is not installed")
        folder = service.REPOSITORY / "artifacts/pyright"
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "node_modules/.bin/pyright").exists():
            (folder / "package.json").write_text("{}")
            install = ["npm", "install", "--silent", "--no-audit", "--no-fund", PYRIGHT]
            run = subprocess.run(install, cwd=folder, capture_output=True, text=True)
            if run.returncode != 0:
                self.skipTest(f"pyright cannot be installed: {run.stderr[-300:]}")
        # Its settings are in pyproject.toml.
        run = subprocess.run(
            [str(folder / "node_modules/.bin/pyright"), "--outputjson", "--project", str(HOME), "--pythonpath",
             sys.executable],
            capture_output=True, text=True
        )
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        own = [path for path in (HOME / "src/remora").rglob("*.py") if "freqtrade" not in path.parts]
        self.assertEqual(json.loads(run.stdout)["summary"]["filesAnalyzed"], len(own))
