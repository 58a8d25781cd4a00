"""Rebuilds the masked layers of .pemn archives: a second reader, written from format.md, not from the first.

`python3 reader.py [--proto-path DIR] ARCHIVE...` prints a line for each layer: the digest of the weights that
it rebuilt, a space, and the layer's name; of an archive that is not sound only a sentence on standard error,
and exits with 1. DIR, unless given the current folder, has archive_pb2.py, which `protoc --python_out=DIR
archive.proto` makes. It needs Debian's python3-numpy, python3-protobuf and python3-zstandard. It leaves out
what is not masked (but for its digest), running networks, and checks that only forged archives fail.
"""
import argparse, io, math, pathlib, sys, warnings
from hashlib import sha256
import numpy as np
from zstandard import ZstdDecompressor

def need(condition, sentence):
    if not condition:
        raise RuntimeError(sentence)

def open_archive(data):
    """The Archive message, after checks of its form and of all digests but those of layers."""
    need(data.startswith(b"\x0a\x08PEMN\r\n\x1a\n"), f"its first bytes, {data[:10]}, are no .pemn archive's")
    end = next((i for i in range(13, 18) if data[i:i + 1] < b"\x80"), 13) + 1  # of the length of field 3
    head = data[:end + sum((byte & 127) << 7 * i for i, byte in enumerate(data[13:end]))]
    need(sha256(head).digest() == data[len(head) + 2:][:32], "its head is cut off or damaged")
    archive = pb.Archive.FromString(data)
    need(archive.format_version <= 4, f"version {archive.format_version} needs a newer reader (this one: 4)")
    archive.DiscardUnknownFields()
    need(archive.SerializeToString() == data, "it is damaged, or not in the one form that the format allows")
    for name in "masks", "remainder", "prototype_values", "module", "coded_prototype":
        section, expected = getattr(archive, name), getattr(archive.metadata, name).digest
        section = section if isinstance(section, bytes) else np.array(section, "<f4").tobytes()
        need((section and sha256(section).digest()) == expected, f"section {name} is missing or damaged")
    return archive

def maskable(network, image):
    """Names and shapes of the weights of a built-in network that can be masked."""
    kind = network.WhichOneof("architecture")
    a = getattr(network, kind)
    if kind == "mlp":
        widths = [image.channels * image.height * image.width, *a.hidden]
        yield from ((f"layers.{i}.linear.weight", [n, widths[i]]) for i, n in enumerate(a.hidden))
        d = widths[-1]
    else:
        d, side, depth = (a.width, 3, a.depth // 6 * 3) if kind == "res_net" else (a.dim, a.patch, a.depth)
        yield "stem.conv.weight", [d, image.channels, side, side]
        for i in range(depth):
            if kind == "res_net":
                inputs, d = d, a.width * 2 ** (i // (a.depth // 6))
                block = {"first.conv": [d, inputs, 3, 3], "second.conv": [d, d, 3, 3]}
            elif kind == "conv_mixer":
                block = {"depthwise.conv": [d, 1, a.kernel, a.kernel], "pointwise.conv": [d, d, 1, 1]}
            else:
                block = {"attention.qkv": [3 * d, d], "attention.projection": [d, d],
                         "mlp.expand": [a.mlp_ratio * d, d], "mlp.contract": [d, a.mlp_ratio * d]}
            yield from ((f"blocks.{i}.{name}.weight", shape) for name, shape in block.items())
    yield "head.weight", [network.classes, d]

def words(key, count):  # 0 to count - 1 of a key; the arithmetic of "u8" is modulo 2^64
    z = key + np.arange(1, count + 1, dtype="u8") * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))

def regenerated_values(distribution, length, values_key, order_key):
    n = length if length > 1024 else 64 * (length + 1) - 1
    if distribution == pb.NORMAL:
        pieces = words(values_key, 3 * n).view("<u2").reshape(n, 12)
        values = (pieces.sum(axis=1, dtype="i4") - 393210).astype("f4") / np.float32(65536)
    else:
        values = np.where(words(values_key, n) >> np.uint64(63), np.float32(-1), np.float32(1))
    if length <= 1024:
        a, order_words = np.sort(np.abs(values))[63::64], words(order_key, length + 1)
        order = np.argsort(order_words[:-1], kind="stable")
        values = np.where((order + int(order_words[-1]) % 2) % 2, -a[order], a[order])
    return values

def coded_values(section, used, length):  # of numbers, the lowest bytes of all stand first
    coded = pb.CodedPrototype.FromString(ZstdDecompressor().stream_reader(section).read(8 * len(used) + 16))
    numbers = np.frombuffer(coded.numbers, "u1").reshape(4, -1).T.copy().view("<f4").ravel()
    if coded.indices:
        width = max(1, ((len(numbers) - 1).bit_length() + 7) // 8)
        numbers = numbers[256 ** np.arange(width) @ np.frombuffer(coded.indices, "u1").reshape(width, -1)]
    values = np.zeros(length, "f4")
    values[used] = numbers
    return values

def permutation(n, shuffle_key):
    p = list(range(n))
    for i, word in reversed(list(enumerate(words(shuffle_key, n).tolist()))):
        j = (word >> 32) * (i + 1) >> 32
        p[i], p[j] = p[j], p[i]
    return np.array(p)

def roaring(content, count):
    """Bits 0 to count - 1, of which the members of a RoaringBitmap in its portable format are 1."""
    stream, bits = io.BytesIO(content), np.zeros(-(-count // 65536) * 65536, bool)
    def take(n, kind="<u2"):
        return np.frombuffer(stream.read(n * int(kind[-1])), kind, n)
    cookie = take(1, "<u4").item()
    has_runs = cookie % 65536 == 12347
    n = cookie // 65536 + 1 if has_runs else take(1, "<u4").item()
    is_run = np.unpackbits(take((n + 7) // 8, "u1"), bitorder="little") if has_runs else [0] * min(n, 65536)
    header = take(2 * n).reshape(n, 2).tolist()
    take(n if n >= 4 or not has_runs else 0, "<u4")  # the offset header, which follows from the rest
    for (key, last), run in zip(header, is_run):
        container = bits[key * 65536:(key + 1) * 65536]
        if run:
            for first, more in take(2 * take(1).item()).reshape(-1, 2).tolist():
                container[first:first + more + 1] = True
        elif last < 4096:
            container[take(last + 1)] = True
        else:
            container[:] = np.unpackbits(take(8192, "u1"), bitorder="little")
    return bits[:count]

def entropy(section, segments):  # of n bits each in rows of w, k of them 1, or None where the code tells k
    T, o, precisions = {}, 2**30, [0, 32 * 65536, 4 * 65536, 65536]  # T[i]: the probability of logit i / 64
    for i in range(2305):
        T[-i] = max(1, o * 65536 // (2**30 + o))
        T[i], o = 65536 - T[-i], o * 4228380000 >> 32
    R, V, stream, bits = 1, 0, io.BytesIO(section), []  # so that the first decision reads the first 4 bytes
    def decide(p):
        nonlocal R, V
        if R < 2**31:
            R, V = R << 32, (V << 32) + int.from_bytes(stream.read(4).ljust(4, b"\0"), "big")
        Z = R - (R >> 16) * p
        R, V, bit = (Z, V, 0) if V < Z else (R - Z, V - Z, 1)
        return bit
    def even(b):
        return sum(decide(32768) << i for i in reversed(range(b)))
    def newton(share, precision, learned, most):
        precision += sum(q for e, q in learned)
        share += sum(e for e, q in learned) * 65536 // precision
        return max(-most * 65536, min(most * 65536, share)), precision
    for n, w, k in segments:
        k = even(n.bit_length()) if k is None else k
        adaptive = 0 < k < n and even(1)
        w = min(w, 65536) if adaptive else 64
        rows, columns, distance = [adaptive and even(b) for b in (2, 2, (w - 1).bit_length())]
        base = 1024 * max((i for i in range(-704, 705) if T[i] * n <= max(n, k * 65536)), default=-704)
        bprec, cprec, xprec, ctx, col = 4 * 65536, precisions[columns], [65536] * 4, [0] * 4, np.zeros(w, int)
        while 0 < k < n:  # n bits are still to be read, k of them ones
            m, flat, share, rprec = min(w, n), max(1, k * 65536 // n), 0, precisions[rows]
            x, learned, contexts, logits = [0] * w, [], [[], [], [], []], (base + col).tolist()
            for j in range(m):
                if rows and j % 16 == 0 < j:
                    share, rprec = newton(share, rprec, learned[-16:], 8)
                c = x[j - 1] + 2 * x[j - distance] if distance else 0  # x has 0 for what is not read yet
                p = T[logits[j] + share + ctx[c] >> 10] if adaptive else flat
                x[j] = decide(p)
                learned.append((65536 * x[j] - p, p * (65536 - p) >> 16))  # e[j] and q
                contexts[c].append(learned[j])
            bits += x[:m]
            n, k = n - m, k - sum(x)
            base, bprec = newton(base, bprec, learned, 11)
            for c in 1, 2, 3:
                ctx[c], xprec[c] = newton(ctx[c], xprec[c], contexts[c], 8)
            if columns:
                e, q = np.array(learned).T
                cprec += q.sum() // w
                col[:m] = np.clip(col[:m] + (e * (2**28 // cprec) + 2048 >> 12), -8 * 65536, 8 * 65536)
        bits += [k > 0] * n
    return np.array(bits, bool)

def mask_bits(layers, encoding, section):  # of all masked weights, then of those that ternary masks keep
    segments = [(math.prod(layer.shape), math.prod(layer.shape[1:] or layer.shape),
                 None if layer.kind == pb.SIGN else layer.kept) for layer in layers]
    segments += [(layer.kept, layer.kept, None) for layer in layers if layer.kind == pb.TERNARY]
    if encoding == pb.ENTROPY:
        return entropy(section, segments)
    count = sum(n for n, _, _ in segments)
    content = ZstdDecompressor().stream_reader(section).read(4 * count + 64)
    if encoding == pb.ROARING_ZSTD:
        return roaring(content, count)
    need(encoding == pb.BITMAP_ZSTD, f"masks of encoding {encoding} need a newer reader, this knows 1 to 3")
    return np.unpackbits(np.frombuffer(content, "u1"), count=count, bitorder="little").astype(bool)

def rebuild(archive):
    """A line for each layer, whose weights have been rebuilt and have the digest that they should have."""
    metadata, prototype, layers = archive.metadata, archive.metadata.prototype, archive.metadata.layers
    if not layers[0].name:  # then names and shapes follow from the network
        for layer, (name, shape) in zip(layers, maskable(metadata.network, metadata.input)):
            layer.name, layer.shape[:] = name, shape
    sizes = [math.prod(layer.shape) for layer in layers]
    total, length, n = sum(sizes), prototype.length, prototype.shuffled_length
    need(max(total, length, n) < 2**25, f"{total} weights of {length} values are more than 2^25, its limit")
    bits = mask_bits(layers, metadata.masks.encoding, archive.masks)
    kinds = np.repeat([layer.kind for layer in layers], sizes)
    keep, negate = bits[:total] | (kinds == pb.SIGN), bits[:total] & (kinds == pb.SIGN)
    negate[keep & (kinds == pb.TERNARY)] = bits[total:]
    values_key, order_key, shuffle_key = words(np.uint64(prototype.seed), 3)
    index = np.concatenate([layer.offset % (n or length) + np.arange(k) for layer, k in zip(layers, sizes)])
    index = (permutation(n, shuffle_key)[index] if n else index) % length
    values = np.array(archive.prototype_values, "f4")
    if archive.coded_prototype:
        values = coded_values(archive.coded_prototype, np.unique(index[keep]), length)
    elif not archive.prototype_values:
        values = regenerated_values(prototype.distribution, length, values_key, order_key)
    scales = np.repeat(np.array([layer.scale for layer in layers], "f4"), sizes)
    weights = np.where(keep, values[index] * np.where(negate, -scales, scales), np.float32(0))
    for layer, own in zip(layers, np.split(weights, np.cumsum(sizes)[:-1])):
        need(sha256(own).digest()[:8] == layer.digest, f"layer {layer.name}, rebuilt, has another digest")
        yield f"{layer.digest.hex()} {layer.name}\n"

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Prints digests and names of the layers of .pemn archives.")
    parser.add_argument("--proto-path", metavar="DIR", default=".", help="has archive_pb2.py, made by protoc")
    parser.add_argument("archives", metavar="ARCHIVE", nargs="+")
    options = parser.parse_args()
    sys.path.insert(0, options.proto_path)
    warnings.simplefilter("ignore")  # of protobuf about damage, of numpy about infinite weights
    errors = []
    for path in options.archives:
        try:
            import archive_pb2 as pb
            archive = open_archive(pathlib.Path(path).read_bytes())
            sys.stdout.writelines(list(rebuild(archive)) if archive.metadata.layers else [])
        except Exception as e:  # of a library, too: what none can decode is no sound archive
            reason = e if isinstance(e, (ImportError, RuntimeError)) else f"it is cut off or damaged ({e!r})"
            errors.append(f"{path}: {getattr(e, 'strerror', reason)}")
    sys.exit("\n".join(errors) or None)
