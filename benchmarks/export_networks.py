"""Makes the TorchScript files whose loading is measured; those that are there already stay.

    python3 benchmarks/export_networks.py modules FOLDER NETWORK...
    python3 benchmarks/export_networks.py traces FOLDER NETWORK...

"modules" makes NETWORK-dense.pt of torchvision's networks, untrained but with running statistics as a
training leaves them. "traces" makes NETWORK.pt and NETWORK-dense.pt of built-in networks, with the
weights of NETWORK.safetensors and NETWORK-dense.safetensors. Networks of the other kind are passed
over. Needs Python 3.9, PyTorch 1.13 or later, and for "modules" torchvision.
"""
import json
import os
import struct
import sys

import torch
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "testdata", "networks"))
import make_networks


class VisionTransformer(make_networks.VisionTransformer):
    """With attention in operators that every version of PyTorch has."""

    def forward(self, x):
        x = self.stem["conv"](x).flatten(2).transpose(1, 2)
        batch, _, dim = x.shape
        x = torch.cat([self.class_token.expand(batch, 1, -1), x], 1) + self.positions
        tokens = x.shape[1]
        for block in self.blocks:
            part = block["attention"]
            qkv = part["qkv"](part["norm"](x)).reshape(batch, tokens, 3, self.heads, dim // self.heads)
            q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
            weights = (q @ k.transpose(2, 3) * (dim // self.heads) ** -0.5).softmax(3)
            x = x + part["projection"]((weights @ v).transpose(1, 2).reshape(batch, tokens, dim))
            part = block["mlp"]
            x = x + part["contract"](self.act(part["expand"](part["norm"](x))))
        return self.head(self.norm(x)[:, 0])


def vit(dim, depth, heads):
    return VisionTransformer(3, 224, 16, dim, depth, heads, 4, True, True, F.gelu, True)


# The classes LoadedNetwork.java has as well: side of the images, number of classes, network.
BUILT_IN = {
    "convmixer-6-256": (32, 10, lambda: make_networks.ConvMixer(3, 256, 6, 5, 2, F.gelu, True)),
    "vit-tiny": (224, 1000, lambda: vit(192, 12, 3)),
    "vit-25m": (224, 1000, lambda: vit(384, 14, 6)),
}
MODULES = {
    "shufflenet-v2-x0.5": ("shufflenet_v2_x0_5", 10),
    "mobilenet-v3-large": ("mobilenet_v3_large", 1000),
    "resnet-50": ("resnet50", 1000),
}


def save(network, side, path):
    traced = torch.jit.trace(network.eval(), torch.zeros(1, 3, side, side))
    torch.jit.save(traced, path + ".tmp")
    os.replace(path + ".tmp", path)


def module(folder, name):
    path = os.path.join(folder, name + "-dense.pt")
    if os.path.exists(path):
        return
    import torchvision

    model, classes = MODULES[name]
    torch.manual_seed(1)
    network = getattr(torchvision.models, model)(num_classes=classes)
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(part.weight, 0.75, 1.25)
            torch.nn.init.normal_(part.bias, 0, 0.1)
    save(network, 224, path)


def trace(folder, name, suffix):
    weights = os.path.join(folder, name + suffix + ".safetensors")
    path = os.path.join(folder, name + suffix + ".pt")
    if os.path.exists(path) or not os.path.exists(weights):
        return
    side, make_networks.CLASSES, build = BUILT_IN[name]
    network = build()
    network.load_state_dict(read(weights), strict=False)
    save(network, side, path)


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        numbers = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = numbers.view(entry["shape"])
    return tensors


if __name__ == "__main__":
    what, folder, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    with torch.no_grad():
        for name in names:
            if what == "modules" and name in MODULES:
                module(folder, name)
            elif what == "traces" and name in BUILT_IN:
                trace(folder, name, "")
                trace(folder, name, "-dense")
