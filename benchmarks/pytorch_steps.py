"""Training steps in PyTorch as one writes them by hand, dense and with masks: what pemn's are compared with.

    python3 benchmarks/pytorch_steps.py NETWORK [KEY=VALUE ...] [--threads N] [--steps N] [--warm-up N]
    python3 benchmarks/pytorch_steps.py NETWORK [KEY=VALUE ...] [--threads N] --serve

NETWORK is convmixer, mlp, resnet or vit; the keys are named like pemn's options (dim=64 depth=4 kernel=5
patch=2 hidden=256,256,256 heads=4 mlp-ratio=2 batch-size=128 select=threshold|top-k) and have its usual
values. Prints medians as JSON. With --serve it prints a JSON object that describes itself, then reads lines
such as "masked 20" and answers each with the milliseconds of so many steps, until its input ends.

The networks are those of testdata/networks, which pemn's own are tested against, on its bundled images. The
masks are edge-popup's (Ramanujan et al., CVPR 2020), as the authors of PEMN have them: fixed weights, a
score for each, an autograd function that passes the gradient straight through. Where there is a choice, this
takes what was found fastest on a CPU:
- selection: a comparison with a bound that stays, which is pemn's usual rule; with select=top-k an unsorted
  torch.topk in every step, which takes half the time of kthvalue and a tenth of the authors' sort;
- one function for selection and product, so that the mask itself is never written;
- torch.optim.AdamW without foreach, which gains nothing on a CPU;
- --layout plain, or channels-last for convolutions.
"""
import argparse
import gzip
import json
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
USUAL = {
    "convmixer": {"dim": 64, "depth": 4, "kernel": 5, "patch": 2, "activation": "gelu"},
    "mlp": {"hidden": "256,256,256", "activation": "gelu"},
    "resnet": {"depth": 20, "dim": 16, "activation": "relu"},
    "vit": {"dim": 64, "depth": 4, "patch": 4, "heads": 4, "mlp-ratio": 2, "activation": "gelu",
            "class-token": "yes", "positions": "yes"},
}
KINDS = ("dense", "masked")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=USUAL)
    parser.add_argument("options", nargs="*", metavar="KEY=VALUE")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--warm-up", type=int, default=15)
    parser.add_argument("--layout", choices=("plain", "channels-last"), default="plain")
    parser.add_argument("--serve", action="store_true")
    chosen = parser.parse_args()
    options = dict(USUAL[chosen.network], **{"batch-size": 128, "select": "threshold"})
    for pair in chosen.options:
        key, _, value = pair.partition("=")
        if key not in options:
            parser.error("%s has no option %s, but %s." % (chosen.network, key, ", ".join(options)))
        options[key] = value
    return chosen, options


if __name__ == "__main__":
    CHOSEN, OPTIONS = arguments()
    # Read when the libraries are loaded. Threads that wait give up their core soon.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(CHOSEN.threads)
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

import torch
from torch import nn
from torch.nn import functional as F

sys.path[:0] = [HERE, os.path.join(HERE, "..", "testdata", "networks")]
import export_networks
import make_networks


class Threshold(torch.autograd.Function):
    """The weights whose scores reach a bound; zero in place of the others."""

    @staticmethod
    def forward(context, scores, weight, bound):
        context.save_for_backward(weight)
        return torch.where(scores >= bound, weight, weight.new_zeros(()))

    @staticmethod
    def backward(context, gradient):
        (weight,) = context.saved_tensors
        return gradient * weight, None, None


def bound_for(scores, density):
    kept = max(1, scores.numel() - int((1 - density) * scores.numel()))
    return scores.detach().flatten().topk(kept, sorted=False)[0].min()


class Masked(nn.Module):
    """A layer over fixed weights, of which the scores select."""

    def __init__(self, layer, select, density=0.5):
        super().__init__()
        weight = layer.weight.detach()
        deviation = (2 / weight[0].numel()) ** 0.5
        self.register_buffer("weight", torch.where(weight < 0, -deviation, deviation))
        self.scores = nn.Parameter(torch.empty_like(weight).uniform_(-1, 1) / weight[0].numel() ** 0.5)
        self.bias = layer.bias
        self.density = density
        self.bound = None if select == "top-k" else bound_for(self.scores, density).item()

    def effective(self):
        bound = bound_for(self.scores, self.density) if self.bound is None else self.bound
        return Threshold.apply(self.scores, self.weight, bound)


class MaskedLinear(Masked):
    def forward(self, x):
        return F.linear(x, self.effective(), self.bias)


class MaskedConv2d(Masked):
    def __init__(self, layer, select):
        super().__init__(layer, select)
        self.how = (layer.stride, layer.padding, layer.dilation, layer.groups)

    def forward(self, x):
        return F.conv2d(x, self.effective(), self.bias, *self.how)


def mask(network, select):
    """Puts masks over the weights of all convolutions and linear layers."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d):
                parent.add_module(name, MaskedConv2d(child, select))
            elif isinstance(child, nn.Linear):
                parent.add_module(name, MaskedLinear(child, select))


def build(name, options, channels, side):
    act = {"gelu": F.gelu, "relu": F.relu}[options["activation"]]

    def number(key):
        return int(options[key])

    if name == "convmixer":
        sizes = number("dim"), number("depth"), number("kernel"), number("patch")
        return make_networks.ConvMixer(channels, *sizes, act, True)
    if name == "mlp":
        hidden = [int(width) for width in options["hidden"].split(",")]
        return make_networks.Mlp(channels * side * side, hidden, act, True)
    if name == "resnet":
        return make_networks.ResNet(channels, number("depth"), number("dim"), act, True)
    sizes = number("patch"), number("dim"), number("depth"), number("heads"), number("mlp-ratio")
    yes = options["class-token"] == "yes", options["positions"] == "yes"
    return export_networks.VisionTransformer(channels, side, *sizes, *yes, act, True)


def bundled():
    """The images that come with pemn, as float32 of mean 0 and deviation 1, and their labels."""

    def idx(part):
        path = os.path.join(HERE, "..", "testdata", "fashion-mnist", "train-" + part + "-ubyte.gz")
        with gzip.open(path) as file:
            raw = file.read()
        shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
        return torch.frombuffer(bytearray(raw[4 + 4 * raw[3] :]), dtype=torch.uint8).view(shape)

    images = idx("images-idx3").unsqueeze(1).float()
    return (images - images.mean()) / images.std(), idx("labels-idx1").long()


class Training:
    """A network in training, one timed step after the other."""

    def __init__(self, kind, name, options, layout, images, labels):
        torch.manual_seed(1)
        make_networks.CLASSES = 10
        self.network = build(name, options, images.shape[1], images.shape[2]).train()
        self.weights = sum(p.numel() for p in self.network.parameters())
        if kind == "masked":
            mask(self.network, options["select"])
        if layout == "channels-last":
            self.network.to(memory_format=torch.channels_last)
            images = images.to(memory_format=torch.channels_last)
        scores = [p for n, p in self.network.named_parameters() if n.endswith("scores")]
        others = [p for n, p in self.network.named_parameters() if not n.endswith("scores")]
        rates = (0.02, 0.05) if scores else (0, 0.01)
        groups = [{"params": p, "lr": lr} for p, lr in zip((scores, others), rates) if p]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=0.005)
        self.images, self.labels, self.size = images, labels, int(options["batch-size"])
        self.at = 0
        self.loss_sum = self.correct = 0

    def step(self):
        """Milliseconds of one step, what is counted for the display included."""
        if self.at + self.size > len(self.images):
            self.at = 0
        images = self.images[self.at : self.at + self.size]
        labels = self.labels[self.at : self.at + self.size]
        self.at += self.size
        start = time.perf_counter()
        self.optimizer.zero_grad(set_to_none=True)
        outputs = self.network(images)
        loss = F.cross_entropy(outputs, labels)
        loss.backward()
        self.optimizer.step()
        self.loss_sum += loss.item() * self.size
        self.correct += (outputs.argmax(1) == labels).sum().item()
        return 1000 * (time.perf_counter() - start)


def blas():
    """The file of the BLAS that is loaded, where the system says it."""
    try:
        with open("/proc/self/maps") as maps:
            files = {line.split()[-1] for line in maps if "/" in line}
    except OSError:
        return "unknown"
    names = sorted({os.path.basename(os.path.realpath(f)) for f in files if "blas" in f or "libmkl" in f})
    return ", ".join(names) or "built in"


def main():
    torch.set_num_threads(CHOSEN.threads)
    images, labels = bundled()
    trainings = {kind: Training(kind, CHOSEN.network, OPTIONS, CHOSEN.layout, images, labels) for kind in KINDS}
    about = {
        "pytorch": torch.__version__,
        "blas": blas(),
        "onednn": torch.backends.mkldnn.is_available(),
        "threads": torch.get_num_threads(),
        "layout": CHOSEN.layout,
        "network": CHOSEN.network,
        "options": OPTIONS,
        "weights": trainings["dense"].weights,
    }
    if CHOSEN.serve:
        print(json.dumps(about), flush=True)
        for line in sys.stdin:
            kind, steps = line.split()
            times = [trainings[kind].step() for _ in range(int(steps))]
            print(" ".join("%.6f" % t for t in times), flush=True)
        return
    times = {kind: [] for kind in KINDS}
    for i in range(CHOSEN.warm_up + CHOSEN.steps):
        for kind in KINDS:
            taken = trainings[kind].step()
            if i >= CHOSEN.warm_up:
                times[kind].append(taken)
    dense, masked = (statistics.median(times[kind]) for kind in KINDS)
    ratio = statistics.median(m / d for d, m in zip(times["dense"], times["masked"]))
    about.update(
        steps=CHOSEN.steps,
        batch_size=trainings["masked"].size,
        dense_ms=dense,
        masked_ms=masked,
        ratio=ratio,
        images_per_second=1000 * trainings["masked"].size / masked,
    )
    print(json.dumps(about, indent=2))


if __name__ == "__main__":
    main()
