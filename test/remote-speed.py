"""Reads columns of a remote tree by uproot, twice: python remote-speed.py URL TREE COLUMNS WARM-UP-FILE HANDLER

Prints one JSON line a round, and waits for a line on standard input after each. Imports are not timed.
"""
import json
import sys
import time

import aiohttp  # noqa: F401
import fsspec  # noqa: F401
import fsspec_xrootd  # noqa: F401
import uproot
from uproot.source.http import HTTPSource
from uproot.source.xrootd import XRootDSource

url, tree, columns, warm_up, handler = sys.argv[1:]
columns = columns.split(",")
options = {}
if handler == "own":
    options["handler"] = XRootDSource if url.startswith("root") else HTTPSource
with uproot.open({warm_up: tree}) as opened:
    opened.arrays(columns, library="np", entry_stop=10)
for _ in range(2):
    began = time.perf_counter()
    with uproot.open({url: tree}, **options) as opened:
        arrays = opened.arrays(columns, library="np")
        seconds = time.perf_counter() - began
        source = type(opened.file.source).__name__
    print(json.dumps({"peer": f"uproot {source}", "seconds": round(seconds, 3), "entries": len(arrays[columns[0]])}), flush=True)
    sys.stdin.readline()
