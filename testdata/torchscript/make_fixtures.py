"""Makes the TorchScript files of this folder.

    cd testdata/torchscript
    python3 make_fixtures.py --data DIR [--out DIR] [--only NAME]

--data is a folder with the four gzip-compressed IDX files of Fashion-MNIST; `--only tiny` needs none.
--out is where the files go, this folder unless given. NAME is one of

    tiny       tiny/: untrained networks of a few KB for odd cases, see tiny_modules.py. expected.json
               has an input of each and what it gives; floats are exact, and those that are not finite
               are strings ("NaN", "Infinity", "-Infinity")

Seeds are fixed, but the sums of floats depend on the machine and the number of threads: the same
version of PyTorch elsewhere gives networks as good as these, not the same bits.

README.md in this folder lists the files. Needs Python 3.9 and PyTorch 1.13 or later, and nothing else.
"""

import argparse
import json
import math
import sys
import zipfile
from pathlib import Path
from typing import Dict, List

import torch
from torch import Tensor

import tiny_modules


def to_json(tensor: Tensor, **more: str) -> Dict:
    """A tensor as shape, dtype and a flat list of exact values."""
    tensor = tensor.detach()
    values = tensor.flatten().tolist()
    if tensor.is_floating_point():
        values = [v if math.isfinite(v) else _not_finite(v) for v in values]
    dtype = str(tensor.dtype).rpartition(".")[2]
    return {**more, "shape": list(tensor.shape), "dtype": dtype, "data": values}


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def write_json(path: Path, entries: Dict[str, Dict]) -> None:
    """Writes an object with every entry on a line of its own."""
    lines = [f"{json.dumps(k)}: {json.dumps(v, allow_nan=False)}" for k, v in entries.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def save_module(module: torch.jit.ScriptModule, path: Path) -> None:
    torch.jit.save(module, str(path))
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def outputs_of(result) -> List[Dict]:
    if isinstance(result, dict):
        return [to_json(tensor, name=name) for name, tensor in result.items()]
    return [to_json(tensor) for tensor in (result if isinstance(result, tuple) else (result,))]


def make_tiny(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, make in tiny_modules.all_cases().items():
        case = make()
        if case is None:
            print(f"{name}: left out, this PyTorch has no quantized kernels", file=sys.stderr)
            continue
        save_module(case.module, out / f"{name}.pt")
        entry = {"inputs": [to_json(tensor) for tensor in case.inputs]}
        if case.note:
            entry["note"] = case.note
        if not case.random:
            module = case.reference or torch.jit.load(str(out / f"{name}.pt"))
            try:
                with torch.no_grad():
                    entry["outputs"] = outputs_of(module(*case.inputs))
            except torch.jit.Error as raised:
                entry["error"] = str(raised).strip().splitlines()[-1]
        expected[name] = entry
    write_json(out / "expected.json", expected)
    make_other_files(out)


def make_other_files(out: Path) -> None:
    """Files with names or contents like those of TorchScript that are not TorchScript."""
    state = tiny_modules.make(tiny_modules.Mlp, 1).state_dict()
    torch.save(state, out / "plain-pickle.pt")
    torch.save(state, out / "legacy-pickle.pt", _use_new_zipfile_serialization=False)
    with zipfile.ZipFile(out / "not-a-model.zip", "w") as archive:
        entry = zipfile.ZipInfo("hello.txt", date_time=(1980, 1, 1, 0, 0, 0))
        archive.writestr(entry, "This is a text file.\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the TorchScript files of this folder.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the IDX files of Fashion-MNIST")
    parser.add_argument("--out", type=Path, metavar="DIR", default=Path(__file__).parent)
    parser.add_argument("--only", metavar="NAME", choices=["tiny"])
    arguments = parser.parse_args()
    if arguments.only in (None, "tiny"):
        make_tiny(arguments.out / "tiny")


if __name__ == "__main__":
    main()
