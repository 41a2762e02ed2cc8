"""Digests of every branch of the ROOT files named, as uproot reads them: one JSON line a branch.

    python digests.py FILE...        needs: pip install uproot awkward

A line has `file`, `tree`, `branch` (full path), `typename`, and either `digest` (the JSON that `higgsflow dump --digest`
prints) or `error`. Files, trees and branches that uproot cannot open are reported in lines of their own. Each file is read in a
process of its own, whose memory ends with it.
"""
import hashlib
import json
import multiprocessing
import re
import sys
import zlib

import awkward as ak
import numpy as np
import uproot


CPP_TYPES = {"RNTupleCardinality<std::uint32_t": "uint32", "RNTupleCardinality<std::uint64_t": "uint64", "float": "float32", "double": "float64", "char": "int8"}


# uproot's names of what ROOT's classes have under other names: of TRefArray, and of TRef.
OWN_NAMES = {"refs": "fUIDs", "ref": "fUniqueID", "pidf": "fPID"}


def byte_digest(array):
    data = np.ascontiguousarray(array).tobytes()
    return {"crc32": zlib.crc32(data), "sha256": hashlib.sha256(data).hexdigest(), "nbytes": len(data)}


def digest(array, strings):
    """An array as its flat contents and the offsets of each list level; strings as lists of bytes, where asked for."""
    layout, offsets = array.layout, []
    while True:
        layout = layout.to_packed() if hasattr(layout, "to_packed") else layout
        if isinstance(layout, ak.contents.IndexedOptionArray):  # std::optional: a list of none or one
            present = np.asarray(layout.index) >= 0
            offsets.append(byte_digest(np.concatenate([[0], np.cumsum(present)]).astype("<i8")))
            layout = layout.project()
        elif isinstance(layout, ak.contents.ListOffsetArray):
            if layout.parameter("__array__") in ("string", "bytestring") and not strings:
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
    context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")
    for path in paths:
        process = context.Process(target=one_file, args=(path,))
        process.start()
        process.join()
        if process.exitcode != 0:
            say(file=path, error=f"uproot ended with exit code {process.exitcode}")


def one_file(path):
    try:
        file = uproot.open(path, object_cache=None, array_cache=None)
        trees = file.items(recursive=True, filter_classname=["TTree", "TNtuple", "TNtupleD"])
        rntuples = file.items(recursive=True, filter_classname=["ROOT::RNTuple"])
    except Exception as error:  # noqa: BLE001  any failure of the other program is a line of the report
        say(file=path, error=f"{type(error).__name__}: {error}"[:300])
        return
    for name, ntuple in rntuples:
        rntuple(path, name, ntuple)
    for name, tree in trees:
        for branch in tree.itervalues(recursive=True):
            ttree_branch({"file": path, "tree": name, "branch": branch.name, "path": "/".join(parents(branch))}, branch)


def ttree_branch(line, branch):
    """A branch, or each leaf of a leaf list, or each member of the objects of a branch."""
    try:
        array = branch.array(library="ak", array_cache=None)
        leaves = len(branch.member("fLeaves")) if branch.classname == "TBranch" else 1
        if re.search(r"\[\]\[\d+\]$", branch.typename) and ak.all(ak.num(array, axis=1) == 1):
            array = ak.flatten(array)  # an array of objects, which uproot puts into a list
        whole = len(branch.branches) > 0 or not array.fields
        if leaves == 1 and whole:
            say(**line, typename=branch.typename, digest=without_bitsets(branch.typename, digest(array, strings=True)))
        for names, part in members(array) if leaves == 1 and not whole else []:
            name, path = ".".join([line["branch"].rstrip("."), *names]), ".".join([line["path"].rstrip("."), *names])
            one_member({**line, "branch": name, "path": path}, f"{'.'.join(names)} of {branch.typename}", part)
        for field in array.fields if leaves > 1 else []:
            name, path = f"{line['branch']}.{field}", f"{line['path']}.{field}"
            say(**{**line, "branch": name, "path": path}, typename=f"leaf of {branch.typename}", digest=digest(array[field], strings=True))
    except Exception as error:  # noqa: BLE001
        say(**line, typename=branch.typename, error=f"{type(error).__name__}: {error}"[:300])


def members(array, names=()):
    """The members of objects, in whatever lists: a map's are first and second."""
    fields = ak.fields(array)
    if not fields:
        yield names, array
    for i, field in enumerate(fields):
        if field == "_M_elems":  # all that std::array consists of
            yield from members(array[field], names)
        elif not field.startswith("@"):  # uproot's own: headers
            name = ("first", "second")[i] if ak.is_tuple(array) else OWN_NAMES.get(field, field)
            yield from members(array[field], (*names, name))


def one_member(line, typename, array):
    try:
        if typename.startswith("fUIDs"):  # unsigned in ROOT
            array = ak.values_astype(array, "uint32")
        say(**line, typename=typename, digest=digest(array, strings=True))
    except Exception as error:  # noqa: BLE001
        say(**line, typename=typename, error=f"{type(error).__name__}: {error}"[:300])


def without_bitsets(typename, digest):
    """A bitset is an array of fixed length, which uproot reads as a list."""
    return {**digest, "offsets": digest["offsets"][:-1]} if "bitset<" in typename else digest


def rntuple(path, name, ntuple):
    """All fields of an RNTuple. uproot reads numbers in the type that is stored; they get the type that C++ has for them."""
    for field in ntuple.keys():
        # Parts of pairs and tuples are called _0, _1 by ROOT.
        line = {"file": path, "tree": name, "branch": field, "path": re.sub(r"\.(\d+)", r"._\1", field)}
        try:
            record = ntuple[field]
            array = ntuple.arrays([field])
            for part in field.split("."):
                names = array.fields
                array = array[part] if part in names else array
            dtype = next((dtype for name, dtype in CPP_TYPES.items() if record.typename.rstrip(">").endswith(name)), None)
            array = array if dtype is None else ak.values_astype(array, dtype)
            say(**line, typename=record.typename, digest=digest(array, strings=True))
        except Exception as error:  # noqa: BLE001
            say(**line, error=f"{type(error).__name__}: {error}"[:300])


def parents(branch):
    names = []
    while isinstance(branch, uproot.TBranch):
        names.insert(0, branch.name)
        branch = branch.parent
    return names


if __name__ == "__main__":
    main(sys.argv[1:])
