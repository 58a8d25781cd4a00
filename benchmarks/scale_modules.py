"""Makes the TorchScript files whose unpacking benchmarks/scale.sh measures; those that are there already stay.

    python3 benchmarks/scale_modules.py quick|full FOLDER

They are the ConvMixers of scale.ScaledNetwork, untrained, as LABEL.pt. Needs Python 3.9 and PyTorch 1.13 or later.
"""
import os
import sys

import torch
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "testdata", "networks"))
import make_networks

# As in ScaledNetwork.java: dim; of all of them depth 4, kernel 5, patch 4, images of 1 x 16 x 16.
DIMS = {"base": 16, "0.1M": 144, "1M": 480, "10M": 1568, "50M": 3520}
LARGE = ("10M", "50M")


def main(mode, folder):
    for label, dim in DIMS.items():
        path = os.path.join(folder, label + ".pt")
        if os.path.exists(path) or (mode == "quick" and label in LARGE):
            continue
        network = make_networks.ConvMixer(1, dim, 4, 5, 4, F.gelu, True)
        network.head = torch.nn.Linear(dim, 10, bias=False)
        traced = torch.jit.trace(network.eval(), torch.zeros(1, 1, 16, 16))
        torch.jit.save(traced, path + ".tmp")
        os.replace(path + ".tmp", path)


if __name__ == "__main__":
    main(*sys.argv[1:])
