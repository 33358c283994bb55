"""Writes validation.json: reference values of the validation statistics. python3 tests/reference/generate_validation.py

From scipy where it has the statistic, else from its definition, written out without regard to speed. Deterministic.
"""

import json
from pathlib import Path

import numpy as np
from scipy import integrate, optimize, stats

rng = np.random.default_rng(8)
out = {}

grades = [(0.01, 1000, 15), (0.01, 1000, 10), (0.005, 200, 0), (0.02, 50, 3), (0.25, 40, 40), (1e-4, 100000, 3), (0.03, 20000, 700)]
out["grades"] = [
    {
        "pd": pd, "obligors": n, "defaults": d,
        "jeffreys": stats.beta.cdf(pd, d + 0.5, n - d + 0.5),
        "binomial": stats.binomtest(d, n, pd, alternative="greater").pvalue,
    }
    for pd, n, d in grades
]
out["binomialCdf"] = [{"k": k, "n": n, "p": p, "value": stats.binom.cdf(k, n, p)} for k, n, p in [(4, 250, 0.01), (9, 250, 0.01), (0, 10, 0.3), (10, 10, 0.3), (120, 1000, 0.1)]]

hl = [(0.005, 800, 6), (0.02, 500, 9), (0.08, 200, 21), (0.2, 60, 10)]
statistic = sum((d - n * p) ** 2 / (n * p * (1 - p)) for p, n, d in hl)
out["hosmerLemeshow"] = {"grades": [{"pd": p, "obligors": n, "defaults": d} for p, n, d in hl], "statistic": statistic, "pValue": stats.chi2.sf(statistic, 4), "fittedPValue": stats.chi2.sf(statistic, 2)}


def kernel(actual, scores):
    pos, neg = scores[actual == 1], scores[actual == 0]
    return (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])


out["auc"] = []
for n, ties in [(40, False), (300, True), (1000, False)]:
    actual = (rng.random(n) < 0.3).astype(float)
    scores = actual * 0.8 + rng.normal(size=n)
    other = actual * 0.5 + 0.6 * scores + rng.normal(size=n)
    if ties:
        scores, other = np.round(scores), np.round(other, 1)
    scores, other = np.round(scores, 6), np.round(other, 6)
    a, b = kernel(actual, scores), kernel(actual, other)
    m, k = a.shape
    variance = np.var(a.mean(1), ddof=1) / m + np.var(a.mean(0), ddof=1) / k
    d = b - a
    paired = np.var(d.mean(1), ddof=1) / m + np.var(d.mean(0), ddof=1) / k
    half = stats.norm.ppf(0.975) * np.sqrt(variance)
    z = -d.mean() / np.sqrt(paired)
    zi = (0.85 - a.mean()) / np.sqrt(variance + 0.0004)
    # the area once more, from the rank sum of scipy
    u = stats.mannwhitneyu(scores[actual == 1], scores[actual == 0]).statistic / (m * k)
    assert abs(u - a.mean()) < 1e-12
    out["auc"].append({
        "actual": actual.tolist(), "scores": scores.tolist(), "other": other.tolist(),
        "auc": a.mean(), "variance": variance, "lower": max(0, a.mean() - half), "upper": min(1, a.mean() + half),
        "pairedZ": z, "pairedPValue": stats.norm.sf(z), "z": zi, "pValue": stats.norm.sf(zi),
    })

frm = rng.integers(0, 5, 200)
to = np.clip(frm + rng.choice([-1, 0, 0, 0, 1, 2], 200), 0, 4)
counts = np.zeros((5, 5))
np.add.at(counts, (frm, to), 1)
rates = counts / counts.sum(1, keepdims=True)
n = counts.sum(1)
G = 5
i, j = np.indices((G, G)) + 1


def mwb(mask):
    top = bottom = 0.0
    for r in range(1, G + 1):
        cols = [c for c in range(1, G + 1) if mask(r, c)]
        top += sum(abs(r - c) * n[r - 1] * rates[r - 1, c - 1] for c in cols)
        bottom += max(abs(r - G), abs(r - 1)) * n[r - 1] * sum(rates[r - 1, c - 1] for c in cols)
    return top / bottom


out["migration"] = {
    "from": frm.tolist(), "to": to.tolist(), "counts": counts.tolist(), "rates": rates.tolist(),
    "stability": np.trace(counts) / 200, "meanMove": (np.abs(i - j) * counts).sum() / 200,
    "upperBandwidth": mwb(lambda r, c: c > r), "lowerBandwidth": mwb(lambda r, c: c < r),
    "mobility": (G - np.trace(rates)) / (G - 1),
}


def loglik(x, y, p):
    return (x * np.log(p) if x else 0) + (y * np.log(1 - p) if y else 0)


out["var"] = []
for days, positions, coverage in [(250, [3, 40, 41, 90, 91, 92, 200], 0.99), (250, [], 0.99), (500, [0, 10, 30, 60, 120, 240, 499], 0.975), (250, [17, 80], 0.99)]:
    hits = np.zeros(days, int)
    hits[positions] = 1
    x = hits.sum()
    pof = 2 * (loglik(x, days - x, x / days) - loglik(x, days - x, 1 - coverage))
    t = np.zeros((2, 2))
    np.add.at(t, (hits[:-1], hits[1:]), 1)
    pi = t[:, 1].sum() / t.sum()
    apart = sum(loglik(t[r, 1], t[r, 0], t[r, 1] / t[r].sum()) if t[r].sum() else 0 for r in (0, 1))
    ind = 2 * (apart - loglik(t[:, 1].sum(), t[:, 0].sum(), pi))
    out["var"].append({
        "days": days, "exceptions": positions, "coverage": coverage,
        "kupiec": pof, "kupiecPValue": stats.chi2.sf(pof, 1), "independence": ind, "independencePValue": stats.chi2.sf(max(ind, 0), 1),
        "conditional": pof + ind, "conditionalPValue": stats.chi2.sf(pof + max(ind, 0), 2), "cumulative": stats.binom.cdf(x, days, 1 - coverage),
    })

out["lgd"] = []
for size in (2, 12, 400):
    estimated = np.round(rng.beta(2, 3, size), 6)
    realised = np.round(np.clip(estimated + rng.normal(0.03, 0.2, size), 0, 1), 6)
    result = stats.ttest_rel(realised, estimated, alternative="greater")
    out["lgd"].append({"realised": realised.tolist(), "estimated": estimated.tolist(), "t": result.statistic, "pValue": result.pvalue})


def chance(k, n, p, rho):
    if rho == 0:
        return stats.binom.cdf(k, n, p)
    g = lambda y: stats.norm.pdf(y) * stats.binom.cdf(k, n, stats.norm.cdf((stats.norm.ppf(p) - np.sqrt(rho) * y) / np.sqrt(1 - rho)))
    return integrate.quad(g, -9, 9, epsabs=1e-13, epsrel=1e-13, limit=400)[0]


out["plutoTasche"] = []
for cells, confidence, rho in [([(100, 0), (400, 0), (300, 0)], 0.5, 0), ([(100, 0), (400, 2), (300, 1)], 0.9, 0), ([(100, 0), (400, 0), (300, 0)], 0.75, 0.12), ([(100, 0), (400, 2), (300, 1)], 0.95, 0.24)]:
    bounds = []
    for g in range(len(cells)):
        n = sum(c[0] for c in cells[g:])
        k = sum(c[1] for c in cells[g:])
        bounds.append(optimize.brentq(lambda p: chance(k, n, p, rho) - (1 - confidence), 1e-9, 1 - 1e-9, xtol=1e-15, rtol=1e-14))
    out["plutoTasche"].append({"grades": [{"obligors": n, "defaults": k} for n, k in cells], "confidence": confidence, "assetCorrelation": rho, "bounds": bounds})

(Path(__file__).parent / "validation.json").write_text(json.dumps(out, allow_nan=False) + "\n")
