"""A TorchScript module that overwrites a file, without a word, while it is loaded.

It shows that a module is code: PyTorch's operators reach memory and files. It does no harm but to
target/written-by-a-module below the folder in which the process runs, if there is such a file of 16 bytes or more.

    python3 writes_a_file.py            # makes writes-a-file.pt
"""

from typing import Tuple

import torch
from torch import Tensor, nn


class WritesAFile(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(10, 16))
        self.written = torch.zeros(16, dtype=torch.uint8)

    def forward(self, x: Tensor) -> Tensor:
        return torch.nn.functional.linear(x, self.weight)

    @torch.jit.export
    def __getstate__(self) -> Tuple[Tensor, bool]:
        return self.weight, self.training

    @torch.jit.export
    def __setstate__(self, state: Tuple[Tensor, bool]) -> None:
        self.weight = state[0]
        self.training = state[1]
        self.written = torch.from_file("target/written-by-a-module", True, 16, dtype=torch.uint8)
        self.written.fill_(88)


if __name__ == "__main__":
    torch.manual_seed(1)
    torch.jit.script(WritesAFile()).save("writes-a-file.pt")
