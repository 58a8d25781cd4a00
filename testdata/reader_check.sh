#!/usr/bin/env bash
# Lets docs/reader.py, the reader in Python that was written from docs/format.md, rebuild every golden
# archive and compares names, shapes and digests of the layers with those of `pemn inspect --layers`. It
# must also read what mask-code-vectors.txt has, and refuse archives with a damaged byte, cut off or of a
# later version: each with one sentence, exit code 1 and no layers.
#
#   testdata/reader_check.sh [PYTHON]
#
# Needs a Python with numpy, protobuf and zstandard, and protoc (Debian: python3-numpy, python3-protobuf,
# python3-zstandard, protobuf-compiler). About a minute.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd -P)
python=${1:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

protoc --python_out="$work" -I "$home/proto/src/main/protobuf" archive.proto
cd "$work"
"$python" - "$home" <<'PYTHON'
import contextlib
import hashlib
import json
import random
import subprocess
import sys
import warnings
from pathlib import Path

home, work = Path(sys.argv[1]), Path.cwd()
sys.path[:0] = [str(home / "docs"), str(work)]
sys.dont_write_bytecode = True
import archive_pb2
import numpy as np
import reader

reader.pb = archive_pb2
warnings.simplefilter("ignore")  # as reader.py does


def run_reader(*archives):
    command = [sys.executable, home / "docs/reader.py", "--proto-path", work, *archives]
    return subprocess.run(command, capture_output=True, text=True)


def inspect(archive):
    """The layers, as pemn says."""
    command = [home / "pemn", "inspect", "--layers", "--json", archive]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["layers"]


def shapes(archive):
    """The layers' shapes, as reader.py says."""
    opened = reader.open_archive(archive)
    for _ in reader.rebuild(opened) if opened.metadata.layers else []:
        pass
    return [list(layer.shape) for layer in opened.metadata.layers]


def roaring(members):
    """A RoaringBitmap of a single container without runs: an array, or above 4,096 members a bitmap."""
    header = np.array([12346, 1, (len(members) - 1) << 16, 16], "<u4").tobytes()
    bits = np.zeros(65536, bool)
    bits[members] = True
    packed = np.packbits(bits, bitorder="little").tobytes()
    return header + (packed if len(members) > 4096 else np.flatnonzero(bits).astype("<u2").tobytes())


def spans(archive):
    """Where the fields of an archive are: numbers, and the positions of their tags, lengths and contents."""
    message, at = archive_pb2.Archive.FromString(archive), 0
    for field, _ in message.ListFields():
        alone = archive_pb2.Archive()
        if field.label == field.LABEL_REPEATED or field.type == field.TYPE_MESSAGE:
            getattr(alone, field.name).MergeFrom(getattr(message, field.name))
        else:
            setattr(alone, field.name, getattr(message, field.name))
        yield field.number, range(at, at + alone.ByteSize())
        at += alone.ByteSize()
    assert at == len(archive)


def damaged(archive, chance):
    """Copies with one byte changed: in each twentieth of the file, and four in each field from its tag."""
    places = [range(len(archive) * i // 20, len(archive) * (i + 1) // 20) for i in range(20)]
    for _, span in spans(archive):
        places += [span[:1], span[1:2], span[-1:], span]
    for place in places:
        at, copy = chance.choice(place), bytearray(archive)
        copy[at] ^= chance.choice([1 << chance.randrange(8), chance.randrange(1, 256)])
        yield bytes(copy)


def cut(archive):
    """The first bytes of an archive: up to and into every field."""
    for _, span in spans(archive):
        yield archive[: span.start]
        yield archive[: span.start + 1]
        yield archive[: span.stop - 1]


def of_a_later_version(archive):
    message = archive_pb2.Archive.FromString(archive)
    later = archive_pb2.Archive(magic=message.magic, format_version=5, metadata=message.metadata)
    message.format_version = 5
    message.head_digest = hashlib.sha256(later.SerializeToString()).digest()
    return message.SerializeToString()


def refused(copies):
    """Refuses all of the copies, or says which is not, or not as it should be."""
    files = [work / f"copy-{i}.pemn" for i in range(len(copies))]
    for file, copy in zip(files, copies):
        file.write_bytes(copy)
    result = run_reader(*files)
    lines = result.stderr.splitlines()
    assert result.returncode == 1 and result.stdout == "", (result.returncode, result.stdout)
    assert len(lines) == len(files), "\n".join(lines)
    for file, line in zip(files, lines):
        assert line.startswith(f"{file}: ") and "Traceback" not in line, line
    return lines


masks = 0
for line in (home / "testdata/mask-code-vectors.txt").read_text().splitlines():
    if not line.startswith("#"):
        segments, bits, code = line.split(" ")
        segments = [segment.split(",") for segment in segments.split(";")]
        segments = [[None if n == "?" else int(n) for n in segment] for segment in segments]
        found = np.packbits(reader.entropy(bytes.fromhex(code), segments), bitorder="little")
        assert found.tobytes().hex() == bits, line
        masks += 1
print(f"reader.py reads the {masks} masks of mask-code-vectors.txt.")

for count in 1, 4095, 4096, 4097, 65536:
    members = np.sort(np.random.default_rng(count).permutation(65536)[:count])
    assert np.array_equal(np.flatnonzero(reader.roaring(roaring(members), 65536)), members), count

archives = sorted((home / "testdata/golden").glob("version-*/*.pemn"))
assert archives, "There are no golden archives."
layers = copies = positions = 0
for path in archives:
    archive, chance = path.read_bytes(), random.Random(path.name)
    result = run_reader(path)
    assert result.returncode == 0 and result.stderr == "", f"{path}: {result.stderr}"
    inspected = inspect(path)
    expected = "".join(f"{layer['digest']} {layer['name']}\n" for layer in inspected)
    assert result.stdout == expected, f"{path}: pemn says\n{expected}and reader.py\n{result.stdout}"
    assert shapes(archive) == [layer["shape"] for layer in inspected], f"{path}: {shapes(archive)}"
    layers += len(inspected)

    lines = refused([*damaged(archive, chance), *cut(archive), archive + b"\0", of_a_later_version(archive)])
    assert "newer reader" in lines[-1], lines[-1]
    copies += len(lines)

    # One bit of every byte, within this process.
    copy = bytearray(archive)
    for at in range(len(archive)):
        copy[at] = archive[at] ^ 1 << chance.randrange(8)
        with contextlib.suppress(Exception):
            reader.open_archive(bytes(copy))
            sys.exit(f"{path}: that a bit of byte {at} is another one goes unnoticed.")
        copy[at] = archive[at]
        positions += 1
print(f"It rebuilds the {layers} layers of {len(archives)} golden archives with pemn's names and digests,")
print(f"refuses {copies} damaged copies, and notices a change of a bit in each of the {positions} bytes.")
PYTHON
