"""What PyTorch computes for small built-in networks: outputs, and one training step of masks.

    python3 testdata/networks/make_networks.py

writes a .safetensors file for each network beside this script. The numbers of the parameters, scores and
images are those of a generator that both languages have (java.util.Random), so that the files hold only
what PyTorch makes of them: "outputs" (in evaluation), then of one step with {0, 1} masks over |score| at
density 0.5: "loss" (mean cross-entropy, batch statistics) and the gradient of every score and of every
other parameter that is trained, by its name.
"""
import json
import os
import struct

import torch
from torch import nn
from torch.nn import functional as F

BATCH = 6
CLASSES = 5


class Random:
    """java.util.Random."""

    def __init__(self, seed):
        self.state = (seed ^ 0x5DEECE66D) & ((1 << 48) - 1)

    def floats(self, count, low, high):
        values = []
        for _ in range(count):
            self.state = (self.state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
            values.append((self.state >> 24) / float(1 << 24))
        # In float32 from here on, one operation at a time, as in Java.
        return torch.tensor(values, dtype=torch.float32) * (high - low) + low


class ConvMixer(nn.Module):
    def __init__(self, channels, dim, depth, kernel, patch, act, affine):
        super().__init__()

        def block(conv):
            return nn.ModuleDict({"conv": conv, "norm": nn.BatchNorm2d(dim, affine=affine)})

        self.act = act
        self.stem = block(nn.Conv2d(channels, dim, patch, patch, bias=False))
        self.blocks = nn.ModuleList(
            nn.ModuleDict(
                {
                    "depthwise": block(nn.Conv2d(dim, dim, kernel, groups=dim, padding="same", bias=False)),
                    "pointwise": block(nn.Conv2d(dim, dim, 1, bias=False)),
                }
            )
            for _ in range(depth)
        )
        self.head = nn.Linear(dim, CLASSES, bias=False)

    def forward(self, x):
        def run(part, x):
            return part["norm"](self.act(part["conv"](x)))

        x = run(self.stem, x)
        for block in self.blocks:
            x = x + run(block["depthwise"], x)
            x = run(block["pointwise"], x)
        return self.head(x.mean((2, 3)))


class Mlp(nn.Module):
    def __init__(self, inputs, hidden, act, affine):
        super().__init__()
        self.act = act
        self.layers = nn.ModuleList(
            nn.ModuleDict({"linear": nn.Linear(i, o, bias=False), "norm": nn.BatchNorm1d(o, affine=affine)})
            for i, o in zip([inputs] + hidden, hidden)
        )
        self.head = nn.Linear(hidden[-1], CLASSES)

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers:
            x = self.act(layer["norm"](layer["linear"](x)))
        return self.head(x)


class ResNet(nn.Module):
    def __init__(self, channels, depth, width, act, affine):
        super().__init__()

        def convolution(inputs, outputs, stride):
            return nn.ModuleDict(
                {
                    "conv": nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
                    "norm": nn.BatchNorm2d(outputs, affine=affine),
                }
            )

        self.act = act
        self.stem = convolution(channels, width, 1)
        self.strides = []
        blocks = []
        before = width
        for stage in range(3):
            for i in range((depth - 2) // 6):
                outputs = width * 2**stage
                stride = 2 if stage > 0 and i == 0 else 1
                self.strides.append(stride)
                blocks.append(
                    nn.ModuleDict(
                        {"first": convolution(before, outputs, stride), "second": convolution(outputs, outputs, 1)}
                    )
                )
                before = outputs
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(before, CLASSES)

    def forward(self, x):
        def run(part, x):
            return part["norm"](part["conv"](x))

        x = self.act(run(self.stem, x))
        for block, stride in zip(self.blocks, self.strides):
            shortcut = x
            if stride == 2:
                more = x.shape[1]
                shortcut = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more // 2, more - more // 2))
            x = self.act(shortcut + run(block["second"], self.act(run(block["first"], x))))
        return self.head(x.mean((2, 3)))


class VisionTransformer(nn.Module):
    def __init__(self, channels, side, patch, dim, depth, heads, ratio, class_token, positions, act, affine):
        super().__init__()

        def norm():
            return nn.LayerNorm(dim, elementwise_affine=affine)

        self.act, self.heads = act, heads
        self.stem = nn.ModuleDict({"conv": nn.Conv2d(channels, dim, patch, patch)})
        tokens = (side // patch) ** 2 + class_token
        self.class_token = nn.Parameter(torch.zeros(dim)) if class_token else None
        self.positions = nn.Parameter(torch.zeros(tokens, dim)) if positions else None
        self.blocks = nn.ModuleList(
            nn.ModuleDict(
                {
                    "attention": nn.ModuleDict(
                        {"norm": norm(), "qkv": nn.Linear(dim, 3 * dim), "projection": nn.Linear(dim, dim)}
                    ),
                    "mlp": nn.ModuleDict(
                        {
                            "norm": norm(),
                            "expand": nn.Linear(dim, ratio * dim),
                            "contract": nn.Linear(ratio * dim, dim),
                        }
                    ),
                }
            )
            for _ in range(depth)
        )
        self.norm = norm()
        self.head = nn.Linear(dim, CLASSES)

    def forward(self, x):
        x = self.stem["conv"](x).flatten(2).transpose(1, 2)
        if self.class_token is not None:
            x = torch.cat([self.class_token.expand(len(x), 1, -1), x], 1)
        if self.positions is not None:
            x = x + self.positions
        for block in self.blocks:
            part = block["attention"]
            tokens = part["norm"](x).transpose(0, 1)
            # PyTorch's own attention, which is another implementation than ours.
            attended, _ = F.multi_head_attention_forward(
                tokens, tokens, tokens, tokens.shape[2], self.heads,
                part["qkv"].weight, part["qkv"].bias, None, None, False, 0.0,
                part["projection"].weight, part["projection"].bias, training=False, need_weights=False,
            )
            x = x + attended.transpose(0, 1)
            part = block["mlp"]
            x = x + part["contract"](self.act(part["expand"](part["norm"](x))))
        x = self.norm(x)
        return self.head(x[:, 0] if self.class_token is not None else x.mean(1))


NETWORKS = {
    "conv-mixer": ((3, 9, 7), lambda: ConvMixer(3, 6, 2, 3, 2, F.gelu, True)),
    "conv-mixer-plain": ((1, 8, 8), lambda: ConvMixer(1, 6, 1, 5, 2, F.relu, False)),
    "mlp": ((1, 5, 4), lambda: Mlp(20, [9, 7], F.gelu, True)),
    "res-net": ((3, 9, 7), lambda: ResNet(3, 14, 3, F.relu, True)),
    "res-net-plain": ((1, 8, 8), lambda: ResNet(1, 8, 3, F.gelu, False)),
    "vit": ((3, 8, 8), lambda: VisionTransformer(3, 8, 4, 12, 2, 3, 2, True, True, F.gelu, True)),
    "vit-plain": ((1, 12, 12), lambda: VisionTransformer(1, 12, 4, 8, 1, 2, 3, False, False, F.relu, False)),
}


def is_masked(name, tensor):
    return name.endswith(".weight") and tensor.dim() > 1


def numbers(name, tensor, random):
    if is_masked(name, tensor):
        fan_in = tensor[0].numel()
        return random.floats(tensor.numel(), -1.0, 1.0) * float(torch.tensor(12.0 / fan_in).sqrt())
    if name.endswith("running_var") or name.endswith(".weight"):
        return random.floats(tensor.numel(), 0.5, 1.5)
    return random.floats(tensor.numel(), -0.5, 0.5)


class StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(context, strength):
        order = strength.flatten().sort()[1]
        mask = torch.ones_like(strength).flatten()
        mask[order[: int(0.5 * len(order))]] = 0
        return mask.view_as(strength)

    @staticmethod
    def backward(context, gradient):
        return gradient


def write(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def make(shape, network):
    random = Random(7)
    state = {name: t for name, t in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    for name in sorted(state):
        state[name].copy_(numbers(name, state[name], random).view_as(state[name]))
    images = random.floats(BATCH * shape[0] * shape[1] * shape[2], -1.0, 1.0).view(BATCH, *shape)
    labels = torch.arange(BATCH) % CLASSES
    network.eval()
    results = {"outputs": network(images)}

    network.train()
    parameters = dict(network.named_parameters())
    trained = {}
    for name in sorted(parameters):
        fixed = parameters[name].detach().clone()
        if is_masked(name, fixed):
            trained[name] = random.floats(fixed.numel(), -1.0, 1.0).view_as(fixed).requires_grad_()
            owner = network.get_submodule(name[: -len(".weight")])
            del owner.weight
            owner.weight = fixed * StraightThrough.apply(trained[name].abs())
        else:
            trained[name] = parameters[name]
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    results["loss"] = loss.view(1)
    results.update({name: tensor.grad for name, tensor in trained.items()})
    return results


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = os.path.dirname(os.path.abspath(__file__))
    for name, (shape, build) in NETWORKS.items():
        write(os.path.join(folder, name + ".safetensors"), make(shape, build()))
