"""A trainer program as a user would write one: boosted trees of scikit-learn, saved as ONNX."""

import json
import sys
from pathlib import Path

import numpy as np
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

folder = Path(sys.argv[-1])
parameters = json.loads((folder / "parameters.json").read_text())
data = json.loads((folder / parameters["train"]).read_text())
features, target = parameters["featureColumns"], np.array(data[parameters["targetColumn"]])
kinds = [parameters["columns"][name] for name in features]
rows = np.array(
    [[(np.nan if kind == "numeric" else "") if cell is None else cell for cell in data[name]] for name, kind in zip(features, kinds)],
    dtype=object,
).T
numeric = [i for i, kind in enumerate(kinds) if kind == "numeric"]
texts = [i for i, kind in enumerate(kinds) if kind == "categorical"]
model = make_pipeline(
    ColumnTransformer(
        [("numbers", SimpleImputer(strategy="median"), numeric), ("texts", OneHotEncoder(handle_unknown="ignore"), texts)],
        sparse_threshold=0,
    ),
    GradientBoostingRegressor(random_state=parameters["seed"], **parameters["hyperparameters"]),
).fit(rows, target)
print("progress 0.8", flush=True)
types = [(name, FloatTensorType([None, 1]) if kind == "numeric" else StringTensorType([None, 1])) for name, kind in zip(features, kinds)]
onnx = convert_sklearn(model, initial_types=types, target_opset={"": 17, "ai.onnx.ml": 3})
(folder / parameters["model"]).write_bytes(onnx.SerializeToString())
(folder / parameters["metrics"]).write_text(json.dumps({"training_mae": mean_absolute_error(target, model.predict(rows))}))
