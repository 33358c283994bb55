"""Writes merkle.json: roots and proofs of RFC 9162 trees, by the RFC's recursive definitions (hashlib only).

The first inputs are those of the test data of Certificate Transparency (RFC 6962), whose roots are published:
the tree of all eight has the root 5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328.
"""

import hashlib
import json
import pathlib


def sha(data):
    return hashlib.sha256(data).digest()


def leaf(data):
    return sha(b"\x00" + data)


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(d):
    if not d:
        return sha(b"")
    if len(d) == 1:
        return leaf(d[0])
    k = split(len(d))
    return sha(b"\x01" + root(d[:k]) + root(d[k:]))


def path(m, d):
    if len(d) == 1:
        return []
    k = split(len(d))
    if m < k:
        return path(m, d[:k]) + [root(d[k:])]
    return path(m - k, d[k:]) + [root(d[:k])]


def subproof(m, d, whole):
    if m == len(d):
        return [] if whole else [root(d)]
    k = split(len(d))
    if m <= k:
        return subproof(m, d[:k], whole) + [root(d[k:])]
    return subproof(m - k, d[k:], False) + [root(d[:k])]


published = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
inputs = [bytes.fromhex(x) for x in published] + [f"entry {i}".encode() for i in range(8, 33)]
sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33]
assert root(inputs[:8]).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
result = {
    "inputs": [d.hex() for d in inputs],
    "roots": [root(inputs[:n]).hex() for n in range(len(inputs) + 1)],
    "inclusion": [
        {"index": m, "size": n, "proof": [h.hex() for h in path(m, inputs[:n])]} for n in sizes for m in range(n)
    ],
    "consistency": [
        {"first": m, "second": n, "proof": [h.hex() for h in subproof(m, inputs[:n], True)]}
        for n in sizes
        for m in range(1, n + 1)
    ],
}
pathlib.Path(__file__).with_name("merkle.json").write_text(json.dumps(result, indent=1) + "\n")
