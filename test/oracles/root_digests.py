"""What real ROOT reads in single branches, for those where uproot is no judge: one JSON line a branch.

    python root_digests.py < CASES        needs: pip install --pre root

CASES has a JSON line {"file", "tree", "path"} a branch. An answer has `values` (the innermost values as float64, little-endian:
CRC-32, SHA-256 and bytes), `lengths` (how many of them each entry has, as int64) and `method`, or `error`. Values come from
RDataFrame where it reads the column, and from the branch's leaf otherwise.
"""
import itertools
import json
import multiprocessing
import sys

import numpy as np
import ROOT

from digests import byte_digest

READER = r"""
#include <ROOT/RDataFrame.hxx>
#include <TBranchElement.h>
#include <bitset>
#include <string>
#include <type_traits>
#include <vector>

namespace higgsflow_oracle {
std::vector<double> values;
std::vector<Long64_t> lengths;
TTree *tree = nullptr;
std::string file, name;

template <class T> struct Bitset : std::false_type {};
template <size_t N> struct Bitset<std::bitset<N>> : std::true_type {};

template <class T> void flatten(const T &x) {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) values.push_back(static_cast<double>(x));
  else if constexpr (std::is_same_v<T, std::string>) { for (unsigned char c : x) values.push_back(c); }
  else if constexpr (Bitset<T>::value) { for (size_t i = 0; i < x.size(); ++i) values.push_back(x[i]); }
  else { for (auto &&item : x) flatten<typename T::value_type>(item); }
}
template <class T> void entry(const T &x) {
  const size_t before = values.size();
  flatten<T>(x);
  lengths.push_back(values.size() - before);
}
template <class T> void column(const char *branch) {
  ROOT::RDataFrame frame(name, file);
  frame.Foreach([](const T &x) { entry<T>(x); }, {branch});
}
TBranch *find(TObjArray *branches, const std::string &path) {
  for (TObject *object : *branches) {
    TBranch *branch = static_cast<TBranch *>(object);
    const std::string name = branch->GetName();
    if (path == name) return branch;
    if (path.compare(0, name.size() + 1, name + "/") != 0) continue;
    if (TBranch *found = find(branch->GetListOfBranches(), path.substr(name.size() + 1))) return found;
  }
  return nullptr;
}
/** The branch itself where it has one leaf, or the leaf of a leaf list that the end of its path names. */
TLeaf *findLeaf(const std::string &path) {
  TBranch *branch = find(tree->GetListOfBranches(), path);
  if (branch) return branch->GetListOfLeaves()->GetEntries() == 1 ? static_cast<TLeaf *>(branch->GetListOfLeaves()->At(0)) : nullptr;
  const size_t dot = path.rfind('.');
  branch = dot == std::string::npos ? nullptr : find(tree->GetListOfBranches(), path.substr(0, dot));
  return branch ? branch->FindLeaf(path.substr(dot + 1).c_str()) : nullptr;
}
bool isPlain(const char *path) {
  TLeaf *leaf = findLeaf(path);
  return leaf && leaf->GetBranch()->IsA() == TBranch::Class() && strcmp(leaf->ClassName(), "TLeafC") != 0;
}
/** A number, or an array of a fixed length, of one object or of all of a split collection: a leaf has the values of no others. */
bool hasValues(TLeaf *leaf) {
  if (leaf->GetBranch()->IsA() == TBranch::Class()) return strcmp(leaf->ClassName(), "TLeafC") != 0;
  TBranchElement *branch = dynamic_cast<TBranchElement *>(leaf->GetBranch());
  if (!branch) return false;
  const Int_t type = branch->GetStreamerType(), kind = branch->GetType();
  return type > 0 && type < 40 && (kind == 0 || kind == 31 || kind == 41);
}
std::string leaf(const char *path) {
  TLeaf *leaf = findLeaf(path);
  if (!leaf) return "ROOT has no branch with one leaf of this name";
  if (!hasValues(leaf)) return "RDataFrame does not read this branch, and its leaf has no values";
  Long64_t bytes = 0;
  for (Long64_t i = 0; i < tree->GetEntries(); ++i) {
    if (leaf->GetLeafCount()) leaf->GetLeafCount()->GetBranch()->GetEntry(i);
    const Int_t read = leaf->GetBranch()->GetEntry(i);
    if (read < 0) return "ROOT cannot read entry " + std::to_string(i);
    bytes += read;
    const Int_t length = leaf->GetLen();
    for (Int_t j = 0; j < length; ++j) values.push_back(leaf->GetValue(j));
    lengths.push_back(length);
  }
  return bytes == 0 && tree->GetEntries() > 0 ? "ROOT reads nothing" : "";
}
}
"""

ROOT.gErrorIgnoreLevel = ROOT.kFatal
ROOT.gEnv.SetValue("Root.Stacktrace", "no")
ROOT.gInterpreter.Declare(READER)
oracle = ROOT.higgsflow_oracle


def clear():
    oracle.values.clear()
    oracle.lengths.clear()


def by_dataframe(name, entries):
    """The type of the column, once it is read; None where RDataFrame does not read it."""
    try:
        kind = str(ROOT.RDataFrame(oracle.name, oracle.file).GetColumnType(name))
        if "Double32_t" in kind or "Float16_t" in kind:
            return None  # it takes them for what they are in memory
        ROOT.gInterpreter.ProcessLine(f"higgsflow_oracle::column<{kind}>({json.dumps(name)});")
        return kind if entries is None or oracle.lengths.size() == entries else None
    except Exception:  # noqa: BLE001  there is another way
        return None


def answer(case, tree):
    """`tree` is None for an RNTuple, which RDataFrame opens."""
    path = case["path"]
    name = path if tree is None else path.split("/")[-1]
    oracle.tree = tree or ROOT.nullptr
    oracle.file, oracle.name = case["file"], case["tree"].split(";")[0]
    clear()
    kind = None if tree and (case.get("by_leaf") or oracle.isPlain(path)) else by_dataframe(name, tree.GetEntries() if tree else None)
    if kind is None:
        clear()
        said = str(oracle.leaf(path)) if tree else "RDataFrame does not read this field"
        if said != "":
            return {**case, "error": said}
    values, lengths = np.array(oracle.values, dtype="<f8"), np.array(oracle.lengths, dtype="<i8")
    return {**case, "method": kind or "TLeaf::GetValue", "values": byte_digest(values), "lengths": byte_digest(lengths)}


def open_tree(file, name):
    """None for an RNTuple."""
    if "RNTuple" in file.GetDirectory(name.rpartition("/")[0]).GetKey(name.rpartition("/")[2].split(";")[0]).GetClassName():
        return None
    return file.Get(name)


def one_file(path, cases, done):
    file = ROOT.TFile.Open(path)
    trees = {}
    for case in cases:
        if case["tree"] not in trees:
            trees[case["tree"]] = open_tree(file, case["tree"])
        print(json.dumps(answer(case, trees[case["tree"]])), flush=True)
        done.value += 1


def main():
    """Each file in a process of its own; where ROOT breaks down over a branch, another goes on with the next."""
    context = multiprocessing.get_context("fork")
    cases = [json.loads(line) for line in sys.stdin if line.strip()]
    for path, own in itertools.groupby(cases, key=lambda case: case["file"]):
        left = list(own)
        while left:
            done = context.Value("i", 0)
            process = context.Process(target=one_file, args=(path, left, done))
            process.start()
            process.join()
            left = left[done.value :]
            if left and not left[0].get("by_leaf"):
                left[0]["by_leaf"] = True  # it may be RDataFrame that breaks down
            elif left:
                print(json.dumps({**left.pop(0), "error": "ROOT breaks down"}), flush=True)


main()
