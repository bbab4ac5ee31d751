#!/usr/bin/env python3
"""Writes a bill of materials in CycloneDX's JSON.

    bill.py nuget packages.lock.json ...   of the packages in these lock files
    bill.py npm                            of npm's own bill on standard input, without what changes
                                           from run to run
"""

import json
import sys


def nuget(files):
    packages = {}
    for file in files:
        with open(file, encoding="utf-8") as stream:
            for name, entry in json.load(stream)["dependencies"]["net10.0"].items():
                if entry["type"] != "Project":
                    packages[f"pkg:nuget/{name}@{entry['resolved']}"] = (name, entry)
    components = [
        {
            "type": "library",
            "bom-ref": ref,
            "name": name,
            "version": entry["resolved"],
            "purl": ref,
            "properties": [{"name": "nuget:contentHash", "value": entry["contentHash"]}],
        }
        for ref, (name, entry) in sorted(packages.items())
    ]
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}


def npm(bill):
    bill.pop("serialNumber", None)
    bill["metadata"].pop("timestamp", None)
    bill["metadata"]["component"]["name"] = "remora"  # npm takes the name of the folder
    return bill


if __name__ == "__main__":
    made = nuget(sys.argv[2:]) if sys.argv[1] == "nuget" else npm(json.load(sys.stdin))
    json.dump(made, sys.stdout, indent=2, sort_keys=True)
    print()
