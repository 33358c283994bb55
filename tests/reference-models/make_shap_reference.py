"""Writes shap.json: SHAP values of the package shap for trees made at random, for tests/models/explanation.

Usage: python3 make_shap_reference.py
The trees split by thresholds, on rows with missing values; shap knows no splits by sets of categories.
"""

import json
from pathlib import Path

import numpy as np
import shap

random = np.random.default_rng(3)
width, rows = 6, 40


def grow(depth, cover):
    """A tree in preorder, as this library stores it: lists of nodes, the left child following its parent."""
    if depth == 0 or cover < 2 or random.random() < 0.15:
        return {"feature": [-1], "value": [random.normal()], "right": [0], "missingLeft": [0], "cover": [cover]}
    left_cover = int(random.integers(1, cover))
    left, right = grow(depth - 1, left_cover), grow(depth - 1, cover - left_cover)
    shift = lambda tree, by: [at + by if at else 0 for at in tree["right"]]
    after = 1 + len(left["feature"])
    return {
        "feature": [int(random.integers(width)), *left["feature"], *right["feature"]],
        "value": [random.normal(), *left["value"], *right["value"]],
        "right": [after, *shift(left, 1), *shift(right, after)],
        "missingLeft": [int(random.integers(2)), *left["missingLeft"], *right["missingLeft"]],
        "cover": [cover, *left["cover"], *right["cover"]],
    }


def to_shap(tree):
    feature = np.array(tree["feature"])
    is_leaf = feature < 0
    at = np.arange(len(feature))
    left, right = np.where(is_leaf, -1, at + 1), np.where(is_leaf, -1, tree["right"])
    return {
        "children_left": left,
        "children_right": right,
        "children_default": np.where(np.array(tree["missingLeft"]) == 1, left, right),
        "features": feature,
        "thresholds": np.where(is_leaf, 0, tree["value"]),
        "values": np.where(is_leaf, tree["value"], 0).reshape(-1, 1),
        "node_sample_weight": np.array(tree["cover"], float),
    }


trees = [grow(depth, 500) for depth in (1, 2, 3, 5, 8, 8, 12)]
data = random.normal(size=(rows, width))
data[random.random(data.shape) < 0.2] = np.nan
explainer = shap.TreeExplainer({"trees": [to_shap(tree) for tree in trees]}, feature_perturbation="tree_path_dependent")
values = explainer.shap_values(data, check_additivity=False)
reference = {
    "versions": {"shap": shap.__version__, "numpy": np.__version__},
    "width": width,
    "trees": trees,
    "rows": [[None if np.isnan(x) else x for x in row] for row in data.tolist()],
    "expectedValue": float(np.ravel(explainer.expected_value)[0]),
    "values": np.asarray(values).reshape(rows, width).tolist(),
}
(Path(__file__).parent / "shap.json").write_text(json.dumps(reference) + "\n")
