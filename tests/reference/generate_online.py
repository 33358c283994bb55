"""Writes online-fdr.json: batches of an endless sequence of tests, decided by reshaped LOND in exact fractions.

Written from the definition, by trying every number of rejections. Needs nothing beyond generate.py's requirements.
"""

from fractions import Fraction
from random import Random

from generate import write


def shape(r):
    return sum(Fraction(j, j * (j + 1)) for j in range(1, r + 1))


def decide(p_values, t, before, alpha):
    gamma = Fraction(1, t * (t + 1))
    level = lambda k: alpha * gamma / len(p_values) * shape(before + k)
    possible = [k for k in range(1, len(p_values) + 1) if sum(p <= level(k) for p in p_values) >= k]
    k = max(possible, default=0)
    return k, level(max(k, 1))


def sequences():
    random = Random(4)
    for case in range(30):
        alpha = Fraction(random.choice((1, 5, 10)), 100)
        before = 0
        for t in range(1, 9):
            size = random.randint(1, 12)
            p_values = [Fraction(10 ** random.uniform(-9 if random.random() < 0.4 else -2, 0)) for _ in range(size)]
            k, level = decide(p_values, t, before, alpha)
            yield {
                "case": case,
                "pValues": [float(p) for p in p_values],
                "batches": t - 1,
                "rejectionsBefore": before,
                "alpha": float(alpha),
                "level": float(level),
                "rejections": k,
            }
            before += k


if __name__ == "__main__":
    write("online-fdr", list(sequences()))
