"""Adds what is outside of this folder: the licence, and for one platform the engine's library.

REMORA_WHEEL_LIBRARY is the path of the library and REMORA_WHEEL_PLATFORM the platform of the wheel's
tag; without them the wheel is for every platform. build_engine.py sets them.
"""

import os
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Outside(BuildHookInterface):
    def initialize(self, version, build_data):
        root = Path(self.root)
        # An unpacked source distribution has it beside this file, the repository two folders above.
        above = root if (root / "LICENSE").is_file() else root.parent.parent
        included = build_data["force_include"]
        if self.target_name == "sdist":
            included[str(above / "LICENSE")] = "LICENSE"
            return
        licenses = f"{self.build_config.builder.artifact_project_id}.dist-info/licenses"
        included[str(above / "LICENSE")] = f"{licenses}/LICENSE"
        library = os.environ.get("REMORA_WHEEL_LIBRARY")
        if library:
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{os.environ['REMORA_WHEEL_PLATFORM']}"
            included[library] = "remora/_engine/libremora.so"
            included[str(above / "THIRD-PARTY-NOTICES.md")] = f"{licenses}/THIRD-PARTY-NOTICES.md"
