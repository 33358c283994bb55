"""Trains scikit-learn's histogram gradient boosting on the data of bench/training.ts and prints what came out as JSON.

Usage: training-peer.py FOLDER, with jobs.json and for each job little-endian doubles, a column after the other, the target
last: NAME.train and NAME.test. Run it with OMP_NUM_THREADS=1.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss

folder = Path(sys.argv[1])
results = {}
for job in json.loads((folder / "jobs.json").read_text()):
    width = job["width"]
    train, test = (
        np.fromfile(folder / f"{job['name']}.{part}").reshape(width + 1, -1).T for part in ("train", "test")
    )
    features, target = np.asfortranarray(train[:, :width]), train[:, width]
    kind = HistGradientBoostingClassifier if job["task"] == "classification" else HistGradientBoostingRegressor
    seconds = []
    for _ in range(job["repeats"]):
        model = kind(
            max_iter=100, early_stopping=False, categorical_features=job["categorical"] or None, random_state=1
        )
        began = time.process_time()
        model.fit(features, target)
        seconds.append(time.process_time() - began)
    if job["task"] == "classification":
        error = log_loss(test[:, width], model.predict_proba(test[:, :width])[:, 1])
    else:
        error = float(np.sqrt(np.mean((model.predict(test[:, :width]) - test[:, width]) ** 2)))
    row = test[:1, :width]
    began = time.process_time()
    for _ in range(100):
        model.predict(row)
    results[job["name"]] = {
        "seconds": min(seconds),
        "error": error,
        "predictMicroseconds": (time.process_time() - began) * 1e4,
    }
print(json.dumps(results))
