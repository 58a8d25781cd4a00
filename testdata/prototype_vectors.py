"""Prototype generator of .pemn, written anew from its Javadoc; prints prototype-vectors.txt."""
import hashlib
import numpy as np
VALUES, ORDER, SHUFFLE = 0, 1, 2
def word(key, counters):
    z = np.uint64(key) + (np.asarray(counters, "<u8") + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
def draws(seed, distribution, n):  # float64: exact for both distributions
    words = word(word(seed, [VALUES])[0], np.arange(n * (3 if distribution == "normal" else 1)))
    if distribution == "signed-constant":
        return np.where(words >> np.uint64(63), -1.0, 1.0)
    return (words.view("<u2").astype(np.int64).reshape(n, 12).sum(1) - 6 * 65535) / 65536
def prototype(seed, distribution, n):
    if n > 1024:
        return draws(seed, distribution, n).astype("<f4")
    magnitudes = np.sort(np.abs(draws(seed, distribution, 64 * (n + 1) - 1)))[63::64]
    words = word(word(seed, [ORDER])[0], np.arange(n + 1))
    rank = np.argsort(words[:n], kind="stable")
    sign = 1 - 2 * ((rank + int(words[n] & np.uint64(1))) % 2)
    return (magnitudes[rank] * sign).astype("<f4")
def permutation(seed, n):
    elements, words = list(range(n)), word(word(seed, [SHUFFLE])[0], np.arange(n))
    for i in range(n - 1, 0, -1):
        j = (int(words[i]) >> 32) * (i + 1) >> 32
        elements[i], elements[j] = elements[j], elements[i]
    return np.array(elements, "<u4")
def show(kind, seed, n, values):  # SHA-256 of all, then all of up to 32 or the first and last 16
    bits = [f"{b:08x}" for b in values.view("<u4")]
    print(kind, f"{seed:016x}", n, hashlib.sha256(values.tobytes()).hexdigest(),
          *(bits if n <= 32 else bits[:16] + bits[-16:]))
for seed in (0, 1, 2**63 + 12345):
    for n in (1, 2, 5, 7, 41, 1024, 1025, 5000):
        for distribution in ("normal", "signed-constant"):
            show(distribution, seed, n, prototype(seed, distribution, n))
    for n in (1, 2, 10, 1000):
        show("permutation", seed, n, permutation(seed, n))
