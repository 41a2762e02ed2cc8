"""Checks ROOT files that we wrote with uproot and, where it can be imported, with ROOT itself, value for value.

    python check_written.py expected.json [expected.json ...]

Each expected.json was written by the one who wrote the ROOT file, from the values in memory:

    {"file": "x.root",
     "trees": {"mini": {"entries": 3, "branches": {"lep_pt": {"dtype": "float32", "content": sha256, "offsets": sha256 or null}}}},
     "histograms": {"raw/zz/m4l": {"values": [...], "variances": [...], "edges": [[...], ...], "labels": [[...] or null, ...],
                                   "entries": 3, "title": "..."}}}

content: all values in order, little-endian, bool as one byte; texts (dtype "text") as UTF-8 bytes, one after the other; offsets: int64, starting at 0, one more than entries.
values and variances include the flow bins, in C order (x first). Prints one line a file; exits with 1 at the first difference.
HIGGSFLOW_TEST_PYTHON names the Python (with uproot, better with ROOT too) that the test suite calls this with.
"""

import hashlib
import json
import os
import sys

import awkward
import numpy
import uproot

try:
    import ROOT
except ImportError:
    ROOT = None

CPP_TYPES = {
    "bool": "bool", "int8": "char", "uint8": "unsigned char", "int16": "short", "uint16": "unsigned short", "int32": "int",
    "uint32": "unsigned int", "int64": "Long64_t", "uint64": "ULong64_t", "float32": "float", "float64": "double",
}  # fmt: skip
FLATTEN = """
using Bytes = std::vector<unsigned char>;
void append(Bytes& bytes, const void* from, size_t size) {
  bytes.insert(bytes.end(), (const unsigned char*)from, (const unsigned char*)from + size);
}
template <class T> Bytes scalars(TTree* tree, const char* name) {
  Bytes bytes; T value; auto branch = tree->GetBranch(name); branch->SetAddress(&value);
  for (Long64_t i = 0; i < tree->GetEntries(); i++) { if (branch->GetEntry(i) <= 0) return {}; append(bytes, &value, sizeof(T)); }
  branch->ResetAddress(); return bytes;
}
template <class T> Bytes vectors(TTree* tree, const char* name, bool offsets) {
  Bytes bytes; auto list = new std::vector<T>; auto branch = tree->GetBranch(name); branch->SetAddress(&list); Long64_t end = 0;
  if (offsets) append(bytes, &end, 8);
  for (Long64_t i = 0; i < tree->GetEntries(); i++) {
    if (branch->GetEntry(i) <= 0) return {};
    end += list->size();
    if (offsets) append(bytes, &end, 8);
    else for (T value : *list) append(bytes, &value, sizeof(T));
  }
  branch->ResetAddress(); delete list; return bytes;
}
template <class T> Bytes counted(TTree* tree, const char* name, bool offsets) {
  Bytes bytes; auto branch = tree->GetBranch(name); auto leaf = (TLeaf*)branch->GetListOfLeaves()->At(0);
  auto counter = leaf->GetLeafCount(); std::vector<unsigned char> room(sizeof(T) * (counter->GetMaximum() + 1));
  branch->SetAddress(room.data()); Long64_t end = 0;
  if (offsets) append(bytes, &end, 8);
  for (Long64_t i = 0; i < tree->GetEntries(); i++) {
    counter->GetBranch()->GetEntry(i);
    if (branch->GetEntry(i) < 0) return {};
    end += leaf->GetLen();
    if (offsets) append(bytes, &end, 8);
    else append(bytes, room.data(), sizeof(T) * leaf->GetLen());
  }
  branch->ResetAddress(); return bytes;
}
Bytes texts(TTree* tree, const char* name, bool offsets) {
  Bytes bytes; auto branch = tree->GetBranch(name); auto leaf = (TLeaf*)branch->GetListOfLeaves()->At(0); Long64_t end = 0;
  if (offsets) append(bytes, &end, 8);
  for (Long64_t i = 0; i < tree->GetEntries(); i++) {
    branch->GetEntry(i);
    auto text = (const char*)leaf->GetValuePointer();
    end += strlen(text);
    if (offsets) append(bytes, &end, 8);
    else append(bytes, text, strlen(text));
  }
  return bytes;
}
"""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def require(condition, *place):
    if not condition:
        sys.exit("DIFFERENT: " + " ".join(str(part) for part in place))


def check_uproot(path, expected):
    with uproot.open(path) as file:
        for tree_name, tree_facts in expected.get("trees", {}).items():
            tree = file[tree_name]
            require(tree.num_entries == tree_facts["entries"], path, "uproot", tree_name, "entries")
            require(set(tree.keys()) == set(tree_facts["branches"]), path, "uproot", tree_name, "branches")
            for name, facts in tree_facts["branches"].items():
                array = tree[name].array()
                if facts["dtype"] == "text":
                    texts = [text.encode() for text in array.to_list()]
                    offsets = numpy.concatenate([[0], numpy.cumsum([len(text) for text in texts])]).astype("<i8")
                    require(sha256(offsets.tobytes()) == facts["offsets"], path, "uproot", name, "lengths")
                    require(sha256(b"".join(texts)) == facts["content"], path, "uproot", name, "texts")
                    continue
                if facts["offsets"] is not None:
                    counts = awkward.to_numpy(awkward.num(array)).astype("<i8")
                    offsets = numpy.concatenate([[0], numpy.cumsum(counts)]).astype("<i8")
                    require(sha256(offsets.tobytes()) == facts["offsets"], path, "uproot", name, "offsets")
                    array = awkward.flatten(array)
                values = awkward.to_numpy(array)
                require(values.dtype.name == facts["dtype"], path, "uproot", name, "dtype", values.dtype)
                require(sha256(values.astype(values.dtype.newbyteorder("<")).tobytes()) == facts["content"], path, "uproot", name, "values")
        for name, facts in expected.get("histograms", {}).items():
            check_uproot_histogram(path, name, file[name], facts)


def check_uproot_histogram(path, name, histogram, facts):
    require(histogram.values(flow=True).flatten().tolist() == facts["values"], path, "uproot", name, "values")
    require(histogram.variances(flow=True).flatten().tolist() == facts["variances"], path, "uproot", name, "variances")
    require(histogram.member("fEntries") == facts["entries"], path, "uproot", name, "entries")
    require(histogram.title == facts["title"], path, "uproot", name, "title")
    for axis, edges, labels in zip(histogram.axes, facts["edges"], facts["labels"]):
        require(numpy.allclose(axis.edges(), edges, rtol=1e-15, atol=0), path, "uproot", name, "edges", axis.edges())
        require(axis.labels() == labels, path, "uproot", name, "labels", axis.labels())


def check_root(path, expected):
    file = ROOT.TFile.Open(path)
    require(not file.IsZombie() and not file.TestBit(ROOT.TFile.kRecovered), path, "ROOT", "recovered")
    for tree_name, tree_facts in expected.get("trees", {}).items():
        tree = file.Get(tree_name)
        require(tree.GetEntries() == tree_facts["entries"], path, "ROOT", tree_name, "entries")
        for name, facts in tree_facts["branches"].items():
            if facts["offsets"] is None:
                content = ROOT.scalars[CPP_TYPES[facts["dtype"]]](tree, name)
            else:
                read = root_lists(tree, name, facts["dtype"])
                content = read(tree, name, False)
                require(sha256(numpy.asarray(read(tree, name, True)).tobytes()) == facts["offsets"], path, "ROOT", name, "offsets")
            require(sha256(numpy.asarray(content).tobytes()) == facts["content"], path, "ROOT", name, "values")
    for name, facts in expected.get("histograms", {}).items():
        check_root_histogram(path, name, file.Get(name), facts)
    file.Close()


def root_lists(tree, name, dtype):
    if dtype == "text":
        return ROOT.texts
    is_counted = bool(tree.GetBranch(name).GetListOfLeaves()[0].GetLeafCount())
    return (ROOT.counted if is_counted else ROOT.vectors)[CPP_TYPES[dtype]]


def check_root_histogram(path, name, histogram, facts):
    axes = [histogram.GetXaxis(), histogram.GetYaxis()][: histogram.GetDimension()]
    cells = [(x,) for x in range(axes[0].GetNbins() + 2)]
    if len(axes) == 2:
        cells = [(x, y) for (x,) in cells for y in range(axes[1].GetNbins() + 2)]
    require([histogram.GetBinContent(*cell) for cell in cells] == facts["values"], path, "ROOT", name, "values")
    variances = [histogram.GetBinError(*cell) ** 2 for cell in cells]
    require(numpy.allclose(variances, facts["variances"], rtol=1e-12), path, "ROOT", name, "variances")
    require(histogram.GetEntries() == facts["entries"], path, "ROOT", name, "entries")
    for axis, edges, labels in zip(axes, facts["edges"], facts["labels"]):
        found = [axis.GetBinUpEdge(i) for i in range(axis.GetNbins() + 1)]
        require(numpy.allclose(found, edges, rtol=1e-15, atol=0), path, "ROOT", name, "edges", found)
        if labels is not None:
            require([axis.GetBinLabel(i + 1) for i in range(axis.GetNbins())] == labels, path, "ROOT", name, "labels")


def main():
    if ROOT is not None:
        ROOT.gInterpreter.Declare(FLATTEN)
    for name in sys.argv[1:]:
        with open(name) as stream:
            expected = json.load(stream)
        path = os.path.join(os.path.dirname(name), expected["file"])
        check_uproot(path, expected)
        if ROOT is not None:
            check_root(path, expected)
        trees, histograms = len(expected.get("trees", {})), len(expected.get("histograms", {}))
        readers = f"uproot {uproot.__version__}" + (f", ROOT {ROOT.__version__}" if ROOT else "")
        print(f"same: {expected['file']}: {trees} trees, {histograms} histograms ({readers})")


main()
