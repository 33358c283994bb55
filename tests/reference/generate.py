"""Writes the reference values in this folder. Needs numpy 2, scipy 1.17, mpmath 1.3; python3 tests/reference/generate.py

Special functions come from mpmath at 50 digits, statistics from scipy and numpy. Deterministic.
"""

import json
import math
import warnings
from pathlib import Path

import mpmath as mp
import numpy as np
from scipy import special, stats

from samples import sample

mp.mp.dps = 50
FOLDER = Path(__file__).parent
INF, NINF = "Infinity", "-Infinity"


def number(x):
    x = float(x)
    if math.isnan(x):
        raise ValueError("a reference value is NaN")
    return (INF if x > 0 else NINF) if math.isinf(x) else x


def write(name, cases):
    text = "[\n" + ",\n".join(json.dumps(case, allow_nan=False) for case in cases) + "\n]\n"
    (FOLDER / f"{name}.json").write_text(text)
    print(f"{name}: {len(cases)} cases, {len(text) // 1024} KB")


def gamma_q(a, x):
    return mp.gammainc(a, x, mp.inf, regularized=True)


def betainc(a, b, x):
    """DLMF 8.17.8: a series of positive terms, from the nearer end."""
    if x > a / (a + b):
        return 1 - betainc(b, a, 1 - x)
    term, total, k = mp.mpf(1), mp.mpf(1), 0
    while term > total * mp.mpf(10) ** -45:
        term *= (a + b + k) / (a + 1 + k) * x
        total += term
        k += 1
    return mp.exp(a * mp.log(x) + b * mp.log(1 - x) + mp.loggamma(a + b) - mp.loggamma(a + 1) - mp.loggamma(b)) * total


def distributions():
    cases = []

    def add(function, args, value):
        cases.append({"function": function, "args": args, "value": number(value)})

    for x in [1e-300, 1e-10, 0.1, 0.49, 0.5, 0.9, 1 + 1e-8, 1.3, 1.5, 1.9, 2 - 1e-9, 2 + 1e-9, 2.4, 2.5, 3, 7.7, 14.9, 15, 33.3, 1e3, 1e6, 1e15, 1e300]:
        add("lnGamma", [x], mp.loggamma(mp.mpf(x)))
    for a, x in [(0.5, 1e-8), (0.5, 0.2), (0.5, 30), (0.5, 700), (1, 1e-5), (1, 2), (1, 50), (3, 0.01), (3, 20), (4.5, 4.5), (50, 30), (50, 60), (50, 300), (1000, 800), (1000, 1000), (1000, 1400), (1e6, 994000), (1e6, 1005000), (100, 745)]:
        q = gamma_q(mp.mpf(a), mp.mpf(x))
        add("gammaQ", [a, x], q)
        add("gammaP", [a, x], 1 - q)
    for x in [-6, -2, -0.3, 0, 1e-20, 1e-5, 0.3, 1, 1.22, 1.23, 2, 5, 10, 20, 26]:
        add("erf", [x], mp.erf(mp.mpf(x)))
        add("erfc", [x], mp.erfc(mp.mpf(x)))
    for x in [-37, -20, -8, -3, -1, -0.1, 0, 0.5, 1.96, 5, 9, 30, 37]:
        add("normalCdf", [x], mp.erfc(-mp.mpf(x) / mp.sqrt(2)) / 2)
        add("normalSf", [x], mp.erfc(mp.mpf(x) / mp.sqrt(2)) / 2)
    for p in [0, 1e-300, 1e-100, 1e-20, 1e-12, 1e-5, 0.001, 0.025, 0.07, 0.08, 0.3, 0.5, 0.6, 0.92, 0.93, 0.975, 0.9999, 1 - 1e-12, 1]:
        add("normalQuantile", [p], special.ndtri(p))
    for dof in [1, 2, 3, 9, 30, 99, 1000, 100000]:
        for z in [-4, -1, 0, 2, 5, 20, 36]:
            x = max(0.01, float(round(dof + z * math.sqrt(2 * dof), 3)) if z <= 2 else dof + z * z + z * math.sqrt(2 * dof))
            add("chiSquareSf", [x, dof], gamma_q(mp.mpf(dof) / 2, mp.mpf(x) / 2))
    add("chiSquareSf", [1400, 1], gamma_q(mp.mpf("0.5"), mp.mpf(700)))
    add("chiSquareSf", [0, 4], 1)
    for dof in [1, 2, 9, 50, 1000]:
        for p in [1e-10, 0.001, 0.025, 0.3, 0.5, 0.7, 0.975, 0.9999, 1 - 1e-9]:
            # scipy's quantile, polished to the exact one by Newton steps at 50 digits
            a, target = mp.mpf(dof) / 2, mp.mpf(p)
            x = mp.mpf(float(stats.chi2.ppf(p, dof))) / 2
            for _ in range(6):
                density = mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a))
                x -= (1 - gamma_q(a, x) - target) / density
            add("chiSquareQuantile", [p, dof], 2 * x)
    for a, b, x in [(0.5, 0.5, 1e-10), (0.5, 0.5, 0.3), (1, 1, 0.42), (2, 3, 0.999), (5, 0.5, 0.6), (0.01, 20, 1e-5), (30, 40, 0.2), (30, 40, 0.9), (200, 300, 0.4), (1e4, 2e4, 0.32), (1e4, 2e4, 0.36), (1e6, 1e6, 0.5005), (3, 1e5, 1e-4), (500, 2, 0.5), (1, 1000, 0.5)]:
        add("betainc", [a, b, x], betainc(mp.mpf(a), mp.mpf(b), mp.mpf(x)))
    for a, b in [(0.5, 0.5), (1, 1), (2, 5), (0.1, 3), (40, 60), (3000, 12), (1e5, 1e5)]:
        for p in [1e-12, 0.0005, 0.05, 0.5, 0.8, 0.999]:
            add("betaQuantile", [p, a, b], special.betaincinv(a, b, p))
    for dof in [1, 2.5, 5, 30, 200]:
        for t in [-8, -1, 1e-8, 0.5, 2, 6, 40, 1e5]:
            x = mp.mpf(dof) / (mp.mpf(dof) + mp.mpf(t) ** 2)
            upper = betainc(mp.mpf(dof) / 2, mp.mpf("0.5"), x) / 2
            add("studentTSf", [t, dof], upper if t >= 0 else 1 - upper)
    for x in [0, 0.01, 0.2, 0.4, 0.6, 0.8276, 0.99, 1, 1.01, 1.36, 2, 4, 10, 18]:
        add("kolmogorovSf", [x], special.kolmogorov(x))
    for n in [1, 2, 5, 30, 140, 1000, 50000]:
        for d in [0.5 / math.sqrt(n), 1 / math.sqrt(n), 2 / math.sqrt(n), 5 / math.sqrt(n), 0.3, 0.77]:
            if 0 < d < 1:
                add("smirnovSf", [d, n], special.smirnov(n, d))
    for n in [1, 2, 3, 10, 50, 100, 140, 141, 200, 1000, 5000, 20000, 100000, 100001, 500000]:
        for z in [0.1, 0.3, 0.5, 0.7, 0.8687, 0.9, 1.2, 1.4, 1.5, 1.9, 2.1, 3, 6, 12, 18]:
            d = z / math.sqrt(n)
            if d <= 1:
                add("kstwoSf", [d, n], stats.kstwo.sf(d, n))
        for d in [0.4 / n, 0.5 / n, 0.75 / n, 1 / n, 0.5, 0.9, 1 - 0.5 / n]:
            if stats.kstwo.sf(d, n) > 1e-300:
                add("kstwoSf", [d, n], stats.kstwo.sf(d, n))
    write("distributions", cases)


def recipe(shape, n, seed=0, **more):
    return {"shape": shape, "n": n, "seed": seed, **more}


PAIRS = [
    ("one and one", [1.0], [2.0]),
    ("one and the same one", [1.0], [1.0]),
    ("one and many", [0.3], recipe("uniform", 20, 3)),
    ("two and three", [1.0, 2.0], [1.5, 2.5, 3.5]),
    ("disjoint", [1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]),
    ("disjoint, reversed", [4.0, 5.0, 6.0, 7.0], [1.0, 2.0, 3.0]),
    ("identical", recipe("uniform", 50, 5), recipe("uniform", 50, 5)),
    ("constant", recipe("constant", 30), recipe("constant", 40)),
    ("different constants", recipe("constant", 30), recipe("constant", 40, shift=1.0)),
    ("ties of two levels", recipe("ties", 100, 1, levels=2), recipe("ties", 80, 2, levels=2)),
    ("ties of five levels", recipe("ties", 1000, 1, levels=5), recipe("ties", 777, 2, levels=5, shift=1.0)),
    ("signed zeros", [-0.0, 0.0, 1.0, -1.0], [0.0, 0.0, 0.0, 2.0]),
    ("denormals", [5e-324, 1e-323, 3e-320, 0.0], [0.0, 5e-324, 2e-320, 4e-310]),
    ("extremes", [-1e300, 1e300, 1.0], [1e-300, 2.0, 1e299, -5.0]),
    ("equal small", recipe("bell", 20, 1), recipe("bell", 20, 2)),
    ("equal hundred, shifted", recipe("bell", 100, 1), recipe("bell", 100, 2, shift=0.4)),
    ("coprime sizes", recipe("bell", 101, 1), recipe("bell", 67, 2, shift=0.2)),
    ("common divisor", recipe("bell", 300, 1), recipe("bell", 200, 2)),
    ("far apart, equal", recipe("bell", 400, 1), recipe("bell", 400, 2, shift=2.0)),
    ("far apart, unequal", recipe("bell", 400, 1), recipe("bell", 333, 2, shift=2.0)),
    ("heavy tails", recipe("heavy", 500, 7), recipe("heavy", 400, 8, scale=1.5)),
    ("skewed", recipe("skewed", 500, 7), recipe("skewed", 600, 8, scale=2.0)),
    ("thousands", recipe("bell", 5000, 11), recipe("bell", 3000, 12, shift=0.03)),
    ("thousands, equal", recipe("bell", 5000, 11), recipe("bell", 5000, 12, shift=0.03)),
    ("at the exact limit", recipe("bell", 10000, 11), recipe("bell", 9999, 12)),
    ("beyond the exact limit", recipe("bell", 10001, 11), recipe("bell", 9999, 12)),
    ("large and small", recipe("bell", 20000, 11), recipe("bell", 50, 12, shift=0.3)),
    ("large against tiny", recipe("uniform", 12000, 1), [0.5]),
    ("large", recipe("uniform", 60000, 21), recipe("uniform", 50000, 22, scale=1.01)),
    ("large, tied", recipe("ties", 30000, 21, levels=7), recipe("ties", 30000, 22, levels=7)),
    ("large, drifted", recipe("heavy", 40000, 21), recipe("heavy", 30000, 22, shift=0.1)),
    ("a million", recipe("uniform", 1000000, 31), recipe("bell", 1000000, 32, scale=0.25, shift=0.5)),
    ("a million, alike", recipe("uniform", 1000000, 31), recipe("uniform", 1000000, 33)),
]
INFINITE_PAIRS = [
    ("infinite in one", [NINF, 0.0, 1.0, INF], [0.0, 0.5, 1.0]),
    ("infinite in both", [NINF, NINF, 0.0, 2.0], [NINF, 1.0, INF, INF, 3.0]),
    ("all infinite", [INF, INF], [NINF, INF]),
]


def ks():
    cases = []
    for name, a, b in PAIRS + INFINITE_PAIRS:
        x, y = sample(a), sample(b)
        for alternative in ["two-sided", "less", "greater"]:
            for method in ["auto"] if alternative != "two-sided" or len(x) > 10000 else ["auto", "asymp"]:
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    r = stats.ks_2samp(x, y, alternative=alternative, method=method)
                if np.isnan(r.pvalue):
                    continue  # kstwo of zero effective observations
                fell_back = any("Switching" in str(w.message) for w in caught)
                exact = method == "auto" and max(len(x), len(y)) <= 10000 and not fell_back
                cases.append({
                    "name": name, "reference": a, "current": b, "alternative": alternative,
                    "method": "auto" if method == "auto" else "asymptotic", "statistic": number(r.statistic),
                    "pValue": number(r.pvalue), "used": "exact" if exact else "asymptotic",
                    "location": number(r.statistic_location), "sign": int(r.statistic_sign),
                })
    write("ks", cases)


def distances():
    cases = []
    for name, a, b in PAIRS:
        x, y = sample(a), sample(b)
        case = {"name": name, "reference": a, "current": b, "wasserstein1": number(stats.wasserstein_distance(x, y))}
        case["standardDeviation"] = number(np.std(x)) if name != "extremes" else 1e300 * math.sqrt(2 / 3)
        if name not in ("extremes", "denormals"):
            case["energyDistance"] = number(stats.energy_distance(x, y))
        cases.append(case)
    write("distances", cases)


def descriptive():
    cases = []
    for name, a, _ in PAIRS:
        x = sample(a)
        if name in ("extremes", "denormals"):
            continue
        case = {"name": name, "values": a, "mean": number(math.fsum(x) / len(x)), "variance": number(np.var(x))}
        if len(x) > 1:
            case["sampleVariance"] = number(np.var(x, ddof=1))
        case["quantiles"] = [[p, number(np.quantile(x, p))] for p in [0, 0.01, 0.1, 0.25, 0.5, 0.7, 0.9, 0.999, 1]]
        edges = np.unique(np.quantile(x, np.linspace(0.1, 0.9, 9)))
        case["edges"] = [number(e) for e in edges]
        # searchsorted left: a value equal to an edge belongs to the bin below it
        case["counts"] = np.bincount(np.searchsorted(edges, x, side="left"), minlength=len(edges) + 1).tolist()
        cases.append(case)
    write("descriptive", cases)


def contingency():
    tables = [
        [[10, 20], [20, 10]], [[1, 0], [0, 1]], [[10, 10], [10, 10]], [[1000, 1001], [1001, 1000]], [[3, 1], [1, 3]],
        [[5, 5, 5], [1, 9, 5]], [[900, 90, 10], [880, 100, 20]], [[1, 2, 3], [4, 5, 6], [7, 8, 10]], [[4], [7]], [[4, 7, 9]],
        [[0, 5, 10], [5, 0, 10]], [[999999, 1], [999990, 10]], [[100000, 200000], [200000, 100000]],
        [[50, 950], [80, 920]], [[500000, 300000, 199000, 1000], [501000, 299500, 198500, 1000]],
        [[100, 0, 0], [0, 100, 1]], [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]], [[0.5, 1.5], [2.5, 3.5]],
        [list(range(1, 51)), list(range(50, 0, -1))], [[7, 3, 9, 11, 2], [6, 4, 9, 10, 1], [8, 2, 9, 12, 3]],
        [[10000, 1], [1, 10000]], [[300, 200], [30, 500]], [[1e9, 2e9], [1e9, 2e9 + 1e5]],
        [[2**j for j in range(16)], [2**(15 - j) for j in range(16)]],
    ]
    cases = []
    for table in tables:
        for lambda_, statistic in [("pearson", "pearson"), ("log-likelihood", "gTest")]:
            for correction in [True, False]:
                r = stats.chi2_contingency(np.array(table), correction=correction, lambda_=lambda_)
                dof = int(r.dof)
                cases.append({
                    "table": table, "statistic": statistic, "correction": correction, "value": number(r.statistic),
                    # the p-value of scipy's statistic, but exact in the far tail
                    "pValue": 1.0 if dof == 0 else number(gamma_q(mp.mpf(dof) / 2, mp.mpf(float(r.statistic)) / 2)),
                    "degreesOfFreedom": dof, "expected": r.expected_freq.tolist(),
                })
    write("contingency", cases)


def categories():
    pairs = [
        ([50, 50], [50, 50]), ([50, 50], [60, 40]), ([100, 0], [0, 100]), ([1, 2, 3, 4], [4, 3, 2, 1]),
        ([10, 20, 30], [1000, 2100, 2900]), ([99990, 9, 1], [49000, 900, 100]), ([5, 5, 0, 0], [5, 0, 5, 0]),
        (list(range(1, 101)), list(range(100, 0, -1))), ([7], [9]), ([10**6, 10**3, 1], [10**6, 10**3 + 50, 3]),
        ([33, 33, 34], [20, 50, 30]), ([1000] * 10, [1040, 960, 1010, 990, 1000, 1000, 1100, 900, 1005, 995]),
    ]
    cases = []
    for a, b in pairs:
        p, q = np.array(a) / sum(a), np.array(b) / sum(b)
        used = (np.array(a) + np.array(b)) > 0
        pf, qf = np.maximum(p[used], 1e-4), np.maximum(q[used], 1e-4)
        middle = (p + q) / 2
        jensen = (special.rel_entr(p, middle).sum() + special.rel_entr(q, middle).sum()) / 2
        cases.append({
            "reference": a, "current": b,
            "psi": number(((qf - pf) * np.log(qf / pf)).sum()),
            "expectedUnderNoDrift": (int(used.sum()) - 1) * (1 / sum(a) + 1 / sum(b)),
            "totalVariation": number(np.abs(p - q).sum() / 2),
            "jensenShannon": number(math.sqrt(jensen)),
            "jensenShannonBase2": number(math.sqrt(jensen / math.log(2))),
            "hellinger": number(math.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum() / 2)),
        })
    write("categories", cases)


def multiple_testing():
    lists = [
        [0.5], [0.01, 0.02, 0.03], [0.03, 0.01, 0.02], [0.05] * 6, [0, 1, 0.5, 1e-300, 0.2], [1.0, 1.0, 1.0],
        [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216],
        sample(recipe("uniform", 100, 5)).tolist(), (sample(recipe("uniform", 60, 6)) ** 4).tolist(),
    ]
    cases = [
        {"pValues": p, "hochberg": stats.false_discovery_control(p, method="bh").tolist(), "yekutieli": stats.false_discovery_control(p, method="by").tolist()}
        for p in lists
    ]
    write("multiple-testing", cases)


def cramer_von_mises_sf(x):
    """The limit distribution's series, at 50 digits."""
    cdf, k = mp.mpf(0), 0
    while True:
        y = 4 * k + 1
        q = mp.mpf(y * y) / (16 * x)
        term = mp.gamma(k + mp.mpf("0.5")) / mp.factorial(k) / mp.pi ** mp.mpf("1.5") / mp.sqrt(x)
        term *= mp.sqrt(y) * mp.exp(-q) * mp.besselk(mp.mpf("0.25"), q)
        cdf += term
        k += 1
        if term < mp.mpf(10) ** -40:
            return 1 - cdf


def bridge(counts, at):
    """Covariances of the difference of two distribution functions over all permutations, but for a factor."""
    total = counts.sum()
    c = np.minimum.outer(at, at) * (total - np.maximum.outer(at, at))
    return c.astype(float)


def tied_cramer_von_mises(x, y):
    """T from the distribution functions, with the mean and the (Gaussian) variance that the ties leave it."""
    n, m = len(x), len(y)
    total = n + m
    values, counts = np.unique(np.concatenate([x, y]), return_counts=True)
    gap = lambda side: np.searchsorted(np.sort(x), values, side) / n - np.searchsorted(np.sort(y), values, side) / m
    t = n * m / total**2 * np.sum(counts * (gap("right") ** 2 + gap("left") ** 2) / 2)

    def moments(counts):
        c = bridge(counts, np.cumsum(counts)[:-1]) / (n * m * (total - 1))
        w = n * m / total**2 * (counts[:-1] + counts[1:]) / 2
        return w @ np.diag(c), 2 * w @ (c * c) @ w

    mean, gaussian = moments(counts)
    _, untied = moments(np.ones(total, dtype=int))
    pairs = n * m
    exact = (total + 1) * (4 * pairs * total - 3 * (n * n + m * m) - 2 * pairs) / (45 * total**2 * 4 * pairs)
    if t == 0:
        return t, 1
    standardized = 1 / 6 + (t - mean) / math.sqrt(45 * exact * gaussian / untied)
    return t, 1 if standardized < 0.003 else cramer_von_mises_sf(mp.mpf(float(standardized)))


def tied_anderson_darling(samples, statistic):
    """scipy's statistic over the standard deviation that the ties leave it, and scipy's interpolation at it."""
    _, counts = np.unique(np.concatenate(samples), return_counts=True)

    def spread(counts):
        c = bridge(counts, np.cumsum(counts) - counts / 2)
        variances = np.diag(c) - counts.sum() * counts / 4
        np.fill_diagonal(c, variances)
        return counts @ (c * c / np.outer(variances, variances)) @ counts

    t = statistic / math.sqrt(spread(counts) / spread(np.ones(counts.sum(), dtype=int)))
    k = len(samples) - 1
    critical = (
        np.array([0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085])
        + np.array([-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615]) / math.sqrt(k)
        + np.array([-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154]) / k
    )
    if t < critical.min():
        return t, 0.25, "at least"
    if t > critical.max():
        return t, 0.001, "at most"
    significance = np.array([0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001])
    return t, math.exp(np.polyval(np.polyfit(critical, np.log(significance), 2), t)), "none"


def rank_tests():
    cases = []
    for name, a, b in PAIRS:
        x, y = sample(a), sample(b)
        if max(len(x), len(y)) > 20000 or min(len(x), len(y)) < 2:
            continue
        case = {"name": name, "reference": a, "current": b}
        r = stats.cramervonmises_2samp(x, y)
        n, m = len(x), len(y)
        case["cramerVonMises"] = number(r.statistic)
        is_tied = len(np.unique(np.concatenate([x, y]))) < n + m
        if max(n, m) <= 20:
            case["cramerVonMisesPValue"] = number(r.pvalue)
        else:
            total, pairs = n + m, n * m
            mean = (1 + mp.mpf(1) / total) / 6
            var = mp.mpf((total + 1) * (4 * pairs * total - 3 * (n * n + m * m) - 2 * pairs)) / (45 * total**2 * 4 * pairs)
            t = mp.mpf(1) / 6 + (mp.mpf(float(r.statistic)) - mean) / mp.sqrt(45 * var)
            p = 1 if t < 0.003 else cramer_von_mises_sf(t)
            assert abs(p - r.pvalue) < 1e-7, name  # scipy's, whose series stops at terms of 1e-7
            case["cramerVonMisesPValue"] = number(p)
        if len(x) + len(y) >= 4 and len(np.unique(np.concatenate([x, y]))) > 1:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                r = stats.anderson_ksamp([x, y], variant="midrank")
            text = " ".join(str(w.message) for w in caught)
            case["andersonDarling"] = number(r.statistic)
            case["andersonDarlingPValue"] = number(r.pvalue)
            case["bound"] = "at least" if "capped" in text else "at most" if "floored" in text else "none"
        if is_tied:
            t, p = tied_cramer_von_mises(x, y)
            case["corrected"] = {"cramerVonMises": number(t), "cramerVonMisesPValue": number(p)}
            if "andersonDarling" in case:
                t, p, bound = tied_anderson_darling([x, y], r.statistic)
                case["corrected"] |= {"andersonDarling": number(t), "andersonDarlingPValue": number(p), "bound": bound}
        cases.append(case)
    write("rank-tests", cases)


if __name__ == "__main__":
    distributions()
    ks()
    distances()
    descriptive()
    contingency()
    categories()
    multiple_testing()
    rank_tests()
