"""Writes metrics.json and tree.json beside this script: python3 make_reference.py (numpy, scikit-learn)."""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics as m
from sklearn.calibration import calibration_curve
from sklearn.tree import DecisionTreeRegressor

here = Path(__file__).parent
random = np.random.default_rng(7)


def regression(name, actual, predicted):
    actual, predicted = np.asarray(actual, float), np.asarray(predicted, float)
    return {
        "name": name,
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "metrics": {
            "mae": m.mean_absolute_error(actual, predicted),
            "rmse": m.root_mean_squared_error(actual, predicted),
            "r2_score": m.r2_score(actual, predicted),
            "mape": m.mean_absolute_percentage_error(actual, predicted),
            "pinball": m.mean_pinball_loss(actual, predicted, alpha=0.5),
        },
        "pinball_0.9": m.mean_pinball_loss(actual, predicted, alpha=0.9),
    }


def calibration_error(actual, predicted):
    """Over the bins of calibration_curve, which leaves out the empty ones and does not say how many rows each has."""
    observed, mean = calibration_curve(actual, predicted, n_bins=10, strategy="uniform", pos_label=1)
    bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], predicted)
    rows = np.unique(bins, return_counts=True)[1]
    return float(np.sum(rows / len(actual) * np.abs(observed - mean)))


def classification(name, actual, predicted, threshold=0.5):
    actual, predicted = np.asarray(actual, float), np.asarray(predicted, float)
    labels = (predicted >= threshold).astype(float)
    result = {
        "accuracy": m.accuracy_score(actual, labels),
        "precision": m.precision_score(actual, labels, zero_division=0),
        "recall": m.recall_score(actual, labels, zero_division=0),
        "f1_score": m.f1_score(actual, labels, zero_division=0),
        "log_loss": m.log_loss(actual, predicted, labels=[0, 1]),
        "brier": m.brier_score_loss(actual, predicted, pos_label=1),
        "calibration": calibration_error(actual, predicted),
    }
    if len(set(actual)) == 2:
        result["roc_auc"] = m.roc_auc_score(actual, predicted)
        result["pr_auc"] = m.average_precision_score(actual, predicted)
    return {
        "name": name,
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "threshold": threshold,
        "metrics": result,
    }


y = random.normal(1.2, 4.7, 200)
labels = (random.random(200) < 0.22).astype(int)
scores = np.clip(0.22 + 0.25 * (labels - 0.22) + random.normal(0, 0.15, 200), 0, 1)
reference = {
    "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "regression": [
        regression("noisy", y, y + random.normal(0.3, 2, 200)),
        regression("exact", y[:5], y[:5]),
        regression("constant target missed", [3, 3, 3], [3, 4, 2]),
        regression("constant target met", [3, 3], [3, 3]),
        regression("zeros among the actual values", [0, 0, 2, -1], [0, 1e-3, 2.5, -3]),
        regression("large offset", 1e8 + y, 1e8 + y[::-1]),
    ],
    "classification": [
        classification("noisy", labels, scores),
        classification("noisy, another threshold", labels, scores, 0.3),
        classification("on the edges of bins", labels, np.linspace(0, 1, 11)[np.arange(200) % 11]),
        classification("many ties", labels, np.round(scores, 1)),
        classification("all scores equal", [0, 1, 1, 0, 1], [0.4] * 5),
        classification("certain and wrong", [1, 0, 1, 0], [0, 1, 1, 0]),
        classification("only positives", [1, 1, 1], [0.2, 0.7, 0.9]),
        classification("only negatives", [0, 0, 0], [0.2, 0.1, 0.3]),
    ],
}
(here / "metrics.json").write_text(json.dumps(reference, indent=1) + "\n")

# Multiples of 1/64 survive the trip through scikit-learn's 32-bit features.
columns = np.round(random.normal(0, 4, (3, 900)) * 64) / 64
target = np.where(columns[0] > 1, columns[1], 2 * columns[2]) + random.normal(0, 1, 900)
fresh = np.round(random.normal(0, 4, (3, 100)) * 64) / 64 + 1 / 128
trees = []
for max_depth, min_samples_split in [(1, 2), (4, 2), (8, 20), (12, 5)]:
    tree = DecisionTreeRegressor(max_depth=max_depth, min_samples_split=min_samples_split, random_state=0)
    tree.fit(columns.T, target)
    trees.append(
        {
            "max_depth": max_depth,
            "min_samples_split": min_samples_split,
            "nodeCount": tree.tree_.node_count,
            "fitted": tree.predict(columns.T).tolist(),
            "predicted": tree.predict(fresh.T).tolist(),
        }
    )
(here / "tree.json").write_text(
    json.dumps(
        {
            "versions": reference["versions"],
            "columns": columns.tolist(),
            "target": target.tolist(),
            "fresh": fresh.tolist(),
            "trees": trees,
        }
    )
    + "\n"
)
