"""Writes boosting.json: what scikit-learn's histogram gradient boosting predicts, for tests/models.

Usage: python3 make_boosting_reference.py
Values have one decimal, so that there are fewer distinct ones than bins and cuts lie between all of them.
"""

import json
from pathlib import Path

import numpy
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

random = numpy.random.default_rng(11)
rows = 500
columns = numpy.round(random.normal(size=(4, rows)), 1)
columns[3] = random.integers(0, 6, rows)  # categories
columns[1][random.random(rows) < 0.2] = numpy.nan
effect = numpy.array([0, 3, -2, 1, 5, -4])[columns[3].astype(int)]
signal = 2 * columns[0] + numpy.nan_to_num(columns[1], nan=4) ** 2 + columns[0] * columns[2] + effect
target = numpy.round(signal + random.normal(size=rows), 3)
classes = (signal + random.normal(size=rows) > 3).astype(float)

cases = [
    ("regression", {"loss": "squared_error"}, {"loss": "squared"}),
    ("regression", {"loss": "absolute_error"}, {"loss": "absolute"}),
    ("regression", {"loss": "quantile", "quantile": 0.9}, {"loss": "quantile", "quantile": 0.9}),
    ("regression", {"l2_regularization": 5, "max_leaf_nodes": 5, "learning_rate": 0.3}, None),
    ("regression", {"max_depth": 3, "min_samples_leaf": 7}, None),
    ("classification", {}, None),
    ("classification", {"l2_regularization": 1, "max_leaf_nodes": 8}, None),
]
out = []
for task, theirs, ours in cases:
    kind = HistGradientBoostingClassifier if task == "classification" else HistGradientBoostingRegressor
    model = kind(max_iter=20, early_stopping=False, categorical_features=[3], random_state=1, **theirs)
    model.fit(columns.T, classes if task == "classification" else target)
    predicted = model.predict_proba(columns.T)[:, 1] if task == "classification" else model.predict(columns.T)
    out.append({"task": task, "options": theirs if ours is None else ours, "predicted": predicted.tolist()})

nan_to_none = lambda values: [None if numpy.isnan(value) else value for value in values.tolist()]
reference = {
    "versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__},
    "columns": [nan_to_none(values) for values in columns[:3]],
    "categories": [f"c{int(code)}" for code in columns[3]],
    "target": target.tolist(),
    "classes": classes.tolist(),
    "cases": out,
}
(Path(__file__).parent / "boosting.json").write_text(json.dumps(reference) + "\n")
