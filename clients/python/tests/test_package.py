import ast
import base64
import email
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import zipfile
from pathlib import Path

from tests import service

HOME = service.REPOSITORY / "clients/python"


class Package(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def build(self, name, script=HOME / "build_package.py"):
        run = subprocess.run([sys.executable, str(script), str(self.folder / name)], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        return [Path(line) for line in run.stdout.splitlines()]

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
        self.assertEqual(email.message_from_bytes(contents[f"{info}/METADATA"])["Requires-Python"], ">=3.9")

    def test_the_same_sources_give_the_same_bytes_also_from_the_source_distribution(self):
        first = self.build("one")
        with tarfile.open(first[1]) as archive:
            archive.extractall(self.folder / "unpacked")
        root = next((self.folder / "unpacked").iterdir())
        for path in root.rglob("*"):
            os.utime(path, (time.time() - 86400, time.time() - 86400))
        again, unpacked = self.build("two"), self.build("three", root / "build_package.py")
        for one, two, three in zip(first, again, unpacked):
            self.assertEqual(one.read_bytes(), two.read_bytes())
            self.assertEqual(one.read_bytes(), three.read_bytes())

    def test_pip_builds_and_installs_it_without_a_network(self):
        if importlib.util.find_spec("pip") is None:
            self.skipTest("no pip")
        run = subprocess.run(
            [
                sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-cache-dir",
                "--disable-pip-version-check", "--target", str(self.folder / "site"), str(HOME)
            ],
            capture_output=True, text=True,
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

    def test_every_module_is_python_3_9_and_only_freqtrades_imports_more_than_the_standard_library(self):
        allowed = getattr(sys, "stdlib_module_names", None)
        for path in sorted((HOME / "src").rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
            imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
            imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            if allowed is not None:
                foreign = {name.split(".")[0] for name in imported} - set(allowed) - {"remora"}
                allowed = {"pandas", "numpy", "freqtrade"} if "freqtrade" in path.parts else set()
                self.assertTrue(foreign <= allowed, f"{path}: {foreign}")
