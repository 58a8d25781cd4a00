"""Writes tiny archives in the layout of CIFAR's Python version, with two images a file.

Pixel j of image i of file f (counted from 0, the test file last) is (7 j + 31 i + 5 f) % 256. Labels
count up from 3 f. Run with Python 3 and numpy:

    python3 testdata/cifar/make_cifar.py testdata/cifar
"""

import gzip
import io
import pathlib
import pickle
import sys
import tarfile

import numpy

IMAGES = 2


def pixels(file):
    image, pixel = numpy.meshgrid(numpy.arange(IMAGES), numpy.arange(3072), indexing="ij")
    return ((7 * pixel + 31 * image + 5 * file) % 256).astype(numpy.uint8)


def labels(file, classes):
    return [(3 * file + image) % classes for image in range(IMAGES)]


def cifar10():
    for file, name in enumerate([f"data_batch_{batch}" for batch in range(1, 6)] + ["test_batch"]):
        yield name, {
            b"batch_label": b"tiny batch",
            b"labels": labels(file, 10),
            b"data": pixels(file),
            b"filenames": [b"image_%d.png" % image for image in range(IMAGES)],
        }
    names = "airplane automobile bird cat deer dog frog horse ship truck".split()
    yield "batches.meta", {
        "num_cases_per_batch": IMAGES,
        "label_names": names,
        "num_vis": 3072,
    }


def cifar100():
    for file, name in enumerate(["train", "test"]):
        yield name, {
            "filenames": [f"image_{image}.png" for image in range(IMAGES)],
            "batch_label": "tiny batch",
            "fine_labels": labels(file, 100),
            "coarse_labels": labels(file, 20),
            "data": numpy.asfortranarray(pixels(file)),
        }
    yield "meta", {
        "fine_label_names": [f"fine {label}" for label in range(100)],
        "coarse_label_names": [f"coarse {label}" for label in range(20)],
    }


def write(path, folder, files):
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as zipped:
        with tarfile.open(fileobj=zipped, mode="w") as tar:
            entry = tarfile.TarInfo(folder)
            entry.type = tarfile.DIRTYPE
            tar.addfile(entry)
            for name, content in files:
                data = pickle.dumps(content, protocol=2)
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    write(out / "cifar-10-python.tar.gz", "cifar-10-batches-py", cifar10())
    write(out / "cifar-100-python.tar.gz", "cifar-100-python", cifar100())
