"""Trains masks as the paper's authors do, in PyTorch, and saves what their code saves.

    python3 authors_way.py train --data DIR --out DIR [--strategy S] [--dim N] [--depth N]
        [--kernel N] [--patch N] [--ratio R] [--steps N] [--bn-type learn|not-learn]
    python3 authors_way.py fixtures [--data DIR] [--out DIR]

`train` writes OUT/S/best.pt for each strategy (or the one that is named), a state_dict, and prints
a line a strategy: its name, how many of the test images it classifies right, how many there are,
and for how many of them the two greatest logits are so near to each other (1e-5) that another
order of summation could exchange them. --data is a folder with the four gzip-compressed IDX files of Fashion-MNIST, ../fashion-mnist
unless given.

`fixtures` makes the files of the folder fixtures/ beside this program: networks of some hundred
weights, and expected.json with what each gives. README.md lists them. Seeds are fixed, but sums of
floats depend on the machine: another one makes files that are as good, with other bits.

This was written from section 3 of "Parameter-Efficient Masking Networks" (Bai et al., NeurIPS
2022) and from what is known of its authors' program, github.com/yueb17/PEMN: the order of its
layers, the names in its state_dict, how many scores it keeps and how it fills layers. No line of
it is here. What it leaves out does not change what is saved: augmentation, mixed precision, several
GPUs.

Strategies:

    own            every layer has random weights of its own
    one-layer      convolutions of equal shape have the weights of the first of them
    max-layer      every layer has the first weights of the largest layer
    random-copy    every layer is filled with a few values again and again
    random-shuffled  the same, but the repeated values are shuffled once
    dense          no masks: the weights themselves are trained

Needs Python 3.9, PyTorch 1.13 or later, and numpy.
"""

import argparse
import gzip
import json
import math
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

MEAN, STD = 0.2860, 0.3530
DENSITY = 0.5
HERE = Path(__file__).resolve().parent
STRATEGIES = ["own", "one-layer", "max-layer", "random-copy", "random-shuffled", "dense"]


# --- the method ---------------------------------------------------------------------------------


class KeepGreatest(torch.autograd.Function):
    """1 for the greatest of some numbers, 0 for the others; gradients pass straight through."""

    @staticmethod
    def forward(context, magnitudes: Tensor, density: float) -> Tensor:
        order = magnitudes.flatten().argsort()
        dropped = int((1 - density) * magnitudes.numel())
        mask = torch.ones(magnitudes.numel())
        mask[order[:dropped]] = 0
        return mask.view_as(magnitudes)

    @staticmethod
    def backward(context, gradient: Tensor):
        return gradient, None


class Masked:
    """Beside a layer of torch.nn: fixed random weights, a score for each, and the mask."""

    def randomise(self) -> None:
        self.scores = nn.Parameter(torch.empty_like(self.weight))
        nn.init.kaiming_uniform_(self.scores, a=math.sqrt(5))
        nn.init.kaiming_normal_(self.weight, mode="fan_in", nonlinearity="relu")
        self.weight.requires_grad_(False)

    def kept(self) -> Tensor:
        return self.weight * KeepGreatest.apply(self.scores.abs(), DENSITY)


class MaskedConv(nn.Conv2d, Masked):
    def __init__(self, *sizes, **more):
        super().__init__(*sizes, **more)
        self.randomise()

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.kept(), self.bias)


class MaskedLinear(nn.Linear, Masked):
    def __init__(self, *sizes, **more):
        super().__init__(*sizes, **more)
        self.randomise()

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.kept(), self.bias)


class Residual(nn.Module):
    def __init__(self, fn: nn.Module):
        super().__init__()
        self.fn = fn

    def forward(self, x: Tensor) -> Tensor:
        return x + self.fn(x)


def build(dim: int, depth: int, kernel: int, patch: int, masked: bool, affine: bool) -> nn.Module:
    """A ConvMixer for grey images and ten classes, its modules in the authors' order."""
    conv = MaskedConv if masked else nn.Conv2d
    linear = MaskedLinear if masked else nn.Linear

    def then(convolution: nn.Module) -> List[nn.Module]:
        return [convolution, nn.GELU(), nn.BatchNorm2d(dim, affine=affine)]

    def block() -> nn.Module:
        depthwise = conv(dim, dim, kernel, groups=dim, padding=kernel // 2, bias=False)
        return nn.Sequential(
            Residual(nn.Sequential(*then(depthwise))), *then(conv(dim, dim, 1, bias=False))
        )

    return nn.Sequential(
        *then(conv(1, dim, patch, stride=patch, bias=False)),
        *[block() for _ in range(depth)],
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        linear(dim, 10, bias=False),
    )


@torch.no_grad()
def fill(network: nn.Module, strategy: str, ratio: float) -> None:
    """Replaces the random weights by those of a prototype (section 3.2 of the paper)."""
    layers = [module for module in network.modules() if isinstance(module, Masked)]
    if strategy == "one-layer":
        first: Dict[torch.Size, Tensor] = {}
        for layer in layers:
            if isinstance(layer, MaskedConv):
                layer.weight.copy_(first.setdefault(layer.weight.shape, layer.weight.clone()))
    elif strategy in ("max-layer", "random-copy", "random-shuffled"):
        vector = max(layers, key=lambda layer: layer.weight.numel()).weight.flatten().clone()
        if strategy != "max-layer":
            few = vector[: int(len(vector) * ratio) + 1]
            vector = few.repeat(len(vector) // len(few) + 1)[: len(vector)]
        if strategy == "random-shuffled":
            vector = vector[torch.randperm(len(vector))]
        for layer in layers:
            layer.weight.copy_(vector[: layer.weight.numel()].view_as(layer.weight))


# --- training -----------------------------------------------------------------------------------


def read_idx(path: Path) -> np.ndarray:
    with gzip.open(path) as file:
        dimensions = file.read(4)[3]
        shape = np.frombuffer(file.read(4 * dimensions), ">i4")
        return np.frombuffer(file.read(), np.uint8).reshape(shape)


def read_images(folder: Path, part: str) -> Tuple[Tensor, Tensor]:
    """The normalised images (N, 1, 28, 28) and the labels of a part, train or t10k."""
    pixels = read_idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz")
    images = torch.from_numpy(pixels.astype(np.float32) / 255).unsqueeze(1)
    return (images - MEAN) / STD, torch.from_numpy(labels.astype(np.int64))


def batches(count: int, size: int) -> Iterator[Tensor]:
    while True:
        yield from (part for part in torch.randperm(count).split(size) if len(part) == size)


def train(network: nn.Module, images: Tensor, labels: Tensor, steps: int, rate: float) -> None:
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.005)
    network.train()
    for step, part in zip(range(steps), batches(len(images), 64)):
        done = (step + 1) / steps
        optimizer.param_groups[0]["lr"] = float(
            np.interp(done, [0, 0.4, 0.8, 1], [0, rate, rate / 20, 0])
        )
        optimizer.zero_grad()
        F.cross_entropy(network(images[part]), labels[part]).backward()
        optimizer.step()
    network.eval()


@torch.no_grad()
def logits(network: nn.Module, images: Tensor) -> Tensor:
    return torch.cat([network.eval()(part) for part in images.split(500)])


def right(network: nn.Module, images: Tensor, labels: Tensor) -> int:
    return int((logits(network, images).argmax(1) == labels).sum())


def margins(network: nn.Module, images: Tensor) -> Tensor:
    """How far the greatest logit of each image is from the next."""
    first, second = logits(network, images).topk(2, 1)[0].unbind(1)
    return first - second


def trained(
    strategy: str, sizes: Dict[str, int], ratio: float, steps: int, data: Path, affine: bool = True
) -> nn.Module:
    torch.manual_seed(7)
    masked = strategy != "dense"
    network = build(masked=masked, affine=affine, **sizes)
    fill(network, strategy, ratio)
    train(network, *read_images(data, "train"), steps, 0.05 if masked else 0.01)
    return network


# --- fixtures -----------------------------------------------------------------------------------


def make_fixtures(data: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    sizes = dict(dim=8, depth=2, kernel=3, patch=4)
    images, labels = read_images(data, "t10k")
    expected = {}

    def save(name: str, network: nn.Module, state: object) -> None:
        torch.save(state, out / name)
        expected[name] = {
            "right": right(network, images, labels),
            "images": len(images),
            "least_margin": float(margins(network, images).min()),
            "logits": logits(network, images[:4]).flatten().tolist(),
        }

    networks = {}
    for strategy in STRATEGIES:
        networks[strategy] = trained(strategy, sizes, 0.1, 200, data)
        save(f"{strategy}.pt", networks[strategy], networks[strategy].state_dict())
    not_learned = trained("random-copy", sizes, 0.1, 200, data, affine=False)
    save("not-learned.pt", not_learned, not_learned.state_dict())

    network = networks["random-copy"]
    state = network.state_dict()
    parallel = nn.DataParallel(network)
    save("parallel.pt", network, parallel.state_dict())
    save("wrapped.pt", network, {"epoch": 3, "state_dict": state, "best_acc": 0.5})
    whole = torch.cat([value.flatten() for value in state.values() if value.is_floating_point()])
    save("one-storage.pt", network, dict(views_of(whole, state)))
    save("strided.pt", network, {name: strided(value) for name, value in state.items()})
    save("double.pt", network, {name: widened(value) for name, value in state.items()})
    parameters = dict(network.named_parameters())
    save("parameters.pt", network, {name: parameters.get(name, state[name]) for name in state})
    short = {name: rounded(name, value) for name, value in state.items()}
    coarse = build(masked=True, affine=True, **sizes)
    coarse.load_state_dict(short)
    save("rounded.pt", coarse, short)

    torch.save(state, out / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(network[0], out / "module.pt")
    text = json.dumps(expected, indent=1)
    (out / "expected.json").write_text(text + "\n")


def views_of(whole: Tensor, state: Dict[str, Tensor]) -> Iterator[Tuple[str, Tensor]]:
    """The same tensors, as views of one storage; those that are no floats stay what they are."""
    begin = 0
    for name, value in state.items():
        if value.is_floating_point():
            yield name, whole[begin : begin + value.numel()].view(value.shape)
            begin += value.numel()
        else:
            yield name, value


def strided(value: Tensor) -> Tensor:
    """The same numbers, not contiguous: dimensions in reverse, every second of the last one."""
    if value.dim() == 0:
        return value
    reversed_dimensions = tuple(reversed(range(value.dim())))
    wide = torch.zeros(2 * value.shape[-1], *reversed(value.shape[:-1]), dtype=value.dtype)
    wide[1::2] = value.permute(reversed_dimensions)
    return wide[1::2].permute(reversed_dimensions)


def widened(value: Tensor) -> Tensor:
    return value.double() if value.is_floating_point() else value


def rounded(name: str, value: Tensor) -> Tensor:
    """In short types, but for scores, of which rounding would make some equal."""
    if not value.is_floating_point() or name.endswith(".scores"):
        return value
    return value.bfloat16() if name.endswith(".weight") else value.half()


def main() -> int:
    parser = argparse.ArgumentParser(description="Trains masks as the paper's authors do.")
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", help="train and save best.pt of every strategy")
    fixtures = commands.add_parser("fixtures", help="make the files of fixtures/")
    for command, out in ((training, None), (fixtures, HERE / "fixtures")):
        command.add_argument("--data", type=Path, default=HERE.parent / "fashion-mnist")
        command.add_argument("--out", type=Path, default=out, required=out is None)
    training.add_argument("--strategy", choices=STRATEGIES)
    training.add_argument("--dim", type=int, default=16)
    training.add_argument("--depth", type=int, default=2)
    training.add_argument("--kernel", type=int, default=5)
    training.add_argument("--patch", type=int, default=2)
    training.add_argument("--ratio", type=float, default=0.1)
    training.add_argument("--steps", type=int, default=300)
    training.add_argument("--bn-type", choices=["learn", "not-learn"], default="learn")
    arguments = parser.parse_args()
    if arguments.command == "fixtures":
        make_fixtures(arguments.data, arguments.out)
        return 0
    sizes = {name: getattr(arguments, name) for name in ("dim", "depth", "kernel", "patch")}
    images, labels = read_images(arguments.data, "t10k")
    for strategy in [arguments.strategy] if arguments.strategy else STRATEGIES:
        network = trained(
            strategy,
            sizes,
            arguments.ratio,
            arguments.steps,
            arguments.data,
            arguments.bn_type == "learn",
        )
        folder = arguments.out / strategy
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(network.state_dict(), folder / "best.pt")
        near = int((margins(network, images) < 1e-5).sum())
        print(strategy, right(network, images, labels), len(images), near, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
