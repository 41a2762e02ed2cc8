"""Digests of every branch of the ROOT files named, as uproot reads them: one JSON line a branch.

    python digests.py FILE...        needs: pip install uproot awkward

A line has `file`, `tree`, `branch` (full path), `typename`, and either `digest` (the JSON that `higgsflow dump --digest`
prints) or `error`. Files, trees and branches that uproot cannot open are reported in lines of their own.
"""
import hashlib
import json
import sys
import zlib

import awkward as ak
import numpy as np
import uproot


def byte_digest(array):
    data = np.ascontiguousarray(array).tobytes()
    return {"crc32": zlib.crc32(data), "sha256": hashlib.sha256(data).hexdigest(), "nbytes": len(data)}


def digest(branch):
    """Values of a branch as the flat contents and the offsets of each list level."""
    array = branch.array(library="ak")
    layout, offsets = array.layout, []
    while True:
        layout = layout.to_packed() if hasattr(layout, "to_packed") else layout
        if isinstance(layout, ak.contents.ListOffsetArray):
            if layout.parameter("__array__") in ("string", "bytestring"):
                raise TypeError("strings")
            offsets.append(byte_digest(np.asarray(layout.offsets).astype("<i8")))
            layout = layout.content
        elif isinstance(layout, ak.contents.RegularArray):
            layout = layout.content
        elif isinstance(layout, ak.contents.NumpyArray):
            break
        else:
            raise TypeError(f"not numbers: {type(layout).__name__}")
    values = np.asarray(layout.data).reshape(-1)
    dtype = values.dtype.name
    values = values.astype(values.dtype.newbyteorder("<"))
    return {"entries": len(array), "dtype": dtype, "count": int(values.size), "content": byte_digest(values), "offsets": offsets}


def say(**line):
    print(json.dumps(line), flush=True)


def main(paths):
    for path in paths:
        try:
            keys = uproot.open(path).items(recursive=True, filter_classname=["TTree", "TNtuple", "TNtupleD"])
        except Exception as error:  # noqa: BLE001  any failure of the other program is a line of the report
            say(file=path, error=f"{type(error).__name__}: {error}"[:300])
            continue
        for name, tree in keys:
            for branch in tree.itervalues(recursive=True):
                line = {"file": path, "tree": name, "branch": branch.name, "path": "/".join(parents(branch))}
                try:
                    say(**line, typename=branch.typename, digest=digest(branch))
                except Exception as error:  # noqa: BLE001
                    say(**line, error=f"{type(error).__name__}: {error}"[:300])


def parents(branch):
    names = []
    while isinstance(branch, uproot.TBranch):
        names.insert(0, branch.name)
        branch = branch.parent
    return names


main(sys.argv[1:])
