"""Writes rates.json: intervals of shares and of their ratios from scipy, for tests/stats/rates.test.ts.

Usage: python3 make_rates_reference.py
"""

import json
from pathlib import Path

import scipy
from scipy.stats import binomtest
from scipy.stats.contingency import relative_risk

shares = []
for hits, count in [(0, 100), (3, 100), (50, 100), (100, 100), (417, 1000)]:
    interval = binomtest(hits, count).proportion_ci(0.95, method="wilson")
    shares.append({"hits": hits, "count": count, "lower": interval.low, "upper": interval.high})
ratios = []
for x, n, y, m in [(10, 100, 20, 100), (300, 1000, 290, 900), (1, 50, 49, 50), (100, 100, 90, 100)]:
    result = relative_risk(x, n, y, m)
    interval = result.confidence_interval(0.95)
    ratios.append({"of": [x, n, y, m], "value": result.relative_risk, "lower": interval.low, "upper": interval.high})
reference = {"versions": {"scipy": scipy.__version__}, "shares": shares, "ratios": ratios}
(Path(__file__).parent / "rates.json").write_text(json.dumps(reference) + "\n")
