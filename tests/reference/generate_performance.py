"""Writes performance.json: performance without labels, with variances by numerical differentiation in 50 digits.
Needs numpy 2, mpmath 1.3; python3 tests/reference/generate_performance.py

Probabilities are calibrated row by row here, and the metrics written as functions of the expected ones in each bin; the
library adds up bins and has its derivatives in closed form.
"""

import json
from pathlib import Path

import mpmath as mp
import numpy as np

mp.mp.dps = 50


def metrics(ones, rows, is_above):
    """Accuracy, precision, recall and F1 from expected ones and rows of each bin."""
    tp = mp.fsum(o for o, a in zip(ones, is_above) if a)
    fn = mp.fsum(o for o, a in zip(ones, is_above) if not a)
    above = mp.fsum(r for r, a in zip(rows, is_above) if a)
    below = mp.fsum(r for r, a in zip(rows, is_above) if not a)
    fp, tn = above - tp, below - fn
    found = {"accuracy": (tp + tn) / (above + below)}
    if above > 0:
        found["precision"] = tp / above
    if tp + fn > 0:
        found["recall"] = tp / (tp + fn)
        found["f1_score"] = 2 * tp / (2 * tp + fp + fn)
    return found


def cbpe(p, y, q, threshold, bins):
    edges = sorted({0.0, threshold, *np.quantile(p, [(i + 1) / bins for i in range(bins - 1)])})
    of = lambda x: np.searchsorted(edges, x, side="right") - 1
    bp, bq = of(p), of(q)
    is_above = [edge >= threshold for edge in edges]
    n = np.array([(bp == b).sum() for b in range(len(edges))])
    k = np.array([y[bp == b].sum() for b in range(len(edges))])
    rows = [int((bq == b).sum()) for b in range(len(edges))]
    side = lambda b: [c for c in range(len(edges)) if is_above[c] == is_above[b]]

    def rate(b):
        if n[b] > 0:
            return mp.mpf(int(k[b])) / int(n[b])
        total = int(sum(n[c] for c in side(b)))
        return mp.mpf(int(sum(k[c] for c in side(b)))) / total if total > 0 else mp.mpf(1 if is_above[b] else 0)

    ones = [rows[b] * rate(b) for b in range(len(edges))]
    found = {}
    for name, value in metrics(ones, rows, is_above).items():
        variance = mp.mpf(0)
        for b in range(len(edges)):
            if rows[b] == 0:
                continue
            slope = mp.diff(lambda o: metrics(ones[:b] + [o] + ones[b + 1 :], rows, is_above)[name], ones[b])
            smooth = (mp.mpf(int(k[b])) + mp.mpf("0.5")) / (int(n[b]) + 1)
            spread = smooth * (1 - smooth)
            variance += slope**2 * (rows[b] * spread + mp.mpf(rows[b]) ** 2 * spread / max(1, int(n[b])))
        found[name] = {"value": float(value), "variance": float(variance)}
    return found


def edges_of(expected):
    """Where strata start: after enough rows, with enough left, between different values."""
    values = np.sort(expected)
    size = max(20, len(values) / 10)
    edges, start = [], 0
    for value, first in zip(*np.unique(values, return_index=True)):
        if first - start >= size and len(values) - first >= size:
            edges.append(value)
            start = first
    return edges


def direct_loss(parts):
    total = sum(len(part["actual"]) for part in parts)
    weights, values, variance = [], [], 0
    for part in parts:
        actual, expected, current = (np.array(part[key]) for key in ("actual", "expected", "current"))
        edges = edges_of(expected)
        of, now = np.digitize(expected, edges), np.digitize(current, edges)
        weights.append(len(actual) / total)
        value = current.mean()
        for k in np.unique(now):
            errors = (actual - expected)[of == k]
            share, spread = (now == k).mean(), errors.var(ddof=1)
            value += share * errors.mean()
            variance += weights[-1] ** 2 * share**2 * spread / len(errors) + weights[-1] * share * spread / len(current)
        values.append(value)
    value = np.dot(weights, values)
    between = np.dot(weights, (np.array(values) - value) ** 2)
    return {"value": float(value), "variance": float(variance + between / max(1, len(parts) - 1))}


random = np.random.default_rng(1)
cases = []
for n, m, skew, threshold, bins in [
    (200, 150, 1, 0.5, 20),
    (500, 40, 3, 0.5, 10),
    (60, 60, 0.5, 0.3, 5),
    (300, 300, 6, 0.5, 20),
    (100, 20, 1, 0.9, 4),
]:
    p, q = random.random(n) ** skew, random.random(m) ** (skew / 2)
    y = (random.random(n) < p**1.3).astype(float)
    given = {"probabilities": p.tolist(), "outcomes": y.tolist(), "current": q.tolist()}
    cases.append({"kind": "cbpe", **given, "threshold": threshold, "bins": bins, "expected": cbpe(p, y, q, threshold, bins)})
for sizes, m in [((40, 40), 30), ((25, 31), 100), ((300, 250), 80)]:
    parts = [
        {
            "actual": random.exponential(2, size).tolist(),
            "expected": random.exponential(2, size).tolist(),
            "current": random.exponential(3, m).tolist(),
        }
        for size in sizes
    ]
    cases.append({"kind": "dle", "parts": parts, "expected": direct_loss(parts)})

text = "[\n" + ",\n".join(json.dumps(case, allow_nan=False) for case in cases) + "\n]\n"
(Path(__file__).parent / "performance.json").write_text(text)
print(f"performance: {len(cases)} cases, {len(text) // 1024} KB")
