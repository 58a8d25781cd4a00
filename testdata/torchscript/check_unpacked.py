"""Checks that a TorchScript file gives the logits that another program computed with it.

    python3 check_unpacked.py --model MODEL.pt --predictions LOGITS --data DIR [--images N]
        [--mean M] [--std S] [--tolerance T] [--batch B]

LOGITS is a .npy file, or a .safetensors file with one tensor, of shape (N, classes): the logits of
the first N test images in DIR, a folder with IDX files like those of ../fashion-mnist. Prints the
largest absolute difference and exits with 0, or says in one sentence what is wrong and exits
with 1.

Needs Python 3.9, PyTorch and numpy; nothing of this repository.
"""

import argparse
import gzip
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch

SAFETENSORS_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}


class CheckError(Exception):
    """What the check found wrong, as one sentence."""


def read_images(folder: Path) -> np.ndarray:
    path = folder / "t10k-images-idx3-ubyte.gz"
    try:
        with gzip.open(path) as file:
            magic, *shape = struct.unpack(">4I", file.read(16))
            pixels = np.frombuffer(file.read(), np.uint8)
    except (OSError, EOFError, struct.error) as error:
        raise CheckError(f"The images in {path} cannot be read: {error}.") from error
    if magic != 0x803 or pixels.size != np.prod(shape):
        raise CheckError(f"{path} has no images in the IDX format.")
    return pixels.reshape(shape)


def read_logits(path: Path) -> np.ndarray:
    try:
        logits = read_safetensors(path) if path.suffix == ".safetensors" else np.load(path)
    except (OSError, ValueError, KeyError, struct.error) as error:
        raise CheckError(f"The logits in {path} cannot be read: {error}.") from error
    if logits.ndim != 2 or not len(logits):
        raise CheckError(f"The logits in {path} have the shape {logits.shape}, not (N, classes).")
    return logits.astype(np.float64)


def read_safetensors(path: Path) -> np.ndarray:
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    if len(header) != 1:
        raise ValueError(f"it has {len(header)} tensors, not one")
    (tensor,) = header.values()
    start, end = tensor["data_offsets"]
    values = content[8 + length + start : 8 + length + end]
    return np.frombuffer(values, SAFETENSORS_TYPES[tensor["dtype"]]).reshape(tensor["shape"])


@torch.no_grad()
def compute_logits(model_path: Path, images: torch.Tensor, batch: int) -> np.ndarray:
    try:
        model = torch.jit.load(str(model_path), map_location="cpu").eval()
        outputs = [model(part) for part in images.split(batch)]
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise CheckError(f"{model_path} cannot be loaded or run: {reason}") from error
    if not all(isinstance(output, torch.Tensor) for output in outputs):
        raise CheckError(f"The network in {model_path} gives something else than one tensor.")
    return torch.cat(outputs).double().numpy()


def check(arguments: argparse.Namespace) -> str:
    reference = read_logits(arguments.predictions)
    count = arguments.images or len(reference)
    pixels = read_images(arguments.data)
    if count != len(reference) or count > len(pixels):
        raise CheckError(
            f"{count} images were to be compared, but there are {len(pixels)} images "
            f"and the logits of {len(reference)}."
        )
    images = torch.from_numpy(pixels[:count].astype(np.float32) / 255).unsqueeze(1)
    logits = compute_logits(
        arguments.model, (images - arguments.mean) / arguments.std, arguments.batch
    )
    if logits.shape != reference.shape:
        raise CheckError(
            f"{arguments.model} gives logits of shape {logits.shape}, "
            f"and {arguments.predictions} has {reference.shape}."
        )
    difference = np.abs(logits - reference)
    largest = difference.max()
    # Not "greater than": a difference that is not a number is none that is small.
    if not largest <= arguments.tolerance:
        row = np.unravel_index(difference.argmax(), difference.shape)[0]
        raise CheckError(
            f"The logits of image {row} differ by {largest:.3g}, "
            f"which is more than {arguments.tolerance:g}."
        )
    agreeing = (logits.argmax(1) == reference.argmax(1)).sum()
    return (
        f"The largest difference of the logits of {count} images is {largest:.3g}; "
        f"{agreeing} have the same class."
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Checks that a TorchScript file gives the logits that another program computed."
    )
    parser.add_argument("--model", type=Path, required=True, metavar="MODEL.pt")
    parser.add_argument("--predictions", type=Path, required=True, metavar="LOGITS")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--images", type=int, metavar="N", help="as many as there are logits")
    parser.add_argument("--mean", type=float, default=0.2860)
    parser.add_argument("--std", type=float, default=0.3530)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--batch", type=int, default=64)
    try:
        print(check(parser.parse_args()))
    except CheckError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
