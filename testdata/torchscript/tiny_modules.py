"""Small untrained networks, each an odd case that a reader of TorchScript files meets.

`all_cases` makes them; make_fixtures.py writes them. A case has what is to be saved, its inputs,
and how its outputs are to be computed where running it as it is says nothing.
"""

import copy
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass
class Case:
    """A network to save, and what is known of running it."""

    module: torch.jit.ScriptModule
    inputs: List[Tensor]
    # Runs instead of the module, where PyTorch 1.13 cannot run that on a CPU.
    reference: Optional[Callable] = None
    # A word on the outputs: why they are absent, or how they were computed.
    note: Optional[str] = None
    random: bool = False


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(64, 32)
        self.norm = nn.BatchNorm1d(32)
        self.head = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.hidden(x.flatten(1))
        return self.head(F.relu(self.norm(x)))


class DropoutNetwork(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.dropout = nn.Dropout(0.25)
        self.head = nn.Linear(8 * 4 * 4, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.norm(self.conv(x))), 2)
        return self.head(self.dropout(x).flatten(1))


class OddLayers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False)
        self.group_norm = nn.GroupNorm(4, 8)
        self.upsample = nn.ConvTranspose2d(8, 6, 2, stride=2)
        self.activation = nn.PReLU(6)
        self.mix = nn.Conv1d(6, 4, 3)
        self.head = nn.Bilinear(4, 4, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.group_norm(self.depthwise(self.stem(x)))
        x = self.activation(self.upsample(x))
        x = self.mix(x.mean(3)).mean(2)
        return self.head(x, x)


class Text(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 16, padding_idx=0)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens)
        attended, _ = self.attention(x, x, x, need_weights=False)
        return self.head(self.norm(x + attended).mean(1))


class Lstm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 12, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(24, 3)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.lstm(x)
        return self.head(states[:, -1])


class TwoInputsTwoOutputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Linear(16, 8)
        self.right = nn.Linear(12, 8)

    def forward(self, a: Tensor, b: Tensor) -> Tuple[Tensor, Tensor]:
        left = self.left(a)
        right = self.right(b)
        return left + right, left * right


class DictOutput(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Linear(16, 12)
        self.classes = nn.Linear(12, 5)
        self.box = nn.Linear(12, 4)

    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        x = torch.tanh(self.trunk(x))
        return {"logits": self.classes(x), "box": torch.sigmoid(self.box(x))}


class Tied(nn.Module):
    """Two layers with one weight, and one layer under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Embedding(24, 8)
        self.block = nn.Linear(8, 8)
        self.block_again = self.block
        self.decoder = nn.Linear(8, 24, bias=False)
        self.decoder.weight = self.encoder.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.encoder(tokens)
        x = torch.relu(self.block(x))
        return self.decoder(self.block_again(x))


class NoParameters(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.pool(x)).flatten(1)


class OnlyNorms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.batch_norm = nn.BatchNorm2d(3)
        self.layer_norm = nn.LayerNorm(6)
        self.scale = nn.Parameter(torch.tensor(1.5))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * self.layer_norm(self.batch_norm(x))


class NonTrainable(nn.Module):
    """A layer that was frozen in training, and a large buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.fixed = nn.Linear(32, 32)
        self.fixed.requires_grad_(False)
        self.head = nn.Linear(32, 10)
        self.register_buffer("projection", torch.randn(32, 32) / 32**0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.fixed(x) @ self.projection))


class Views(nn.Module):
    """Two parameters in one storage, and one whose strides are not those of its shape."""

    def __init__(self) -> None:
        super().__init__()
        storage = torch.randn(2 * 16 * 16) / 4
        self.first = nn.Parameter(storage[:256].view(16, 16))
        self.second = nn.Parameter(storage[256:].view(16, 16))
        self.transposed = nn.Parameter((torch.randn(16, 10) / 4).t())

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(F.linear(x, self.first))
        x = torch.relu(F.linear(x, self.second))
        return F.linear(x, self.transposed)


class Raises(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(16, 16)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 2:
            raise ValueError("this network takes no batches")
        return self.head(x)


class Nan(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        return torch.log(-torch.sigmoid(self.head(x)))


class ComputesAtLoad(nn.Module):
    """Does not save the sums of its weight's rows, but computes them when it is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(10, 16))
        self.sums = self.weight.detach().sum(1)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight) + self.sums

    @torch.jit.export
    def __getstate__(self) -> Tuple[Tensor, bool]:
        return self.weight, self.training

    @torch.jit.export
    def __setstate__(self, state: Tuple[Tensor, bool]) -> None:
        self.weight = state[0]
        self.sums = state[0].sum(1)
        self.training = state[1]


class Gathers(nn.Module):
    """Looks every pixel up in a table: of its gradient, threads add up the same rows in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(10, 16))
        self.hidden = nn.Linear(16, 32)
        self.head = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        shades = (x.flatten(1) * 3 + 2).clamp(0, 9).long()
        return self.head(torch.relu(self.hidden(self.table[shades].mean(1))))


def make(network: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A network in eval mode, with statistics of normalisations that are not those of a new one."""
    torch.manual_seed(seed)
    module = network().eval()
    for name, tensor in module.state_dict().items():
        layer = module.get_submodule(name.rpartition(".")[0])
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm)):
            if name.endswith("running_var") or name.endswith("weight"):
                tensor.uniform_(0.5, 1.5)
            elif tensor.is_floating_point():
                tensor.normal_(std=0.2)
            else:
                tensor.fill_(100)
    return module


def _quantized(mlp: nn.Module) -> Optional[torch.jit.ScriptModule]:
    """The network with dynamically quantised linear layers, or None where PyTorch lacks them."""
    engines = [e for e in ("fbgemm", "qnnpack") if e in torch.backends.quantized.supported_engines]
    if not engines:
        return None
    torch.backends.quantized.engine = engines[0]
    return torch.jit.script(torch.quantization.quantize_dynamic(mlp, {nn.Linear}))


def all_cases() -> Dict[str, Callable[[], Optional[Case]]]:
    """The cases by the names of their files; a case that this PyTorch cannot make is None."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(2, 1, 8, 8, generator=generator)
    rows = torch.randn(2, 16, generator=generator)
    wide_rows = torch.randn(2, 32, generator=generator)
    other_rows = torch.randn(2, 12, generator=generator)
    sequence = torch.randn(2, 7, 8, generator=generator)
    maps = torch.randn(2, 3, 6, 6, generator=generator)
    text = torch.randint(50, (2, 12), generator=generator)
    tokens = torch.randint(24, (2, 6), generator=generator)

    def script(network: Callable[[], nn.Module], seed: int, *inputs: Tensor, **more) -> Case:
        return Case(torch.jit.script(make(network, seed)), list(inputs), **more)

    def trace(network: Callable[[], nn.Module], seed: int, *inputs: Tensor) -> Case:
        return Case(torch.jit.trace(make(network, seed), inputs), list(inputs))

    def train_mode() -> Case:
        network = make(DropoutNetwork, 2).train()
        before = copy.deepcopy(network.state_dict())
        traced = torch.jit.trace(network, images, check_trace=False)
        traced.load_state_dict(before)
        return Case(traced, [images], random=True, note="dropout is active, in eval mode too")

    def half() -> Case:
        mlp = make(Mlp, 1).half()
        return Case(
            torch.jit.script(mlp),
            [images.half()],
            reference=lambda x: copy.deepcopy(mlp).float()(x.float()),
            note="computed in float32 from the values in float16",
        )

    def bfloat16() -> Case:
        mlp = make(Mlp, 1).bfloat16()
        return Case(
            torch.jit.script(mlp),
            [images.bfloat16()],
            reference=lambda x: copy.deepcopy(mlp).float()(x.float()),
            note="computed in float32 from the values in bfloat16",
        )

    def quantized() -> Optional[Case]:
        module = _quantized(make(Mlp, 1))
        note = "another engine for quantized kernels gives values that differ by up to about 0.01"
        return module and Case(module, [images], note=note)

    return {
        "mlp-scripted": lambda: script(Mlp, 1, images),
        "mlp-traced": lambda: trace(Mlp, 1, images),
        "traced-train-mode": train_mode,
        "traced-eval-mode": lambda: trace(DropoutNetwork, 2, images),
        "odd-layers-scripted": lambda: script(OddLayers, 3, images),
        "text-scripted": lambda: script(Text, 4, text),
        "lstm-scripted": lambda: script(Lstm, 5, sequence),
        "two-inputs-two-outputs-scripted": lambda: script(
            TwoInputsTwoOutputs, 6, rows, other_rows
        ),
        "dict-output-scripted": lambda: script(DictOutput, 7, rows),
        "tied-scripted": lambda: script(Tied, 8, tokens),
        "tied-traced": lambda: trace(Tied, 8, tokens),
        "half-scripted": half,
        "double-scripted": lambda: script(lambda: Mlp().double(), 1, images.double()),
        "bfloat16-scripted": bfloat16,
        "frozen": lambda: Case(torch.jit.freeze(torch.jit.script(make(Mlp, 1))), [images]),
        "no-parameters-scripted": lambda: script(NoParameters, 9, images),
        "only-norms-scripted": lambda: script(OnlyNorms, 10, maps),
        "non-trainable-scripted": lambda: script(NonTrainable, 11, wide_rows),
        "views-scripted": lambda: script(Views, 12, rows),
        "raises-scripted": lambda: script(Raises, 13, rows, note="forward raises ValueError"),
        "nan-scripted": lambda: script(Nan, 14, rows),
        "computes-at-load-scripted": lambda: script(ComputesAtLoad, 15, rows),
        "gathers-scripted": lambda: script(Gathers, 16, images),
        "quantized": quantized,
        "shared-numbers-scripted": lambda: script(SharedNumbers, 8, tokens),
    }


class SharedNumbers(Tied):
    """As Tied, but the two weights are parameters of their own over the same memory."""

    def __init__(self) -> None:
        super().__init__()
        self.decoder.weight = nn.Parameter(self.encoder.weight.data)
