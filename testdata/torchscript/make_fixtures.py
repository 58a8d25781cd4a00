"""Makes the TorchScript files of this folder.

    cd testdata/torchscript
    PYTHONHASHSEED=0 python3 make_fixtures.py --data DIR [--out DIR] [--only NAME]

--data is a folder with the four gzip-compressed IDX files of Fashion-MNIST; `--only tiny` needs
none. --out is where the files go, this folder unless given. NAME is one of

    resnet8    resnet8-scripted.pt, resnet8-traced.pt: convolutions, BatchNorm, shortcuts
    vit4       vit4-scripted.pt, vit4-traced.pt: a vision transformer of four layers
    convmixer  convmixer-scripted.pt, convmixer-traced.pt: depthwise and pointwise convolutions
    tiny       tiny/: untrained networks of a few KB for odd cases, see tiny_modules.py;
               tiny/expected.json has an input of each and what it gives, in exact values, and
               as strings ("NaN", "Infinity", "-Infinity") what JSON has no number for

The first three are in networks.py. They are trained on the 60,000 training images; the weights of
the last epoch are written twice, as torch.jit.script and as torch.jit.trace make them, both in
eval mode. Images are scaled to [0, 1] and normalised with mean 0.2860 and standard deviation
0.3530. fixtures.json says how each was trained, its accuracy on the 10,000 test images and its
digest, and expected.json has the logits of the first four test images.

Seeds are fixed, but the sums of floats depend on the machine and the number of threads: the same
version of PyTorch elsewhere gives networks as good as these, not the same bits. The order of
constants in the code depends on Python's hash seed. Training takes about 16 minutes on one core
(OMP_NUM_THREADS=1), 3 of them for resnet8.

README.md in this folder lists the files. Needs Python 3.9, PyTorch 1.13 or later, and numpy.
"""

import argparse
import gzip
import hashlib
import json
import math
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import networks
import tiny_modules

MEAN, STD = 0.2860, 0.3530
BATCH = 64


@dataclass
class Recipe:
    """How a network is trained."""

    network: Callable[[], nn.Module]
    epochs: int
    learning_rate: float
    weight_decay: float
    seed: int


RECIPES = {
    "resnet8": Recipe(lambda: networks.ResNet8(stem_stride=2), 12, 5e-3, 0.02, seed=101),
    "vit4": Recipe(lambda: networks.VisionTransformer(patch=7), 12, 2e-3, 0.05, seed=102),
    "convmixer": Recipe(networks.ConvMixer, 10, 5e-3, 0.02, seed=103),
}


def read_idx(path: Path) -> np.ndarray:
    with gzip.open(path) as file:
        dimensions = file.read(4)[3]
        shape = np.frombuffer(file.read(4 * dimensions), ">i4")
        return np.frombuffer(file.read(), np.uint8).reshape(shape)


def read_images(folder: Path, part: str) -> Tuple[Tensor, Tensor]:
    """The normalised images (N, 1, 28, 28) and the labels of a part, train or t10k."""
    pixels = read_idx(folder / f"{part}-images-idx3-ubyte.gz").astype(np.float32) / 255
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz").astype(np.int64)
    return (torch.from_numpy(pixels).unsqueeze(1) - MEAN) / STD, torch.from_numpy(labels)


def augment(images: Tensor) -> Tensor:
    """Moves each image by up to two pixels and mirrors every second one, at random."""
    count, _, height, width = images.shape
    padded = F.pad(images, (2, 2, 2, 2), value=-MEAN / STD)
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)
    down, right = torch.randint(5, (2, count))
    moved = windows[torch.arange(count), :, down, right]
    return torch.where(torch.rand(count, 1, 1, 1) < 0.5, moved.flip(3), moved)


def batches(images: Tensor, labels: Tensor) -> Iterator[Tuple[Tensor, Tensor]]:
    for indices in torch.randperm(len(images)).split(BATCH):
        yield augment(images[indices]), labels[indices]


def train(recipe: Recipe, images: Tensor, labels: Tensor) -> nn.Module:
    torch.manual_seed(recipe.seed)
    # Convolutions are faster in this layout; the copy below has the usual one.
    model = recipe.network().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(
        model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    steps = math.ceil(len(images) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, epochs=recipe.epochs, steps_per_epoch=steps
    )
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(1, recipe.epochs + 1):
        start, total = time.monotonic(), 0.0
        for inputs, targets in batches(images, labels):
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        seconds = time.monotonic() - start
        print(f"  epoch {epoch}: loss {total / steps:.4f}, {seconds:.0f} s", flush=True)
    result = recipe.network()
    result.load_state_dict(model.state_dict())
    return result.eval()


@torch.no_grad()
def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    parts = zip(images.split(500), labels.split(500))
    return sum((model(x).argmax(1) == y).sum().item() for x, y in parts) / len(images)


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


def update_json(path: Path, entries: Dict[str, Dict]) -> None:
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    write_json(path, dict(sorted({**known, **entries}.items())))


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


def make_trained(name: str, data: Path, out: Path) -> None:
    recipe = RECIPES[name]
    images, labels = read_images(data, "train")
    print(f"{name}:")
    model = train(recipe, images, labels)
    test_images, test_labels = read_images(data, "t10k")
    fixtures, expected = {}, {}
    forms = {
        "scripted": torch.jit.script(model),
        "traced": torch.jit.trace(model, test_images[:2]),
    }
    for form, module in forms.items():
        path = out / f"{name}-{form}.pt"
        save_module(module, path)
        loaded = torch.jit.load(str(path))
        with torch.no_grad():
            logits = loaded(test_images[:4])
            for count in (1, 64):
                torch.testing.assert_close(loaded(test_images[:count]), model(test_images[:count]))
        fixtures[path.name] = {
            "parameters": sum(p.numel() for p in model.parameters()),
            "images": len(images),
            "epochs": recipe.epochs,
            "test_images": len(test_images),
            "test_accuracy": accuracy(loaded, test_images, test_labels),
            "torch": torch.__version__,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        expected[path.name] = to_json(logits)
        print(f"  {form}: {fixtures[path.name]['test_accuracy']:.2%}", flush=True)
    update_json(out / "fixtures.json", fixtures)
    update_json(out / "expected.json", expected)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the TorchScript files of this folder.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the IDX files of Fashion-MNIST")
    parser.add_argument("--out", type=Path, metavar="DIR", default=Path(__file__).parent)
    parser.add_argument("--only", metavar="NAME", choices=["tiny", *RECIPES])
    arguments = parser.parse_args()
    names = [arguments.only] if arguments.only else ["tiny", *RECIPES]
    if arguments.data is None and names != ["tiny"]:
        parser.error("--data is required, except for --only tiny")
    for name in names:
        if name == "tiny":
            make_tiny(arguments.out / "tiny")
        else:
            make_trained(name, arguments.data, arguments.out)


if __name__ == "__main__":
    main()
